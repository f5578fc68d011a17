"""What a side says: lost messages, input, and a side whose input stands still."""

import pytest

from runtime.shadow.hearing import Hearing, InputGap
from service_contract.messages import Checkpoint, Metrics, Notification

S = 1_000_000_000


@pytest.fixture
def hearing(contract):
    return Hearing(contract, "events_total")


def said(seq, **fields):
    return Notification({**fields, "X_SEQ": str(seq)})


def test_messages_without_a_gap_are_no_news(hearing):
    for seq in range(1, 5):
        hearing.take(said(seq))
    assert hearing.take_news() == []


def test_lost_messages_are_named_once(hearing):
    for seq in (1, 2, 6, 7):
        hearing.take(said(seq))
    assert hearing.take_news() == ["messages 3 to 5 were lost"]
    assert hearing.take_news() == []


def test_what_cannot_be_read_is_news(hearing):
    hearing.take(None)
    assert len(hearing.take_news()) == 1


def test_input_is_proven_by_the_first_checkpoint_behind_readiness(hearing):
    hearing.take(Notification({}, Checkpoint(5, "looping", 8, 1, "a", 1)))
    assert not hearing.has_input
    hearing.take(Notification({}, Checkpoint(6, "message", 8, 1, "a", 2)))
    assert hearing.has_input


def test_how_much_it_has_dealt_with_is_unknown_until_it_says_so(hearing):
    hearing.take(Notification({}, metrics=Metrics(1, "a", 1, {"tasks": 4})))
    assert hearing.dealt_with is None
    hearing.take(Notification({}, metrics=Metrics(1, "a", 2, {"events_total": 17})))
    assert hearing.dealt_with == 17


def test_a_side_whose_input_stands_still_while_the_others_goes_on_is_named_once():
    gap = InputGap(10 * S)
    found = [gap.look({"live": t, "candidate": min(t, 5)}, t * S)[0] for t in range(40)]
    assert [t for t, sides in enumerate(found) if sides] == [16]
    assert found[16] == ["candidate"]


def test_input_that_went_on_and_stopped_again_is_another_gap():
    gap = InputGap(10 * S)
    counts = [*[1] * 20, *[2] * 20]
    assert sum(bool(gap.look({"live": t, "candidate": counts[t]}, t * S)[0]) for t in range(40)) == 2


def test_no_input_on_either_side_is_no_fault_of_one_and_is_not_known_to_be_fine():
    gap = InputGap(10 * S)
    gap.look({"live": 3, "candidate": 3}, 0)
    sides, unsure = gap.look({"live": 3, "candidate": 3}, 11 * S)
    assert sides == []
    assert "no input" in unsure


def test_a_side_that_never_said_how_much_leaves_it_open():
    assert "candidate has not said" in InputGap(10 * S).look({"live": 3, "candidate": None}, 0)[1]
