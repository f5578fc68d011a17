"""Several rules breached by one event give one consistent set of commands: the table of docs/reference/rules.md.

Each row of that table is a case here, under the same name. What is asked for is compared whole and in order, so that a
double close, a close larger than the position, or a close before a cancel would be seen.
"""

import re
from collections.abc import Callable

import pytest
from tests.conftest import PROJECT
from tests.unit.account import DAY, ES_CONTRACT, MNQ_CONTRACT, MORNING_NS, SECOND_NS, Account, trade, working

from risk_manager.domain.commands import CancelOrder, ClosePosition, Command, ReducePosition
from risk_manager.domain.events import Event, MarketTrade, OrderReport, PositionReport, TimeAdvanced, TradeReport
from risk_manager.domain.policy import BoundRule
from risk_manager.domain.sessions import Session, Span
from risk_manager.domain.verdicts import LockOut, breach
from risk_manager.rules.daily_realized_loss import Params as DayLoss
from risk_manager.rules.daily_unrealized_loss import Params as OpenLoss
from risk_manager.rules.max_contracts import Params as MostInAll
from risk_manager.rules.max_contracts_per_instrument import Params as MostOfEach
from risk_manager.rules.max_unrealized_profit import Params as OpenProfit
from risk_manager.rules.session_block_outside import Params as Hours
from risk_manager.rules.symbol_blocks import Params as Blocked

T = MORNING_NS
LATER = T + SECOND_NS
CLOSED = Session("night", [Span(T - 2 * SECOND_NS, LATER), Span(DAY.end_ns, DAY.end_ns + SECOND_NS)], Span(0, 2**62))
Case = tuple[Account, list[Event], list[Command]]


def es(net: int, t_ns: int = T) -> PositionReport:
    """Bought or sold at tick 26500."""
    return PositionReport(t_ns, ES_CONTRACT, "ES", net, net * 26_500 * 12_500)


def mnq(net: int, t_ns: int = T) -> PositionReport:
    return PositionReport(t_ns, MNQ_CONTRACT, "MNQ", net, net * 100_000 * 500)


def cooldown_on_trades() -> BoundRule:
    action = LockOut("cooldown", "timer", T + 60 * SECOND_NS)
    return BoundRule("cooldown", frozenset({TradeReport}), lambda _state, _event: breach("too many", "4 > 3", action))


def two_reductions() -> Case:
    it = Account(max_contracts_per_instrument=MostOfEach(default_limit=4), max_contracts=MostInAll(limit=3))
    return it, [es(6)], [ReducePosition(ES_CONTRACT, 3, 6)]


def reduce_and_close() -> Case:
    it = Account(
        max_contracts_per_instrument=MostOfEach(default_limit=4), daily_unrealized_loss=OpenLoss(limit_mils=-500_000)
    )
    it.take(MarketTrade(T, ES_CONTRACT, 26_400, 1))
    return it, [es(6)], [ClosePosition(ES_CONTRACT, 6)]


def reduce_and_flatten() -> Case:
    it = Account(
        max_contracts_per_instrument=MostOfEach(default_limit=4), daily_realized_loss=DayLoss(limit_mils=-900_000)
    )
    it.take(MarketTrade(T, ES_CONTRACT, 26_400, 1))
    it.take(mnq(1))
    it.take(OrderReport(T, working(7)))
    wanted = [CancelOrder(7, ES_CONTRACT), ClosePosition(MNQ_CONTRACT, 1), ClosePosition(ES_CONTRACT, 6)]
    return it, [es(6)], wanted


def lockout_and_close() -> Case:
    """The lockout closes what the open loss would close as well; both positions, once each."""
    it = Account(
        daily_realized_loss=DayLoss(limit_mils=-900_000, composite=False),
        daily_unrealized_loss=OpenLoss(limit_mils=-500_000),
    )
    it.take(TradeReport(T, trade(1, -900_000)))
    it.take(MarketTrade(T, ES_CONTRACT, 26_400, 1))
    return it, [es(2)], [ClosePosition(ES_CONTRACT, 2)]


def two_lockouts() -> Case:
    """The session is over and, in the same fill, the day's loss reached: the stronger of equals is the first."""
    it = Account(daily_realized_loss=DayLoss(limit_mils=-900_000), session_block_outside=Hours(session=CLOSED))
    it.take(es(2))
    return it, [TradeReport(LATER, trade(1, -900_000, t_ns=LATER))], [ClosePosition(ES_CONTRACT, 2)]


