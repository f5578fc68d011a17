"""Protective orders against a real exchange: whatever the market and the trader do, they cover and never open anything.

The decider and the simulated exchange meet without processes between them: what the exchange tells is decided about in
its order, and what was decided is carried out either at once, while the rest of what the exchange told still waits, or
when everything is told. Enforcement is the manager's own.
"""

import asyncio
from collections import deque
from types import SimpleNamespace

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.account import ES, ES_CONTRACT, MNQ, MNQ_CONTRACT, MORNING_NS, SECOND_NS, Account

from risk_manager.clock import SystemClock
from risk_manager.domain.decide import decide, take_mark
from risk_manager.domain.events import Event, MarketTrade, TimeAdvanced
from risk_manager.domain.intents import ID_PREFIX, Intent
from risk_manager.domain.orders import FINAL_STATUSES
from risk_manager.errors import VenueError
from risk_manager.rules.max_contracts_per_instrument import Params as Most
from risk_manager.rules.trade_management import Breakeven, Params, Trailing
from risk_manager.sdk.enforcement import Deadlines, Enforcement
from risk_manager.sdk.simulated.exchange import Exchange
from risk_manager.sdk.simulated.model import Listing
from risk_manager.state.codec import beside_of, record_of
from risk_manager.state.recompute import check_decisions
from risk_manager.state.recovery import Decided

SYMBOLS = {ES_CONTRACT: "ES", MNQ_CONTRACT: "MNQ"}
START_TICKS = 20_000
EVERYTHING = Params(
    stop_loss_ticks=12,
    take_profit_ticks=20,
    breakeven=Breakeven(trigger_ticks=5, offset_ticks=1),
    trailing=Trailing(activation_ticks=8, distance_ticks=4),
)


