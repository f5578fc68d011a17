"""Whatever traders, the market and the venue's staff do: the exchange's books add up, and its ledger rebuilds it."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from risk_manager.domain.commands import ModifyOrder, PlaceOrder
from risk_manager.domain.events import MarketStatus, MarketTrade, PositionReport, Quote, TimeAdvanced, TradeReport
from risk_manager.errors import VenueError
from risk_manager.sdk.normalise import average_price_text, cost_mils_of_average
from risk_manager.sdk.sessions.generate import ES, MNQ
from risk_manager.sdk.simulated.exchange import Exchange
from risk_manager.sdk.simulated.ledger_view import view_of
from risk_manager.sdk.simulated.model import Fact, Listing

LISTINGS = [Listing(ES.id, ES.instrument(), 1400), Listing(MNQ.id, MNQ.instrument(), 370)]
TICKS = {ES.id: 26600, MNQ.id: 98000}
BALANCE_MILS = 50_000_000
FACTS: msgspec.json.Decoder[Fact] = msgspec.json.Decoder(Fact)

contracts = st.sampled_from([ES.id, MNQ.id])
offsets = st.integers(-12, 12)
sizes = st.integers(1, 6)
sides = st.sampled_from([1, -1])


class ExchangeMachine(RuleBasedStateMachine):
    """Plays at random, and keeps a naive account of its own beside the exchange's."""

    def __init__(self) -> None:
        super().__init__()
        self.exchange = self.fresh()
        self.t_ns = 1_763_476_200_000_000_000
        self.facts: list[bytes] = []
        self.trades: dict[int, Any] = {}
        self.reported_net = dict.fromkeys(TICKS, 0)
        self.marks: dict[str, int] = {}

    def fresh(self) -> Exchange:
        return Exchange(LISTINGS, now_ns=0, account="P", balance_mils=BALANCE_MILS, partial_fills=True)

    def do(self, act: Callable[[], object]) -> None:
        """Act; then take in what was told. A refusal must leave positions alone."""
        before = {contract: holding.net for contract, holding in self.exchange.account.holdings.items()}
        refused = False
        try:
            act()
        except VenueError:
            refused = True
        events = self.exchange.account.take_events()
        self.facts += [msgspec.json.encode(fact) for fact in self.exchange.account.take_facts()]
        moved = dict.fromkeys(TICKS, 0)
        for event in events:
            if isinstance(event, TradeReport):
                trade = event.trade
                moved[trade.contract] += -trade.side * trade.size if trade.voided else trade.side * trade.size
                self.trades[trade.trade_id] = trade
            elif isinstance(event, PositionReport):
                self.reported_net[event.contract] = event.net
        after = {contract: holding.net for contract, holding in self.exchange.account.holdings.items()}
        assert {c: after[c] - before[c] for c in TICKS} == moved, "a position moved without a fill"
        assert not (refused and any(moved.values()))

    def tick(self, contract: str, offset: int) -> int:
        return TICKS[contract] + offset

    @rule(contract=contracts, offset=offsets, size=sizes)
    def market_trade(self, contract: str, offset: int, size: int) -> None:
        self.t_ns += 1_000_000
        self.marks[contract] = self.tick(contract, offset)
        event = MarketTrade(self.t_ns, contract, self.marks[contract], size)
        concerned = self.exchange.concerns(event)
        told: list[object] = []

        def act() -> None:
            self.exchange.apply([event])
            told.extend(self.exchange.account.events)

        self.do(act)
        assert concerned or not told, "an event changed an order although it was said not to concern any"

    @rule(contract=contracts, offset=offsets)
    def market_quote(self, contract: str, offset: int) -> None:
        self.t_ns += 1_000_000
        bid = self.tick(contract, offset)
        event = Quote(self.t_ns, contract, bid, bid + 1, self.marks.get(contract))
        concerned = self.exchange.concerns(event)
        told: list[object] = []

        def act() -> None:
            self.exchange.apply([event])
            told.extend(self.exchange.account.events)

        self.do(act)
        assert concerned or not told

    @rule(contract=contracts, word=st.sampled_from(["open", "open", "halted"]))
    def market_status(self, contract: str, word: Any) -> None:
        self.do(lambda: self.exchange.apply([MarketStatus(self.t_ns, contract, word), TimeAdvanced(self.t_ns)]))

    @rule(contract=contracts, side=sides, size=sizes)
    def market_order(self, contract: str, side: Any, size: int) -> None:
        self.do(lambda: self.exchange.place(PlaceOrder(contract, side, size, "market"), "manual"))

    @rule(contract=contracts, side=sides, size=sizes, offset=offsets, tag=st.sampled_from(["a", "b", None]))
    def limit_order(self, contract: str, side: Any, size: int, offset: int, tag: str | None) -> None:
        order = PlaceOrder(contract, side, size, "limit", limit_ticks=self.tick(contract, offset))
        self.do(lambda: self.exchange.place(order, "manager", tag))

    @rule(contract=contracts, side=sides, size=sizes, offset=offsets, beyond=st.integers(0, 3))
    def stop_orders(self, contract: str, side: Any, size: int, offset: int, beyond: int) -> None:
        stop = self.tick(contract, offset)
        self.do(lambda: self.exchange.place(PlaceOrder(contract, side, size, "stop", stop_ticks=stop), "script"))
        order = PlaceOrder(contract, side, size, "stop_limit", stop_ticks=stop, limit_ticks=stop + side * beyond)
        self.do(lambda: self.exchange.place(order, "script"))

    @rule(contract=contracts, side=sides, size=sizes, trail=st.integers(1, 6))
    def trailing_order(self, contract: str, side: Any, size: int, trail: int) -> None:
        order = PlaceOrder(contract, side, size, "trailing_stop", trail_ticks=trail)
        self.do(lambda: self.exchange.place(order, "script"))

    @precondition(lambda self: self.exchange.account.orders)
    @rule(pick=st.integers(0, 10**6), size=sizes, offset=offsets)
    def modify(self, pick: int, size: int, offset: int) -> None:
        order = self.exchange.account.orders[pick % len(self.exchange.account.orders) + 1]
        limit = self.tick(order.contract, offset) if order.limit_ticks is not None else None
        self.do(lambda: self.exchange.modify(ModifyOrder(order.order_id, order.contract, size, limit_ticks=limit)))

    @precondition(lambda self: self.exchange.account.orders)
    @rule(pick=st.integers(0, 10**6))
    def cancel(self, pick: int) -> None:
        self.do(lambda: self.exchange.cancel(pick % len(self.exchange.account.orders) + 1))

    @rule(contract=contracts, size=sizes)
    def partial_close(self, contract: str, size: int) -> None:
        self.do(lambda: self.exchange.partial_close(contract, size, "manager", "tag"))

    @rule(contract=contracts)
    def close(self, contract: str) -> None:
        self.do(lambda: self.exchange.close(contract, "manager"))

    @rule(allowed=st.booleans())
    def can_trade(self, *, allowed: bool) -> None:
        self.do(lambda: self.exchange.account.set_can_trade(allowed=allowed))

    @precondition(lambda self: self.trades)
    @rule(back=st.integers(0, 2))
    def void(self, back: int) -> None:
        self.do(lambda: self.exchange.account.void_trade(max(1, len(self.trades) - back)))

    # -- what must hold --------------------------------------------------------------------------------------------

    def valid(self, contract: str) -> list[Any]:
        return [t for t in self.trades.values() if t.contract == contract and not t.voided]

    @invariant()
    def the_fills_add_up_to_the_position(self) -> None:
        for contract, holding in self.exchange.account.holdings.items():
            assert holding.net == sum(t.side * t.size for t in self.valid(contract))
            assert self.reported_net[contract] == holding.net

    @invariant()
    def realized_and_open_profit_are_the_cash_flow(self) -> None:
        """Σ -side x size x price, plus what is held at any mark, is realized plus open: whatever the order of lots."""
        for listing in LISTINGS:
            holding = self.exchange.account.holdings[listing.contract]
            trades = self.valid(listing.contract)
            tick_value = Fraction(listing.instrument.tick_value_mils)
            mark = TICKS[listing.contract]
            cash = sum((Fraction(-t.side * t.size * t.price_ticks) for t in trades), Fraction()) * tick_value
            realized = sum(t.pnl_mils or 0 for t in trades)
            open_pnl = holding.net * mark * tick_value - holding.cost_mils
            assert realized + open_pnl == cash + holding.net * mark * tick_value

    @invariant()
    def the_balance_is_what_was_realized_less_fees(self) -> None:
        trades = [t for t in self.trades.values() if not t.voided]
        gained = sum((t.pnl_mils or 0) - t.fees_mils for t in trades)
        assert self.exchange.account.balance_mils == BALANCE_MILS + gained

    @invariant()
    def orders_never_fill_more_than_their_size_and_ended_ones_do_not_work(self) -> None:
        for order in self.exchange.account.orders.values():
            assert 0 <= order.filled <= order.size
            assert (order.status == "filled") == (order.filled == order.size and order.is_working is False)
        working = {order.order_id for order in self.exchange.account.working_orders()}
        assert working == {o.order_id for o in self.exchange.account.orders.values() if o.is_working}

    @invariant()
    def the_average_price_gives_the_cost_back_exactly(self) -> None:
        for contract, holding in self.exchange.account.holdings.items():
            if holding.net:
                instrument = self.exchange.account.listings[contract].instrument
                average = average_price_text(holding.cost_ticks, holding.net, instrument)
                assert cost_mils_of_average(average, holding.net, instrument) == holding.cost_mils

    @invariant()
    def the_ledger_rebuilds_the_same_account(self) -> None:
        rebuilt = self.fresh()
        rebuilt.account.restore(FACTS.decode(row) for row in self.facts)
        rebuilt.account.now_ns = self.exchange.account.now_ns
        assert view_of(rebuilt.account) == view_of(self.exchange.account)
        assert rebuilt.account.working_orders() == self.exchange.account.working_orders()
        assert rebuilt.account.trades_since(0) == self.exchange.account.trades_since(0)


TestExchange = ExchangeMachine.TestCase
TestExchange.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
