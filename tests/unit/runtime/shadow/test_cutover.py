"""The cutover clock: it counts only watched, healthy time, and never more than either clock says."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.shadow.cutover import LOOK_NS, CutoverClock, Moment

S = 1_000_000_000
H = 3600 * S
START = Moment(7 * S, 1_700_000_000 * S)


def new(*, hours=72, gap_s=300):
    return CutoverClock(hours * H, gap_s * S)


def later(moment, mono_ns, wall_ns=None):
    return Moment(moment.mono_ns + mono_ns, moment.wall_ns + (mono_ns if wall_ns is None else wall_ns))


def watched(clock, now, seconds, *, every_s=10, **look):
    """Look every ten seconds; gives the clock and the moment of the last look."""
    for _ in range(seconds // every_s):
        now = later(now, every_s * S)
        clock = clock.look(now, **look)
    return clock, now


def test_it_is_eligible_after_72_hours_of_health_and_not_a_look_before():
    clock, now = watched(new().look(START), START, 72 * 3600 - 10)
    assert not clock.is_eligible
    clock = clock.look(later(now, 10 * S))
    assert clock.is_eligible
    assert clock.healthy_ns == 72 * H
    assert clock.eligible_wall_ns == START.wall_ns + 72 * H
    clock, _ = watched(clock, later(now, 10 * S), 11 * 3600 + 1800)
    assert clock.healthy_ns == 83 * H + 1800 * S  # T+83.5h
    assert clock.eligible_wall_ns == START.wall_ns + 72 * H


def test_a_fault_sets_it_back_with_its_reason_and_what_it_had():
    clock, now = watched(new().look(START), START, 71 * 3600)
    clock = clock.look(later(now, S), faults=("candidate auth: 401", "candidate crashes: it ended"))
    assert (clock.healthy_ns, clock.since_wall_ns) == (0, now.wall_ns + S)
    (reset,) = clock.resets
    assert reset.lost_ns == 71 * H
    assert reset.why == "candidate auth: 401 (and 1 more)"
    clock, _ = watched(clock, later(now, S), 71 * 3600)
    assert not clock.is_eligible


def test_an_eligible_clock_is_set_back_as_well():
    clock, now = watched(new(hours=1).look(START), START, 3600)
    assert clock.is_eligible
    clock = clock.look(later(now, S), faults=("difference: close ES",))
    assert not clock.is_eligible
    assert clock.eligible_wall_ns is None


def test_time_in_which_something_is_unknown_is_not_counted_and_too_much_of_it_begins_anew():
    clock, now = watched(new().look(START), START, 3600)
    clock, now = watched(clock, now, 120, unsure="candidate: no answer")
    assert clock.healthy_ns == H
    clock, now = watched(clock, now, 600)
    assert clock.healthy_ns == H + 590 * S  # the interval after the last doubt is one nobody can vouch for either
    clock, now = watched(clock, now, 320, unsure="candidate: no answer")
    assert clock.healthy_ns == 0
    assert "candidate: no answer" in clock.resets[-1].why


def test_before_the_first_look_and_while_all_is_unsure_nothing_has_begun():
    clock = new(hours=0)
    assert not clock.is_eligible
    clock, now = watched(clock.look(START, unsure="booting"), START, 60, unsure="booting")
    assert clock.since_wall_ns is None
    assert not clock.is_eligible
    assert clock.look(later(now, S)).since_wall_ns == now.wall_ns + S


@pytest.mark.parametrize("jump_s", [3600, 86_400 * 30])
def test_a_clock_that_is_set_forward_counts_for_nothing(jump_s):
    clock, now = watched(new(gap_s=jump_s + 60).look(START), START, 3600)
    clock = clock.look(later(now, 10 * S, (jump_s + 10) * S))
    assert clock.healthy_ns == H


def test_a_clock_that_is_set_back_counts_for_nothing_and_is_no_fault():
    clock, now = watched(new().look(START), START, 3600)
    clock = clock.look(later(now, 10 * S, -H))
    assert clock.healthy_ns == H
    assert not clock.resets


def test_a_machine_that_slept_for_longer_than_the_gap_begins_anew():
    clock, now = watched(new().look(START), START, 3600)
    clock = clock.look(later(now, 10 * S, 2 * H))
    assert clock.healthy_ns == 0
    assert "slept" in clock.resets[-1].why


def test_a_watcher_that_did_not_look_cannot_vouch_for_the_time():
    clock, now = watched(new().look(START), START, 3600)
    assert clock.look(later(now, LOOK_NS)).healthy_ns == H + LOOK_NS
    assert clock.look(later(now, LOOK_NS + S)).healthy_ns == H
    assert clock.look(later(now, 301 * S)).resets[-1].why.startswith("nobody looked")


@pytest.mark.parametrize(("away_s", "healthy_ns"), [(120, H), (299, H), (301, 0)])
def test_a_restart_of_the_watcher_pauses_the_clock_and_a_long_absence_begins_anew(away_s, healthy_ns):
    clock, now = watched(new().look(START), START, 3600)
    back = Moment(5, now.wall_ns + away_s * S)  # another boot of the machine: its monotonic clock began anew
    clock = clock.resume().look(back)
    assert clock.healthy_ns == healthy_ns
    clock, _ = watched(clock, back, 100)
    assert clock.healthy_ns == healthy_ns + 100 * S


def test_a_clock_set_back_while_nobody_watched_begins_anew():
    clock, now = watched(new().look(START), START, 3600)
    clock = clock.resume().look(Moment(5, now.wall_ns - S))
    assert clock.healthy_ns == 0
    assert "set back" in clock.resets[-1].why


LOOKS = st.lists(
    st.tuples(
        st.integers(0, 120),  # seconds by the monotonic clock
        st.sampled_from([0, 0, 0, 0, 1, -1, 50, -50, 7200, -7200]),  # how far the wall clock jumps besides
        st.sampled_from(["", "", "", "", "", "unsure", "fault", "restart"]),
    ),
    max_size=120,
)


@given(LOOKS)
def test_it_is_never_eligible_with_a_fault_within_the_time_and_grows_only_with_both_clocks(looks):
    """Whatever happens: eligible means that many seconds without a fault, by the clock that nobody can set."""
    clock, now, since_fault_ns = CutoverClock(600 * S, 200 * S), START, 0
    clock = clock.look(now)
    for passed_s, jump_s, what in looks:
        before = clock
        now = later(now, passed_s * S, (passed_s + jump_s) * S)
        since_fault_ns += passed_s * S
        if what == "restart":
            clock = clock.resume()
        clock = clock.look(now, faults=("it broke",) if what == "fault" else (), unsure="?" if what == "unsure" else "")
        if what == "fault":
            since_fault_ns = 0
            assert clock.healthy_ns == 0
        assert clock.healthy_ns <= since_fault_ns
        assert clock.is_eligible == (clock.since_wall_ns is not None and clock.healthy_ns >= 600 * S)
        grown_ns = clock.healthy_ns - before.healthy_ns
        assert clock.healthy_ns == 0 or 0 <= grown_ns <= min(passed_s, max(passed_s + jump_s, 0)) * S
        if what in {"unsure", "restart"}:
            assert grown_ns <= 0
        if clock.healthy_ns < before.healthy_ns:
            assert len(clock.resets) > len(before.resets) or clock.resets[-1] != before.resets[-1]


@given(LOOKS, st.integers(0, 119))
def test_one_more_fault_never_makes_it_eligible_earlier(looks, at):
    """Health is monotone: taking a fault away can only help."""
    clean = faulty = CutoverClock(600 * S, 200 * S).look(START)
    now = START
    for number, (passed_s, jump_s, what) in enumerate(looks):
        now = later(now, passed_s * S, (passed_s + jump_s) * S)
        unsure = "?" if what == "unsure" else ""
        faults = ("it broke",) if what == "fault" else ()
        if what == "restart":
            clean, faulty = clean.resume(), faulty.resume()
        clean = clean.look(now, faults=faults, unsure=unsure)
        faulty = faulty.look(now, faults=("one more",) if number == at else faults, unsure=unsure)
        assert faulty.healthy_ns <= clean.healthy_ns
        assert clean.is_eligible or not faulty.is_eligible


def test_a_look_changes_no_clock_but_gives_another():
    clock = new().look(START)
    copy = replace(clock)
    clock.look(later(START, 10 * S), faults=("it broke",))
    assert clock == copy
