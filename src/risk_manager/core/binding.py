"""Binds rules to their parameters, and the configuration to a calendar: what `decide` is given as its policy."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from risk_manager.domain.events import Event
from risk_manager.domain.policy import BoundRule
from risk_manager.domain.state import AccountState
from risk_manager.domain.verdicts import Verdict
from risk_manager.rules.definition import RuleDefinition


def bind_rule(rule: RuleDefinition, params: Any) -> BoundRule:  # noqa: ANN401 -- each rule has its own Params
    """A rule with its parameters filled in."""
    check = rule.check
    wakes_ns = rule.wakes_ns

    def bound(state: AccountState, event: Event) -> Verdict:
        return check(state, event, params)

    return BoundRule(rule.key, rule.hears, bound, partial(_wakes, wakes_ns, params) if wakes_ns else None)


def _wakes(wakes_ns: Any, params: Any, state: AccountState) -> int | None:  # noqa: ANN401 -- see bind_rule
    moment: int | None = wakes_ns(state, params)
    return moment


def bind_rules(rules: Sequence[tuple[RuleDefinition, Any]]) -> list[BoundRule]:
    """Every enabled rule, in order of precedence."""
    return [bind_rule(rule, params) for rule, params in rules]
