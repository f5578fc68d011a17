"""gate.yaml: the shipped one is right and agrees with its schema; every fault is reported with its place."""

import datetime as dt
import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from runtime.gate_config import load_gate
from service_contract.yaml_lines import YamlFaults

ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "config" / "gate.yaml"
SCHEMA = json.loads((ROOT / "docs/reference/schemas/gate.config.schema.json").read_text(encoding="utf-8"))
TEXT = """\
stages:
  a: {kind: command, argv: ["{python}", --version], timeout_s: 5}
  t: {kind: pytest, paths: [tests], timeout_s: 5}
profiles:
  quick: {stages: [a, t], on_failure: stop}
skips:
  - {stage: t, reason: "slow today", until: "2030-01-31"}
"""


def read(tmp_path, text):
    file = tmp_path / "gate.yaml"
    file.write_text(text, encoding="utf-8")
    return load_gate(file)


def valid(text):
    return not list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(yaml.safe_load(text)))


def test_the_shipped_gate_is_read_and_agrees_with_the_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert valid(SHIPPED.read_text(encoding="utf-8"))
    gate = load_gate(SHIPPED)
    assert set(gate.profiles) == {"quick", "deploy", "ci"}
    assert gate.profiles["deploy"].stages == ("config", "environment", "lock", "unit", "integration", "replay", "smoke")
    assert gate.profiles["ci"].junit == "test_reports/junit.xml"
    assert gate.skips == ()


def test_the_tests_that_the_shipped_gate_names_are_there():
    for stage in load_gate(SHIPPED).stages.values():
        for path in stage.paths:
            assert (ROOT / path).exists(), path


def test_a_skip_has_a_reason_and_an_end(tmp_path):
    skip = read(tmp_path, TEXT).skips[0]
    assert (skip.stage, skip.reason, skip.until) == ("t", "slow today", dt.date(2030, 1, 31))


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("kind: command", "kind: comand", "no such kind"),
        ("argv:", "paths: [x], argv:", "unknown key 'paths'"),
        ("timeout_s: 5}", "timeout_s: -5}", "seconds"),
        ("[a, t]", "[a, b]", "no such stage"),
        ("[a, t]", "[]", "at least 1"),
        ("on_failure: stop", "on_failure: maybe", "stop or go_on"),
        ('reason: "slow today", ', "", "'reason' is missing"),
        (', until: "2030-01-31"', "", "'until' is missing"),
        ('until: "2030-01-31"', "until: soon", "must be a day"),
        ("stage: t, reason", "stage: x, reason", "no such stage"),
        ('"{python}"', '"{state_dir}/x{nothing}"', "unknown placeholder"),
    ],
)
def test_a_fault_is_reported_with_its_line(tmp_path, right, wrong, message):
    assert right in TEXT
    with pytest.raises(YamlFaults, match=message) as caught:
        read(tmp_path, TEXT.replace(right, wrong, 1))
    assert all(fault.place is not None for fault in caught.value.faults)
