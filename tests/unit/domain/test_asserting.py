"""What lies just inside an invariant is no breach, what lies just outside is one, and each is told with its numbers."""

import pytest
from msgspec.structs import replace
from tests.unit.account import DAY, ES_CONTRACT, MNQ_CONTRACT, MORNING_NS, SECOND_NS, Account, trade, working

from risk_manager.domain.asserting import EXPOSURE_GRACE_NS, Asserting
from risk_manager.domain.commands import ClosePosition
from risk_manager.domain.decide import accept
from risk_manager.domain.decision import Decision
from risk_manager.domain.events import (
    AccountReport,
    Event,
    IntentProgress,
    InvariantBroken,
    PositionReport,
    TimeAdvanced,
    TradeReport,
)
from risk_manager.domain.intents import NEXT_STATUSES, Intent
from risk_manager.domain.positions import Position
from risk_manager.domain.state import Change, CountedTrade, Lockout
from risk_manager.domain.tolerance import Tolerance

TICK = TimeAdvanced(MORNING_NS + SECOND_NS)
INTENT = Intent("rm-1", ClosePosition(ES_CONTRACT, 2), "written", "r", "why", "position:X", 1, MORNING_NS)
HARD = Lockout("r", "hard", "daily_reset", MORNING_NS, MORNING_NS + 3600 * SECOND_NS, "why", "1 > 0")
UNTIL_ALLOWED = replace(HARD, end="venue_allows", until_ns=None)


def taken(before: tuple[str, str, object], after: object, event: Event = TICK) -> list[InvariantBroken]:
    """A row becomes another one by an event; what does that break?"""
    it = Account()
    table, key, row = before
    if row is not None:
        it.state.apply(Change(table, key, None, row))
    decision = Decision((Change(table, key, row, after),))
    accept(it.state, event, decision)
    return Asserting(it.state, policy=it.policy).check(event, decision)


# Intents


@pytest.mark.parametrize("status", NEXT_STATUSES)
def test_an_intent_may_move_to_each_of_its_next_states_and_to_no_other(status):
    for after in NEXT_STATUSES:
        found = taken(("intents", "rm-1", replace(INTENT, status=status)), replace(INTENT, status=after))
        if after in NEXT_STATUSES[status]:
            assert found == []
        else:
            assert [each.arithmetic for each in found] == [f"intent rm-1 was {status} and is {after}"]


@pytest.mark.parametrize("status", ["confirmed", "failed"])
def test_an_intent_leaves_the_table_when_it_is_told_that_it_ended(status):
    progress = IntentProgress(MORNING_NS, "rm-1", status)
    assert taken(("intents", "rm-1", replace(INTENT, status="sent")), None, progress) == []


@pytest.mark.parametrize("event", [TICK, IntentProgress(MORNING_NS, "rm-1", "acknowledged")])
def test_an_intent_that_leaves_the_table_otherwise_is_lost(event):
    (found,) = taken(("intents", "rm-1", replace(INTENT, status="sent")), None, event)
    assert (found.invariant, found.arithmetic) == ("INV-011", "intent rm-1 was sent and is gone")


def test_an_intent_comes_into_being_as_written():
    assert taken(("intents", "rm-1", None), INTENT) == []
    (found,) = taken(("intents", "rm-1", None), replace(INTENT, status="acknowledged"))
    assert found.arithmetic == "intent rm-1 was not there and is acknowledged"


# Hard lockouts


@pytest.mark.parametrize(
    "after",
    [
        HARD,
        replace(HARD, until_ns=HARD.until_ns + 1),
        replace(HARD, until_ns=None, end="venue_allows"),
        replace(HARD, reason="another"),
    ],
    ids=["the same", "longer", "without an end", "another reason"],
)
def test_a_hard_lockout_that_is_not_shorter_is_kept(after):
    assert taken(("lockouts", "r", HARD), after) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (HARD, replace(HARD, until_ns=HARD.until_ns - 1)),
        (HARD, replace(HARD, kind="cooldown")),
        (UNTIL_ALLOWED, replace(UNTIL_ALLOWED, until_ns=HARD.until_ns)),
    ],
    ids=["a nanosecond shorter", "weaker", "with an end where there was none"],
)
def test_a_hard_lockout_that_is_shorter_or_weaker_is_told(before, after):
    (found,) = taken(("lockouts", "r", before), after)
    assert (found.invariant, found.symbol) == ("INV-012", "")
    assert found.arithmetic == f"r was to last until {before.until_ns or 'venue_allows'} and is shorter"


