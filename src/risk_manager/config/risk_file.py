"""`risk_config.yaml`: its schema, and what must hold between its parts."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from risk_manager.config import values
from risk_manager.config.alerts import alerts_block
from risk_manager.config.model import RuleConfig, SessionHours
from risk_manager.config.reconciliation import tolerance_block
from risk_manager.config.schema import Check, Key, Known, block, map_of, rules_block, session_fields, values_of
from risk_manager.config.values import Clash
from risk_manager.domain.breaker import Breaker
from risk_manager.rules.definition import RuleDefinition

if TYPE_CHECKING:
    from pydantic import BaseModel

NO_GROUP = "none"
_MS_NS = 1_000_000
_SECOND_NS = 1_000 * _MS_NS
_DAY_NS = 86_400 * _SECOND_NS
_DEADLINE = (100 * _MS_NS, 60_000 * _MS_NS)
_DEFAULT_DEADLINE_NS = 5_000 * _MS_NS


def schema(rules: Sequence[RuleDefinition], known: Known) -> type["BaseModel"]:
    """The schema of the whole file."""
    reset = {
        "time": Key(values.time_of_day, says='local time, "17:00"'),
        "timezone": Key(values.zone, says="America/Chicago"),
    }
    session = {
        "timezone": Key(values.zone, says="America/Chicago"),
        "open": Key(values.time_of_day, says='local time, "08:30"'),
        "close": Key(values.time_of_day, says='local time, "15:10"; before the open means on the next day'),
        "days": Key(values.weekdays, says="the weekdays on which it opens, [mon, tue, wed, thu, fri]"),
        "holidays": Key(values.text, says="a group of the holidays file, or none"),
        "early_closes": Key(values.text, says="a group of the holidays file, or none"),
    }
    deadline = Key(
        values.duration(*_DEADLINE), _DEFAULT_DEADLINE_NS, "within this long the venue confirms, or we escalate"
    )
    enforcement = block("enforcement", {"deadline": deadline})
    return block(
        "risk configuration",
        {
            "rules": Key(rules_block(rules, known), says="a block for each rule"),
            "sessions": Key(
                map_of(block("session", session, check=_session_clashes(known))),
                says="a block for each session; {} for none",
            ),
            "daily_reset": Key(block("daily_reset", reset), says="time and timezone of the daily reset"),
            "on_rule_error": Key(values.choice(("block", "alert")), "block", "block or alert"),
            "enforcement": Key(enforcement, enforcement(), "how a breach is enforced"),
            "breaker": Key(_breaker_block(known), None, "when nothing new is begun for a while"),
            "reconciliation": Key(tolerance_block(), None, "how far the venue's answer may lie from what we knew"),
            "alerts": Key(alerts_block(), None, "who is told, and how"),
            "holidays": Key(values.text, None, "the holidays file, relative to this one"),
        },
        check=_missing_holidays_file,
    )


def _breaker_block(known: Known) -> type["BaseModel"]:
    of = Breaker()
    lengths = values.duration(_SECOND_NS, _DAY_NS)
    symbol = (
        values.text if known.symbols is None else values.name_among(known.symbols, kind="symbols in instruments.yaml")
    )
    return block(
        "breaker",
        {
            "enabled": Key(values.flag, says="true or false"),
            "failures": Key(values.count(1), of.failures, "so many enforcements that were not confirmed open it"),
            "within": Key(lengths, of.within_ns, "where they lie within this long"),
            "volatility_ticks": Key(map_of(values.count(1), key=symbol), {}, "the largest move per root symbol"),
            "window": Key(lengths, of.window_ns, "within this long"),
            "lasts": Key(lengths, of.lasts_ns, "how long it stays open"),
        },
    )


def breaker_of(found: Any) -> Breaker | None:  # noqa: ANN401 -- a model made at run time
    """The breaker as it is configured; on with its defaults where there is no block, None where it is off."""
    given = found.breaker
    if given is None:
        return Breaker()
    if not given.enabled:
        return None
    return Breaker(
        failures=given.failures,
        within_ns=given.within,
        volatility_ticks=given.volatility_ticks,
        window_ns=given.window,
        lasts_ns=given.lasts,
    )


def rule_configs(found: Any, rules: Sequence[RuleDefinition]) -> tuple[RuleConfig, ...]:  # noqa: ANN401 -- a model made at run time
    """One entry for each rule that exists, in order of precedence."""
    configs = []
    for rule in rules:
        given = getattr(found, rule.key)
        if given is None:
            configs.append(RuleConfig(rule, enabled=False, why_off="it has no block under rules"))
            continue
        configs.append(
            RuleConfig(
                rule,
                enabled=given.enabled,
                why_off="" if given.enabled else "enabled is false",
                values=values_of(rule, given),
                session_fields=session_fields(rule),
            )
        )
    return tuple(configs)


def session_hours(found: Any) -> Mapping[str, SessionHours]:  # noqa: ANN401 -- a model made at run time
    """The sessions by name."""
    return {
        name: SessionHours(
            name=name,
            zone=given.timezone,
            open_minute=given.open,
            close_minute=given.close,
            days=given.days,
            holidays=None if given.holidays == NO_GROUP else given.holidays,
            early_closes=None if given.early_closes == NO_GROUP else given.early_closes,
        )
        for name, given in found.sessions.items()
    }


def _session_clashes(known: Known) -> Check:
    def check(found: Any) -> Iterator[Clash]:  # noqa: ANN401 -- a model made at run time
        if found.open == found.close:
            remedy = "for a whole day write two sessions, or close a minute before the open"
            yield Clash(("close",), "is the same as open", remedy)
        for key in ("holidays", "early_closes"):
            group = getattr(found, key)
            if known.groups is not None and group not in {*known.groups, NO_GROUP}:
                remedy = values.did_you_mean(group, [*known.groups, NO_GROUP], what_is_known="groups")
                yield Clash((key,), "is not a group of the holidays file", remedy)

    return check


def _missing_holidays_file(found: Any) -> Iterator[Clash]:  # noqa: ANN401 -- a model made at run time
    if found.holidays is None:
        for name, session in found.sessions.items():
            for key in ("holidays", "early_closes"):
                if getattr(session, key) != NO_GROUP:
                    remedy = "name the file: holidays: holidays.yaml"
                    yield Clash(("sessions", name, key), "names a group, but there is no holidays file", remedy)
