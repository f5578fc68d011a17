"""What a rule file hands to the registry."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from risk_manager.domain.events import Event
from risk_manager.domain.state import AccountState
from risk_manager.domain.verdicts import Verdict
from risk_manager.rules.example import Example

RuleKind = Literal["hard lockout", "cooldown", "trade by trade", "automation"]


@dataclass(frozen=True, slots=True)
class RuleDefinition:
    """One rule.

    number, key: as in the reference (3, `daily_realized_loss`). kind: the class it belongs to.
    params: the frozen dataclass of its parameters, fields annotated with `rules.params`.
    hears: the types of events it must be asked about. check: the pure function.
    wakes_ns: when it wants to be asked again although nothing happens; None for never.
    example: a state, events and the verdict they must give, shared by its page, its tests and the canary.
    """

    number: int
    key: str
    title: str
    kind: RuleKind
    params: type[Any]
    hears: frozenset[type]
    check: Callable[[AccountState, Event, Any], Verdict]
    example: Callable[[], Example]
    wakes_ns: Callable[[AccountState, Any], int | None] | None = None