def lockout_and_cooldown() -> Case:
    it = Account(daily_realized_loss=DayLoss(limit_mils=-900_000), extra_rules=[cooldown_on_trades()])
    it.take(es(2))
    return it, [TradeReport(T, trade(1, -900_000))], [ClosePosition(ES_CONTRACT, 2)]


def cooldown_and_reduce() -> Case:
    """The two that were open may stay in the cooldown; four more make six, and four are the limit: down to two."""
    it = Account(max_contracts_per_instrument=MostOfEach(default_limit=4), extra_rules=[cooldown_on_trades()])
    it.take(es(2))
    it.take(TradeReport(T, trade(1, 0)))
    it.take(es(2, LATER))
    return it, [es(6, LATER + 1)], [ReducePosition(ES_CONTRACT, 4, 6)]


def order_forbidden_twice() -> Case:
    it = Account(daily_realized_loss=DayLoss(limit_mils=-900_000), symbol_blocks=Blocked(symbols=("ES",)))
    it.take(TradeReport(T, trade(1, -900_000)))
    return it, [OrderReport(T, working(7))], [CancelOrder(7, ES_CONTRACT)]


def blocked_and_too_large() -> Case:
    it = Account(symbol_blocks=Blocked(symbols=("ES",)), max_contracts_per_instrument=MostOfEach(default_limit=4))
    return it, [es(6)], [ClosePosition(ES_CONTRACT, 6)]


def loss_here_profit_there() -> Case:
    """One price can only concern the positions of its own contract."""
    it = Account(
        daily_unrealized_loss=OpenLoss(limit_mils=-500_000), max_unrealized_profit=OpenProfit(target_mils=500_000)
    )
    it.take(mnq(-10))
    it.take(es(4))
    it.take(MarketTrade(T, MNQ_CONTRACT, 99_999, 1))
    return it, [MarketTrade(T, ES_CONTRACT, 26_490, 1)], [ClosePosition(ES_CONTRACT, 4)]


def already_closing() -> Case:
    it = Account(
        max_contracts_per_instrument=MostOfEach(default_limit=4), daily_unrealized_loss=OpenLoss(limit_mils=-500_000)
    )
    it.take(es(6))
    it.take(MarketTrade(T, ES_CONTRACT, 26_499, 1))
    return it, [MarketTrade(T, ES_CONTRACT, 26_400, 1)], []


CASES: dict[str, Callable[[], Case]] = {
    "two reductions": two_reductions,
    "reduce and close": reduce_and_close,
    "reduce and flatten": reduce_and_flatten,
    "lockout and close": lockout_and_close,
    "two lockouts": two_lockouts,
    "lockout and cooldown": lockout_and_cooldown,
    "cooldown and reduce": cooldown_and_reduce,
    "order forbidden twice": order_forbidden_twice,
    "blocked and too large": blocked_and_too_large,
    "loss here, profit there": loss_here_profit_there,
    "already under way": already_closing,
}


@pytest.mark.parametrize("case", CASES)
def test_one_event_leads_to_one_consistent_set_of_commands(case: str):
    it, events, wanted = CASES[case]()
    asked = [intent.command for event in events for intent in it.take(event).intents]
    assert asked == wanted


def test_the_table_of_the_reference_has_these_cases_and_no_other():
    page = (PROJECT / "docs" / "reference" / "rules.md").read_text()
    section = page.partition("## When several rules speak at once")[2].partition("\n## ")[0]
    assert re.findall(r"^\| ([a-z][a-z, ]+) \|", section, re.MULTILINE)[1:] == list(CASES)


@pytest.mark.parametrize("case", [case for case in CASES if case != "already under way"])
def test_the_same_event_heard_again_asks_for_nothing_more(case: str):
    it, events, _ = CASES[case]()
    for event in events:
        it.take(event)
    assert [intent.command for event in events for intent in it.take(event).intents] == []


def test_two_lockouts_of_one_event_hold_side_by_side_and_end_each_at_its_own_time():
    it, events, _ = two_lockouts()
    it.take(events[0])
    assert {key: each.until_ns for key, each in it.state.lockouts.items()} == {
        "daily_realized_loss": DAY.end_ns,
        "session_block_outside": DAY.end_ns,
    }
    assert it.decisions[-1].intents[0].rule == "daily_realized_loss"


def test_a_close_that_was_asked_for_during_a_reduction_is_of_what_is_left():
    it, events, _ = already_closing()
    reduction = it.decisions[1]
    it.take(events[0])
    it.take(es(4, LATER))
    it.take(TimeAdvanced(LATER))
    assert it.state.demands[ES_CONTRACT].max_size == 0
    it.finish(reduction)
    assert [intent.command for intent in it.decisions[-1].intents] == [ClosePosition(ES_CONTRACT, 4)]
