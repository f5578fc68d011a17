"""When two answers say the same, when an answer is older than what we know, and which history decides."""

from pathlib import Path

import pytest
from tests.unit.sdk.reconcile.kit import Manager, at, fill, heard_of, held, order

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
