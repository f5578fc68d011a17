"""Rule 008: at the end of its grace a position has a stop that covers all of it, or it is closed."""

import pytest
from tests.unit.account import ES_CONTRACT, MNQ_CONTRACT, MORNING_NS, SECOND_NS, Account, working

from risk_manager.domain.commands import CloseUnprotected
from risk_manager.domain.decide import wake_ns
from risk_manager.domain.events import IntentProgress, OrderReport, PositionReport
from risk_manager.rules.no_stop_loss_grace import Params


def account() -> Account:
    return Account(no_stop_loss_grace=Params(grace_ns=60 * SECOND_NS))


def ns(second: int) -> int:
    return MORNING_NS + second * SECOND_NS


def holding(it: Account, second: int, net: int = 2):
    return it.take(PositionReport(ns(second), ES_CONTRACT, "ES", net, 0))


def stop(it: Account, second: int, *, order_id: int = 1, version: int = 1, side=-1, size: int = 2, **more):
    settings = {"type": "stop", "stop_ticks": 10, "limit_ticks": None, **more}
    return it.take(OrderReport(ns(second), working(order_id, side=side, size=size, version=version, **settings)))


def closes(decision) -> list:
    return [intent.command for intent in decision.intents]


CLOSE = [CloseUnprotected(ES_CONTRACT, 2)]


def test_a_position_without_a_stop_is_closed_when_the_grace_is_over_and_not_before():
    it = account()
    holding(it, 0)
    assert closes(it.at(59)) == []
    assert closes(it.at(60)) == CLOSE


@pytest.mark.parametrize("kind", ["stop", "stop_limit", "trailing_stop"])
@pytest.mark.parametrize(("net", "side"), [(2, -1), (-2, 1)])
def test_a_stop_on_the_closing_side_that_covers_all_is_enough(kind, net, side):
    it = account()
    holding(it, 0, net)
    stop(it, 30, side=side, type=kind)
    assert closes(it.at(100)) == []


@pytest.mark.parametrize(
    "wrong",
    [{"size": 1}, {"side": 1}, {"type": "limit", "limit_ticks": 10}, {"filled": 1, "status": "partially_filled"}],
)
def test_what_does_not_cover_all_of_it_is_no_stop(wrong):
    it = account()
    holding(it, 0)
    stop(it, 30, **wrong)
    assert closes(it.at(60)) == CLOSE


def test_two_stops_may_cover_it_together():
    it = account()
    holding(it, 0)
    stop(it, 10, order_id=1, size=1)
    stop(it, 20, order_id=2, size=1)
    assert closes(it.at(100)) == []


def test_a_stop_that_is_cancelled_starts_the_grace_again():
    it = account()
    holding(it, 0)
    stop(it, 10)
    stop(it, 100, version=2, status="cancelled")
    assert closes(it.at(159)) == []
    assert closes(it.at(160)) == CLOSE


def test_a_position_that_grows_beyond_its_stop_starts_the_grace_again():
    it = account()
    holding(it, 0)
    stop(it, 10)
    holding(it, 100, 3)
    assert closes(it.at(159)) == []
    assert closes(it.at(160)) == [CloseUnprotected(ES_CONTRACT, 3)]


def test_adding_to_a_position_whose_grace_runs_does_not_prolong_it():
    it = account()
    holding(it, 0, 1)
    holding(it, 50, 2)
    assert closes(it.at(60)) == CLOSE


def test_a_position_that_is_turned_round_has_a_grace_of_its_own():
    it = account()
    holding(it, 0, 1)
    holding(it, 50, -2)
    assert closes(it.at(109)) == []
    assert closes(it.at(110)) == [CloseUnprotected(ES_CONTRACT, -2)]


def test_a_position_that_was_closed_in_time_is_forgotten():
    it = account()
    holding(it, 0)
    holding(it, 30, 0)
    holding(it, 70)
    assert closes(it.at(129)) == []
    assert closes(it.at(130)) == CLOSE


def test_each_position_has_its_own_grace():
    it = account()
    holding(it, 0)
    it.take(PositionReport(ns(30), MNQ_CONTRACT, "MNQ", 1, 0))
    assert closes(it.at(60)) == CLOSE
    assert closes(it.at(90)) == [CloseUnprotected(MNQ_CONTRACT, 1)]


def test_a_stop_that_the_venue_shows_when_it_is_asked_saves_the_position():
    """It was placed at the broker's own screen; enforcement reports it and is done, without a close."""
    it = account()
    holding(it, 0)
    decision = it.at(60)
    stop(it, 60)
    it.take(IntentProgress(ns(60), decision.intents[0].client_order_id, "confirmed"))
    assert not it.state.demands
    assert closes(it.at(300)) == []


def test_a_close_that_failed_is_tried_again():
    it = account()
    holding(it, 0)
    decision = it.at(60)
    it.take(IntentProgress(ns(60), decision.intents[0].client_order_id, "failed"))
    assert closes(it.at(61)) == CLOSE


def test_it_asks_to_be_woken_at_the_end_of_the_grace_that_ends_first():
    it = account()
    rule = it.policy.rules[0]
    assert rule.wakes_ns(it.state) is None
    holding(it, 0)
    it.take(PositionReport(ns(30), MNQ_CONTRACT, "MNQ", 1, 0))
    assert wake_ns(it.state, it.policy) == ns(60)
    stop(it, 40)
    assert wake_ns(it.state, it.policy) == ns(90)


def test_a_grace_that_ended_while_the_manager_was_down_is_judged_at_its_first_moment():
    """What is remembered is part of the durable state: an account rebuilt from its changes is asked at once."""
    it = account()
    holding(it, 0)
    again = account()
    again.state.memory.update(it.state.memory)
    again.state.positions.update(it.state.positions)
    assert closes(again.at(500)) == CLOSE


def test_reports_that_change_nothing_leave_nothing_to_journal():
    it = account()
    holding(it, 0)
    assert not holding(it, 1).is_durable
    assert not it.at(2).is_durable
