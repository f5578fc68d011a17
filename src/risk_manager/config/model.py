"""The configuration as the rest of the daemon sees it: frozen, checked, in units, without a trace of YAML."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from risk_manager.config.alerts import AlertsConfig
from risk_manager.domain.breaker import Breaker
from risk_manager.domain.instruments import Instruments
from risk_manager.domain.sessions import Session, TradingDays
from risk_manager.domain.tolerance import Tolerance
from risk_manager.rules.definition import RuleDefinition

VenueName = Literal["simulated", "projectx"]
OnRuleError = Literal["block", "alert"]


@dataclass(frozen=True, slots=True)
class AccountConfig:
    """An account by its name, never by a number, and where it lives."""

    name: str
    venue: VenueName


@dataclass(frozen=True, slots=True)
class DailyReset:
    """When one trading day ends and the next begins: minutes since local midnight, in a zone."""

    minute: int
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class SessionHours:
    """The hours of a session, local to its zone.

    open_minute, close_minute: since midnight; a close that is not after the open is on the next day.
    days: weekdays on which it opens, Monday 0. holidays, early_closes: the group whose dates apply; None for none.
    """

    name: str
    zone: ZoneInfo
    open_minute: int
    close_minute: int
    days: frozenset[int]
    holidays: str | None
    early_closes: str | None


@dataclass(frozen=True, slots=True)
class HolidayGroup:
    """The holidays of a product group.

    covers: from which day to which (both included) the list is complete; outside nothing is known.
    closed: days that have no close at all. early_closes: day -> minute since midnight. Both in `zone`.
    """

    name: str
    zone: ZoneInfo
    covers: tuple[tuple[date, date], ...]
    closed: frozenset[date]
    early_closes: Mapping[date, int]


@dataclass(frozen=True, slots=True)
class Calendar:
    """Sessions and trading days as spans of UTC, around one moment."""

    trading_days: TradingDays
    sessions: Mapping[str, Session]


@dataclass(frozen=True, slots=True)
class RuleConfig:
    """A rule with its parameters, as far as they are known without a calendar.

    why_off: empty where it is enabled. values: field of its `Params` -> value; for a session its name.
    session_fields: which of them name a session. None of it is there for a rule that has no block.
    """

    definition: RuleDefinition
    enabled: bool
    why_off: str
    values: Mapping[str, Any] = field(default_factory=dict)
    session_fields: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        """Its key under `rules`."""
        return self.definition.key

    def params(self, calendar: Calendar) -> Any:  # noqa: ANN401 -- each rule has its own type
        """The rule's `Params`, with sessions in place of their names."""
        given = {
            name: calendar.sessions[value] if name in self.session_fields else value
            for name, value in self.values.items()
        }
        return self.definition.params(**given)


@dataclass(frozen=True, slots=True)
class RiskConfig:
    """Everything that was configured for one account.

    rules: one entry for each rule that exists, in order of precedence, enabled or not.
    config_hash: of the content of all files and the account's name; comments and layout do not count.
    """

    account: AccountConfig
    rules: tuple[RuleConfig, ...]
    instruments: Instruments
    daily_reset: DailyReset
    sessions: Mapping[str, SessionHours]
    holidays: Mapping[str, HolidayGroup]
    on_rule_error: OnRuleError
    enforcement_deadline_ns: int
    breaker: Breaker | None
    tolerance: Tolerance
    alerts: AlertsConfig
    config_hash: str
    files: tuple[Path, ...]
