"""What the exchange executed, read from its ledger's file: while it runs, after it stopped, after it was killed.

This is the witness. It opens the file read-only, folds the facts by itself, and asks no running program anything.
"""

from pathlib import Path

import apsw
import msgspec

from risk_manager.errors import VenueUnreachable
from risk_manager.sdk.normalise import average_price_text, iso, money_text
from risk_manager.sdk.simulated.account import UNNAMED, Account
from risk_manager.sdk.simulated.ledger import FILE_NAME, read_facts, read_opening
from risk_manager.sdk.simulated.model import ExchangeOrder, ExchangeTrade, Listing, ReachedFact

SCHEMA = "rm.ledger/1"


class AccountView(msgspec.Struct, frozen=True):
    """The account as it stands."""

    name: str
    balance: str
    can_trade: bool


class PositionView(msgspec.Struct, frozen=True):
    """An open position."""

    contract: str
    symbol: str
    side: str
    size: int
    net: int
    average_price: str


class OrderView(msgspec.Struct, frozen=True):
    """An order, working or ended."""

    order_id: int
    origin: str
    custom_tag: str | None
    contract: str
    side: str
    size: int
    type: str
    status: str
    fill_volume: int
    filled_price: str | None
    t: str


class TradeView(msgspec.Struct, frozen=True):
    """An execution; pnl is None on an opening half-turn."""

    trade_id: int
    order_id: int
    contract: str
    side: str
    size: int
    price: str
    pnl: str | None
    fees: str
    t: str
    voided: bool


class TurnedAwayView(msgspec.Struct, frozen=True):
    """What one who may only look on asked for, in vain."""

    asked: str
    custom_tag: str | None
    t: str


class LedgerView(msgspec.Struct, frozen=True, kw_only=True):
    """The whole object that `exchange ledger --json` prints. `flat`: no position is open.

    turned_away: orders that came over a connection on which none are taken.
    """

    schema: str = SCHEMA
    account: AccountView
    time: str
    positions: list[PositionView]
    working_orders: list[OrderView]
    orders: list[OrderView]
    trades: list[TradeView]
    flat: bool
    events: int
    turned_away: list[TurnedAwayView]


def read_ledger(data_dir: Path) -> LedgerView:
    """Read the ledger in a data directory. Raises VenueUnreachable where there is none, StateCorrupt."""
    path = data_dir / FILE_NAME
    if not path.is_file():
        raise VenueUnreachable(f"{path} does not exist: no exchange ever ran there", hint="name its --data-dir")
    try:
        db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    except apsw.Error as error:
        raise VenueUnreachable(f"{path} cannot be opened: {error}", hint="check its owner and mode") from error
    try:
        db.set_busy_timeout(2000)
        with db:  # one snapshot, although the exchange goes on writing
            opening = read_opening(db, path)
            account = Account(opening.listings, now_ns=0, name=UNNAMED, balance_mils=opening.balance_mils)
            facts = list(read_facts(db, path))
            account.restore(facts)
    finally:
        db.close()
    reached = (fact.items for fact in reversed(facts) if isinstance(fact, ReachedFact))
    return view_of(account, events=next(reached, 0))


def view_of(account: Account, *, events: int = 0) -> LedgerView:
    """An account as the ledger shows it."""
    orders = [_order(order, account.listings[order.contract]) for order in account.orders.values()]
    working = {order.order_id for order in account.working_orders()}
    positions = [
        PositionView(
            contract=contract,
            symbol=account.listings[contract].instrument.symbol,
            side="long" if holding.net > 0 else "short",
            size=abs(holding.net),
            net=holding.net,
            average_price=average_price_text(holding.cost_ticks, holding.net, account.listings[contract].instrument),
        )
        for contract, holding in account.holdings.items()
        if holding.net
    ]
    return LedgerView(
        account=AccountView(account.name, money_text(account.balance_mils), account.can_trade),
        time=iso(account.now_ns),
        positions=positions,
        working_orders=[order for order in orders if order.order_id in working],
        orders=orders,
        trades=[
            _trade(trade, account.listings[trade.contract], voided=trade.trade_id in account.voided)
            for trade in account.trades.values()
        ],
        flat=not positions,
        events=events,
        turned_away=[TurnedAwayView(each.asked, each.custom_tag, iso(each.t_ns)) for each in account.turned_away],
    )


def _order(order: ExchangeOrder, listing: Listing) -> OrderView:
    filled = average_price_text(order.filled_cost, order.filled, listing.instrument) if order.filled else None
    return OrderView(
        order_id=order.order_id,
        origin=order.origin,
        custom_tag=order.tag,
        contract=order.contract,
        side=_side(order.side),
        size=order.size,
        type=order.type,
        status=order.status,
        fill_volume=order.filled,
        filled_price=filled,
        t=iso(order.t_ns),
    )


def _trade(trade: ExchangeTrade, listing: Listing, *, voided: bool) -> TradeView:
    return TradeView(
        trade_id=trade.trade_id,
        order_id=trade.order_id,
        contract=trade.contract,
        side=_side(trade.side),
        size=trade.size,
        price=listing.instrument.price_text(trade.price_ticks),
        pnl=None if trade.pnl_mils is None else money_text(trade.pnl_mils),
        fees=money_text(trade.fees_mils),
        t=iso(trade.t_ns),
        voided=voided,
    )


def _side(side: int) -> str:
    return "buy" if side > 0 else "sell"


def text_of(view: LedgerView) -> str:
    """The same for people."""
    may = "may trade" if view.account.can_trade else "may not trade"
    lines = [f"account {view.account.name}  balance {view.account.balance}  {may}  at {view.time}"]
    lines.append("flat" if view.flat else "positions")
    lines += [f"  {p.symbol:<6} {p.side:<5} {p.size:>4} at {p.average_price}  {p.contract}" for p in view.positions]
    lines.append(f"working orders {len(view.working_orders)}")
    lines += [f"  {_order_text(order)}" for order in view.working_orders]
    lines.append(f"orders {len(view.orders)}")
    lines += [f"  {_order_text(order)}" for order in view.orders]
    lines.append(f"trades {len(view.trades)}")
    lines += [
        f"  #{t.trade_id} order {t.order_id}  {t.t}  {t.side} {t.size} {t.contract} at {t.price}"
        f"  pnl {t.pnl or '-'}  fees {t.fees}{'  VOIDED' if t.voided else ''}"
        for t in view.trades
    ]
    if view.turned_away:
        lines.append(f"turned away {len(view.turned_away)}: orders over a connection that may only look on")
        lines += [f"  {each.t}  {each.asked}  {each.custom_tag or ''}".rstrip() for each in view.turned_away]
    return "\n".join(lines)


def _order_text(order: OrderView) -> str:
    tag = f"  {order.custom_tag}" if order.custom_tag else ""
    price = f" at {order.filled_price}" if order.filled_price else ""
    return (
        f"#{order.order_id} {order.t}  {order.origin:<7} {order.side} {order.size} {order.contract} {order.type}"
        f"  {order.status} {order.fill_volume}{price}{tag}"
    )
