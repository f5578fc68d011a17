"""What a complete answer settles, and how an operator's word ends what no answer can settle."""

import pytest
from tests.unit.account import DAY, ES_CONTRACT, MNQ_CONTRACT, MORNING_NS, SECOND_NS, Account, trade, working

from risk_manager.domain.agreeing import SETTLE_NS, standing_gaps, unresolved_orders
from risk_manager.domain.asserting import Asserting
from risk_manager.domain.decide import accept, decide
from risk_manager.domain.events import (
    Event,
    OperatorCommand,
    OrderReport,
    OrderUnresolved,
    PositionReport,
    Reconciled,
    TimeAdvanced,
    TradeReport,
)
from risk_manager.domain.fills import gaps, tally
from risk_manager.domain.invariants import broken
from risk_manager.domain.tolerance import Tolerance

SYMBOLS = {ES_CONTRACT: "ES", MNQ_CONTRACT: "MNQ"}


def held(net: int, contract: str = ES_CONTRACT, seconds: int = 1) -> PositionReport:
    return PositionReport(MORNING_NS + seconds * SECOND_NS, contract, SYMBOLS[contract], net, 0)


def two_apart() -> Account:
    """In both contracts one contract more is held than the fills make."""
    it = Account()
    for contract in SYMBOLS:
        it.take(held(2, contract))
        it.take(held(3, contract, seconds=2))
    return it


def apart(it: Account) -> dict[str, int]:
    return {SYMBOLS[gap.contract]: gap.contracts for gap in gaps(it.state)}


def unfreeze(it: Account, invariant: str, symbol: str) -> None:
    it.take(broken(it.state.now_ns, invariant, "numbers", symbol))
    it.take(OperatorCommand(it.state.now_ns, "unfreeze", f"invariant:{invariant}@{symbol}", "the desk said so"))
    assert not it.state.lockouts


@pytest.mark.parametrize(("symbol", "left"), [("ES", {"MNQ": -1}), ("MNQ", {"ES": -1})])
def test_lifting_the_freeze_of_a_symbol_takes_the_venues_word_for_that_symbol_alone(symbol, left):
    it = two_apart()
    unfreeze(it, "INV-001", symbol)
    assert apart(it) == left
    (contract,) = [each for each, name in SYMBOLS.items() if name == symbol]
    assert tally(it.state, contract) == (3, it.state.now_ns)


def test_lifting_another_freeze_takes_nobodys_word_for_a_position():
    it = two_apart()
    unfreeze(it, "INV-003", "ES")
    assert apart(it) == {"ES": -1, "MNQ": -1}


def test_lifting_what_is_not_frozen_changes_nothing():
    it = two_apart()
    rows = dict(it.state.memory)
    it.take(OperatorCommand(it.state.now_ns, "unfreeze", "invariant:INV-001@ES", "x"))
    assert it.state.memory == rows


def test_after_the_freeze_is_lifted_new_fills_count_from_there():
    it = two_apart()
    it.take(TimeAdvanced(MORNING_NS + 10 * SECOND_NS))
    unfreeze(it, "INV-001", "ES")
    t_ns = MORNING_NS + 11 * SECOND_NS
    it.take(TradeReport(t_ns, trade(7, None, side=1, t_ns=t_ns)))
    it.take(held(4, seconds=11))
    assert apart(it) == {"MNQ": -1}


def test_lifting_an_unresolved_order_ends_it_and_leaves_those_of_other_symbols():
    it = Account()
    for order in (working(40), working(41), working(42, contract=MNQ_CONTRACT, symbol="MNQ")):
        it.take(OrderReport(MORNING_NS, order))
        if order.order_id != 41:
            it.take(OrderUnresolved(MORNING_NS, order.order_id, order.symbol))
    it.take(OperatorCommand(MORNING_NS, "flatten"))
    assert set(it.state.removals) == {"40", "41", "42"}
    it.take(broken(MORNING_NS, "INV-013", "numbers", "ES"))
    it.take(OperatorCommand(MORNING_NS, "unfreeze", "invariant:INV-013@ES", "the desk said so"))
    assert set(it.state.orders) == {"41", "42"}, "the one that is known to work still works"
    assert set(it.state.removals) == {"41", "42"}
    assert [order.order_id for order in unresolved_orders(it.state)] == [42]
    assert [key for key in it.state.memory if key.startswith("unresolved")] == ["unresolved|42"], "no mark is left"


def test_an_order_that_ended_meanwhile_is_not_marked_as_unresolved():
    it = Account()
    it.take(OrderUnresolved(MORNING_NS, 40, "ES"))
    assert it.decisions[-1].changes == ()


