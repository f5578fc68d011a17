"""When two answers say the same, when an answer is older than what we know, and which history decides."""

from pathlib import Path

import pytest
from tests.unit.account import MNQ_CONTRACT
from tests.unit.sdk.reconcile.kit import Manager, at, fill, heard_of, held, order, words

from risk_manager.domain.events import AccountReport, TimeAdvanced
from risk_manager.sdk.reconcile import Snapshot, contradicts_newer, is_current, says_the_same


def answer(*, positions=(), trades=(), seconds: int = 60) -> Snapshot:
    account = AccountReport(at(seconds), can_trade=True, balance_mils=0)
    return Snapshot(account, tuple(positions), (), tuple(trades))


@pytest.mark.parametrize(
    ("second", "same"),
    [
        (answer(positions=[held(2, seconds=61)], trades=[fill(7, 1)], seconds=61), True),
        (answer(positions=[held(3)], trades=[fill(7, 1)]), False),
        (answer(positions=[held(2)], trades=[fill(7, 1), fill(8, 1)]), False),
        (answer(positions=[held(2)], trades=[fill(7, 1, voided=True)]), False),
        (answer(trades=[fill(7, 1)]), False),
    ],
    ids=["only later", "another position", "another fill", "a voided fill", "flat"],
)
def test_two_answers_say_the_same_where_positions_and_fills_do(second: Snapshot, same):
    first = answer(positions=[held(2)], trades=[fill(7, 1)])
    assert says_the_same(first, second) is same
    assert says_the_same(second, first) is same


@pytest.mark.parametrize(("since", "current"), [(9, False), (10, False), (11, True)])
def test_an_answer_is_older_than_what_we_know_where_it_lacks_a_fill_that_it_was_asked_for(
    tmp_path: Path, since: int, current
):
    it = Manager(tmp_path, *heard_of(trades=[fill(7, 1, seconds=10)]))
    assert is_current(it.state, answer(), at(since)) is current
    assert is_current(it.state, answer(trades=[fill(7, 1, seconds=10)]), at(since))


def test_a_contract_that_was_told_to_be_flat_later_is_contradicted_by_an_earlier_position(tmp_path: Path):
    it = Manager(tmp_path, held(2), held(0, seconds=30), TimeAdvanced(at(30)))
    assert contradicts_newer(it.state, held(2, seconds=29))
    assert not contradicts_newer(it.state, held(0, seconds=29))
    assert not contradicts_newer(it.state, held(2, seconds=30)), "of the same moment: the venue's word counts"


def test_after_a_restart_the_position_itself_says_when_it_was_heard(tmp_path: Path):
    it = Manager(tmp_path, held(2, seconds=30))
    it.die_and_come_back()
    assert contradicts_newer(it.state, held(1, seconds=29))
    assert not contradicts_newer(it.state, held(1, seconds=30))
    assert not contradicts_newer(it.state, held(1, contract=MNQ_CONTRACT, seconds=29)), "never heard of"


@pytest.mark.parametrize(
    ("heard", "told"),
    [
        ([], [fill(7, 1), fill(8, -2)]),
        ([fill(7, 1)], [fill(7, 1), fill(8, -2)]),
        ([fill(7, 1, voided=True)], [fill(7, 1), fill(8, -2)]),
        ([fill(7, 1), fill(8, -2), fill(9, 4)], [fill(7, 1), fill(8, -2), fill(9, 4, voided=True)]),
        ([], [fill(6, 5, seconds=1), fill(7, 1), fill(8, -2)]),
        ([], [fill(6, 5, seconds=0), fill(7, 1), fill(8, -2)]),
    ],
    ids=["both new", "one new", "valid again", "voided meanwhile", "of the baseline's moment", "before the baseline"],
)
def test_a_position_that_the_fills_explain_is_asked_for_once(tmp_path: Path, heard, told):
    """A second look costs time at a start, so it is taken only where there is a doubt."""
    it = Manager(tmp_path, held(3), *heard_of(trades=heard))
    it.venue.trades, it.venue.positions_ = told, [held(2)]
    it.reconcile()
    assert it.venue.asked.count("positions") == 1
    assert it.nets == {"ES": 2}
    assert not it.frozen
    it.reconcile(7200)
    assert not it.frozen


def test_a_position_that_the_fills_do_not_explain_is_asked_for_twice(tmp_path: Path):
    it = Manager(tmp_path, held(3))
    it.venue.trades, it.venue.positions_ = [fill(7, 1)], [held(3)]
    it.reconcile()
    assert it.venue.asked.count("positions") == 2


def test_what_the_venue_says_of_the_account_is_taken_in_before_anything_else(tmp_path: Path, caplog):
    it = Manager(tmp_path)
    it.venue.can_trade, it.venue.balance_mils = False, 49_000_000
    events = it.reconcile()
    assert isinstance(events[0], AccountReport)
    (facts,) = it.state.account.values()
    assert (facts.can_trade, facts.balance_mils) == (False, 49_000_000)
    assert words(caplog) == [
        "!account differs: we have may trade, the venue has MAY NOT trade",
        " balance differs: we have 50000.00, the venue has 49000.00",
    ]


def test_a_fill_and_a_voided_one_are_told_in_words(tmp_path: Path, caplog):
    it = Manager(tmp_path, *heard_of(trades=[fill(7, 2, fees_mils=2_800)]))
    it.venue.trades = [fill(7, 2, fees_mils=2_800, voided=True), fill(8, -1, pnl_mils=12_500)]
    it.reconcile()
    bought = "bought 2 ES at tick 26500, result"
    assert words(caplog) == [
        f"!fill differs: trade 7: we have {bought} -2.80, the venue has {bought} 0.00, voided",
        "!ghost fill: trade 8: sold 1 ES at tick 26500, result 12.50: made while nobody told us, counted now",
    ]


def test_the_history_of_an_order_is_what_stream_and_venue_told_of_it_together(tmp_path: Path):
    """One part was heard, the other is told now; fills of other orders do not count."""
    heard = heard_of(orders=[order(40, size=3)], trades=[fill(7, 1, order_id=40), fill(8, 2, order_id=99)])
    it = Manager(tmp_path, held(1), *heard)
    it.venue.trades = [fill(9, 2, order_id=40, seconds=11)]
    it.reconcile()
    assert not it.state.orders


def test_fills_of_other_orders_do_not_end_one(tmp_path: Path):
    heard = heard_of(orders=[order(40, size=3)], trades=[fill(7, 1, order_id=40)])
    it = Manager(tmp_path, held(1), *heard)
    it.venue.trades = [fill(7, 1, order_id=40), fill(8, 2, order_id=99)]
    it.venue.positions_ = [held(4)]
    it.reconcile()
    assert set(it.state.orders) == {"40"}
    assert "INV-013@ES" in it.frozen


def test_one_version_with_two_contents_is_told_with_both(tmp_path: Path):
    it = Manager(tmp_path, *heard_of(orders=[order(40)]))
    it.venue.working = [order(40, size=9)]
    it.reconcile()
    (alert,) = it.told
    assert "order 40 version 1 was Order(order_id=40" in alert.text
    assert "size=1" in alert.text.partition("; the venue, when asked, says")[0]
    assert "size=9" in alert.text.partition("; the venue, when asked, says")[2]