class Venue:
    """The exchange as enforcement sees a venue: every answer at once."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def account(self):
        return self._exchange.account.report()

    async def positions(self):
        return self._exchange.account.positions()

    async def working_orders(self):
        return self._exchange.account.working_orders()

    async def order(self, order_id):
        return self._exchange.account.order(order_id)

    async def order_by_tag(self, tag):
        return self._exchange.account.order_by_tag(tag)

    async def place(self, command, tag):
        return self._exchange.place(command, "manager", tag)

    async def modify(self, command):
        self._exchange.modify(command)

    async def cancel(self, order_id):
        self._exchange.cancel(order_id)

    async def close(self, contract, tag):
        return self._exchange.close(contract, "manager", tag)

    async def partial_close(self, contract, size, tag):
        return self._exchange.partial_close(contract, size, "manager", tag)


class Both:
    """One exchange and one decider. venue_of: how enforcement reaches the exchange."""

    venue_of = Venue

    def __init__(self, *, at_once: bool) -> None:
        listings = [Listing(ES_CONTRACT, ES), Listing(MNQ_CONTRACT, MNQ)]
        self.exchange = Exchange(listings, now_ns=MORNING_NS, account="P", partial_fills=True)
        self.account = Account(
            trade_management=EVERYTHING, max_contracts_per_instrument=Most(default_limit=4, limits={"ES": 4})
        )
        self._at_once = at_once
        self._posted: deque[Event] = deque()
        for contract in SYMBOLS:
            self.price(contract, START_TICKS)

    def price(self, contract: str, ticks: int) -> None:
        """Somebody trades."""
        event = MarketTrade(self.exchange.now_ns, contract, ticks, 2)
        self.exchange.apply([event])
        self.settle([event])

    def wait(self, seconds: int) -> None:
        """Time passes."""
        t_ns = self.exchange.now_ns + seconds * SECOND_NS
        self.exchange.pass_time(t_ns)
        self.settle([TimeAdvanced(t_ns)])

    def trade(self, act) -> None:
        """The trader does something; what the exchange refuses does not happen."""
        try:
            act(self.exchange)
        except VenueError:
            return
        self.settle([])

    def carry_out(self, intent: Intent) -> list[Event]:
        """Let enforcement carry out one intent to its end; returns what it tells the engine."""

        told: list[Event] = []
        enforcement = Enforcement(
            venue=self.venue_of(self.exchange),
            post=told.extend,
            now_ns=lambda: self.account.state.now_ns,
            symbol_of=SYMBOLS.__getitem__,
            checkpoints=SimpleNamespace(reach=lambda *_args, **_more: None),
            clock=SystemClock(),
            deadlines=Deadlines(confirm_s=0.0),
            one_at_a_time=True,
        )

        async def until_idle() -> None:
            enforcement.submit([intent])
            async with asyncio.TaskGroup() as group:
                running = group.create_task(enforcement.run())
                await enforcement.wait_until_idle()
                running.cancel()

        asyncio.run(until_idle())
        return told

    def settle(self, events: list[Event]) -> None:
        """Until nobody has anything to say or do."""
        told = deque([*events, *self.exchange.account.take_events()])
        due: deque[Intent] = deque()
        for _ in range(2_000):
            if self._posted:
                due += self.account.take(self._posted.popleft()).intents
            elif due and (self._at_once or not told):
                self._posted += self.carry_out(due.popleft())
                told += self.exchange.account.take_events()
            elif told:
                due += self.account.take(told.popleft()).intents
            else:
                return
        raise AssertionError("the decider and the exchange never come to rest")


def check(both: Both, trades_seen: int) -> int:
    """What must hold whenever everybody is at rest; returns how many trades there are."""
    exchange = both.exchange.account
    trades = list(exchange.trades.values())
    for trade in trades[trades_seen:]:
        order = exchange.orders[trade.order_id]
        if order.tag is not None and order.tag.startswith(ID_PREFIX) and order.type != "market":
            assert trade.pnl_mils is not None, f"a protective order opened something: {order} {trade}"
    for contract, holding in exchange.holdings.items():
        ours = [order for order in exchange.working[contract].values() if (order.tag or "").startswith(ID_PREFIX)]
        if holding.net == 0:
            assert not ours, "an order of ours without a position"
            continue
        assert {order.type: order.side * order.remaining for order in ours} == {
            "stop": -holding.net,
            "limit": -holding.net,
        }, "both cover the position, no more and no less"
        assert len(ours) == 2
    assert all(order.status not in FINAL_STATUSES for each in exchange.working.values() for order in each.values())
    return len(trades)


contracts = st.sampled_from(list(SYMBOLS))
steps = st.one_of(
    st.tuples(st.just("price"), contracts, st.integers(-9, 9)),
    st.tuples(st.just("trade"), contracts, st.sampled_from([-3, -2, -1, 1, 2, 3])),
    st.tuples(st.just("close"), contracts, st.just(0)),
    st.tuples(st.just("cancel"), contracts, st.integers(0, 1)),
    st.tuples(st.just("wait"), contracts, st.integers(1, 20)),
)


def act(both: Both, step, prices: dict[str, int]) -> None:
    from risk_manager.domain.commands import PlaceOrder

    kind, contract, number = step
    if kind == "price":
        prices[contract] += number
        both.price(contract, prices[contract])
    elif kind == "trade":
        order = PlaceOrder(contract, 1 if number > 0 else -1, abs(number), "market")
        both.trade(lambda exchange: exchange.place(order, "script"))
    elif kind == "close":
        both.trade(lambda exchange: exchange.close(contract, "script"))
    elif kind == "cancel":
        working = list(both.exchange.account.working[contract])
        if number < len(working):
            both.trade(lambda exchange: exchange.cancel(working[number]))
    else:
        both.wait(number)


@settings(max_examples=60, deadline=None)
@given(st.lists(steps, max_size=25), st.booleans())
def test_protective_orders_cover_the_position_and_never_open_one(sequence, at_once):
    both = Both(at_once=at_once)
    prices = dict.fromkeys(SYMBOLS, START_TICKS)
    seen = 0
    for step in sequence:
        act(both, step, prices)
        both.wait(6)  # longer than any pause after an attempt that failed
        seen = check(both, seen)


@settings(max_examples=30, deadline=None)
@given(st.lists(steps, max_size=25), st.booleans())
def test_a_restart_that_decides_again_comes_to_the_same_decisions(sequence, at_once):
    """Whatever a decision read beside the durable tables is journaled with it, a fill without its position too."""
    both = Both(at_once=at_once)
    account = both.account
    journal: list[Decided] = []

    def take(event: Event):
        if isinstance(event, MarketTrade):
            take_mark(account.state, event)
        beside = beside_of(account.state, event)
        decision = Account.take(account, event)
        if decision.is_durable:
            journal.append(Decided(len(journal) + 1, record_of(event, decision, beside), "hash", 1))
        return decision

    first = account.decisions[0]
    account.take = take
    prices = dict.fromkeys(SYMBOLS, START_TICKS)
    for step in sequence:
        act(both, step, prices)
    recovered = SimpleNamespace(
        before_recent=[(each.table, each.key, each.after) for each in first.changes], recent=journal
    )
    compared = check_decisions(
        recovered, lambda state, event: decide(state, event, account.policy), config_hash="hash", decider_version=1
    )
    assert compared.compared == len(journal)
