"""Makes the policy that `decide` goes by from a configuration and the venue's time."""

from typing import NamedTuple

from risk_manager.config.calendars import build
from risk_manager.config.loader import bind
from risk_manager.config.model import Calendar, RiskConfig
from risk_manager.core.binding import bind_rules
from risk_manager.domain.policy import Policy
from risk_manager.rules.definition import RuleDefinition

RENEW_AFTER_NS = 300 * 86_400_000_000_000
"""A calendar reaches 400 days ahead; long before it ends a new one is made."""


class MadePolicy(NamedTuple):
    """A policy, the enabled rules behind it, its calendar, and until when it is good."""

    policy: Policy
    rules: list[RuleDefinition]
    calendar: Calendar
    good_until_ns: int


def make_policy(config: RiskConfig, t_ns: int) -> MadePolicy:
    """The policy around a moment of the venue's time."""
    calendar = build(config, t_ns)
    bound = bind(config, calendar)
    policy = Policy(
        account=config.account.name,
        rules=bind_rules(bound),
        instruments=config.instruments,
        trading_days=calendar.trading_days,
        on_rule_error=config.on_rule_error,
        breaker=config.breaker,
        tolerance=config.tolerance,
    )
    return MadePolicy(policy, [rule for rule, _ in bound], calendar, t_ns + RENEW_AFTER_NS)
