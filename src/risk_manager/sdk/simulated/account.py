"""The exchange's account: its orders, trades, positions and balance, and what it tells about each change.

Every change is told twice: `events`, for whoever is subscribed, and `facts`, for the ledger. The owner takes both after
each call and makes the facts durable before the events leave. `restore` rebuilds the same account from its facts.
"""

from collections.abc import Iterable, Sequence

import msgspec

from risk_manager.domain.commands import PlaceOrder
from risk_manager.domain.events import AccountReport, Event, OrderReport, PositionReport, TradeReport
from risk_manager.domain.orders import Order, Trade
from risk_manager.errors import VenueRefused
from risk_manager.sdk.normalise import shown
from risk_manager.sdk.simulated.accounting import Holding
from risk_manager.sdk.simulated.model import (
    AccountFact,
    ExchangeOrder,
    ExchangeTrade,
    Fact,
    HoldingFact,
    Listing,
    OrderFact,
    Origin,
    ReachedFact,
    TradeFact,
    TurnedAwayFact,
    VoidFact,
)
from risk_manager.sdk.simulated.reports import order_report, position_report, trade_report

MOST_TURNED_AWAY = 1000
"""So many refused attempts of onlookers are kept; that there was one is what matters."""
UNNAMED = "unnamed"
"""An account without a name takes that of the first manager who logs in."""

_ECHO_ID = 9_000_000_000


