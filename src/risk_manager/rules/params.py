"""The kinds of parameters a rule may have: how each is written in YAML, and which unit it has inside.

A rule's `Params` is a frozen dataclass whose fields are annotated with one of these. The configuration derives its
strict schema from them, so a parameter is declared once: name, unit, sign, default and the sentence that documents it.
"""

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Parameter:
    """yaml: the key under `rules.<key>`. says: one sentence for the reference and for errors."""

    yaml: str
    says: str


@dataclass(frozen=True, slots=True)
class Money(Parameter):
    """An amount of the account's currency, at most three decimals; mils inside. Zero is never accepted."""

    sign: Literal["negative", "positive"]


@dataclass(frozen=True, slots=True)
class Count(Parameter):
    """A whole number of contracts, trades or ticks, at least `least`."""

    least: int = 1


@dataclass(frozen=True, slots=True)
class Flag(Parameter):
    """true or false."""


@dataclass(frozen=True, slots=True)
class Choice(Parameter):
    """One of a few words."""

    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SymbolCounts(Parameter):
    """A map from root symbol to a whole number; symbols must stand in `config/instruments.yaml`."""

    least: int = 1


@dataclass(frozen=True, slots=True)
class SessionRef(Parameter):
    """The name of a session under `sessions`; a `domain.sessions.Session` inside."""


@dataclass(frozen=True, slots=True)
class SymbolGlobs(Parameter):
    """A list of root symbols or patterns of them, in any case; capital letters inside."""


@dataclass(frozen=True, slots=True)
class Duration(Parameter):
    """A length of time with its unit (`500ms`, `30s`, `5m`, `1h`); nanoseconds inside."""

    least_ns: int = 1_000_000_000
    most_ns: int = 86_400_000_000_000


@dataclass(frozen=True, slots=True)
class Nested(Parameter):
    """A block of keys of its own. of: the frozen dataclass it becomes, annotated like `Params`."""

    of: type[Any]


@dataclass(frozen=True, slots=True)
class NestedList(Parameter):
    """A list of blocks. of: the frozen dataclass each becomes; a tuple of them inside."""

    of: type[Any]
