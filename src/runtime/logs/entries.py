"""One entry of a log, from its text line or from its structured twin, and how either is taken apart."""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import msgspec

_LINE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)[.,](\d{3})\s+([A-Z]+)\s(.*)", re.DOTALL)
# A line that does not begin so belongs to the one above.
BEFORE_AN_ENTRY = re.compile(rb"\n(?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[.,]\d{3}\s+[A-Z]+\s)")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_MAX_CONTINUATION = 2000
_KNOWN = frozenset({"t", "level", "message", "exception"})
LEVELS = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "WARN": 30, "ERROR": 40, "CRITICAL": 50, "FATAL": 50}


@dataclass(frozen=True, slots=True)
class LogEntry:
    """What was logged once.

    t_s: seconds since the epoch, to the millisecond; None where the line does not say. stamp: as the text log writes
    it, in local time. more: lines that belong to it (a stack trace in the text log). fields: what only the twin knows.
    twin: which of the two files it was found in: `both`, `text` or `events`.
    """

    t_s: float | None
    stamp: str
    level: str
    message: str
    more: tuple[str, ...] = ()
    fields: Mapping[str, object] = field(default_factory=dict)
    exception: str = ""
    twin: str = "text"

    @property
    def key(self) -> tuple[str, str, str]:
        """What its twin has in common with it."""
        return self.stamp, self.level, self.message

    @property
    def weight(self) -> int:
        """The level as a number; a word that is not known weighs as INFO."""
        return LEVELS.get(self.level, 20)

    @property
    def line(self) -> str:
        """The line as the text log has it."""
        return f"{self.stamp} {self.level} {self.message}" if self.stamp else self.message

    def as_json(self) -> dict[str, object]:
        """The entry as a plain object."""
        return {
            "t": utc(self.t_s) if self.t_s is not None else None,
            "level": self.level or None,
            "message": self.message,
            "more": list(self.more),
            "exception": self.exception or None,
            "fields": dict(self.fields),
            "found_in": self.twin,
        }


def utc(t_s: float) -> str:
    """A time as ISO 8601 in UTC with milliseconds."""
    milliseconds = round(t_s * 1000)
    moment = dt.datetime.fromtimestamp(milliseconds // 1000, tz=dt.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{milliseconds % 1000:03d}Z"


def harmless(text: str) -> str:
    """The text without control characters: a log line must not be able to move a cursor or forge another line."""
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", text.replace("\r", "\\r"))


def read_text(lines: Iterable[bytes], *, newest_first: bool) -> Iterator[LogEntry]:
    """The entries of a text log. A line that does not begin with a time belongs to the one above it."""
    return _from_below(lines) if newest_first else _from_above(lines)


def _from_below(lines: Iterable[bytes]) -> Iterator[LogEntry]:
    below: list[str] = []
    for raw in lines:
        entry = _take_apart(raw)
        if entry.stamp:
            yield replace(entry, more=tuple(reversed(below)))
            below = []
            continue
        below.append(entry.message)
        if len(below) >= _MAX_CONTINUATION:  # this is no stack trace but a log without times
            yield from (LogEntry(None, "", "", line) for line in below)
            below = []
    yield from (LogEntry(None, "", "", line) for line in below)


def _from_above(lines: Iterable[bytes]) -> Iterator[LogEntry]:
    head: LogEntry | None = None
    more: list[str] = []
    for raw in lines:
        entry = _take_apart(raw)
        if not entry.stamp and head is not None and len(more) < _MAX_CONTINUATION:
            more.append(entry.message)
            continue
        if head is not None:
            yield replace(head, more=tuple(more))
        head, more = (entry, []) if entry.stamp else (None, [])
        if head is None:
            yield entry
    if head is not None:
        yield replace(head, more=tuple(more))


def _take_apart(raw: bytes) -> LogEntry:
    text = raw.decode(errors="replace")
    match = _LINE.fullmatch(text)
    if match is None:
        return LogEntry(None, "", "", harmless(text))
    second, milliseconds, level, message = match.groups()
    try:
        whole = int(dt.datetime.fromisoformat(second).timestamp())  # the text log writes local time
    except ValueError:
        return LogEntry(None, "", "", harmless(text))
    return LogEntry(whole + int(milliseconds) / 1000, f"{second}.{milliseconds}", level, harmless(message))


_decode = msgspec.json.Decoder(dict[str, object]).decode


def read_events(lines: Iterable[bytes]) -> Iterator[LogEntry]:
    """The entries of the twin, one JSON object a line; a line that is none is shown as it is."""
    for raw in lines:
        if raw:
            yield _event(raw)


def _event(raw: bytes) -> LogEntry:
    try:
        found = _decode(raw)
        whole, milliseconds = _split(float(str(found["t"])))
        stamp = f"{dt.datetime.fromtimestamp(whole).isoformat(sep=' ')}.{milliseconds:03d}"  # noqa: DTZ006 -- the text log is in local time
    except (msgspec.MsgspecError, KeyError, ValueError, OverflowError, OSError):
        return LogEntry(None, "", "", harmless(raw.decode(errors="replace")), twin="events")
    message = str(found.get("message", "")).replace("\r", "\\r").replace("\n", "\\n")
    fields = {name: value for name, value in found.items() if name not in _KNOWN}
    exception = harmless(str(found.get("exception") or ""))
    t_s, level = whole + milliseconds / 1000, str(found.get("level", ""))
    return LogEntry(t_s, stamp, level, harmless(message), (), fields, exception, "events")


def _split(t_s: float) -> tuple[int, int]:
    """Seconds and milliseconds as logging writes them: what is finer is cut off, not rounded."""
    whole = int(t_s)
    return whole, int((t_s - whole) * 1000)
