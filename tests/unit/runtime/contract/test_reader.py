"""service.yaml: what is right is read, what is wrong is reported all at once with its place; the schema agrees."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from runtime.contract.model import applies
from runtime.contract.reader import load_contract
from service_contract.yaml_lines import YamlFaults

ROOT = Path(__file__).parents[4]
SCHEMA = json.loads((ROOT / "docs/reference/schemas/service.schema.json").read_text(encoding="utf-8"))
SHIPPED = ROOT / "config" / "service.yaml"
ZOO = ROOT / "tests" / "zoo" / "service.yaml"


def valid(text):
    return not list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(yaml.safe_load(text)))


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("file", [SHIPPED, ZOO], ids=lambda file: file.parent.name)
def test_the_shipped_contracts_are_read_and_agree_with_the_schema(file):
    assert valid(file.read_text(encoding="utf-8"))
    contract = load_contract(file)
    assert [step.n for step in contract.steps] == list(range(1, 9))
    assert contract.first_event.n == 6


def test_the_risk_managers_contract_requires_the_ledger_and_names_eight_checkpoints():
    contract = load_contract(SHIPPED)
    assert [step.name for step in contract.steps] == [
        "service_start", "config_loaded", "sdk_connected", "rules_initialized", "event_loop_running",
        "event_received", "rule_evaluated", "enforcement_triggered",
    ]  # fmt: skip
    breach = contract.outcome({"scenario": "breach", "venue": "simulated"})
    assert (breach.phase, breach.probe, len(breach.require)) == ("confirmed", "ledger", 3)
    calm = contract.outcome({"scenario": "calm", "venue": "simulated"})
    assert calm.phase == "sealed"
    assert contract.outcome({"scenario": "silent"}) is breach
    assert contract.outcome({}) is breach
    assert contract.outcome({"scenario": "breach", "venue": "projectx"}).probe is None


@pytest.mark.parametrize(
    ("when", "chosen", "met"),
    [
        ({}, {}, True),
        ({"venue": ("a", "b")}, {"venue": "b"}, True),
        ({"venue": ("a",)}, {"venue": "b"}, False),
        ({"session": ("*",)}, {"session": "x"}, True),
        ({"session": ("*",)}, {}, False),
    ],
)
def test_a_condition_is_met_by_the_options_chosen(when, chosen, met):
    assert applies(when, chosen) is met


LEAST = """\
name: thermostat
argv: ["{python}", thermostat.py]
checkpoints: [started, measured]
ready: started
log: "{log_dir}/thermostat.log"
"""


def test_a_contract_may_say_as_little_as_five_lines(tmp_path):
    """Names alone: each comes after the one before it, its log line holds the name, and the last must be reached."""
    file = tmp_path / "service.yaml"
    file.write_text(LEAST, encoding="utf-8")
    assert valid(LEAST)
    contract = load_contract(file)
    assert [(step.n, step.log, step.after) for step in contract.steps] == [(1, "started", None), (2, "measured", 1)]
    assert (contract.outcome({}).checkpoint, contract.outcome({}).phase) == (2, None)
    assert contract.outcome({}).claimed_by({})
    assert contract.state_dir == "{run_dir}/state"
    assert (contract.ready, contract.first_event.name) == (1, "measured")


@pytest.mark.parametrize("key", ["name", "argv", "checkpoints", "ready", "log"])
def test_each_of_the_five_is_needed_and_asked_for_by_name(tmp_path, key):
    file = tmp_path / "service.yaml"
    text = "".join(line for line in LEAST.splitlines(keepends=True) if not line.startswith(f"{key}:"))
    file.write_text(text, encoding="utf-8")
    assert not valid(text)
    with pytest.raises(YamlFaults, match=f"key '{key}' is missing"):
        load_contract(file)


FAULTS = [
    ("name: animal", "nmae: animal", "unknown key 'nmae'"),
    ("name: animal", "name: ''", "must be a text"),
    ('argv: ["{python}"', 'argv: ["{pithon}"', "unknown placeholder {pithon}"),
    ("ready: 5", "ready: 9", "there are only 8 checkpoints"),
    ("ready: 5", "ready: five", "no such checkpoint"),
    ("ready: 5", "ready: 0", "must be a whole number"),
    ("n: 3, name", "n: 4, name", "numbered from 1 without a gap"),
    ("after: 6,", "after: 7,", "must be an earlier checkpoint"),
    ("once_for_each: 4.detail.rules", "once_for_each: rules", "must name a list"),
    ("FEED-004, RULE-001]", "FEED-004, RULE-999]", "no such cause"),
    ("name: connected", "name: configured", "used twice"),
    ("probe: ledger", "probe: leger", "no such probe"),
    ("{at: /flat, equals: true}", "{at: flat, equals: true}", "must be a JSON pointer"),
    ("{at: /flat, equals: true}", "{at: /flat}", "needs exactly one of"),
    ("{at: /flat, equals: true}", "{at: /flat, equals: 1, count: 1}", "needs exactly one of"),
    ("{at: /flat, equals: true}", "{at: /flat, equals: 1, where: {a: b}}", "`where` selects entries"),
    ("count: 0}", "count: -1}", "must be a whole number of at least 0"),
    ("checkpoint: 8", "checkpoint: 12", "there are only 8 checkpoints"),
    ('{n: 1, name: started, log: "starting", missing: [PROC-001]}', "1", "must be a mapping"),
    ('{n: 1, name: started, log: "starting", missing: [PROC-001]}', "' '", "must be a text"),
    ("settle_s: 0.5", "settle_s: 0", "must be a number of seconds"),
    ("settle_s: 0.5", "settle: 1", "unknown key 'settle'"),
    ("env: ANIMAL_SCENARIO", "env: animal scenario", "environment variable"),
    ("default: breach", "default: breech", "no such choice"),
    ('ledger: ["{python}"', 'ledger: [7, "{python}"', "must be a text"),
    ("outcome:\n", "outcome:\n  odd: {checkpoint: 8, phase: x, when: {weather: fine}}\n", "no such option"),
    ("outcome:\n", "outcome:\n  odd: {checkpoint: 8, phase: x, probe: ledger}\n", "belong together"),
]


@pytest.mark.parametrize(("right", "wrong", "message"), FAULTS)
def test_a_fault_is_reported_with_its_line(tmp_path, right, wrong, message):
    text = ZOO.read_text(encoding="utf-8")
    assert right in text
    file = tmp_path / "service.yaml"
    file.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(YamlFaults) as caught:
        load_contract(file)
    faults = [fault for fault in caught.value.faults if message in fault.message]
    assert faults, str(caught.value)
    assert faults[0].place is not None


def test_every_fault_is_reported_at_once_in_order_of_line(tmp_path):
    text = ZOO.read_text(encoding="utf-8")
    for right, wrong, _ in (FAULTS[0], FAULTS[3], FAULTS[8]):
        text = text.replace(right, wrong, 1)
    file = tmp_path / "service.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(YamlFaults) as caught:
        load_contract(file)
    lines = [fault.place.line for fault in caught.value.faults if fault.place]
    assert len(lines) >= 3
    assert lines == sorted(lines)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [(right, wrong) for right, wrong, message in FAULTS if "unknown key" in message or "whole" in message],
)
def test_the_schema_refuses_what_the_reader_refuses(right, wrong):
    assert not valid(ZOO.read_text(encoding="utf-8").replace(right, wrong, 1))


@pytest.mark.parametrize("text", ["[]", "just a text", "name: x"])
def test_a_file_that_is_no_contract_at_all_is_a_fault_and_no_traceback(tmp_path, text):
    file = tmp_path / "service.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(YamlFaults):
        load_contract(file)
