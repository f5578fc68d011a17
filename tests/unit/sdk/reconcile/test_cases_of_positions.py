"""Reconciliation, case by case: positions that are not what our fills make, and a venue that does not say."""

from pathlib import Path

import pytest
from tests.unit.account import ES_CONTRACT, MNQ_CONTRACT
from tests.unit.sdk.reconcile.kit import Manager, at, fill, held, words

from risk_manager.domain.commands import ClosePosition, ReducePosition
from risk_manager.domain.events import OperatorCommand, TimeAdvanced, TradeReport
from risk_manager.domain.tolerance import Tolerance
from risk_manager.errors import VenueAmbiguous, VenueBusy, VenueError, VenueLost, VenueRefused
from risk_manager.rules.max_contracts_per_instrument import Params as Most


@pytest.mark.parametrize(("ours", "theirs"), [(2, 5), (-2, -5)], ids=["long", "short"])
def test_quantity_mismatch(tmp_path: Path, caplog, ours: int, theirs: int):
    """No fill explains it: the venue's position is ours from now on, rules act on it, and the symbol is frozen."""
    it = Manager(tmp_path, held(ours), max_contracts_per_instrument=Most(default_limit=4))
    it.venue.positions_ = [held(theirs)]
    it.reconcile()
    assert it.nets == {"ES": theirs}
    assert [intent.command for intent in it.sent] == [ReducePosition(ES_CONTRACT, 1, theirs)]
    assert it.frozen == {"INV-001@ES"}
    assert it.pages[-1] == "INV-001"
    apart = f"fills make {ours:+d}, the venue reports {theirs:+d}: {ours - theirs:+d} apart"
    assert apart in it.told[-1].text
    assert words(caplog) == [
        f"!position differs: ES: we have {ours:+d}, the venue has {theirs:+d}; fills do not explain {theirs - ours:+d}"
    ]


def test_quantity_mismatch_within_the_threshold(tmp_path: Path):
    it = Manager(tmp_path, held(2), tolerance=Tolerance(contracts=3))
    it.venue.positions_ = [held(5)]
    it.reconcile()
    assert it.nets == {"ES": 5}
    assert not it.frozen
    (alert,) = it.told
    assert (alert.id, alert.severity) == ("REC-001", "warning")
    assert "fills make +2, the venue reports +5: -3 apart; adopted" in alert.text
    it.venue.positions_ = [held(6)]
    it.reconcile(7200)
    assert not it.frozen, "what was adopted is the new baseline: one more is one more, not four"


def test_quantity_mismatch_just_above_the_threshold(tmp_path: Path):
    it = Manager(tmp_path, held(2), tolerance=Tolerance(contracts=3))
    it.venue.positions_ = [held(6)]
    it.reconcile()
    assert it.frozen == {"INV-001@ES"}


def test_reduction(tmp_path: Path):
    """Smaller than we believed, without a fill: adopted at once; a close that was wanted is of what is left."""
    it = Manager(tmp_path, held(5))
    it.take(OperatorCommand(at(2), "flatten"))
    assert [intent.command for intent in it.sent] == [ClosePosition(ES_CONTRACT, 5)]
    it.venue.positions_ = [held(2)]
    it.reconcile()
    assert it.nets == {"ES": 2}
    assert it.frozen == {"INV-001@ES"}
    assert len(it.sent) == 1, "one close at a time: it is under way"


def test_reduction_to_flat(tmp_path: Path):
    """What the venue does not list, in an answer that is complete, is flat; the open demand is met by it."""
    it = Manager(tmp_path, held(5))
    it.take(OperatorCommand(at(2), "flatten"))
    it.venue.positions_ = []
    it.reconcile()
    assert it.nets == {}
    assert not it.state.demands


def test_side_flip(tmp_path: Path, caplog):
    """A fill through zero: another position, begun now, and both sides of it are told."""
    it = Manager(tmp_path, held(3))
    it.venue.trades = [fill(7, -5)]
    it.venue.positions_ = [held(-2)]
    it.reconcile()
    assert it.nets == {"ES": -2}
    assert it.state.positions[ES_CONTRACT].since_ns == at(it.venue.seconds), "another position, begun when it was seen"
    assert not it.frozen
    assert " position differs: ES: we have +3, the venue has -2; fills explain it" in words(caplog)


def test_side_flip_without_a_fill(tmp_path: Path):
    it = Manager(tmp_path, held(3))
    it.venue.positions_ = [held(-3)]
    it.reconcile()
    assert it.nets == {"ES": -3}
    assert it.frozen == {"INV-001@ES"}


