"""Reconciliation, case by case: orders that ended, changed, appeared or vanished while nobody told us."""

from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.unit.account import ES_CONTRACT, MNQ_CONTRACT
from tests.unit.sdk.reconcile.kit import Manager, at, fill, heard_of, held, order, words

from risk_manager.domain.commands import CancelOrder
from risk_manager.domain.events import IntentProgress, OperatorCommand, OrderReport
from risk_manager.domain.tolerance import Tolerance


def test_local_submitted_and_venue_rejected(tmp_path: Path, caplog):
    it = Manager(tmp_path, *heard_of(orders=[order(40, status="pending")]))
    it.venue.known = {40: order(40, status="rejected", version=2)}
    it.reconcile()
    assert not it.state.orders
    assert not it.frozen
    ours, theirs = "pending with 0 of 1 filled", "rejected with 0 of 1 filled"
    assert words(caplog) == [f" order differs: order 40 (buy 1 ES limit): we have {ours}, the venue has {theirs}"]


def test_external_order(tmp_path: Path, caplog):
    """Placed at the broker's own screen: kept and shown, never cancelled."""
    it = Manager(tmp_path)
    it.venue.working = [order(41, tag="by hand"), order(42, tag=None, side=-1, size=3)]
    it.reconcile()
    assert set(it.state.orders) == {"41", "42"}
    assert it.sent == []
    has = "we did not know it, the venue has working with 0 of"
    assert words(caplog) == [
        f" external order, kept: order 41 (buy 1 ES limit): {has} 1 filled",
        f" external order, kept: order 42 (sell 3 ES limit): {has} 3 filled",
    ]


def test_an_order_of_ours_that_was_never_heard_of_is_known_by_its_tag(tmp_path: Path, caplog):
    it = Manager(tmp_path)
    it.venue.working = [order(41, tag="rm-0123456789abcdef01234567")]
    it.reconcile()
    assert words(caplog)[0].startswith(" an order of ours: order 41")


def test_partial_then_cancelled(tmp_path: Path):
    """What filled counts, what did not will not."""
    it = Manager(tmp_path, *heard_of(orders=[order(40, size=5)]))
    it.venue.known = {40: order(40, size=5, filled=2, status="cancelled", version=3)}
    it.venue.trades = [fill(7, 2, order_id=40)]
    it.venue.positions_ = [held(2)]
    it.reconcile()
    assert not it.state.orders, "the rest will not fill"
    assert it.nets == {"ES": 2}
    assert it.day[2] == 1
    assert not it.frozen


def test_order_younger_than_the_protection_window(tmp_path: Path):
    """The venue's lists lag behind its stream: what we heard of a moment ago is not judged by its absence."""
    it = Manager(tmp_path, *heard_of(orders=[order(40, seconds=100)]), tolerance=Tolerance(protection_ns=30 * 10**9))
    it.reconcile(129)
    assert set(it.state.orders) == {"40"}
    assert not it.frozen
    it.reconcile(130)
    assert it.frozen == {"INV-013@ES"}


@pytest.mark.parametrize("status", ["filled", "cancelled", "expired"])
def test_working_locally_and_absent_at_the_venue_which_knows_how_it_ended(tmp_path: Path, status: str):
    """The targeted query decides: it is asked for by its id, because a list that lacks it proves nothing."""
    it = Manager(tmp_path, *heard_of(orders=[order(40)]))
    it.venue.known = {40: order(40, status=status, filled=int(status == "filled"), version=2)}
    it.reconcile()
    assert "order 40" in it.venue.asked
    assert not it.state.orders
    assert not it.frozen


def test_working_locally_and_absent_at_the_venue_whose_history_shows_that_it_filled(tmp_path: Path):
    """Neither listed nor found, but its fills are there: it filled, and the position says the same."""
    it = Manager(tmp_path, held(1), *heard_of(orders=[order(40, size=3)]))
    it.venue.trades = [fill(7, 1, order_id=40), fill(8, 2, order_id=40, seconds=11)]
    it.venue.positions_ = [held(4)]
    it.reconcile()
    assert not it.state.orders
    assert it.nets == {"ES": 4}
    assert not it.frozen


def test_working_locally_and_absent_at_the_venue_with_half_a_history_is_unresolved(tmp_path: Path):
    it = Manager(tmp_path, held(1), *heard_of(orders=[order(40, size=3)]))
    it.venue.trades = [fill(7, 1, order_id=40), fill(8, 1, order_id=40, voided=True)]
    it.venue.positions_ = [held(2)]
    it.reconcile()
    assert it.frozen == {"INV-013@ES"}


