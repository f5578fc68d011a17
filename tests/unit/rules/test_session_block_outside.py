"""Rule 009: nothing outside the session."""

from tests.unit.account import ES_CONTRACT, MORNING_NS, SECOND_NS, Account, trade

from risk_manager.domain.commands import ClosePosition
from risk_manager.domain.events import PositionReport, TradeReport
from risk_manager.domain.sessions import Session, Span
from risk_manager.rules.session_block_outside import Params

HOUR_NS = 3600 * SECOND_NS
OPENS = MORNING_NS
CLOSES = MORNING_NS + 6 * HOUR_NS
NEXT_OPENS = MORNING_NS + 24 * HOUR_NS
SESSION = Session(
    "day",
    [Span(OPENS, CLOSES), Span(NEXT_OPENS, NEXT_OPENS + HOUR_NS)],
    Span(MORNING_NS - 24 * HOUR_NS, NEXT_OPENS + 24 * HOUR_NS),
)


def account() -> Account:
    return Account(session_block_outside=Params(session=SESSION))


def holding(it: Account, t_ns: int, net: int = 1):
    return it.take(PositionReport(t_ns, ES_CONTRACT, "ES", net, 0))


def test_a_position_inside_the_session_is_left_alone():
    assert holding(account(), OPENS).intents == ()


def test_a_position_held_over_the_close_is_closed_the_moment_the_session_ends():
    it = account()
    holding(it, OPENS)
    assert it.at(6 * 3600 - 1).intents == ()
    decision = it.at(6 * 3600)
    assert [intent.command for intent in decision.intents] == [ClosePosition(ES_CONTRACT, 1)]
    assert it.state.lockouts["session_block_outside"].until_ns == NEXT_OPENS


def test_a_fill_outside_the_session_locks_even_when_it_left_no_position():
    it = account()
    it.at(7 * 3600)
    it.take(TradeReport(MORNING_NS + 7 * HOUR_NS, trade(1, -1_000, t_ns=MORNING_NS + 7 * HOUR_NS)))
    assert it.state.lockouts["session_block_outside"].until_ns == NEXT_OPENS


def test_an_old_fill_learned_late_locks_nothing_when_its_lockout_would_be_over():
    it = account()
    yesterday_ns = MORNING_NS - HOUR_NS
    it.take(TradeReport(MORNING_NS, trade(1, -1_000, t_ns=yesterday_ns)))
    assert not it.state.lockouts


def test_the_lockout_ends_with_the_next_opening_and_not_before():
    it = account()
    holding(it, OPENS)
    it.finish(it.at(6 * 3600))
    it.take(PositionReport(CLOSES, ES_CONTRACT, "ES", 0, None))
    it.at(24 * 3600 - 1)
    assert it.state.lockouts
    it.at(24 * 3600)
    assert not it.state.lockouts


def test_a_time_for_which_no_hours_are_known_has_no_answer():
    it = account()
    beyond_ns = NEXT_OPENS + 25 * HOUR_NS
    holding(it, beyond_ns)
    assert "unknown:session_block_outside" in it.state.lockouts


def test_it_asks_to_be_woken_at_the_close_while_a_position_is_open():
    it = account()
    rule = it.policy.rules[0]
    assert rule.wakes_ns(it.state) is None
    holding(it, OPENS)
    assert rule.wakes_ns(it.state) == CLOSES
