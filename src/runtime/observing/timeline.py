"""Datagrams and log lines, turned into a Timeline: pure, no clock and no input or output.

Times are seconds since the process was started, by the observer's clock: what counts is when the pack saw it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from runtime.clocks import seconds_between
from runtime.observing.notify_socket import Arrival
from service_contract.messages import Checkpoint, MalformedMessage, Notification, decode

_LOG_LINE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[.,]\d{3})\s+([A-Z]+)\s+(.*)")


@dataclass(frozen=True, slots=True)
class Entry:
    """One datagram: when it was seen, and either what it says or why it cannot be read."""

    t_s: float
    t_ns: int
    said: Notification | None
    garbage: str = ""

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The checkpoint it carries."""
        return self.said.checkpoint if self.said else None


@dataclass(frozen=True, slots=True)
class Exit:
    """The process ended by itself. code: negative is a signal."""

    code: int
    t_s: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """What one process said, in order of arrival, and how it ended if it did."""

    start_ns: int
    entries: tuple[Entry, ...] = ()
    exit: Exit | None = None

    def reached(self, n: int) -> list[Entry]:
        """Every occurrence of checkpoint n."""
        return [entry for entry in self.entries if entry.checkpoint is not None and entry.checkpoint.n == n]

    def fields(self, name: str) -> list[tuple[float, str]]:
        """Every value of a plain field such as STATUS, with its time."""
        return [
            (entry.t_s, entry.said.fields[name]) for entry in self.entries if entry.said and name in entry.said.fields
        ]

    @property
    def garbage(self) -> list[Entry]:
        """The datagrams that could not be read."""
        return [entry for entry in self.entries if entry.said is None]

    @property
    def last_checkpoint(self) -> Entry | None:
        """The latest arrival of the highest checkpoint seen."""
        seen = [(entry.checkpoint.n, index) for index, entry in enumerate(self.entries) if entry.checkpoint]
        return self.entries[max(seen)[1]] if seen else None


def read(arrival: Arrival, start_ns: int) -> Entry:
    """Take one datagram apart; what cannot be read becomes garbage, it is never dropped."""
    t_s = seconds_between(start_ns, arrival.t_ns)
    try:
        return Entry(t_s, arrival.t_ns, decode(arrival.data))
    except MalformedMessage as error:
        return Entry(t_s, arrival.t_ns, None, str(error))


def build(start_ns: int, arrivals: Iterable[Arrival], end: Exit | None = None) -> Timeline:
    """The timeline of these datagrams."""
    return Timeline(start_ns, tuple(read(arrival, start_ns) for arrival in arrivals), end)


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of the text log; `time` and `level` are empty where it does not begin with them (a stack trace)."""

    time: str
    level: str
    message: str

    def __str__(self) -> str:
        return f"{self.time} {self.level} {self.message}" if self.time else self.message


def read_log(text: str) -> tuple[LogLine, ...]:
    """The lines of a text log."""
    lines = []
    for line in text.splitlines():
        match = _LOG_LINE.fullmatch(line)
        lines.append(LogLine(*match.groups()) if match else LogLine("", "", line))
    return tuple(lines)


def checkpoint_lines(lines: Sequence[LogLine], texts: Sequence[str]) -> list[LogLine]:
    """The lines that contain one of the checkpoints' texts."""
    return [line for line in lines if any(text in line.message for text in texts)]
