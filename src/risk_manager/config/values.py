"""Reading one value of a configuration file, exactly, or refusing it in words that a trader understands.

A reader takes what YAML gave (text, int, Decimal, bool, None, list or dict; decimals never pass through a float) and
returns the value in the unit it has inside. A refusal says what was wrong and what to write instead.
"""

import difflib
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple
from zoneinfo import ZoneInfo

from risk_manager.domain.money import MILS_PER_UNIT

Reader = Callable[[object], object]

_MOST_UNITS = 1_000_000_000
_MOST_COUNT = 1_000_000
_SHOWN_CHARS = 60
_DURATION = re.compile(r"([0-9]{1,9})(ms|s|m|h)")
_UNIT_NS = {"ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000, "h": 3_600_000_000_000}
_TIME = re.compile(r"([0-9]{2}):([0-9]{2})")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SYMBOL_GLOB = re.compile(r"[A-Za-z0-9*?]{1,20}")
_HOURS, _MINUTES = 24, 60
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Refused(ValueError):
    """A value that is not accepted: why, and what to do about it."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class Hidden(Refused):
    """Refused, and shown nowhere: it may be a secret."""


class Clash(NamedTuple):
    """Values that are well in themselves and cannot stand together: where, relative to their block, why, what to do.

    hidden: the line may hold a secret, so the fault is told without it.
    """

    path: tuple[str | int, ...]
    message: str
    remedy: str
    at_key: bool = False
    hidden: bool = False


class Clashes(ValueError):
    """Every clash of a block."""

    def __init__(self, clashes: Sequence[Clash]) -> None:
        super().__init__("; ".join(clash.message for clash in clashes))
        self.clashes = tuple(clashes)


def what(value: object) -> str:
    """The kind of a value, for the sentence "must be X, not Y"."""
    if value is None:
        return "empty"
    kinds: dict[type, str] = {bool: "true or false", str: "text", int: "a number", Decimal: "a number", list: "a list"}
    return kinds.get(type(value), "a block")


def shown(value: object) -> str:
    """A value as it is shown beside a fault."""
    if value is None or isinstance(value, dict):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = f"[{', '.join(map(str, value))}]" if isinstance(value, list) else str(value)
    text = format(value, "f") if isinstance(value, Decimal) else text
    text = repr(text) if isinstance(value, str) else text
    return text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}…"


def did_you_mean(word: object, known: Iterable[str], *, what_is_known: str) -> str:
    """A remedy that names the nearest known word, and all of them where they are few."""
    choices = sorted(known)
    by_lower = {choice.lower(): choice for choice in choices}
    near = difflib.get_close_matches(str(word).lower(), by_lower, n=1, cutoff=0.6)
    if near:
        return f"did you mean {by_lower[near[0]]}?"
    return f"{what_is_known}: {', '.join(choices)}" if choices else f"there are no {what_is_known}"


def _number(value: object, kind: str) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        remedy = f"write {kind}"
        if isinstance(value, str) and re.fullmatch(r"[-+]?[0-9]+(\.[0-9]+)?", value):
            remedy = f"remove the quotes: {value}"
        raise Refused(f"must be {kind}, not {what(value)}", remedy)
    return Fraction(value)


def money(sign: str) -> Reader:
    """An amount as mils. sign: negative or positive; zero is never accepted."""

    def read(value: object) -> int:
        number = _number(value, "an amount of money")
        if abs(number) > _MOST_UNITS:
            raise Refused(f"must be an amount of at most {_MOST_UNITS}", "write a sensible amount")
        mils = number * MILS_PER_UNIT
        if mils.denominator != 1:
            raise Refused("must have at most 3 decimals", f"round it: {value:.3f}")
        if sign == "negative" and mils >= 0:
            raise Refused("must be less than 0", f"write -{value}" if mils else "write a loss, for example -900")
        if sign == "positive" and mils <= 0:
            raise Refused(
                "must be greater than 0", f"write {abs(number)}" if mils else "write a profit, for example 900"
            )
        return int(mils)

    return read


def count(least: int) -> Reader:
    """A whole number, at least `least`."""

    def read(value: object) -> int:
        number = _number(value, "a whole number")
        if number.denominator != 1 or isinstance(value, Decimal):
            raise Refused("must be a whole number, without decimals", f"write {max(least, int(number))}")
        if number < least:
            raise Refused(f"must be {least} or more", f"write {least} or more")
        if number > _MOST_COUNT:
            raise Refused(f"must be at most {_MOST_COUNT}", "write a sensible number")
        return int(number)

    return read


def scaled(per_unit: int, *, positive: bool, kind: str, unit: str) -> Reader:
    """A decimal as an exact integer number of 1/`per_unit`; also accepted in quotes, as prices often are written."""

    def read(value: object) -> int:
        if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,12}(\.[0-9]{1,12})?", value):
            value = Decimal(value)
        number = _number(value, kind)
        if abs(number) > _MOST_UNITS:
            raise Refused(f"must be at most {_MOST_UNITS}", "write a sensible number")
        steps = number * per_unit
        if steps.denominator != 1:
            raise Refused(f"is not a whole number of {unit}", "write it with fewer decimals")
        if positive and steps <= 0:
            raise Refused("must be greater than 0", f"write {kind} above 0")
        return int(steps)

    return read


def flag(value: object) -> bool:
    """Only `true` or `false`."""
    if not isinstance(value, bool):
        raise Refused(f"must be true or false, not {what(value)}", "write true or false, without quotes")
    return value


def text(value: object) -> str:
    """Words, not empty."""
    if not isinstance(value, str):
        raise Refused(
            f"must be text, not {what(value)}", f'put it in quotes: "{shown(value)}"' if value else "write it"
        )
    if not value.strip() or len(value) > 1000:  # noqa: PLR2004 -- nobody names anything with more
        raise Refused("must not be empty" if not value.strip() else "is too long", "write a few words")
    return value


def choice(options: Iterable[str]) -> Reader:
    """One of a few words."""
    known = tuple(options)

    def read(value: object) -> str:
        if not isinstance(value, str) or value not in known:
            remedy = did_you_mean(value, known, what_is_known="accepted")
            raise Refused(f"must be one of: {', '.join(known)}", remedy)
        return value

    return read


def name_among(known: Iterable[str], *, kind: str) -> Reader:
    """The name of something that stands elsewhere. kind: what it must be one of, in the plural."""
    names = tuple(known)

    def read(value: object) -> str:
        if not isinstance(value, str) or value not in names:
            raise Refused(f"is not one of the {kind}", did_you_mean(value, names, what_is_known=kind))
        return value

    return read


def duration(least_ns: int, most_ns: int) -> Reader:
    """A duration with its unit (`500ms`, `30s`, `5m`, `1h`) as nanoseconds."""

    def read(value: object) -> int:
        match = _DURATION.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            bare = isinstance(value, int) and not isinstance(value, bool)
            remedy = f"add the unit: {value}s" if bare else "write 500ms, 30s, 5m or 1h"
            raise Refused("must be a whole number with its unit: ms, s, m or h", remedy)
        duration_ns = int(match[1]) * _UNIT_NS[match[2]]
        if not least_ns <= duration_ns <= most_ns:
            raise Refused(
                f"must be from {duration_text(least_ns)} to {duration_text(most_ns)}", "choose one in between"
            )
        return duration_ns

    return read


def duration_text(duration_ns: int) -> str:
    """A duration in the largest unit that holds it exactly."""
    for unit in ("h", "m", "s"):
        if duration_ns % _UNIT_NS[unit] == 0:
            return f"{duration_ns // _UNIT_NS[unit]}{unit}"
    return f"{duration_ns // _UNIT_NS['ms']}ms"


def time_of_day(value: object) -> int:
    """A local time `HH:MM` as minutes since midnight."""
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None or int(match[1]) >= _HOURS or int(match[2]) >= _MINUTES:
        raise Refused('must be a time of day as "HH:MM"', 'write it in quotes, "00:00" to "23:59"')
    return int(match[1]) * _MINUTES + int(match[2])


def day(value: object) -> date:
    """A date `YYYY-MM-DD`."""
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise Refused(f"is not a date: {error}", "check the month and the day") from error
    raise Refused("must be a date as YYYY-MM-DD", "for example 2026-11-26")


def zone(value: object) -> ZoneInfo:
    """A time zone that knows about daylight saving."""
    remedy = "name a city's zone, for example America/Chicago"
    if not isinstance(value, str):
        raise Refused(f"must be the name of a time zone, not {what(value)}", remedy)
    if "/" not in value and value != "UTC":
        raise Refused("is not accepted as a time zone: it has no daylight saving of its own", remedy)
    try:
        return ZoneInfo(value)
    except (KeyError, ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError; a folder of zones an OSError
        from zoneinfo import available_timezones

        near = did_you_mean(value, available_timezones(), what_is_known="zones") if len(value) < _SHOWN_CHARS else ""
        raise Refused("is not a known time zone", near if near.startswith("did") else remedy) from None


def weekdays(value: object) -> frozenset[int]:
    """A list of weekday names as numbers, Monday 0."""
    if not isinstance(value, list) or not value:
        raise Refused(f"must be a list of weekdays, not {what(value) if value else 'empty'}", "for example [mon, tue]")
    for entry in value:
        if entry not in WEEKDAYS:
            raise Refused(f"{shown(entry) or what(entry)} is not a weekday", f"accepted: {', '.join(WEEKDAYS)}")
    if len(set(value)) != len(value):
        raise Refused("names a weekday twice", "name each once")
    return frozenset(WEEKDAYS.index(entry) for entry in value)


def symbol_globs(value: object) -> tuple[str, ...]:
    """A list of root symbols, or of patterns with * and ?; any case is accepted, capital letters come out."""
    if not isinstance(value, list) or not value:
        raise Refused(
            f"must be a list of symbols, not {what(value) if value != [] else 'empty'}", "for example [NQ, M2K, 6*]"
        )
    for entry in value:
        if not isinstance(entry, str) or not _SYMBOL_GLOB.fullmatch(entry):
            raise Refused(
                f"{shown(entry) or what(entry)} is not a symbol",
                'write letters and digits, * for any letters, ? for one; in quotes where it begins with one: "*Q"',
            )
    patterns = tuple(entry.upper() for entry in value)
    if len(set(patterns)) != len(patterns):
        raise Refused("names a symbol twice", "name each once")
    return patterns
