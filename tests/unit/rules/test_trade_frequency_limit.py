"""Rule 006: so many trades in rolling windows, each counted once, whatever the order in which they became known."""

import itertools

import pytest
from tests.unit.account import DAY, ES_CONTRACT, MNQ_CONTRACT, MORNING_NS, NEXT_DAY, SECOND_NS, Account, trade, working

from risk_manager.domain.commands import CancelOrder, ClosePosition
from risk_manager.domain.events import OrderReport, PositionReport, TimeAdvanced, TradeReport
from risk_manager.rules.trade_frequency_limit import Cooldowns, Params

MINUTE_NS = 60 * SECOND_NS
HOUR_NS = 60 * MINUTE_NS
KEY = "trade_frequency_limit"


def account(**params) -> Account:
    return Account(trade_frequency_limit=Params(**{"per_minute": 3, "per_hour": 5, "per_session": 8, **params}))


def traded(it: Account, number: int, second: int, **more):
    t_ns = MORNING_NS + second * SECOND_NS
    if t_ns > it.state.now_ns:
        it.take(TimeAdvanced(t_ns))
    return it.take(TradeReport(t_ns, trade(number, None, t_ns=t_ns, **more)))


def until_second(it: Account) -> int | None:
    lockout = it.state.lockouts.get(KEY)
    return None if lockout is None else (lockout.until_ns - MORNING_NS) // SECOND_NS


def test_at_the_limit_is_allowed_and_one_trade_more_cools_down_for_a_minute():
    it = account()
    for number, second in enumerate((0, 20, 40), 1):
        traded(it, number, second)
    assert until_second(it) is None
    traded(it, 4, 59)
    assert until_second(it) == 59 + 60
    assert it.state.lockouts[KEY].kind == "cooldown"


def test_a_trade_exactly_a_window_ago_is_outside_it():
    it = account()
    for number, second in enumerate((0, 20, 40, 60), 1):
        traded(it, number, second)
    assert until_second(it) is None


def test_a_trade_counts_once_however_often_it_is_reported():
    it = account()
    for _ in range(4):
        traded(it, 1, 0)
    assert until_second(it) is None


def test_a_voided_trade_is_taken_out():
    it = account()
    for number in (1, 2, 3):
        traded(it, number, number)
    traded(it, 3, 3, voided=True)
    traded(it, 4, 5)
    assert until_second(it) is None
    traded(it, 5, 6)
    assert until_second(it) == 66


def test_the_longest_window_that_was_breached_decides():
    """The sixth trade of the hour is the fourth of its minute too: 30 minutes, not 60 seconds."""
    it = account()
    for number, second in enumerate((0, 100, 200, 210, 220), 1):
        traded(it, number, second)
    assert until_second(it) is None
    traded(it, 6, 230)
    assert until_second(it) == 230 + 1800


def test_too_many_in_a_trading_day_cool_down_for_an_hour_and_the_next_day_starts_at_none():
    it = account(per_minute=1, per_hour=2, per_session=3)
    for number in range(1, 4):
        traded(it, number, 2000 * number)
    traded(it, 4, 8000)
    assert until_second(it) == 8000 + 3600
    it.take(TimeAdvanced(DAY.end_ns + 1))
    t_ns = NEXT_DAY.start_ns + HOUR_NS
    it.take(TimeAdvanced(t_ns))
    it.take(TradeReport(t_ns, trade(5, None, t_ns=t_ns)))
    assert until_second(it) is None


def test_the_cooldowns_are_as_configured():
    it = account(cooldown=Cooldowns(per_minute_ns=7 * SECOND_NS))
    for number in range(1, 5):
        traded(it, number, number)
    assert until_second(it) == 4 + 7


@pytest.mark.parametrize("order", list(itertools.permutations((1, 2, 3, 4))))
def test_the_order_in_which_trades_become_known_changes_nothing(order):
    """After a reconnect they come in any order; the trades at 0, 20, 40 and 59 seconds lie within one minute."""
    it = account()
    it.take(TimeAdvanced(MORNING_NS + 60 * SECOND_NS))
    for number in order:
        traded(it, number, (0, 20, 40, 59)[number - 1])
    assert until_second(it) == 119


def test_trades_learned_after_their_cooldown_is_over_lock_nothing():
    it = account()
    it.at(1000)
    for number in range(1, 5):
        traded(it, number, number)
    assert until_second(it) is None


def test_a_trade_in_a_running_cooldown_prolongs_it():
    it = account()
    for number in range(1, 5):
        traded(it, number, number)
    traded(it, 5, 50)
    assert until_second(it) == 110


def test_what_has_executed_stays_although_its_position_is_heard_after_the_trade():
    """The venue tells the fill first: the cooldown begins before we hear of the position, which may stay."""
    it = account(per_minute=1)
    traded(it, 1, 1, side=1)
    it.take(PositionReport(MORNING_NS + SECOND_NS, ES_CONTRACT, "ES", 1, 0))
    traded(it, 2, 2, side=1)
    told = it.take(PositionReport(MORNING_NS + 2 * SECOND_NS, ES_CONTRACT, "ES", 2, 0))
    assert until_second(it) == 62
    assert told.intents == ()


def test_what_has_executed_stays_where_the_venue_stamps_the_position_a_moment_later():
    it = account(per_minute=1)
    traded(it, 1, 1, side=1)
    it.take(PositionReport(MORNING_NS + SECOND_NS + 1, ES_CONTRACT, "ES", 1, 0))
    traded(it, 2, 2, side=1)
    assert it.take(PositionReport(MORNING_NS + 2 * SECOND_NS + 5, ES_CONTRACT, "ES", 2, 0)).intents == ()


def test_new_exposure_in_the_cooldown_is_closed_or_cancelled():
    it = account(per_minute=1)
    traded(it, 1, 1, side=1)
    traded(it, 2, 2, side=1)
    it.take(PositionReport(MORNING_NS + 2 * SECOND_NS, ES_CONTRACT, "ES", 2, 0))
    other = it.take(PositionReport(MORNING_NS + 3 * SECOND_NS, MNQ_CONTRACT, "MNQ", 1, 0))
    assert [intent.command for intent in other.intents] == [ClosePosition(MNQ_CONTRACT, 1)]
    order = it.take(OrderReport(MORNING_NS + 4 * SECOND_NS, working(9)))
    assert [intent.command for intent in order.intents] == [CancelOrder(9, ES_CONTRACT)]


@pytest.mark.parametrize("limits", [(3, 3, 8), (5, 4, 8), (3, 8, 8)])
def test_a_longer_window_must_allow_more(limits):
    with pytest.raises(ValueError, match="must allow more in a longer window"):
        Params(**dict(zip(("per_minute", "per_hour", "per_session"), limits, strict=True)))


def test_a_trade_of_a_day_that_is_not_known_has_no_answer():
    it = account()
    t_ns = NEXT_DAY.end_ns + 1
    it.take(TradeReport(t_ns, trade(1, None, t_ns=t_ns)))
    assert f"unknown:{KEY}" in it.state.lockouts
