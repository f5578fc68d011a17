"""gate.yaml: the shipped one is right and agrees with its schema; every fault is reported with its place."""

import datetime as dt
import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from runtime.contract.model import Option
from runtime.contract.reader import load_contract
from runtime.gate.config import load_gate
from service_contract.yaml_lines import YamlFaults

ROOT = Path(__file__).parents[4]
SHIPPED = ROOT / "config" / "gate.yaml"
SCHEMA = json.loads((ROOT / "docs/reference/schemas/gate.config.schema.json").read_text(encoding="utf-8"))
TEXT = """\
stages:
  a: {kind: command, argv: ["{python}", --version], timeout_s: 5}
  t: {kind: pytest, paths: [tests], timeout_s: 5}
  p: {kind: probe, argv: [x], require: [{at: /a, equals: 1}], timeout_s: 5, when: {venue: real}, otherwise: "no broker"}
  e: {kind: evidence, file: data, max_age_days: 7}
profiles:
  quick: {stages: [a, t], on_failure: stop}
skips:
  - {stage: t, reason: "slow today", until: "2030-01-31"}
"""


def read(tmp_path, text):
    file = tmp_path / "gate.yaml"
    file.write_text(text, encoding="utf-8")
    return load_gate(file, {"venue": Option("venue", "VENUE", "real", ("real", "toy"), None, "")})


def load_shipped():
    return load_gate(SHIPPED, load_contract(ROOT / "config" / "service.yaml").options)


def valid(text):
    return not list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(yaml.safe_load(text)))


def test_the_shipped_gate_is_read_and_agrees_with_the_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert valid(SHIPPED.read_text(encoding="utf-8"))
    gate = load_shipped()
    assert set(gate.profiles) == {"quick", "deploy", "ci"}
    assert set(gate.profiles["deploy"].stages) == set(gate.stages)
    assert gate.profiles["ci"].junit == "test_reports/junit.xml"
    assert gate.skips == ()


def test_the_tests_that_the_shipped_gate_names_are_there():
    stages = load_shipped().stages.values()
    for path in (path for stage in stages for path in stage.paths):
        assert (ROOT / path).exists(), path


def test_no_test_is_left_out_by_the_shipped_gate():
    named = {path for stage in load_shipped().stages.values() for path in stage.paths}
    everything = {str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("test_*.py")}
    assert not {file for file in everything if not any(file == path or file.startswith(f"{path}/") for path in named)}


def test_what_tells_a_dead_system_in_seconds_comes_before_what_takes_minutes():
    for profile in load_shipped().profiles.values():
        kinds = [load_shipped().stages[name].kind for name in profile.stages]
        assert kinds.index("smoke") < kinds.index("pytest")


def test_what_only_a_real_venue_needs_has_its_reason_not_to_run_elsewhere():
    gate = load_shipped()
    for name in ("tree", "market", "broker_limit", "drill"):
        assert gate.stages[name].when == {"venue": ("projectx",)}
        assert gate.stages[name].otherwise


def test_a_skip_has_a_reason_and_an_end(tmp_path):
    skip = read(tmp_path, TEXT).skips[0]
    assert (skip.stage, skip.reason, skip.until) == ("t", "slow today", dt.date(2030, 1, 31))


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("kind: command", "kind: comand", "no such kind"),
        ("argv:", "paths: [x], argv:", "unknown key 'paths'"),
        ("timeout_s: 5}", "timeout_s: -5}", "seconds"),
        (', otherwise: "no broker"', "", "no stage is left out without a reason"),
        ("when: {venue: real}, ", "", "no stage is left out without a reason"),
        ("when: {venue: real}", "when: {weather: fine}", "no such option"),
        ("when: {venue: real}", "when: {venue: reel}", "no such choice"),
        ("require: [{at: /a, equals: 1}], ", "", "'require' is missing"),
        ("{at: /a, equals: 1}", "{at: /a}", "needs exactly one of"),
        ("max_age_days: 7", "max_age_days: 0", "number of days"),
        (", max_age_days: 7", "", "'max_age_days' is missing"),
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
