"""The schema of a rule's block follows from the annotated fields of its Params, and from nothing else."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import pytest

from risk_manager.config.loader import load_config
from risk_manager.config.schema import Known, rule_fields, rules_block
from risk_manager.errors import ConfigInvalid
from risk_manager.rules import RULES
from risk_manager.rules.daily_realized_loss import RULE
from risk_manager.rules.params import Count, Money, Parameter

PROJECT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two limits of which the second must be greater."""

    minute: Annotated[int, Count("per_minute", "trades in a minute")]
    hour: Annotated[int, Count("per_hour", "trades in an hour", least=2)] = 10

    def __post_init__(self) -> None:
        if self.minute >= self.hour:
            raise ValueError("per_minute must be less than per_hour")


FREQUENCY = replace(RULE, key="trade_frequency_limit", params=Pair)


def with_rules(tmp_path: Path, block: str) -> Path:
    for name in ("accounts", "instruments"):
        (tmp_path / f"{name}.yaml").write_bytes((PROJECT / "config" / f"{name}.yaml").read_bytes())
    file = tmp_path / "risk_config.yaml"
    file.write_text(
        f"rules:\n  trade_frequency_limit: {{{block}}}\nsessions: {{}}\n"
        'daily_reset: {time: "17:00", timezone: America/Chicago}\n'
    )
    return file


def test_a_new_rule_is_configured_without_a_line_of_schema(tmp_path: Path) -> None:
    config = load_config(with_rules(tmp_path, "enabled: true, per_minute: 3"), rules=[FREQUENCY])
    (rule,) = config.rules
    assert rule.enabled
    assert rule.values == {"minute": 3, "hour": 10}


def test_a_contradiction_that_a_rule_finds_in_its_own_parameters_is_a_fault_at_its_block(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        load_config(with_rules(tmp_path, "enabled: true, per_minute: 30"), rules=[FREQUENCY])
    (fault,) = caught.value.faults
    assert str(fault).endswith(":2:3: rules.trade_frequency_limit: per_minute must be less than per_hour")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.key)
def test_every_parameter_of_every_rule_can_be_written_and_says_what_it_is(rule: object) -> None:
    block = rules_block([rule], Known(None, None)).model_fields[rule.key].annotation
    assert set(block.model_fields) == {"enabled", *(field.parameter.yaml for field in rule_fields(rule))}
    assert all(field.description for field in block.model_fields.values())


def test_a_field_without_a_kind_is_an_error_of_the_program() -> None:
    @dataclass(frozen=True)
    class Bare:
        limit: int

    with pytest.raises(TypeError, match="limit must be annotated"):
        rule_fields(replace(RULE, params=Bare))


def test_a_kind_without_a_reader_is_an_error_of_the_program() -> None:
    class Unheard(Parameter):
        pass

    @dataclass(frozen=True)
    class Params:
        limit: Annotated[int, Unheard("limit", "nobody can read it")]

    with pytest.raises(TypeError, match="Unheard"):
        rules_block([replace(RULE, params=Params)], Known(None, None))


def test_two_kinds_on_one_field_are_an_error_of_the_program() -> None:
    @dataclass(frozen=True)
    class Params:
        limit: Annotated[int, Money("limit", "x", sign="negative"), Count("limit", "y")]

    with pytest.raises(TypeError, match="one parameter kind"):
        rule_fields(replace(RULE, params=Params))
