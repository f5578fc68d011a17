"""What of an account's state is told, with which severity, key and numbers; every kind is in the catalogue."""

import pytest
from tests.unit.account import DAY, ES_CONTRACT, MORNING_NS, SECOND_NS, Account, trade, working

from risk_manager.core.alerts import troubles
from risk_manager.core.alerts.catalogue import KINDS, kind_of
from risk_manager.core.alerts.conditions import once_key, standing, told_besides, with_arithmetic
from risk_manager.core.alerts.page import Condition
from risk_manager.domain.breaker import Breaker
from risk_manager.domain.decision import Alert, Decision
from risk_manager.domain.events import (
    InvariantBroken,
    OperatorCommand,
    OrderReport,
    PositionReport,
    TradeReport,
)
from risk_manager.rules.daily_realized_loss import Params as DayLoss
from risk_manager.rules.max_contracts import Params as MaxContracts
from risk_manager.rules.symbol_blocks import Params as Blocks


def held(account: Account, net: int) -> Decision:
    return account.take(PositionReport(account.state.now_ns, ES_CONTRACT, "ES", net, net * 26_500 * 12_500))


def found(account: Account) -> dict[str, Condition]:
    conditions = standing(account.state)
    for each in conditions.values():
        assert each.severity in kind_of(each.key).severities, each.key
    return conditions


def locked() -> Account:
    account = Account(daily_realized_loss=DayLoss(limit_mils=-900_000))
    held(account, 1)
    account.take(TradeReport(MORNING_NS, trade(1, -950_000)))
    return account


def test_an_account_at_rest_has_nothing_to_tell():
    account = Account(daily_realized_loss=DayLoss(limit_mils=-900_000))
    held(account, 1)
    assert found(account) == {}


def test_a_hard_lockout_says_what_is_blocked_until_when_and_shows_the_arithmetic():
    (lockout, exposure) = found(locked()).values()
    assert (lockout.key, lockout.id, lockout.severity) == (
        "lockout:daily_realized_loss",
        "RULE-daily_realized_loss",
        "critical",
    )
    assert "the whole account: every position is closed, every working order is cancelled" in lockout.blocked
    assert "-950.00" in lockout.arithmetic
    assert "-900.00" in lockout.arithmetic
    assert (lockout.since_ns, lockout.until_ns) == (MORNING_NS, DAY.end_ns)
    assert lockout.ends == "the daily reset; nobody can lift it"
    assert (exposure.key, exposure.severity) == ("exposure", "warning")
    assert exposure.arithmetic == "ES +1; allowed is 0"
    assert exposure.over == "the venue says that it is flat"


def test_the_exposure_is_over_when_the_venue_says_flat_and_the_lockout_is_not():
    account = locked()
    held(account, 0)
    assert list(found(account)) == ["lockout:daily_realized_loss"]


def test_a_freeze_by_the_operator_warns_and_says_how_to_lift_it():
    account = Account()
    account.take(OperatorCommand(MORNING_NS, "freeze", "", "lunch"))
    (frozen,) = found(account).values()
    assert (frozen.key, frozen.id, frozen.severity) == ("lockout:operator", "OPERATOR-001", "warning")
    assert frozen.blocked == "the whole account: new exposure; reducing and closing stay possible"
    assert frozen.ends == "an operator: risk-manager unfreeze operator --reason ..."
    account.take(OperatorCommand(MORNING_NS, "unfreeze", "operator", "back"))
    assert found(account) == {}


def test_a_broken_invariant_is_critical_and_names_its_symbol_and_its_numbers():
    account = Account()
    held(account, 1)
    account.take(InvariantBroken(MORNING_NS, "INV-001", "quantity is conserved", "+2 is not +1", "ES"))
    (frozen,) = found(account).values()
    assert (frozen.key, frozen.id, frozen.severity) == ("lockout:invariant:INV-001@ES", "INV-001", "critical")
    assert frozen.blocked.startswith(f"symbol ES: new exposure; {ES_CONTRACT} +1 may stay and shrink")
    assert frozen.arithmetic == "+2 is not +1"


def test_what_a_rule_reduces_is_told_with_the_numbers_of_the_decision_until_the_venue_says_it_is_small_enough():
    account = Account(max_contracts=MaxContracts(limit=2))
    decision = held(account, 3)
    conditions = with_arithmetic(found(account), decision)
    (demand,) = conditions.values()
    assert (demand.key, demand.id, demand.severity) == (f"demand:{ES_CONTRACT}", "RULE-max_contracts", "warning")
    assert demand.blocked == "symbol ES: more than 2 contracts"
    assert "3" in demand.arithmetic
    assert "2" in demand.arithmetic
    assert told_besides(decision, conditions, MORNING_NS) == [], "one breach, one page"
    held(account, 2)
    assert found(account) == {}


