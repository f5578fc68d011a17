"""Everything a run has observed so far, as one frozen value: the only thing that checks and the diagnosis read."""

from collections.abc import Mapping
from dataclasses import dataclass

from runtime.assertions import Answer
from runtime.contract.model import Contract, Outcome
from runtime.observing.process import Stopped
from runtime.observing.timeline import LogLine, Timeline
from runtime.tracing.trace import Trace


@dataclass(frozen=True, slots=True)
class CompanionState:
    """A companion: when it said READY=1, and its exit code where it ended by itself."""

    name: str
    ready_s: float | None
    code: int | None
    last_words: str = ""


@dataclass(frozen=True, slots=True)
class ProbeReading:
    """What the independent witness said. problem: why there is no document, where there is none."""

    t_s: float
    document: object
    problem: str
    answers: tuple[Answer, ...]

    @property
    def agrees(self) -> bool | None:
        """True: every requirement holds. False: one does not. None: it cannot be told."""
        held = [answer.holds for answer in self.answers]
        if self.problem or not held or any(holds is None for holds in held):
            return False if any(holds is False for holds in held) else None
        return all(held)


@dataclass(frozen=True, slots=True)
class Observation:
    """One run, as far as it has been seen.

    limit_s: the time allowed. over: nothing more will be observed. never_started: why there is no process.
    log: the lines the service wrote in this run, None while it has not been read. last_words: the end of its stderr.
    stopped: how the service ended when it was told to. trace: what its agent saw, where it was asked.
    clock_moved_s: by how much this machine's wall clock was set, or by how long it slept, since the run began.
    """

    contract: Contract
    outcome: Outcome
    chosen: Mapping[str, str]
    limit_s: float
    timeline: Timeline
    companions: tuple[CompanionState, ...] = ()
    probe: ProbeReading | None = None
    stopped: Stopped | None = None
    log: tuple[LogLine, ...] | None = None
    last_words: str = ""
    never_started: str = ""
    over: bool = False
    trace: Trace | None = None
    clock_moved_s: float = 0.0
