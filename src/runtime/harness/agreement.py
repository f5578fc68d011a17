"""Compares what a service says of itself with what the venue's ledger says. Pure.

A place that is not there is no evidence: the answer is None, never True.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from runtime.assertions import agrees, resolve
from runtime.harness.plan import Agreement, Reading


class NoFigure(Exception):
    """A document does not have the figure; says what is missing."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure, by both. holds: None where one of them does not say; `problem` tells why."""

    name: str
    service: object
    ledger: object
    holds: bool | None
    problem: str = ""

    def as_json(self) -> dict[str, object]:
        """Plain JSON; numbers as text."""
        return {
            "name": self.name,
            "service": _plain(self.service),
            "ledger": _plain(self.ledger),
            "holds": self.holds,
            "problem": self.problem,
        }

    def __str__(self) -> str:
        if self.holds is None:
            return f"{self.name}: cannot be told: {self.problem}"
        if self.holds:
            return f"{self.name} {_words(self.service)}"
        return f"{self.name}: the service says {_words(self.service)}, the ledger {_words(self.ledger)}"


def compare(agreement: Agreement, status: object, ledger: object) -> Compared:
    """One figure in the service's status and in the venue's ledger."""
    try:
        ours = figure(agreement.service, status, status)
        theirs = figure(agreement.ledger, ledger, status)
    except NoFigure as missing:
        return Compared(agreement.name, None, None, None, str(missing))
    return Compared(agreement.name, ours, theirs, ours == theirs)


def figure(reading: Reading, document: object, status: object) -> object:
    """A number, a text, or a mapping of them. status: where the limits of time stand. Raises NoFigure."""
    value = _at(document, reading.at)
    listed = reading.key or reading.total or reading.counts
    if not listed:
        return _number_or_text(value)
    if not isinstance(value, list):
        raise NoFigure(f"{reading.at} is no list")
    entries = [entry for entry in value if agrees(entry, reading.where) and _in_time(entry, reading, status)]
    if reading.counts:
        return Decimal(len(entries))
    if reading.total is not None:
        return sum((_amount(entry, reading.total) for entry in entries), Decimal(0))
    return {str(_field(entry, reading.key)): _number_or_text(_field(entry, reading.value)) for entry in entries}


def _in_time(entry: object, reading: Reading, status: object) -> bool:
    if reading.time is None or reading.since is None or reading.until is None:
        return True
    t = _moment(_field(entry, reading.time))
    return _moment(_at(status, reading.since)) <= t < _moment(_at(status, reading.until))


def _moment(value: object) -> datetime:
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        raise NoFigure(f"{value!r} is no time") from None


def _at(document: object, pointer: str) -> object:
    found, value = resolve(document, pointer)
    if not found:
        raise NoFigure(f"nothing at {pointer}")
    return value


def _field(entry: object, name: str | None) -> object:
    if not isinstance(entry, Mapping) or name not in entry:
        raise NoFigure(f"an entry without {name}")
    return entry[name]


def _amount(entry: object, name: str) -> Decimal:
    value = _field(entry, name)
    number = Decimal(0) if value is None else _number_or_text(value)  # what opened a position realized nothing
    if not isinstance(number, Decimal):
        raise NoFigure(f"{name} {value!r} is no number")
    return number


def _number_or_text(value: object) -> object:
    """Numbers compare as numbers: 0 is 0.00."""
    if value is None or isinstance(value, list | dict):
        raise NoFigure(f"{value!r} is neither a number nor a text")
    if isinstance(value, bool):
        return value
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    if not number.is_finite():
        raise NoFigure(f"{value!r} is not finite")
    return number


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return value


def _words(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {each}" for key, each in value.items()) or "none"
    return str(value)
