"""The order and the patience of one channel, on a clock that only the test moves."""

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.core.alerts.pages import NOW_NS, SECOND_NS, page

from risk_manager.core.alerts.line import FIRST_PAUSE_NS, MOST_PAUSE_NS, Line, pause_ns

FIRST, SECOND = page(uid="1"), page(uid="2")


def test_pages_go_out_oldest_first_and_each_at_once_after_the_one_before():
    line = Line()
    assert line.due(NOW_NS) is None
    assert line.wait_ns(NOW_NS) is None, "nothing to wait for"
    line.give(FIRST)
    line.give(SECOND)
    assert line.due(NOW_NS) is FIRST
    line.over(FIRST)
    assert line.due(NOW_NS) is SECOND
    line.over(SECOND)
    assert len(line) == 0
    assert line.is_settled


def test_a_page_that_is_not_taken_waits_and_holds_up_those_behind_it():
    line = Line()
    line.give(FIRST)
    assert not line.is_settled
    assert line.failed(NOW_NS) == FIRST_PAUSE_NS
    line.give(SECOND)
    assert line.due(NOW_NS + FIRST_PAUSE_NS - 1) is None
    assert line.wait_ns(NOW_NS + 1) == FIRST_PAUSE_NS - 1
    assert line.due(NOW_NS + FIRST_PAUSE_NS) is FIRST, "a resolve must not overtake its trigger"
    assert line.is_settled, "what has to wait holds up no stop"


def test_the_pauses_double_up_to_five_minutes_and_begin_anew_once_a_page_was_taken():
    line = Line()
    line.give(FIRST)
    pauses = [line.failed(NOW_NS) for _ in range(14)]
    assert pauses[:4] == [FIRST_PAUSE_NS, 2 * FIRST_PAUSE_NS, 4 * FIRST_PAUSE_NS, 8 * FIRST_PAUSE_NS]
    assert pauses[-1] == MOST_PAUSE_NS == 300 * SECOND_NS
    line.over(FIRST)
    line.give(SECOND)
    assert line.due(NOW_NS) is SECOND
    assert line.failed(NOW_NS) == FIRST_PAUSE_NS


@given(st.integers(1, 10**6), st.none() | st.integers(0, 10**15))
def test_a_pause_is_never_longer_than_the_most_nor_shorter_than_asked_for_within_it(failures, asked_ns):
    pause = pause_ns(failures, asked_ns)
    assert FIRST_PAUSE_NS <= pause <= MOST_PAUSE_NS
    assert pause >= min(asked_ns or 0, MOST_PAUSE_NS)
