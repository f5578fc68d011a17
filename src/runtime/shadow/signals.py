"""The health signals of one side: what was counted, when it was last seen, and what could not be told."""

from collections.abc import Iterable
from dataclasses import dataclass, field

CRASHES = "crashes"
HEARTBEATS = "heartbeats_missed"
RESTARTS = "restarts"
GAPS = "event_gaps"
OWN = (CRASHES, HEARTBEATS, RESTARTS, GAPS)
"""What the pack sees of every service; what its log shows is named in service.yaml."""


@dataclass(slots=True)
class Signal:
    """How often something was seen. count None: it cannot be told, which is never the same as 0."""

    count: int | None = None
    last_at: str | None = None
    last_what: str = ""

    def __str__(self) -> str:
        return "UNKNOWN" if self.count is None else str(self.count)


@dataclass(slots=True)
class Signals:
    """All signals of one side. up_s: how long it ran while we looked; healthy_s: how much of that it was well."""

    signals: dict[str, Signal] = field(default_factory=dict)
    up_s: float = 0.0
    healthy_s: float = 0.0

    def can_tell(self, names: Iterable[str]) -> None:
        """From now on these would be seen: where nothing was, that is 0."""
        for name in names:
            signal = self.signals.setdefault(name, Signal())
            if signal.count is None:
                signal.count = 0

    def cannot_tell(self, names: Iterable[str]) -> None:
        """These cannot be seen here."""
        for name in names:
            self.signals.setdefault(name, Signal())

    def seen(self, name: str, at: str, what: str) -> None:
        """One more."""
        signal = self.signals.setdefault(name, Signal())
        signal.count = (signal.count or 0) + 1
        signal.last_at, signal.last_what = at, what

    @property
    def unknown(self) -> list[str]:
        """What could not be told."""
        return [name for name, signal in self.signals.items() if signal.count is None]