def test_an_operators_flatten_is_told_as_information_only():
    account = Account()
    held(account, 3)
    account.take(OperatorCommand(MORNING_NS, "flatten", "", "enough"))
    (demand,) = found(account).values()
    assert (demand.severity, demand.what) == ("info", "ES is being closed by operator: enough")


def test_orders_that_must_go_are_told_once_for_their_symbol_until_the_venue_says_they_are_gone():
    account = Account(symbol_blocks=Blocks(symbols=("ES",)))
    for order_id in range(7, 14):
        account.take(OrderReport(MORNING_NS, working(order_id)))
    (removal,) = [each for key, each in found(account).items() if key.startswith("removal:")]
    assert (removal.key, removal.severity) == ("removal:symbol_blocks@ES", "warning")
    assert removal.blocked == "7 orders in ES: 7, 8, 9, 10, 11, ..."
    for order_id in range(7, 14):
        account.take(OrderReport(MORNING_NS, working(order_id, version=2, status="cancelled")))
    assert not any(key.startswith("removal:") for key in found(account))


def test_an_enforcement_that_fails_three_times_is_critical_until_it_is_confirmed():
    account = Account(max_contracts=MaxContracts(limit=2))
    decision = held(account, 3)
    for attempt in range(1, 4):
        account.finish(decision, "sent")
        account.finish(decision, "failed")
        assert any(key.startswith("enforcement:") for key in found(account)) == (attempt == 3)
        if attempt < 3:
            decision = account.at(10 * attempt)
    (failing,) = [each for each in found(account).values() if each.key.startswith("enforcement:")]
    assert (failing.id, failing.severity) == ("ENF-010", "critical")
    assert failing.key == "enforcement:max_contracts"
    assert failing.arithmetic == f"position:{ES_CONTRACT}: 3 failures in a row >= 3; 1 of this kind"
    held(account, 0)
    assert not any(key.startswith("enforcement:") for key in found(account)), "what it was about is gone"


def test_an_open_breaker_is_critical_and_ends_by_its_timer():
    account = Account(max_contracts=MaxContracts(limit=2), breaker=Breaker(failures=1, lasts_ns=60 * SECOND_NS))
    decision = held(account, 3)
    account.finish(decision, "sent")
    account.finish(decision, "failed")
    (breaker,) = [each for each in found(account).values() if each.key == "lockout:breaker"]
    assert (breaker.id, breaker.severity) == ("BREAKER-001", "critical")
    assert breaker.until_ns == MORNING_NS + 60 * SECOND_NS
    assert breaker.ends == "its timer, or risk-manager unfreeze breaker --reason ..."
    account.at(60)
    assert "lockout:breaker" not in found(account)


def test_an_alert_that_nothing_stands_for_is_told_by_itself():
    alert = Alert("INPUT-001", "warning", "TradeReport was not believed: trade 7")
    (condition,) = told_besides(Decision(alerts=(alert,)), {}, MORNING_NS)
    assert (condition.id, condition.severity, condition.since_ns) == ("INPUT-001", "warning", MORNING_NS)
    assert kind_of(condition.key).key == "once:"


def test_the_same_words_with_other_numbers_are_the_same_thing():
    assert once_key("X", "3 of 12") == once_key("X", "4 of 11")
    assert once_key("X", "intent rm-0a1b failed") == once_key("X", "intent rm-ffee failed")
    assert once_key("X", "ES is late") != once_key("X", "NQ is late")


def test_a_key_that_no_line_of_the_catalogue_has_is_refused():
    with pytest.raises(LookupError, match="lockouts:x"):
        kind_of("lockouts:x")
    assert len({kind.key for kind in KINDS}) == len(KINDS)


@pytest.mark.parametrize(
    "condition",
    [
        troubles.store_failed("frozen", "no space", 1),
        troubles.service_failed("StateCorrupt: row 7", "risk-manager recover", 1),
        troubles.connection_lost(31 * SECOND_NS, 30 * SECOND_NS, MORNING_NS),
        troubles.held_back(["rules.max_contracts: was 2, now it is 3"]),
        troubles.channel_trouble("phone", "PAGE-001", "403"),
        troubles.lost_book("truncated"),
        troubles.recovered_otherwise("snapshot 3: its checksum is wrong", MORNING_NS),
        troubles.turned_away("phone", 3),
        troubles.unsettled("the state of before was given up", MORNING_NS),
    ],
    ids=lambda condition: condition.id,
)
def test_what_the_service_says_of_itself_is_in_the_catalogue_and_leaves_nothing_blank(condition):
    assert condition.severity in kind_of(condition.key).severities
    assert all([condition.what, condition.blocked, condition.why, condition.ends])
