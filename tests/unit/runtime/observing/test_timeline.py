"""Datagrams and log lines become a timeline, and nothing is dropped on the way."""

from hypothesis import given
from hypothesis import strategies as st

from runtime.observing.notify_socket import Arrival
from runtime.observing.timeline import build, checkpoint_lines, read, read_log


def test_times_are_seconds_since_the_start_by_the_observers_clock(story):
    timeline = build(1_000_000_000, story.reach(1).reach(2).arrivals)
    assert [entry.t_s for entry in timeline.entries] == [0.01, 0.02]


def test_the_last_checkpoint_is_the_highest_and_its_latest_arrival(story):
    timeline = build(1_000_000_000, story.boot().reach(5, again=True).say(STATUS="x").arrivals)
    assert timeline.last_checkpoint.checkpoint.detail == {"again": True}
    assert timeline.fields("STATUS") == [(0.08, "x")]


@given(st.binary(max_size=200))
def test_any_bytes_become_an_entry(data):
    """Garbage is kept with the reason; it never raises and never disappears."""
    entry = read(Arrival(5, data), 0)
    assert (entry.said is None) is bool(entry.garbage)


def test_a_log_line_is_taken_apart_and_a_stack_trace_is_kept():
    lines = read_log("2026-01-02 03:04:05.678 WARNING ⚠️ acted: x\nTraceback: oops\n")
    assert [(line.level, line.message) for line in lines] == [("WARNING", "⚠️ acted: x"), ("", "Traceback: oops")]
    assert str(lines[0]) == "2026-01-02 03:04:05.678 WARNING ⚠️ acted: x"
    assert checkpoint_lines(lines, ["acted:"]) == [lines[0]]