class Account:
    """One account at the exchange. `now_ns` is the exchange's clock, moved by its owner."""

    def __init__(self, listings: Iterable[Listing], *, now_ns: int, name: str, balance_mils: int) -> None:
        self.listings = {listing.contract: listing for listing in listings}
        self.now_ns = now_ns
        self.name = name
        self.can_trade = True
        self.balance_mils = balance_mils
        self.orders: dict[int, ExchangeOrder] = {}
        self.trades: dict[int, ExchangeTrade] = {}
        self.voided: set[int] = set()
        self.holdings = {contract: self._empty(contract) for contract in self.listings}
        self.working: dict[str, dict[int, ExchangeOrder]] = {contract: {} for contract in self.listings}
        self.events: list[Event] = []
        self.facts: list[Fact] = []
        self.turned_away: list[TurnedAwayFact] = []
        self._by_tag: dict[str, int] = {}
        self._carried: dict[str, HoldingFact] = {}
        self._last_ids = (0, 0)  # of trades and orders, where they were used before this account began here

    def _empty(self, contract: str) -> Holding:
        return Holding(self.listings[contract].instrument.tick_value_mils)

    # -- orders and fills ------------------------------------------------------------------------------------------

    def open_order(self, command: PlaceOrder, origin: Origin, tag: str | None) -> ExchangeOrder:
        """Write down a new order."""
        order = ExchangeOrder(
            order_id=max(next(reversed(self.orders), 0), self._last_ids[1]) + 1,
            origin=origin,
            contract=command.contract,
            side=command.side,
            size=command.size,
            type=command.type,
            status="working",
            t_ns=self.now_ns,
            version=0,
            limit_ticks=command.limit_ticks,
            stop_ticks=command.stop_ticks,
            trail_ticks=command.trail_ticks,
            tag=tag,
        )
        self.changed(order)
        return order

    def changed(self, order: ExchangeOrder) -> None:
        """Tell that an order changed; each change is a new version."""
        order.version += 1
        self._keep(order)
        self.facts.append(OrderFact(msgspec.structs.replace(order)))
        self.events.append(OrderReport(self.now_ns, order_report(order, self.listings[order.contract])))

    def _keep(self, order: ExchangeOrder) -> None:
        self.orders[order.order_id] = order
        if order.tag is not None:
            self._by_tag[order.tag] = order.order_id
        if order.is_working:
            self.working[order.contract][order.order_id] = order
        else:
            self.working[order.contract].pop(order.order_id, None)

    def fill(self, order: ExchangeOrder, size: int, price_ticks: int) -> None:
        """Execute part or all of an order. A fill through zero is two trades: one that closes, one that opens."""
        listing = self.listings[order.contract]
        order.filled += size
        order.filled_cost += size * price_ticks
        order.status = "filled" if order.remaining == 0 else "partially_filled"
        self.changed(order)
        for part in self.holdings[order.contract].book(order.side, size, price_ticks):
            trade = ExchangeTrade(
                trade_id=max(next(reversed(self.trades), 0), self._last_ids[0]) + 1,
                order_id=order.order_id,
                contract=order.contract,
                side=order.side,
                size=part.size,
                price_ticks=price_ticks,
                pnl_mils=part.pnl_mils,
                fees_mils=part.size * listing.fee_mils,
                t_ns=self.now_ns,
            )
            self.trades[trade.trade_id] = trade
            self.balance_mils += (trade.pnl_mils or 0) - trade.fees_mils
            self.facts.append(TradeFact(trade))
            self.events.append(TradeReport(self.now_ns, trade_report(trade, listing, voided=False)))
        self.events.append(position_report(self.now_ns, self.holdings[order.contract], listing))
        self.account_changed()

    def void_trade(self, trade_id: int) -> None:
        """Take a trade back: only the last one of its contract, so that no later profit was computed from it."""
        trade = self.trades.get(trade_id)
        if trade is None or trade_id in self.voided:
            raise VenueRefused(f"trade {trade_id} {'is voided already' if trade else 'not found'}")
        if self._valid_trades(trade.contract)[-1].trade_id != trade_id:
            raise VenueRefused(f"trade {trade_id} has later trades in {trade.contract}; only the last can be voided")
        if trade_id <= self._carried_up_to(trade.contract):
            raise VenueRefused(f"trade {trade_id} is from before this exchange kept the account")
        listing = self.listings[trade.contract]
        self._take_back(trade)
        self.facts.append(VoidFact(trade_id, self.now_ns))
        self.events.append(TradeReport(self.now_ns, trade_report(trade, listing, voided=True)))
        self.events.append(position_report(self.now_ns, self.holdings[trade.contract], listing))
        self.balance_mils -= (trade.pnl_mils or 0) - trade.fees_mils
        self.account_changed()

    def _valid_trades(self, contract: str) -> list[ExchangeTrade]:
        return [t for t in self.trades.values() if t.contract == contract and t.trade_id not in self.voided]

    def _take_back(self, trade: ExchangeTrade) -> None:
        self.voided.add(trade.trade_id)
        self._hold(trade.contract, self._carried.get(trade.contract))
        for other in self._valid_trades(trade.contract):
            if other.trade_id > self._carried_up_to(trade.contract):
                self.holdings[trade.contract].book(other.side, other.size, other.price_ticks)

    def _carried_up_to(self, contract: str) -> int:
        carried = self._carried.get(contract)
        return carried.after_trade if carried else 0

    def _hold(self, contract: str, carried: HoldingFact | None) -> None:
        """Begin the books of a contract: with nothing, or with what was carried here."""
        holding = self.holdings[contract] = self._empty(contract)
        for lot, price_ticks in carried.lots if carried else ():
            holding.book(1 if lot > 0 else -1, abs(lot), price_ticks)

    def echo_trade(self) -> None:
        """Tell the last trade once more under another number: a fault of the venue, of which its books know nothing."""
        if not self.trades:
            raise VenueRefused("there is no trade to tell again")
        trade = self.trades[next(reversed(self.trades))]
        told = trade_report(trade, self.listings[trade.contract], voided=False)
        self.events.append(TradeReport(self.now_ns, msgspec.structs.replace(told, trade_id=_ECHO_ID + trade.trade_id)))

    # -- the account itself ----------------------------------------------------------------------------------------

    def take_name(self, name: str) -> None:
        """Give the unnamed account its name. Raises VenueRefused for any other name than the one it has."""
        if self.name == UNNAMED:
            self.name = name
            self.account_changed()
        elif name != self.name:
            raise VenueRefused(
                f"account {shown(name)} not found; this exchange has {self.name}",
                hint="name that account, or give the exchange a data directory of its own",
            )

    def set_can_trade(self, *, allowed: bool) -> None:
        """Allow or forbid the account to trade."""
        self.can_trade = allowed
        self.account_changed()

    def turn_away(self, asked: str, tag: str | None) -> None:
        """Write down that one who may only look on asked for more."""
        if len(self.turned_away) < MOST_TURNED_AWAY:
            fact = TurnedAwayFact(asked, tag, self.now_ns)
            self.turned_away.append(fact)
            self.facts.append(fact)

    def account_changed(self) -> None:
        """Tell how the account stands."""
        self.facts.append(AccountFact(self.name, self.can_trade, self.balance_mils, self.now_ns))
        self.events.append(self.report())

    def take_facts(self) -> list[Fact]:
        """What happened since the last time, for the ledger."""
        facts, self.facts = self.facts, []
        return facts

    def take_events(self) -> list[Event]:
        """What happened since the last time, for subscribers."""
        events, self.events = self.events, []
        return events

    def restore(self, facts: Iterable[Fact]) -> None:
        """Become what these facts tell. For a new account; nothing is told again."""
        for fact in facts:
            if isinstance(fact, OrderFact):
                self._keep(msgspec.structs.replace(fact.order))
            elif isinstance(fact, TradeFact):
                self.trades[fact.trade.trade_id] = fact.trade
                self.holdings[fact.trade.contract].book(fact.trade.side, fact.trade.size, fact.trade.price_ticks)
            elif isinstance(fact, HoldingFact):
                self._carried[fact.contract] = fact
                self._last_ids = (fact.after_trade, fact.after_order)
                self._hold(fact.contract, fact)
            elif isinstance(fact, VoidFact):
                self._take_back(self.trades[fact.trade_id])
            elif isinstance(fact, AccountFact):
                self.name, self.can_trade, self.balance_mils = fact.name, fact.can_trade, fact.balance_mils
            elif isinstance(fact, TurnedAwayFact):
                self.turned_away.append(fact)
            if isinstance(fact, AccountFact | ReachedFact | VoidFact):
                self.now_ns = max(self.now_ns, fact.t_ns)

    # -- reads -----------------------------------------------------------------------------------------------------

    def report(self) -> AccountReport:
        """May the account trade, and its realized balance."""
        return AccountReport(self.now_ns, self.can_trade, self.balance_mils)

    def positions(self) -> list[PositionReport]:
        """Every open position."""
        return [
            position_report(self.now_ns, holding, self.listings[contract])
            for contract, holding in self.holdings.items()
            if holding.net
        ]

    def working_orders(self) -> list[Order]:
        """Every order that may still fill, oldest first."""
        working = [order for orders in self.working.values() for order in orders.values()]
        return [order_report(o, self.listings[o.contract]) for o in sorted(working, key=lambda order: order.order_id)]

    def order(self, order_id: int) -> Order | None:
        """One order as it stands or ended."""
        order = self.orders.get(order_id)
        return None if order is None else order_report(order, self.listings[order.contract])

    def order_by_tag(self, tag: str) -> Order | None:
        """The newest order that carries this client order id."""
        order_id = self._by_tag.get(tag)
        return None if order_id is None else self.order(order_id)

    def trades_since(self, t_ns: int) -> Sequence[Trade]:
        """Trades at or after `t_ns`, voided ones marked."""
        return [
            trade_report(trade, self.listings[trade.contract], voided=trade.trade_id in self.voided)
            for trade in self.trades.values()
            if trade.t_ns >= t_ns
        ]
