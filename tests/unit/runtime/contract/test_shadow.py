"""The `shadow` section of service.yaml: read strictly, every fault with its place."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from runtime.contract.reader import load_contract
from service_contract.yaml_lines import YamlFaults

ROOT = Path(__file__).parents[4]
SCHEMA = json.loads((ROOT / "docs/reference/schemas/service.schema.json").read_text(encoding="utf-8"))
SHIPPED = (ROOT / "config" / "service.yaml").read_text(encoding="utf-8")
AT = SHIPPED.index("\nshadow:\n")


def written(tmp_path, section):
    path = tmp_path / "service.yaml"
    path.write_text(SHIPPED[:AT] + "\n" + section, encoding="utf-8")
    return path


def test_what_ships_is_read_and_agrees_with_the_schema():
    plan = load_contract(ROOT / "config" / "service.yaml").shadow
    assert plan is not None
    assert "--dry-run" in plan.candidate
    assert "{socket_dir}/observer.sock" in plan.candidate
    assert plan.sent_nothing is not None
    assert set(plan.faults) == {"auth", "disabled_account"}
    (exchange,) = plan.companions
    assert "--observer-socket" in exchange.argv
    jsonschema.validate(yaml.safe_load(SHIPPED), SCHEMA)


def test_a_service_without_the_section_has_no_plan(tmp_path):
    assert load_contract(written(tmp_path, "")).shadow is None


def test_the_least_that_is_needed(tmp_path):
    plan = load_contract(written(tmp_path, "shadow: {candidate: [--dry-run], decisions: decisions}\n")).shadow
    assert plan is not None
    assert (plan.sent_nothing, plan.attached, plan.events) == (None, None, None)
    assert dict(plan.faults) == {}


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ("shadow: {decisions: decisions}", "key 'candidate' is missing"),
        ("shadow: {candidate: [--dry-run]}", "key 'decisions' is missing"),
        ("shadow: {candidate: [--dry-run], decisions: nothing}", "no such probe"),
        ("shadow: {candidate: [], decisions: decisions}", "at least 1 entry"),
        ("shadow: {candidate: ['{nowhere}'], decisions: decisions}", "unknown placeholder"),
        ("shadow: {candidate: [x], decisions: decisions, events: none}", "no such metric"),
        ("shadow: {candidate: [x], decisions: decisions, faults: {auth: ['(']}}", "not a regular expression"),
        ("shadow: {candidate: [x], decisions: decisions, faults: {Auth: [x]}}", "lower-case"),
        ("shadow: {candidate: [x], decisions: decisions, options: {scenario: none}}", "no such choice"),
        ("shadow: {candidate: [x], decisions: decisions, sent_nothing: {probe: ledger}}", "key 'require' is missing"),
        ("shadow: {candidate: [x], decisions: decisions, attached: {probe: x, require: []}}", "no such probe"),
        ("shadow: {candidate: [x], decisions: decisions, more: 1}", "unknown key"),
    ],
)  # fmt: skip
def test_each_fault_is_named_with_its_place(tmp_path, section, words):
    with pytest.raises(YamlFaults) as caught:
        load_contract(written(tmp_path, section + "\n"))
    assert any(words in str(fault) for fault in caught.value.faults), [str(fault) for fault in caught.value.faults]
    assert all(fault.place is not None for fault in caught.value.faults)
