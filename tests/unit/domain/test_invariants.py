"""Each invariant of the catalogue is broken once on purpose; what is broken is frozen, told, and left as it is."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.unit.account import ES_CONTRACT, MORNING_NS, SECOND_NS, Account, trade, working

from risk_manager.domain.agreeing import SETTLE_NS
from risk_manager.domain.asserting import EXPOSURE_GRACE_NS, Asserting
from risk_manager.domain.commands import ClosePosition
from risk_manager.domain.decide import accept, decide
from risk_manager.domain.decision import Decision
from risk_manager.domain.events import Event, OrderReport, PositionReport, Reconciled, TimeAdvanced, TradeReport
from risk_manager.domain.intents import Intent
from risk_manager.domain.invariants import CATALOGUE, broken
from risk_manager.domain.positions import Position
from risk_manager.domain.state import TODAY, Change, CountedTrade, Lockout

PAGE = Path(__file__).resolve().parents[3] / "docs" / "explanation" / "invariants.md"
TICK = TimeAdvanced(MORNING_NS + SECOND_NS)


def es(net: int, seconds: int = 1) -> PositionReport:
    return PositionReport(MORNING_NS + seconds * SECOND_NS, ES_CONTRACT, "ES", net, 331_250_000 * net)


def holding(net: int = 2) -> Account:
    it = Account()
    it.take(es(net))
    return it


def breaks(it: Account, *changes: tuple[str, str, object], event: Event = TICK) -> set[str]:
    """Take a decision that nobody would make; which invariants does it break?"""
    made = tuple(Change(table, key, it.state.row(table, key), row) for table, key, row in changes)
    decision = Decision(made)
    accept(it.state, event, decision)
    return {each.invariant for each in Asserting(it.state).check(event, decision)}


POSITION = Position(ES_CONTRACT, "ES", 2, 662_500_000, 12_500, MORNING_NS, MORNING_NS)
INTENT = Intent("rm-1", ClosePosition(ES_CONTRACT, 2), "written", "r", "why", "position:X", 1, MORNING_NS)
HARD = Lockout("r", "hard", "daily_reset", MORNING_NS, MORNING_NS + 3600 * SECOND_NS, "why", "1 > 0")


def test_a_position_under_another_name_breaks_the_agreement_of_subsystems():
    assert breaks(holding(), ("positions", "OTHER", POSITION)) == {"INV-002"}


def test_a_report_that_is_not_taken_in_breaks_what_was_reconciled():
    assert breaks(holding(2), event=es(5, seconds=2)) == {"INV-003"}


def test_a_trade_added_twice_breaks_the_sum_of_the_day():
    it = holding()
    today = it.state.today
    counted = CountedTrade(trade(1, -40_000), today.name)
    doubled = replace(today, pnl_mils=-80_000, trades=1)
    assert breaks(it, ("trades", "1", counted), ("days", TODAY, doubled)) == {"INV-004"}


def test_the_sum_of_the_day_is_added_up_anew_by_the_sweep():
    it = holding()
    it.state.days[TODAY] = replace(it.state.today, pnl_mils=-1)
    found = Asserting(it.state).check(TICK, Decision())
    assert [each.invariant for each in found] == ["INV-004"]
    assert "(-1, 0, 0)" in found[0].arithmetic


def test_one_trade_id_with_two_contents_is_a_trade_that_counts_twice():
    it = holding()
    it.take(TradeReport(MORNING_NS, trade(1, -40_000)))
    assert "INV-005" in breaks(it, ("trades", "1", CountedTrade(trade(1, -50_000), it.state.today.name)))


def test_exposure_under_a_hard_lockout_is_borne_for_its_grace_only():
    it = holding()
    it.state.lockouts["r"] = HARD
    asserting = Asserting(it.state)

    def told(t_ns: int) -> list[str]:
        event = TimeAdvanced(t_ns)
        accept(it.state, event, Decision())
        return [each.invariant for each in asserting.check(event, Decision())]

    assert told(MORNING_NS) == []
    assert told(MORNING_NS + EXPOSURE_GRACE_NS) == []
    assert asserting.wakes_ns == MORNING_NS + EXPOSURE_GRACE_NS + 1
    assert told(MORNING_NS + EXPOSURE_GRACE_NS + 1) == ["INV-006"]


def test_a_dry_run_is_not_blamed_for_exposure():
    it = holding()
    it.state.lockouts["r"] = HARD
    asserting = Asserting(it.state, enforces=False)
    for seconds in (1, 1000):
        event = TimeAdvanced(MORNING_NS + seconds * SECOND_NS)
        accept(it.state, event, Decision())
        assert asserting.check(event, Decision()) == []


@pytest.mark.parametrize("order", [working(1, size=2, filled=3), working(1, size=2, filled=-1)])
def test_an_order_that_filled_more_than_its_size_is_frozen(order):
    assert breaks(holding(), ("orders", "1", order)) == {"INV-007"}


def test_one_client_order_id_in_two_working_orders_was_sent_twice():
    orders = (("orders", "1", working(1, tag="rm-x")), ("orders", "2", working(2, tag="rm-x")))
    assert breaks(holding(), *orders) == {"INV-007"}
    foreign = (("orders", "1", working(1, tag="mine")), ("orders", "2", working(2, tag="mine")))
    assert breaks(holding(), *foreign) == set()


def test_an_order_never_goes_back_to_an_older_version():
    it = holding()
    it.take(OrderReport(MORNING_NS, working(1, version=3)))
    assert breaks(it, ("orders", "1", working(1, version=2))) == {"INV-008"}


@pytest.mark.parametrize(("net", "cost_mils"), [(100_001, 1), (2, 10**15 + 1), (2, float("nan")), (-100_001, None)])
def test_quantity_and_money_beyond_bounds_is_found_and_so_is_what_is_no_number(net, cost_mils):
    row = replace(POSITION, net=net, cost_mils=cost_mils)
    assert "INV-009" in breaks(Account(), ("positions", ES_CONTRACT, row))


def test_a_day_that_begins_earlier_is_time_going_back():
    it = holding()
    assert "INV-010" in breaks(it, ("days", TODAY, replace(it.state.today, start_ns=it.state.today.start_ns - 1)))


def test_a_clock_that_goes_back_is_found():
    it = holding()
    asserting = Asserting(it.state)
    asserting.check(TimeAdvanced(MORNING_NS + 5), Decision())
    assert [each.invariant for each in asserting.check(TimeAdvanced(MORNING_NS), Decision())] == ["INV-010"]


@pytest.mark.parametrize(
    ("before", "after"),
    [("acknowledged", "sent"), ("ambiguous", "written"), (None, "sent"), ("sent", None)],
)
def test_an_intent_that_goes_back_or_is_lost_is_found(before, after):
    it = holding()
    if before:
        it.state.intents["rm-1"] = replace(INTENT, status=before)
    row = replace(INTENT, status=after) if after else None
    assert breaks(it, ("intents", "rm-1", row)) == {"INV-011"}


@pytest.mark.parametrize(
    "after", [None, replace(HARD, kind="cooldown"), replace(HARD, until_ns=MORNING_NS + 2 * SECOND_NS)]
)
def test_a_hard_lockout_that_is_shortened_weakened_or_removed_is_found(after):
    it = holding(0)
    it.state.lockouts["r"] = HARD
    assert breaks(it, ("lockouts", "r", after)) == {"INV-012"}


def test_a_hard_lockout_that_ends_in_time_is_no_breach():
    it = holding(0)
    it.state.lockouts["r"] = HARD
    later = TimeAdvanced(HARD.until_ns)
    accept(it.state, later, Decision())
    assert breaks(it, ("lockouts", "r", None), event=later) == set()


# Conservation of quantity: fills and reports arrive in either order


def reconciled(it: Account, seconds: int) -> list[str]:
    it.at(seconds)
    event = Reconciled(it.state.now_ns)
    return [each.invariant for each in it.asserting.check(event, decide(it.state, event, it.policy))]


def test_a_fill_counted_twice_is_found_once_a_later_reconciliation_still_shows_it():
    it = holding(2)
    fill = TradeReport(MORNING_NS + 2 * SECOND_NS, trade(7, None, side=1, size=1, t_ns=MORNING_NS + 2 * SECOND_NS))
    it.take(fill)
    it.take(replace(fill, trade=replace(fill.trade, trade_id=8)))  # the same fill under another name
    it.take(es(3, seconds=2))
    assert reconciled(it, 3) == [], "within the grace it may be a report that is under way"
    assert reconciled(it, 3 + SETTLE_NS // SECOND_NS) == ["INV-001"]
    (found,) = it.asserting.sweep()
    assert "fills make +4, the venue reports +3: +1 apart" in found.arithmetic
    assert found.symbol == "ES"


def test_a_fill_whose_position_is_heard_later_is_no_breach_whatever_the_order():
    for report_first in (True, False):
        it = holding(2)
        fill = TradeReport(MORNING_NS + 2 * SECOND_NS, trade(7, None, side=-1, size=2, t_ns=MORNING_NS + 2 * SECOND_NS))
        heard: list[Event] = [es(0, seconds=2), fill] if report_first else [fill, es(0, seconds=2)]
        for event in heard:
            it.take(event)
        assert reconciled(it, 600) == []


@given(st.lists(st.tuples(st.sampled_from([1, -1]), st.integers(1, 3), st.booleans(), st.booleans()), max_size=25))
def test_no_honest_sequence_of_fills_is_ever_suspected(fills):
    """Fills one after the other, several in one instant, each heard before or after its position."""
    it, net, second = Account(), 0, 1
    it.take(es(0, seconds=1))
    for number, (side, size, report_first, same_instant) in enumerate(fills):
        second += 0 if same_instant and second > 1 else 1
        net += side * size
        t_ns = MORNING_NS + second * SECOND_NS
        fill = TradeReport(t_ns, trade(number, None, side=side, size=size, t_ns=t_ns))
        for event in [es(net, second), fill] if report_first else [fill, es(net, second)]:
            it.take(event)
    assert reconciled(it, second + 3600) == []


# What a breach leads to


def test_a_breach_freezes_its_symbol_and_leaves_the_way_out_open():
    it = holding(2)
    decision = it.take(broken(it.state.now_ns, "INV-001", "3 is not 2", "ES"))
    lockout = it.state.lockouts["invariant:INV-001@ES"]
    assert (lockout.kind, lockout.end, lockout.symbol, lockout.until_ns) == ("cooldown", "operator", "ES", None)
    assert lockout.arithmetic == "3 is not 2"
    (alert,) = decision.alerts
    assert (alert.id, alert.severity) == ("INV-001", "critical")
    assert it.state.positions[ES_CONTRACT].net == 2, "what is held may stay"
    it.take(es(1, seconds=2))
    assert not it.state.intents, "reducing is allowed"
    grown = it.take(es(3, seconds=3))
    assert [intent.rule for intent in grown.intents] == ["invariant:INV-001"]


def test_an_account_wide_breach_freezes_every_symbol():
    it = holding(2)
    it.take(broken(it.state.now_ns, "INV-004", "80 is not 40", "ES"))
    assert it.state.lockouts["invariant:INV-004"].symbol == ""


def test_what_is_frozen_already_is_not_told_again():
    it = holding(2)
    it.take(broken(it.state.now_ns, "INV-004", "x"))
    it.state.days[TODAY] = replace(it.state.today, pnl_mils=-1)
    assert Asserting(it.state).check(TICK, Decision()) == []
    assert [each.invariant for each in Asserting(it.state).sweep()] == ["INV-004"]


def test_the_page_and_the_catalogue_are_equal():
    rows = re.findall(
        r"^\| (INV-\d{3}) \| (.+?) \| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$", PAGE.read_text(), re.MULTILINE
    )
    assert rows == [tuple(each) for each in CATALOGUE]