@pytest.mark.parametrize(
    ("before", "event", "ends"),
    [
        (HARD, TimeAdvanced(HARD.until_ns), True),
        (HARD, TimeAdvanced(HARD.until_ns - 1), False),
        (UNTIL_ALLOWED, AccountReport(MORNING_NS, can_trade=True, balance_mils=0), True),
        (UNTIL_ALLOWED, AccountReport(MORNING_NS, can_trade=False, balance_mils=0), False),
        (UNTIL_ALLOWED, TICK, False),
        (replace(UNTIL_ALLOWED, end="operator"), AccountReport(MORNING_NS, can_trade=True, balance_mils=0), False),
    ],
    ids=["its time", "just before it", "the venue allows", "the venue does not", "the clock", "no word of its own"],
)
def test_a_hard_lockout_ends_by_its_own_end_and_nothing_else(before, event, ends):
    found = taken(("lockouts", "r", before), None, event)
    assert [each.invariant for each in found] == ([] if ends else ["INV-012"])
    assert all(each.arithmetic.endswith(" and is gone") for each in found)


def test_a_cooldown_may_end_at_any_time():
    assert taken(("lockouts", "r", replace(HARD, kind="cooldown")), None) == []


# Orders and fills


@pytest.mark.parametrize(
    ("filled", "size", "broken"), [(0, 1, []), (2, 2, []), (3, 2, ["INV-007"]), (-1, 2, ["INV-007"])]
)
def test_an_order_fills_between_nothing_and_its_size(filled, size, broken):
    found = taken(("orders", "4", None), working(4, size=size, filled=filled))
    assert [each.invariant for each in found] == broken
    assert all(each.arithmetic == f"order 4: filled {filled} of {size}" for each in found)


@pytest.mark.parametrize(("size", "broken"), [(1, []), (100_000, []), (0, ["INV-009"]), (100_001, ["INV-009"])])
def test_an_order_is_for_one_to_a_hundred_thousand_contracts(size, broken):
    assert [each.invariant for each in taken(("orders", "4", None), working(4, size=size))] == broken


def test_the_sweep_names_the_order_and_the_position_it_finds():
    it = Account()
    it.state.apply(Change("orders", "4", None, working(4, size=2, filled=3)))
    (found,) = Asserting(it.state, policy=it.policy).sweep()
    assert (found.invariant, found.symbol, found.arithmetic) == ("INV-007", "ES", "order 4: filled 3 of 2")


@pytest.mark.parametrize(
    ("settings", "broken"),
    [
        ({"size": 1}, []),
        ({"size": 100_000}, []),
        ({"size": 0}, ["INV-009"]),
        ({"size": 100_001}, ["INV-009"]),
        ({"pnl_mils": -(10**15)}, []),
        ({"pnl_mils": -(10**15) - 1}, ["INV-009"]),
        ({"fees_mils": 10**15 + 1}, ["INV-009"]),
        ({"pnl_mils": None, "size": 0}, ["INV-009"]),
    ],
    ids=str,
)
def test_a_fill_is_of_a_size_and_for_amounts_that_there_can_be(settings, broken):
    fill = replace(trade(7, 10), **settings)
    found = taken(("trades", "7", None), CountedTrade(fill, "another day"))
    assert [each.invariant for each in found] == broken
    numbers = (fill.size, fill.pnl_mils or 0, fill.fees_mils)
    assert all(each.arithmetic == f"trade 7: size, P&L and fees {numbers}" for each in found)


def test_a_fill_under_the_id_of_another_is_two_facts_with_one_name():
    found = taken(("trades", "8", None), CountedTrade(trade(7, 10, size=3), "another day"))
    assert [(each.invariant, each.arithmetic) for each in found] == [("INV-005", "trade 8 became 7, size 3")]


