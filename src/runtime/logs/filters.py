"""Which entries are wanted: by level, words, time, run, checkpoint and rule; all of them must hold."""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtime.clocks import utc_now
from runtime.logs.entries import LEVELS, LogEntry
from runtime.settings import WrongUsage

if TYPE_CHECKING:  # it needs the filter itself
    from runtime.logs.skip import AnyOf

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_TIME_OF_DAY = re.compile(r"\d\d?:\d\d(?::\d\d(?:\.\d+)?)?")
# Two processes may write a moment apart, so reading backwards goes on a little past the time that was asked for.
SLACK_S = 5.0


@dataclass(frozen=True, slots=True)
class Filter:
    """What is wanted; None means any.

    lines: the text of each checkpoint's log line, for a log whose twin does not say. window: the seconds between which
    the run that was asked for took place, where the log itself does not name it. needed: what every line that is wanted
    holds, so that whole blocks without it are passed over; it decides nothing by itself.
    """

    least: int = 0
    words: re.Pattern[str] | None = None
    since_s: float | None = None
    until_s: float | None = None
    run: str | None = None
    window: tuple[float, float] | None = None
    checkpoint: int | None = None
    rule: re.Pattern[str] | None = None
    lines: Mapping[int, str] | None = None
    needed: "tuple[AnyOf, ...]" = ()

    @property
    def is_open(self) -> bool:
        """Does everything pass?"""
        return self == Filter(lines=self.lines)

    def wants(self, entry: LogEntry) -> bool:
        """Does this entry pass?"""
        return (
            entry.weight >= self.least
            and self._in_time(entry)
            and self._of_run(entry)
            and self._of_checkpoint(entry)
            and (self.words is None or any(self.words.search(text) for text in _texts(entry)))
            and (self.rule is None or any(self.rule.search(text) for text in _texts(entry)))
        )

    def begins_after(self, entry: LogEntry) -> bool:
        """Is this entry, and with it everything older, too old? Then reading backwards may end."""
        starts = [start for start in (self.since_s, self.window[0] if self.window else None) if start is not None]
        return bool(starts) and entry.t_s is not None and entry.t_s < max(starts) - SLACK_S

    def _in_time(self, entry: LogEntry) -> bool:
        if self.since_s is None and self.until_s is None:
            return True
        if entry.t_s is None:
            return False
        after = self.since_s is None or entry.t_s >= self.since_s
        return after and (self.until_s is None or entry.t_s <= self.until_s)

    def _of_run(self, entry: LogEntry) -> bool:
        if self.run is None:
            return True
        if self.window is not None:
            return entry.t_s is not None and self.window[0] <= entry.t_s <= self.window[1]
        return str(entry.fields.get("run", "")).startswith(self.run)

    def _of_checkpoint(self, entry: LogEntry) -> bool:
        if self.checkpoint is None:
            return True
        if "checkpoint" in entry.fields:
            return entry.fields["checkpoint"] == self.checkpoint
        text = (self.lines or {}).get(self.checkpoint)
        return text is not None and entry.twin == "text" and text in entry.message


def _texts(entry: LogEntry) -> Iterator[str]:
    yield entry.message
    yield from entry.more
    if entry.exception:
        yield entry.exception


def chosen(entries: Iterable[LogEntry], wanted: Filter) -> Iterator[LogEntry]:
    """The entries that pass; of entries that come newest first, only as far back as is needed."""
    for entry in entries:
        if wanted.begins_after(entry):
            return
        if wanted.wants(entry):
            yield entry


def level(name: str) -> int:
    """The weight of a level by name. Raises WrongUsage."""
    try:
        return LEVELS[name.upper()]
    except KeyError:
        raise WrongUsage(f"--level {name!r}: it is one of {', '.join(LEVELS)}") from None


def words(text: str) -> re.Pattern[str]:
    """A pattern, or a keyword where it is none. Written in small letters, it finds capitals too."""
    flags = re.IGNORECASE if text == text.lower() else re.NOFLAG
    try:
        return re.compile(text, flags)
    except re.error:
        return re.compile(re.escape(text), flags)


def rule(key: str) -> re.Pattern[str]:
    """The key of a rule as a whole word."""
    return re.compile(rf"(?<![\w-]){re.escape(key)}(?![\w-])")


def moment(text: str, option: str) -> float:
    """`10m` ago, `14:30` today, or a date with or without a time; local time unless it says otherwise.

    Raises WrongUsage.
    """
    now = utc_now().astimezone()
    ago = _DURATION.fullmatch(text.strip())
    if ago:
        return now.timestamp() - float(ago[1]) * _UNITS_S[ago[2]]
    written = f"{now:%Y-%m-%d} {text.strip():>05}" if _TIME_OF_DAY.fullmatch(text.strip()) else text.strip()
    try:
        return dt.datetime.fromisoformat(written).timestamp()
    except ValueError:
        example = 'for example 10m, 14:30, "2026-11-20 14:30:05" or 2026-11-20T14:30:05Z'
        raise WrongUsage(f"{option} {text!r} is no time: {example}") from None
