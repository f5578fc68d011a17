"""`risk_config.yaml`: its schema, and what must hold between its parts."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from risk_manager.config import values
from risk_manager.config.model import HolidayGroup, RuleConfig, SessionHours
from risk_manager.config.schema import Key, Known, block, map_of, rule_fields, rules_block
from risk_manager.config.tree import Tree
from risk_manager.config.words import KnownElsewhere
from risk_manager.rules.definition import RuleDefinition
from risk_manager.rules.params import SessionRef
from service_contract.yaml_lines import Fault, KeyPath

if TYPE_CHECKING:
    from pydantic import BaseModel

NO_GROUP = "none"
_MS_NS = 1_000_000
_DEADLINE = (100 * _MS_NS, 60_000 * _MS_NS)
_DEFAULT_DEADLINE_NS = 5_000 * _MS_NS
# Rules that people read about in the reference, whether or not this version has them.
_PLANNED = (
    "max_contracts",
    "max_contracts_per_instrument",
    "daily_realized_loss",
    "daily_unrealized_loss",
    "max_unrealized_profit",
    "trade_frequency_limit",
    "cooldown_after_loss",
    "no_stop_loss_grace",
    "session_block_outside",
    "auth_loss_guard",
    "symbol_blocks",
    "trade_management",
    "daily_realized_profit",
)


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
            "sessions": Key(map_of(block("session", session)), says="a block for each session; {} for none"),
            "daily_reset": Key(block("daily_reset", reset), says="time and timezone of the daily reset"),
            "on_rule_error": Key(values.choice(("block", "alert")), "block", "block or alert"),
            "enforcement": Key(enforcement, enforcement(), "how a breach is enforced"),
            "holidays": Key(values.text, None, "the holidays file, relative to this one"),
        },
    )


def not_available(rules: Collection[RuleDefinition]) -> KnownElsewhere:
    """What is said about rules of the reference that this version does not have."""
    here = {rule.key for rule in rules}
    said = (
        "is a rule that is not available in this version",
        f"remove the block; available: {', '.join(sorted(here))}",
    )
    return {("rules", key): said for key in _PLANNED if key not in here}


def rule_configs(found: Any, rules: Sequence[RuleDefinition]) -> tuple[RuleConfig, ...]:  # noqa: ANN401 -- a model made at run time
    """One entry for each rule that exists, in order of precedence."""
    configs = []
    for rule in rules:
        given = getattr(found, rule.key)
        if given is None:
            configs.append(RuleConfig(rule, enabled=False, why_off="it has no block under rules"))
            continue
        fields = rule_fields(rule)
        configs.append(
            RuleConfig(
                rule,
                enabled=given.enabled,
                why_off="" if given.enabled else "enabled is false",
                values={field.name: getattr(given, field.parameter.yaml) for field in fields},
                session_fields=frozenset(f.name for f in fields if isinstance(f.parameter, SessionRef)),
            )
        )
    return tuple(configs)


def rule_faults(tree: Tree, configs: Sequence[RuleConfig]) -> Iterator[Fault]:
    """What the schema of a single value cannot see: contradictions inside a rule, and no rule at all."""
    for config in configs:
        if config.values and not config.session_fields:
            try:
                config.definition.params(**config.values)
            except ValueError as error:
                yield tree.fault(("rules", config.key), str(error), remedy="see its page in the reference", at_key=True)
    if not any(config.enabled for config in configs):
        yield tree.fault(
            ("rules",), "has no enabled rule: nothing would be guarded", remedy="set enabled: true in one", at_key=True
        )


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


def session_faults(
    tree: Tree, sessions: Mapping[str, SessionHours], groups: Mapping[str, HolidayGroup] | None, *, has_file: bool
) -> Iterator[Fault]:
    """Contradictions in sessions. groups: None where the holidays file has faults of its own."""
    for name, hours in sessions.items():
        here: KeyPath = ("sessions", name)
        if hours.open_minute == hours.close_minute:
            remedy = "for a whole day write two sessions, or close a minute before the open"
            yield tree.fault((*here, "close"), "is the same as open", value=tree.at((*here, "close")), remedy=remedy)
        for key, group in (("holidays", hours.holidays), ("early_closes", hours.early_closes)):
            if group is None:
                continue
            if not has_file:
                remedy = "name the file: holidays: holidays.yaml"
                yield tree.fault(
                    (*here, key), "names a group, but there is no holidays file", value=group, remedy=remedy
                )
            elif groups is not None and group not in groups:
                remedy = values.did_you_mean(group, [*groups, NO_GROUP], what_is_known="groups")
                yield tree.fault((*here, key), "is not a group of the holidays file", value=group, remedy=remedy)
