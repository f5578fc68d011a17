"""What an account brings along from an earlier session: from the ledger of the exchange that kept it, or, where another
venue kept it, from the state that its manager exported.

Either way it becomes facts, with which the ledger of the next session begins: positions, working orders with what they
have filled, trades, balance. Ids go on where they were, so that nothing is taken for something else.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import apsw
import msgspec

from risk_manager.domain.intents import ID_PREFIX
from risk_manager.domain.orders import Order, Trade
from risk_manager.domain.positions import Position
from risk_manager.domain.state import AccountFacts, CountedTrade, Row
from risk_manager.errors import SessionFileInvalid, VenueUnreachable
from risk_manager.sdk.normalise import iso
from risk_manager.sdk.simulated.ledger import FILE_NAME, read_facts, read_opening
from risk_manager.sdk.simulated.model import (
    AccountFact,
    ExchangeOrder,
    ExchangeTrade,
    Fact,
    HoldingFact,
    Listing,
    OrderFact,
    ReachedFact,
    TradeFact,
    VoidFact,
)


class Carried(msgspec.Struct, frozen=True):
    """An account as it was left.

    t_ns: the venue's time then. listings: what may be held although the next session does not list it; None where
    only the session's own contracts can be carried.
    """

    name: str
    t_ns: int
    facts: tuple[Fact, ...]
    listings: tuple[Listing, ...] | None = None

    def listings_beside(self, listed: Iterable[Listing]) -> list[Listing]:
        """What trades in the next session, and what is held besides.

        Raises SessionFileInvalid for a position or a working order in a contract of which nothing is known.
        """
        known = {listing.contract: listing for listing in [*(self.listings or ()), *listed]}
        for fact in self.facts:
            is_held = isinstance(fact, OrderFact) or (isinstance(fact, HoldingFact) and bool(fact.lots))
            if is_held and _contract(fact) not in known:
                message = f"the account holds or orders {_contract(fact)}, which the session does not list"
                raise SessionFileInvalid(message, hint=f"choose a session with it; this one lists {', '.join(known)}")
        return list(known.values())

    def facts_for(self, account: str | None, listed: Iterable[str], start_ns: int) -> list[Fact]:
        """The facts with which the next ledger begins, under another name where one is given.

        Raises SessionFileInvalid where the next session begins before the account was left.
        """
        if start_ns < self.t_ns:
            message = f"the session begins at {iso(start_ns)}, before the account was left at {iso(self.t_ns)}"
            raise SessionFileInvalid(message, hint="choose a session that comes after the one the account is from")
        kept = set(listed)
        gone = {
            fact.trade.trade_id for fact in self.facts if isinstance(fact, TradeFact) and _contract(fact) not in kept
        }
        facts = [
            msgspec.structs.replace(fact, name=account) if account and isinstance(fact, AccountFact) else fact
            for fact in self.facts
            if _contract(fact) in kept | {""} and not (isinstance(fact, VoidFact) and fact.trade_id in gone)
        ]
        if self.listings is None:  # also where nothing is held, ids go on behind those that were used
            begun = {fact.contract for fact in facts if isinstance(fact, HoldingFact)}
            facts += [HoldingFact(contract, (), *self._last_ids()) for contract in sorted(kept - begun)]
        return facts

    def _last_ids(self) -> tuple[int, int]:
        trades = [fact.trade for fact in self.facts if isinstance(fact, TradeFact)]
        orders = [fact.order.order_id for fact in self.facts if isinstance(fact, OrderFact)]
        last_order = max([*orders, *(trade.order_id for trade in trades)], default=0)
        return max((trade.trade_id for trade in trades), default=0), last_order


def _contract(fact: Fact) -> str:
    """Which contract a fact is about; empty for none."""
    if isinstance(fact, OrderFact):
        return fact.order.contract
    if isinstance(fact, TradeFact):
        return fact.trade.contract
    return fact.contract if isinstance(fact, HoldingFact) else ""


def of_ledger(data_dir: Path) -> Carried:
    """The account in the ledger of a directory. Raises VenueUnreachable where there is none, StateCorrupt."""
    path = data_dir / FILE_NAME
    try:
        db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    except apsw.Error as error:
        message = f"{path} cannot be opened: {error}"
        raise VenueUnreachable(message, hint="name the --data-dir of an exchange, or an exported state") from error
    try:
        db.set_busy_timeout(2000)
        with db:  # one snapshot, should somebody still write
            opening = read_opening(db, path)
            facts = list(read_facts(db, path))
    finally:
        db.close()
    times = [fact.t_ns for fact in facts if isinstance(fact, AccountFact | ReachedFact)]
    names = [fact.name for fact in facts if isinstance(fact, AccountFact)]
    kept = tuple(fact for fact in facts if not isinstance(fact, ReachedFact))
    return Carried(names[-1] if names else "", max(times, default=0), kept, tuple(opening.listings))


def of_state(name: str, t_ns: int, rows: Iterable[Row]) -> Carried:
    """The account as a manager's state has it.

    Raises SessionFileInvalid for a position whose cost the manager did not know.
    """
    rows = list(rows)
    trades = sorted((row.trade for row in rows if isinstance(row, CountedTrade)), key=lambda trade: trade.trade_id)
    orders = sorted((row for row in rows if isinstance(row, Order)), key=lambda order: order.order_id)
    facts: list[Fact] = [OrderFact(_order(order, trades)) for order in orders]
    facts += [TradeFact(_trade(trade)) for trade in trades]
    facts += [VoidFact(trade.trade_id, t_ns) for trade in trades if trade.voided]
    facts += _holdings([row for row in rows if isinstance(row, Position)], trades, orders)
    facts += [AccountFact(name, row.can_trade, row.balance_mils, t_ns) for row in rows if isinstance(row, AccountFacts)]
    return Carried(name, t_ns, tuple(facts))


def _order(order: Order, trades: list[Trade]) -> ExchangeOrder:
    fills = [trade for trade in trades if trade.order_id == order.order_id and not trade.voided]
    return ExchangeOrder(
        order_id=order.order_id,
        origin="manager" if (order.tag or "").startswith(ID_PREFIX) else "script",
        contract=order.contract,
        side=order.side,
        size=order.size,
        type=order.type,
        status=order.status,
        t_ns=order.t_ns,
        version=order.version,
        filled=order.filled,
        filled_cost=sum(trade.size * trade.price_ticks for trade in fills),
        limit_ticks=order.limit_ticks,
        stop_ticks=order.stop_ticks,
        trail_ticks=order.trail_ticks,
        tag=order.tag,
    )


def _trade(trade: Trade) -> ExchangeTrade:
    return ExchangeTrade(
        trade_id=trade.trade_id,
        order_id=trade.order_id,
        contract=trade.contract,
        side=trade.side,
        size=trade.size,
        price_ticks=trade.price_ticks,
        pnl_mils=trade.pnl_mils,
        fees_mils=trade.fees_mils,
        t_ns=trade.t_ns,
    )


def _holdings(positions: list[Position], trades: list[Trade], orders: list[Order]) -> Iterator[HoldingFact]:
    """What is held: of older trades nothing is known, so the lots follow from the positions alone."""
    last_trade = max((trade.trade_id for trade in trades), default=0)
    last_order = max([trade.order_id for trade in trades] + [order.order_id for order in orders], default=0)
    held = {position.contract: position for position in positions}
    for contract in sorted(held.keys() | {trade.contract for trade in trades}):
        position = held.get(contract)
        yield HoldingFact(contract, _lots(position) if position else (), last_trade, last_order)


def _lots(position: Position) -> tuple[tuple[int, int], ...]:
    """As many contracts at one price and the rest a tick above it as give the position's cost, to the mil."""
    if position.cost_mils is None or not position.tick_value_mils:
        message = f"{position.contract}: the cost of the position is not known"
        raise SessionFileInvalid(message, hint="add the instrument to instruments.yaml and export the state again")
    sign = 1 if position.net > 0 else -1
    size = abs(position.net)
    ticks, above = divmod(sign * position.cost_mils // position.tick_value_mils, size)
    lots = ((sign * (size - above), ticks), (sign * above, ticks + 1))
    return tuple((lot, price) for lot, price in lots if lot)
