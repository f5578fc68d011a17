"""Compares what two services decided on the same input: pure, fed with lines, asked what nobody else decided.

What lasts (an order that is wanted until the account looks so) is an interval, anything else a moment. One side's
decision has its counterpart where the other wanted the same at that time, give or take `settle_ns`: two processes are
never at the same event in the same microsecond, and each may leave out other prices. These are no differences:

- what repeats an attempt that came to nothing: a candidate that sends nothing tries again more often;
- a want for a target at which the other side was busy already: only one thing at a time is under way there;
- what was decided while the other side was not there to decide (`blind`): that is a fault already.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from service_contract.decided import Decided


class Who(Enum):
    """The two sides."""

    LIVE = "live"
    CANDIDATE = "candidate"

    @property
    def other(self) -> "Who":
        """The other one."""
        return Who.CANDIDATE if self is Who.LIVE else Who.LIVE


@dataclass(slots=True)
class Want:
    """A decision with its time; `end_ns` None while it lasts."""

    line: Decided
    begin_ns: int
    end_ns: int | None
    is_judged: bool = False

    def covers(self, t_ns: int, settle_ns: int) -> bool:
        """Did it hold at that moment, give or take?"""
        return self.begin_ns - settle_ns <= t_ns and (self.end_ns is None or t_ns <= self.end_ns + settle_ns)


@dataclass(frozen=True, slots=True)
class Difference:
    """What one side decided and the other did not. instead: what the other wanted for the same target, if anything."""

    who: Who
    line: Decided
    instead: Decided | None

    def __str__(self) -> str:
        other = f"{self.who.other.value} wanted {self.instead.words}" if self.instead else f"{self.who.other.value} not"
        return f"{self.who.value} decided {self.line.key} at {self.line.event}: {self.line.words}; {other}"


@dataclass(slots=True)
class _Side:
    wants: list[Want] = field(default_factory=list)
    blind: list[tuple[int, int | None]] = field(default_factory=list)

    def was_blind(self, t_ns: int, settle_ns: int) -> bool:
        return any(
            begin_ns - settle_ns <= t_ns and (end_ns is None or t_ns <= end_ns + settle_ns)
            for begin_ns, end_ns in self.blind
        )


class Matching:
    """Both sides' decisions, all times CLOCK_MONOTONIC in nanoseconds."""

    def __init__(self, settle_ns: int) -> None:
        self.settle_ns = settle_ns
        self.compared = 0
        self.not_compared = 0
        self._sides = {who: _Side() for who in Who}

    def take(self, who: Who, line: Decided) -> None:
        """Take a line of one side, in the order in which it was decided."""
        side = self._sides[who]
        if line.phase == "end":
            for want in side.wants:
                if want.end_ns is None and want.line.id == line.id:
                    want.end_ns = line.mono_ns
            return
        end_ns = line.mono_ns if line.phase == "point" else None
        side.wants.append(Want(line, line.mono_ns, end_ns))

    def blind(self, who: Who, from_ns: int) -> None:
        """One side cannot decide from then on, until it sees again."""
        self._sides[who].blind.append((from_ns, None))

    def sees(self, who: Who, at_ns: int) -> None:
        """It can decide again. The first time of all it was never blind: there was nothing to decide."""
        blind = self._sides[who].blind
        if blind and blind[-1][1] is None:
            blind[-1] = (blind[-1][0], at_ns)

    def lost(self, who: Who, at_ns: int) -> None:
        """A side began anew: what it wanted before has no end of its own any more."""
        for want in self._sides[who].wants:
            if want.end_ns is None:
                want.end_ns = at_ns

    def pending(self) -> int:
        """Decisions that are not judged yet."""
        return sum(not want.is_judged for side in self._sides.values() for want in side.wants)

    def pending_before(self, t_ns: int) -> int:
        """Decisions of before that moment that are not judged yet."""
        return sum(not each.is_judged and each.begin_ns < t_ns for side in self._sides.values() for each in side.wants)

    def judge(self, until_ns: int) -> list[Difference]:
        """Judge every decision that both sides have had `settle_ns` for by `until_ns`, once; the oldest first."""
        found: list[tuple[int, Difference]] = []
        for who, side in self._sides.items():
            for want in side.wants:
                if not want.is_judged and want.begin_ns + self.settle_ns <= until_ns:
                    want.is_judged = True
                    found += [(want.begin_ns, difference) for difference in self._judged(who, want)]
        self._forget(until_ns)
        return [difference for _, difference in sorted(found, key=lambda each: each[0])]

    def _judged(self, who: Who, want: Want) -> Iterator[Difference]:
        other = self._sides[who.other]
        if other.was_blind(want.begin_ns, self.settle_ns) or self._sides[who].was_blind(want.begin_ns, self.settle_ns):
            self.not_compared += 1
            return
        self.compared += 1
        meanwhile = [each for each in other.wants if each.covers(want.begin_ns, self.settle_ns)]
        if want.line.again or any(each.line.key == want.line.key for each in meanwhile):
            return
        same_target = [each for each in meanwhile if want.line.target and each.line.target == want.line.target]
        if any(each.begin_ns < want.begin_ns - self.settle_ns for each in same_target):
            return
        yield Difference(who, want.line, same_target[0].line if same_target else None)

    def _forget(self, until_ns: int) -> None:
        """Drop what nothing that is still to come can be compared with."""
        oldest_ns = min(
            (want.begin_ns for side in self._sides.values() for want in side.wants if not want.is_judged),
            default=until_ns,
        )
        keep_from_ns = oldest_ns - 2 * self.settle_ns
        for side in self._sides.values():
            side.wants = [
                want for want in side.wants if not want.is_judged or want.end_ns is None or want.end_ns >= keep_from_ns
            ]
            side.blind = [(begin, end) for begin, end in side.blind if end is None or end >= keep_from_ns]
