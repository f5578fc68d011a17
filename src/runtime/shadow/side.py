"""One of the two services of a shadow run: the port that `started` and `attached` keep to, and what they share."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from runtime.contract.expand import Places
from runtime.contract.model import Contract
from runtime.logs.file import LogFollower
from runtime.observing.process import Launch
from runtime.shadow.follower import Follower
from runtime.shadow.matching import Who
from runtime.shadow.plan import ShadowPlan
from runtime.shadow.signals import Signals
from service_contract.decided import Decided


@dataclass(frozen=True, slots=True)
class SideRequest:
    """What to run. places: its own but for the sockets, which both share. environ: whole. argv: what starts it."""

    who: Who
    contract: Contract
    plan: ShadowPlan
    places: Places
    environ: Mapping[str, str]
    argv: tuple[str, ...]
    notify_dir: Path

    def launch(self, name: str, argv: Sequence[str], file: str) -> Launch:
        """A command of this side: its output goes to files in its directory."""
        environ = {**self.environ, **self.places.text_map(self.contract.env)}
        for inherited in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"):
            environ.pop(inherited, None)
        stdout, stderr = self.places.run_dir / f"{file}.stdout.log", self.places.run_dir / f"{file}.stderr.log"
        return Launch(f"{self.who.value} {name}", self.places.texts(argv), environ, self.places.project, stdout, stderr)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that sets the cutover clock back. signal: under which it is counted."""

    who: Who
    signal: str
    what: str

    def __str__(self) -> str:
        return f"{self.who.value} {self.signal}: {self.what}"


@dataclass(slots=True)
class Look:
    """What one look at a side has found.

    unsure: what cannot be told now. blind: it cannot decide at the moment. gave_up: why it is not started again.
    """

    faults: list[Fault] = field(default_factory=list)
    decided: list[Decided] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    unsure: str = ""
    blind: bool = False
    gave_up: str = ""
    began_anew: bool = False


class Side(Protocol):
    """A side. is_green: ready, beating, dealing with input. dealt_with: how many events; None where it never said."""

    request: SideRequest
    signals: Signals
    is_green: bool
    has_input: bool
    dealt_with: float | None
    counts_events: bool

    @property
    def pid(self) -> int | None:
        """Its process, where we have started it."""

    async def start(self) -> None:
        """Begin. Raises NotStarted."""

    async def look(self) -> Look:
        """What has happened since the last look. Raises NotStarted."""

    async def stop(self) -> None:
        """Stop what was started; safe to call twice."""


class LogFaults:
    """Finds the faults that service.yaml names in what a service writes to its log."""

    def __init__(self, request: SideRequest, signals: Signals) -> None:
        self._request = request
        self._signals = signals
        self._path = Path(request.places.text(request.contract.log))
        self._log = LogFollower(self._path)
        signals.cannot_tell(request.plan.faults)

    def look(self) -> list[Fault]:
        """The faults in the lines that are new. Without a log nothing can be told."""
        if self._path.is_file():
            self._signals.can_tell(self._request.plan.faults)
        return [
            Fault(self._request.who, name, line.strip())
            for line in self._log.read_new().splitlines()
            for name, patterns in self._request.plan.faults.items()
            if _shows(patterns, line)
        ]

    def close(self) -> None:
        """Let go of the file."""
        self._log.close()


def _shows(patterns: tuple[re.Pattern[str], ...], line: str) -> bool:
    return any(pattern.search(line) for pattern in patterns)


def follower_of(request: SideRequest, on_end: Callable[[], None]) -> Follower:
    """What reads the decisions of a side."""
    argv = request.contract.probes[request.plan.decisions]
    return Follower(request.launch("decisions", argv, "decisions"), on_end)