def test_an_unresolved_order_is_marked_once_and_forgotten_with_the_next_word_of_it():
    it = Account()
    it.take(OrderReport(MORNING_NS, working(40)))
    it.take(OrderUnresolved(MORNING_NS, 40, "ES"))
    it.take(OrderUnresolved(MORNING_NS + 1, 40, "ES"))
    assert it.decisions[-1].changes == ()
    it.take(OrderReport(MORNING_NS + 2, working(40, version=2)))
    assert unresolved_orders(it.state) == []


def test_what_is_adopted_is_told_with_both_values_and_the_key_that_allowed_it():
    it = two_apart()
    it.policy.tolerance = Tolerance(contracts=1)
    decision = it.take(Reconciled(it.state.now_ns, confirmed=True))
    texts = [alert.text for alert in decision.alerts]
    makes = "fills make +2, the venue reports +3: -1 apart"
    allowed = "adopted, for it is no more than reconciliation.freeze_above_contracts 1"
    assert texts == [f"{contract}: {makes}; {allowed}" for contract in SYMBOLS]
    assert apart(it) == {}


@pytest.mark.parametrize(
    ("after_ns", "confirmed", "stands"),
    [(0, True, True), (0, False, False), (SETTLE_NS - 1, False, False), (SETTLE_NS, False, True)],
)
def test_a_gap_stands_at_once_where_the_answer_is_final_and_else_after_five_seconds(after_ns, confirmed, stands):
    it = two_apart()
    since_ns = MORNING_NS + 2 * SECOND_NS
    event = Reconciled(since_ns + after_ns, confirmed)
    assert bool(list(standing_gaps(it.state, event))) is stands
    found = Asserting(it.state, policy=it.policy).check(event, decide(it.state, event, it.policy))
    assert {each.symbol for each in found} == ({"ES", "MNQ"} if stands else set())


def test_a_correction_is_told_with_both_results_and_whether_it_is_voided():
    it = Account()
    it.take(TradeReport(MORNING_NS, trade(7, 1_000, fees_mils=100)))
    says = trade(7, 2_000, fees_mils=200, voided=True)
    (alert,) = it.take(TradeReport(MORNING_NS, says, corrects=True)).alerts
    was, has = "-1 at tick 26500, result 0.90", "-1 at tick 26500, result 0.00, voided"
    assert alert.text == f"fill 7 of ES was {was}; the venue's history has {has}"
    assert (it.state.today.pnl_mils, it.state.today.fees_mils, it.state.today.trades) == (0, 0, 0)


def test_a_correction_moves_the_day_by_the_difference_only():
    it = Account()
    it.take(TradeReport(MORNING_NS, trade(6, 500)))
    it.take(TradeReport(MORNING_NS, trade(7, 1_000, fees_mils=100)))
    it.take(TradeReport(MORNING_NS, trade(7, -2_000, fees_mils=300), corrects=True))
    assert (it.state.today.pnl_mils, it.state.today.fees_mils, it.state.today.trades) == (-1_500, 300, 2)


def test_a_correction_of_another_day_leaves_this_one_alone():
    it = Account()
    yesterday_ns = DAY.start_ns - SECOND_NS
    it.take(TradeReport(yesterday_ns, trade(7, 1_000, t_ns=yesterday_ns)))
    it.take(TradeReport(yesterday_ns, trade(7, 2_000, t_ns=yesterday_ns), corrects=True))
    assert (it.state.today.pnl_mils, it.state.today.trades) == (0, 0)


def test_a_correction_of_another_size_is_not_believed():
    it = Account()
    it.take(TradeReport(MORNING_NS, trade(7, 1_000)))
    assert it.take(TradeReport(MORNING_NS, trade(7, 1_000, size=2), corrects=True)).contradiction


def test_deciding_the_same_again_from_the_journal_needs_nothing_but_the_tables():
    """A suspicion is durable: two states with the same rows decide the same about a complete answer."""
    from risk_manager.domain.state import AccountState, Change

    it = two_apart()
    again = AccountState()
    for table, key, row in it.state.rows():
        again.apply(Change(table, key, None, row))
    event: Event = Reconciled(MORNING_NS + 60 * SECOND_NS)
    it.policy.tolerance = Tolerance(contracts=5)
    for state in (it.state, again):
        state.now_ns = MORNING_NS + 60 * SECOND_NS
    one, other = decide(it.state, event, it.policy), decide(again, event, it.policy)
    assert one == other
    assert one.changes
    accept(again, event, other)
    assert list(gaps(again)) == []
