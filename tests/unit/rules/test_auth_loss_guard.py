"""Rule 010: locked while the venue does not allow trading; told once when the connection stays lost."""

from tests.unit.account import DAY, ES_CONTRACT, MORNING_NS, SECOND_NS, Account, working

from risk_manager.domain.commands import CancelOrder, ClosePosition
from risk_manager.domain.decide import wake_ns
from risk_manager.domain.events import (
    AccountReport,
    ConnectionChanged,
    OperatorCommand,
    OrderReport,
    PositionReport,
)
from risk_manager.rules.auth_loss_guard import Params

KEY = "auth_loss_guard"


def account() -> Account:
    return Account(auth_loss_guard=Params(stale_after_ns=30 * SECOND_NS))


def ns(second: int) -> int:
    return MORNING_NS + second * SECOND_NS


def says(it: Account, second: int, *, can_trade: bool):
    return it.take(AccountReport(ns(second), can_trade=can_trade, balance_mils=1))


def holding(it: Account, second: int, net: int = 1):
    return it.take(PositionReport(ns(second), ES_CONTRACT, "ES", net, 0))


def commands(decision) -> list:
    return [intent.command for intent in decision.intents]


def test_trading_that_is_not_allowed_flattens_and_locks_until_it_is():
    it = account()
    holding(it, 0)
    it.take(OrderReport(ns(0), working(3)))
    assert commands(says(it, 1, can_trade=False)) == [CancelOrder(3, ES_CONTRACT), ClosePosition(ES_CONTRACT, 1)]
    lockout = it.state.lockouts[KEY]
    assert (lockout.kind, lockout.end, lockout.until_ns) == ("hard", "venue_allows", None)
    says(it, 2, can_trade=True)
    assert not it.state.lockouts


def test_neither_time_nor_the_reset_nor_an_operator_ends_it():
    it = account()
    says(it, 1, can_trade=False)
    it.at((DAY.end_ns - MORNING_NS) // SECOND_NS + 5)
    it.take(OperatorCommand(it.state.now_ns, "unfreeze", KEY, "please"))
    assert KEY in it.state.lockouts


def test_an_older_word_of_the_venue_neither_locks_nor_ends():
    it = account()
    says(it, 5, can_trade=True)
    says(it, 1, can_trade=False)
    assert not it.state.lockouts
    says(it, 6, can_trade=False)
    says(it, 4, can_trade=True)
    assert KEY in it.state.lockouts


def test_a_lost_connection_with_a_position_open_is_told_once_and_changes_nothing_else():
    it = account()
    holding(it, 0)
    it.take(ConnectionChanged(ns(10), "down"))
    assert it.at(40).alerts == ()  # 30 s are not longer than 30 s
    told = it.at(41)
    assert [alert.severity for alert in told.alerts] == ["warning"]
    assert "lost for 31 s with ES +1 open" in told.alerts[0].text
    assert told.intents == ()
    assert not it.state.lockouts
    assert it.at(300).alerts == ()


def test_the_next_loss_is_told_again():
    it = account()
    holding(it, 0)
    for second in (10, 100):
        it.take(ConnectionChanged(ns(second), "down"))
        assert len(it.at(second + 31).alerts) == 1
        it.take(ConnectionChanged(ns(second + 32), "up"))


def test_losing_it_again_while_it_is_lost_does_not_start_anew():
    it = account()
    holding(it, 0)
    it.take(ConnectionChanged(ns(10), "down"))
    it.take(ConnectionChanged(ns(35), "down"))
    assert len(it.at(41).alerts) == 1


def test_a_connection_that_comes_back_in_time_is_not_told():
    it = account()
    holding(it, 0)
    it.take(ConnectionChanged(ns(10), "down"))
    it.take(ConnectionChanged(ns(39), "up"))
    assert it.at(100).alerts == ()


def test_without_a_position_a_lost_connection_is_not_told():
    it = account()
    it.take(ConnectionChanged(ns(10), "down"))
    assert it.at(100).alerts == ()


def test_it_asks_to_be_woken_when_the_loss_becomes_too_long():
    it = account()
    holding(it, 0)
    assert wake_ns(it.state, it.policy) == DAY.end_ns
    it.take(ConnectionChanged(ns(10), "down"))
    assert wake_ns(it.state, it.policy) == ns(40) + 1
    it.at(41)
    assert wake_ns(it.state, it.policy) == DAY.end_ns
