"""Every rule does what its own example says, so that its page, the canary and what-if tell the truth."""

import pytest

from risk_manager.core.canary import play
from risk_manager.rules import RULES
from risk_manager.rules.definition import RuleDefinition


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.key)
def test_a_rule_answers_as_its_example_says(rule: RuleDefinition):
    example = rule.example()
    verdict, _ = play(rule, example)
    assert verdict == example.expected, example.says


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.key)
def test_an_example_shows_the_rule_at_work_and_not_an_idle_one(rule: RuleDefinition):
    """A breach with what is done about it; automation is never a violation, so there the action alone."""
    expected = rule.example().expected
    assert expected.actions
    assert expected.result == ("ok" if rule.kind == "automation" else "breach")


def test_numbers_and_keys_are_unique():
    assert len({rule.number for rule in RULES}) == len({rule.key for rule in RULES}) == len(RULES)
