"""Is a changed configuration looser than the one that is applied, where it must not be within a trading day?

A trader in trouble is the one who edits his limit. So hard limits may be tightened at any time, and loosened only from
the next reset on. What "looser" means follows from the kind of each parameter.
"""

from typing import Any, get_type_hints

from risk_manager.config.model import RiskConfig, RuleConfig
from risk_manager.domain.money import dollars
from risk_manager.rules.params import Flag, Money, SessionRef


def loosenings(old: RiskConfig, new: RiskConfig) -> list[str]:
    """Every hard limit that `new` holds less strictly than `old`, in words with both values; empty where none."""
    found = []
    after = {rule.key: rule for rule in new.rules}
    for rule in old.rules:
        if not rule.enabled or rule.definition.kind != "hard lockout":
            continue
        now = after.get(rule.key)
        if now is None or not now.enabled:
            found.append(f"rules.{rule.key}: was enabled, now it is off")
            continue
        found += _looser_values(rule, now)
        found += _changed_hours(rule, now, old, new)
    if found or old.daily_reset == new.daily_reset:
        return found
    return ["daily_reset: the end of the trading day would move"]


def _looser_values(old: RuleConfig, new: RuleConfig) -> list[str]:
    found = []
    kinds = get_type_hints(old.definition.params, include_extras=True)
    for name, before in old.values.items():
        after: Any = new.values.get(name)
        kind: Any = next(iter(getattr(kinds.get(name), "__metadata__", ())), None)
        if before == after or kind is None or isinstance(kind, SessionRef):
            continue
        if _is_looser(kind, before, after):
            shown = [dollars(value) if isinstance(kind, Money) else str(value).lower() for value in (before, after)]
            found.append(f"rules.{old.key}.{kind.yaml}: was {shown[0]}, now it is {shown[1]}")
    return found


def _is_looser(kind: Any, before: Any, after: Any) -> bool:  # noqa: ANN401 -- a value of whatever kind
    if isinstance(kind, Flag):
        return before is True and after is not True
    if isinstance(kind, Money):
        return bool(after < before if kind.sign == "negative" else after > before)
    return bool(after > before) if isinstance(before, int) else before != after


def _changed_hours(old: RuleConfig, new: RuleConfig, before: RiskConfig, after: RiskConfig) -> list[str]:
    """Other hours are not compared for which is stricter: within the day they stay as they are."""
    found = []
    for name in old.session_fields:
        hours, changed = before.sessions.get(old.values[name]), after.sessions.get(new.values[name])
        if hours != changed or before.holidays != after.holidays:
            found.append(f"rules.{old.key}.{name}: the hours of {new.values[name]} are not those that are applied")
    return found
