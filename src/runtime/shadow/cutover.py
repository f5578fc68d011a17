"""The cutover clock: how long everything has been well without a break. A pure state machine.

It counts only time that somebody watched and in which nothing was wrong. A fault sets it back to zero. Time that cannot
be vouched for (nobody looked, a signal was unknown, a clock jumped, the machine slept) is not counted; where it lasts
longer than `gap_ns`, "without a break" cannot be claimed any more and the clock begins anew.

Two clocks are read: CLOCK_MONOTONIC, which nobody can set but which stands still while a machine sleeps, and the wall
clock, which survives a restart of the watcher. No interval counts for more than either of them says, and one in which
they disagree by more than `JUMP_NS` does not count at all.
"""

from dataclasses import dataclass, replace

NS_PER_S = 1_000_000_000
JUMP_NS = 2 * NS_PER_S
LOOK_NS = 30 * NS_PER_S
"""Two looks further apart than this leave time between them that nobody watched."""
_KEEP_RESETS = 20


@dataclass(frozen=True, slots=True)
class Moment:
    """Both clocks, read together. mono_ns None: read in another life of the watcher."""

    mono_ns: int | None
    wall_ns: int


@dataclass(frozen=True, slots=True)
class Reset:
    """The clock began anew. lost_ns: what it had counted."""

    wall_ns: int
    why: str
    lost_ns: int


@dataclass(frozen=True, slots=True)
class CutoverClock:
    """T+healthy_ns since `since_wall_ns`. unsure: why it stands, where it does; unsure_ns: for how long."""

    eligible_after_ns: int
    gap_ns: int
    healthy_ns: int = 0
    since_wall_ns: int | None = None
    eligible_wall_ns: int | None = None
    last: Moment | None = None
    unsure: str = "nothing has been watched yet"
    unsure_ns: int = 0
    resets: tuple[Reset, ...] = ()

    @property
    def is_eligible(self) -> bool:
        """Has it been well for long enough, up to the last look?"""
        return self.since_wall_ns is not None and self.healthy_ns >= self.eligible_after_ns

    def look(self, now: Moment, *, faults: tuple[str, ...] = (), unsure: str = "") -> "CutoverClock":
        """Take a look into account. faults: what went wrong since the last one; unsure: what could not be told."""
        if faults:
            more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
            return self._begin_anew(now, f"{faults[0]}{more}", unsure)
        if self.last is None:
            return replace(self, last=now, unsure=unsure, since_wall_ns=None if unsure else now.wall_ns)
        counted_ns, unseen_ns, why = between(self.last, now)
        if not why and (self.unsure or unsure):
            counted_ns, unseen_ns, why = 0, counted_ns, self.unsure or unsure
        unsure_ns = self.unsure_ns + unseen_ns if why else 0
        if unsure_ns > self.gap_ns:
            return self._begin_anew(now, f"{why}, for {unsure_ns / NS_PER_S:.0f} s", unsure)
        healthy_ns = self.healthy_ns + counted_ns
        since = self.since_wall_ns if self.since_wall_ns is not None or unsure else now.wall_ns
        grown = replace(
            self, last=now, unsure=unsure, unsure_ns=unsure_ns if unsure else 0, healthy_ns=healthy_ns,
            since_wall_ns=since,
        )  # fmt: skip
        if grown.is_eligible and self.eligible_wall_ns is None:
            return replace(grown, eligible_wall_ns=now.wall_ns)
        return grown

    def resume(self) -> "CutoverClock":
        """The same clock in another life of the watcher: what the monotonic clock said means nothing any more."""
        last = None if self.last is None else Moment(None, self.last.wall_ns)
        return replace(self, last=last)

    def _begin_anew(self, now: Moment, why: str, unsure: str) -> "CutoverClock":
        reset = Reset(now.wall_ns, why, self.healthy_ns)
        return replace(
            self, healthy_ns=0, since_wall_ns=None if unsure else now.wall_ns, eligible_wall_ns=None, last=now,
            unsure=unsure, unsure_ns=0, resets=(*self.resets, reset)[-_KEEP_RESETS:],
        )  # fmt: skip


def between(last: Moment, now: Moment) -> tuple[int, int, str]:
    """What an interval counts for, what of it nobody can vouch for, and why; all in nanoseconds."""
    wall_ns = now.wall_ns - last.wall_ns
    if last.mono_ns is None or now.mono_ns is None:
        if wall_ns < 0:
            return 0, 1 << 62, "the clock was set back while nobody watched"
        return 0, wall_ns, "nobody watched"
    mono_ns = now.mono_ns - last.mono_ns
    if abs(wall_ns - mono_ns) > JUMP_NS:
        return 0, max(wall_ns - mono_ns, 0), "the clock was set, or the machine slept"
    if max(mono_ns, wall_ns) > LOOK_NS:
        return 0, max(mono_ns, wall_ns), "nobody looked"
    return max(min(mono_ns, wall_ns), 0), 0, ""