def test_working_locally_and_absent_at_the_venue_unresolved_and_frozen(tmp_path: Path, caplog):
    """Nobody knows whether it may still fill: its symbol is frozen and paged, nothing is sent, it stays shown."""
    it = Manager(tmp_path, held(1), *heard_of(orders=[order(40, size=3)]))
    it.venue.positions_ = [held(1), held(2, contract=MNQ_CONTRACT)]
    it.reconcile()
    assert set(it.state.orders) == {"40"}
    assert it.frozen == {"INV-013@ES"}
    assert it.pages == ["INV-013"]
    assert "order 40 was working, the venue knows no such order: 3 of 3 may still fill" in it.told[0].text
    assert it.sent == [], "there is nothing at the venue that could be cancelled"
    ours = "we have working with 0 of 3 filled, the venue knows no such order"
    assert words(caplog)[0] == f"!order missing: order 40 (buy 3 ES limit): {ours}"
    it.take(held(2, seconds=4000))
    assert [intent.rule for intent in it.sent] == ["invariant:INV-013"], "what it may fill is closed"


def test_unresolved_until_the_venue_speaks_of_it(tmp_path: Path):
    it = Manager(tmp_path, *heard_of(orders=[order(40)]))
    it.reconcile()
    it.venue.known = {40: order(40, status="cancelled", version=2)}
    it.reconcile(7200)
    assert not it.state.orders
    assert not [key for key in it.state.memory if key.startswith("unresolved")]
    it.take(OperatorCommand(it.state.now_ns, "unfreeze", "invariant:INV-013@ES", "cancelled, says the venue"))
    it.reconcile(7300)
    assert not it.frozen


def test_pending_cancel(tmp_path: Path):
    """Our cancel is under way and the order still works: no second cancel; once it is gone, all is over."""
    it = Manager(tmp_path, *heard_of(orders=[order(40)]))
    it.take(OperatorCommand(at(2), "flatten"))
    (cancel,) = it.sent
    assert cancel.command == CancelOrder(40, ES_CONTRACT)
    it.take(IntentProgress(at(2), cancel.client_order_id, "sent"))
    it.venue.working = [order(40)]
    it.reconcile()
    assert it.sent == [cancel]
    it.venue.working, it.venue.known = [], {40: order(40, status="cancelled", version=2)}
    it.reconcile(7200)
    it.take(IntentProgress(at(7200), cancel.client_order_id, "confirmed"))
    assert not it.state.orders
    assert not it.state.removals
    assert it.sent == [cancel]


def test_pending_cancel_across_a_crash(tmp_path: Path):
    it = Manager(tmp_path, *heard_of(orders=[order(40)]))
    it.take(OperatorCommand(at(2), "flatten"))
    (cancel,) = it.sent
    it.take(IntentProgress(at(2), cancel.client_order_id, "sent"))
    it.die_and_come_back()
    it.venue.working = [order(40)]
    it.reconcile()
    assert it.sent == [cancel], "asked first: the one of the earlier life is still under way"
    it.take(IntentProgress(at(3600), cancel.client_order_id, "failed", "still working"))
    it.reconcile(3700)
    assert [intent.command for intent in it.sent[1:]] == [cancel.command]
    assert it.sent[1].client_order_id != cancel.client_order_id


def test_one_version_with_two_contents_freezes_the_symbol_and_is_not_taken(tmp_path: Path):
    it = Manager(tmp_path, *heard_of(orders=[order(40)]))
    it.venue.working = [order(40, size=9)]
    it.reconcile()
    assert it.state.orders["40"].size == 1
    assert it.frozen == {"INV-008@ES"}


def test_an_older_version_of_a_known_order_is_a_list_that_lags(tmp_path: Path):
    it = Manager(tmp_path, *heard_of(orders=[order(40, version=5)]))
    it.venue.working = [order(40, version=4, size=9)]
    it.reconcile()
    assert (it.state.orders["40"].size, it.frozen) == (1, set())


def test_an_order_whose_end_was_told_while_we_asked_is_not_missing(tmp_path: Path):
    it = Manager(tmp_path, *heard_of(orders=[order(40)]))
    ended = replace(order(40), status="cancelled", version=2)
    asked = it.venue.order

    async def told_meanwhile(order_id: int):
        it.take(OrderReport(at(3600), ended))
        return await asked(order_id)

    it.venue.order = told_meanwhile
    it.reconcile()
    assert not it.frozen
