"""When a service is restarted in the midst of a session, and how: `+60s:kill`, `event:120/30s:term`, `checkpoint:8`."""

import re
from dataclasses import dataclass
from enum import Enum

_CHECKPOINT = re.compile(r"checkpoint:([1-9][0-9]?)(?:/([a-z_]+))?")
_VENUE = re.compile(r"(?:\+[0-9hms.]+|event:[0-9]+|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.Z+-]+)(?:/[0-9hms.]+)?")


class How(Enum):
    """clean: as Ctrl-C does it. term: SIGTERM. kill: SIGKILL, as a crash or the out-of-memory killer does it."""

    CLEAN = "clean"
    TERM = "term"
    KILL = "kill"


class WrongMoment(ValueError):
    """A moment that cannot be understood; says what is possible."""


@dataclass(frozen=True, slots=True)
class Restart:
    """One restart.

    moment: what the venue is asked to wait at, None for a checkpoint of the service itself. has_gap: does the session
    go on for a while before the service is let in again?
    """

    how: How
    moment: str | None = None
    checkpoint: int | None = None
    phase: str | None = None

    @property
    def has_gap(self) -> bool:
        """Does something happen while the service is down?"""
        return self.moment is None or "/" in self.moment

    def __str__(self) -> str:
        when = self.moment or f"checkpoint:{self.checkpoint}" + (f"/{self.phase}" if self.phase else "")
        return f"{when}:{self.how.value}"


def read_restart(text: str) -> Restart:
    """`WHEN[/SPAN][:HOW]`; without HOW it is a kill. Raises WrongMoment."""
    when, _, last = text.rpartition(":")
    known = {how.value: how for how in How}
    how = known.get(last)
    when = when if how is not None else text
    how = how or How.KILL
    match = _CHECKPOINT.fullmatch(when)
    if match is not None:
        return Restart(how, checkpoint=int(match[1]), phase=match[2])
    if _VENUE.fullmatch(when) is None:
        raise WrongMoment(
            f"{text!r} is no moment: write +60s, event:120, an ISO time with offset, or checkpoint:8/triggered, "
            f"then /30s for a gap, then :{' or :'.join(known)}"
        )
    return Restart(how, moment=when)