def test_a_position_open_at_the_first_start_is_the_baseline_and_no_mismatch(tmp_path: Path):
    it = Manager(tmp_path)
    it.venue.positions_ = [held(2), held(-4, contract=MNQ_CONTRACT)]
    it.reconcile()
    assert it.nets == {"ES": 2, "MNQ": -4}
    assert not it.frozen


@pytest.mark.parametrize("question", ["account", "positions", "working_orders", "trades"])
@pytest.mark.parametrize(
    "error",
    [
        VenueAmbiguous("no answer"),
        VenueBusy("later", delay_s=1.0),
        VenueLost("the stream broke"),
        VenueRefused("not allowed"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_position_query_failed(tmp_path: Path, question: str, error: VenueError):
    """Unknown is not flat: without a complete answer nothing is taken in, of the parts that were answered neither."""
    it = Manager(tmp_path, held(2))
    it.venue.trades = [fill(7, -1, pnl_mils=12_500)]
    it.venue.refuses = {question: error}
    before, rows = it.durable(), it.rows
    with pytest.raises(type(error)):
        it.ask()
    assert it.nets == {"ES": 2}
    assert (it.durable(), it.rows) == (before, rows)


def test_position_query_failed_on_the_second_look(tmp_path: Path):
    it = Manager(tmp_path, held(2))
    it.venue.positions_ = []
    it.venue.between_answers = [lambda: it.venue.refuses.update(positions=VenueLost("the stream broke"))]
    with pytest.raises(VenueLost):
        it.ask()
    assert it.nets == {"ES": 2}


def test_a_fill_made_while_we_ask_is_no_mismatch(tmp_path: Path):
    """Positions already show it, the history does not: asked again, both do."""
    it = Manager(tmp_path, held(2))
    it.venue.positions_ = [held(3)]
    it.venue.between_answers = [lambda: it.venue.trades.append(fill(7, 1, seconds=3599))]
    it.reconcile()
    assert it.nets == {"ES": 3}
    assert not it.frozen
    assert it.venue.asked.count("positions") == 2


def test_a_fill_that_we_know_and_the_answer_does_not_leaves_the_question_open_for_a_later_one(tmp_path: Path):
    """The answer is older than what we heard: its position is not final, and five seconds decide."""
    it = Manager(tmp_path, held(2), TradeReport(at(10), fill(7, 1)))
    it.venue.positions_ = [held(2)]
    it.reconcile(11)
    assert not it.frozen
    it.venue.trades = [fill(7, 1)]
    it.venue.positions_ = [held(3)]
    it.reconcile(16)
    assert not it.frozen
    assert it.nets == {"ES": 3}


def test_what_waits_in_the_inbox_may_explain_it_so_it_is_not_frozen_at_once(tmp_path: Path):
    it = Manager(tmp_path, held(2))
    it.venue.positions_ = [held(3)]
    it.inbox.put_now([TradeReport(at(10), fill(7, 1))])
    it.reconcile()
    assert not it.frozen
    it.take(*it.inbox.take_now())
    it.reconcile(7200)
    assert not it.frozen


def test_a_difference_that_is_never_explained_freezes_with_the_first_answer_after_five_seconds(tmp_path: Path):
    it = Manager(tmp_path, held(2))
    it.venue.positions_ = [held(3)]
    it.inbox.put_now([TimeAdvanced(at(10))])  # something waits, so the second look is not final
    it.reconcile(20)
    it.reconcile(24)
    assert not it.frozen
    it.reconcile(25)
    assert it.frozen == {"INV-001@ES"}


def test_a_suspicion_survives_a_crash(tmp_path: Path):
    it = Manager(tmp_path, held(2))
    it.venue.positions_ = [held(3)]
    it.inbox.put_now([TimeAdvanced(at(10))])
    it.reconcile(20)
    it.die_and_come_back()
    it.inbox.put_now([TimeAdvanced(at(20))])
    it.reconcile(25)
    assert it.frozen == {"INV-001@ES"}, "it stood since before the crash"


def test_an_answer_of_an_earlier_time_than_what_we_heard_changes_nothing_and_said_twice_freezes(tmp_path: Path):
    it = Manager(tmp_path, held(2, seconds=100))
    it.venue.positions_ = [held(1)]
    it.take(TimeAdvanced(at(100)))
    it.reconcile(50)
    assert it.nets == {"ES": 2}
    assert it.frozen == {"INV-003@ES"}
    assert "+1 twice, of an earlier time than the +2 we heard" in it.told[-1].text
