"""What a shadow run was asked and what it has found so far: plain records that `run` fills and the others read."""

from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from runtime.shadow.cutover import CutoverClock
from runtime.shadow.matching import Difference
from runtime.shadow.memory import Identity
from runtime.shadow.signals import Signal

KEPT = 1000
"""Of events the last ones, of differences the first: a run may last for weeks."""


@dataclass(frozen=True, slots=True)
class ShadowConditions:
    """for_s: from when both are ready; None: until it is stopped.

    settle_s: how far apart in time both may decide the same. carries: the candidate begins with the live one's state.
    """

    settle_s: float
    for_s: float | None
    state: Path
    identity: Identity
    new_clock: CutoverClock
    carries: bool


@dataclass(slots=True)
class Event:
    """Something that happened, for the report."""

    at: str
    who: str
    signal: str
    what: str


@dataclass(slots=True)
class ShadowReport:
    """What a run has found so far."""

    started_at: str
    clock: CutoverClock
    differences: list[tuple[str, Difference]] = field(default_factory=list)
    differences_total: int = 0
    events: deque[Event] = field(default_factory=lambda: deque(maxlen=KEPT))
    faults_total: int = 0
    sent: Signal = field(default_factory=Signal)
    compared: int = 0
    pending: int = 0
    not_compared: int = 0
    unsure: str = ""
    gave_up: str = ""
    never_started: str = ""
    interrupted: bool = False
    ran_s: float = 0.0

    @property
    def faults(self) -> list[Event]:
        """What set the clock back, of the events that are kept."""
        return [event for event in self.events if event.signal]