def test_one_id_of_ours_in_two_working_orders_is_told_with_both_orders():
    it = Account()
    it.state.apply(Change("orders", "1", None, working(1, tag="rm-x")))
    decision = Decision((Change("orders", "2", None, working(2, tag="rm-x")),))
    accept(it.state, TICK, decision)
    (found,) = Asserting(it.state, policy=it.policy).check(TICK, decision)
    assert (found.t_ns, found.invariant, found.symbol) == (it.state.now_ns, "INV-007", "ES")
    assert found.arithmetic == "rm-x was sent once and works 2 times: orders 1, 2"
    assert taken(("orders", "1", None), working(1, tag="rm-x")) == [], "one order of ours is as it should be"


def test_a_breach_that_is_frozen_for_one_symbol_is_told_for_another():
    it = Account()
    it.state.lockouts["invariant:INV-007@ES"] = replace(HARD, kind="cooldown", symbol="ES")
    for symbol, told in (("ES", 0), ("NQ", 1)):
        over = working(4, symbol=symbol, size=1, filled=2)
        decision = Decision((Change("orders", "4", None, over),))
        assert len(Asserting(it.state, policy=it.policy).check(TICK, decision)) == told


@pytest.mark.parametrize(
    ("most_mils", "by_mils", "broken"), [(10, 10, []), (10, 11, ["INV-005"]), (10, -11, ["INV-005"])]
)
def test_a_fill_is_corrected_up_to_the_tolerance(most_mils, by_mils, broken):
    it = Account()
    it.policy.tolerance = Tolerance(mils=most_mils)
    before, after = trade(7, 1_000), trade(7, 1_000 + by_mils)
    row = CountedTrade(before, DAY.name)
    it.state.apply(Change("trades", "7", None, row))
    decision = Decision((Change("trades", "7", row, CountedTrade(after, DAY.name)),))
    event = TradeReport(MORNING_NS, after, corrects=True)
    accept(it.state, event, decision)
    found = Asserting(it.state, policy=it.policy).check(event, decision)
    assert [each.invariant for each in found if each.invariant == "INV-005"] == broken


@pytest.mark.parametrize(
    ("net", "cost_mils", "broken"),
    [
        (100_000, 10**15, []),
        (-100_000, -(10**15), []),
        (100_001, 1, ["INV-009"]),
        (1, 10**15 + 1, ["INV-009"]),
        (100_001, None, ["INV-009"]),
    ],
)
def test_a_position_is_of_a_size_and_cost_that_there_can_be(net, cost_mils, broken):
    row = Position(ES_CONTRACT, "ES", net, cost_mils, 12_500, MORNING_NS, MORNING_NS)
    found = taken(("positions", ES_CONTRACT, None), row)
    assert [each.invariant for each in found] == broken
    assert all(each.arithmetic == f"{ES_CONTRACT}: {net} contracts, cost {cost_mils or 0} mils" for each in found)


# Exposure under a hard lockout


def test_exposure_is_told_with_what_is_held_and_for_how_long_counted_from_the_lockout():
    it = Account()
    it.take(PositionReport(MORNING_NS, ES_CONTRACT, "ES", 2, 0))
    it.take(PositionReport(MORNING_NS, MNQ_CONTRACT, "MNQ", -1, 0))
    asserting = Asserting(it.state, policy=it.policy)
    decision = Decision((Change("lockouts", "r", None, HARD),))
    accept(it.state, TICK, decision)
    assert asserting.check(PositionReport(TICK.t_ns, ES_CONTRACT, "ES", 2, 0), decision) == []
    begun_ns = it.state.now_ns
    assert asserting.wakes_ns <= begun_ns + EXPOSURE_GRACE_NS + 1
    late = TimeAdvanced(begun_ns + EXPOSURE_GRACE_NS + 1)
    accept(it.state, late, Decision())
    (found,) = asserting.check(late, Decision())
    held = "ES +2, MNQ -1"
    assert (found.invariant, found.arithmetic) == ("INV-006", f"{held} held under a hard lockout for more than 60 s")


def test_a_lockout_of_another_symbol_bears_no_exposure_of_this_one():
    it = Account()
    it.take(PositionReport(MORNING_NS, ES_CONTRACT, "ES", 2, 0))
    it.state.lockouts["r@NQ"] = replace(HARD, symbol="NQ")
    asserting = Asserting(it.state, policy=it.policy)
    for seconds in (1, 1000):
        event = TimeAdvanced(MORNING_NS + seconds * SECOND_NS)
        accept(it.state, event, Decision())
        assert asserting.check(event, Decision()) == []
