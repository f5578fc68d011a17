"""The canary: every enabled rule is seen at work once, on a shadow account, up to and not including the wire.

Each rule's own example is played through the same `decide`, and the verdict and the intents that come out are compared
with what the example says. Nothing touches the account: the state is a throw-away one, the intents are sealed.
"""

import logging
from collections.abc import Sequence

from risk_manager.checkpoints import Checkpoints
from risk_manager.core.binding import bind_rule
from risk_manager.domain.decide import accept, decide, take_mark
from risk_manager.domain.events import MarketTrade, Quote, TimeAdvanced
from risk_manager.domain.instruments import Instruments
from risk_manager.domain.intents import Intent
from risk_manager.domain.policy import Policy
from risk_manager.domain.sessions import TradingDays
from risk_manager.domain.state import AccountState
from risk_manager.domain.verdicts import OK, Verdict
from risk_manager.rules.definition import RuleDefinition
from risk_manager.rules.example import DAY, ES, Example
from risk_manager.sdk.enforcement import Enforcement
from risk_manager.state import codec

_log = logging.getLogger("risk_manager.canary")
ACCOUNT = "canary"


def play(rule: RuleDefinition, example: Example) -> tuple[Verdict, tuple[Intent, ...]]:
    """Play an example on a shadow account: the verdict on its last event, and every intent that came of it."""
    policy = Policy(
        account=ACCOUNT,
        rules=[bind_rule(rule, example.params)],
        instruments=Instruments([ES]),
        trading_days=TradingDays([DAY]),
    )
    state = AccountState()
    verdict = OK
    intents: list[Intent] = []
    opening = TimeAdvanced(min(event.t_ns for event in example.events))
    for event in (opening, *example.events):
        if isinstance(event, MarketTrade | Quote):
            take_mark(state, event)
        decision = decide(state, event, policy)
        accept(state, event, decision)
        verdict = decision.verdicts[-1].verdict if decision.verdicts else OK
        intents += decision.intents
    return verdict, tuple(intents)


def run_canary(
    rules: Sequence[RuleDefinition], *, checkpoints: Checkpoints, enforcement: Enforcement
) -> list[codec.CanaryRecord]:
    """Play the example of every rule; a rule that does not answer as its example says is reported and not vouched for.

    Returns what is to be journaled.
    """
    records = []
    for rule in rules:
        example = rule.example()
        verdict, intents = play(rule, example)
        if verdict == example.expected:
            checkpoints.rule_evaluated(rule.key, verdict.result, canary=True)
            for intent in intents:
                enforcement.seal(intent)
        else:
            _log.critical(
                "CAN-001 rule %s does not do what its example says: %s: expected %s %s, was %s %s",
                rule.key,
                example.says,
                example.expected.result,
                example.expected.arithmetic,
                verdict.result,
                verdict.arithmetic,
                extra={"alert": "CAN-001"},
            )
        records.append(codec.CanaryRecord(rule.key, example.says, verdict.result, intents))
    return records
