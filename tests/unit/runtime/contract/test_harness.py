"""The harness section of service.yaml: what is right is read, what is wrong told with its place; the schema agrees."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from runtime.contract.reader import load_contract
from runtime.harness.plan import PLACEHOLDERS, Reading, fill
from service_contract.yaml_lines import YamlFaults

ROOT = Path(__file__).resolve().parents[4]
ZOO = (ROOT / "tests/zoo/service.yaml").read_text(encoding="utf-8")
SCHEMA = json.loads((ROOT / "docs/reference/schemas/service.schema.json").read_text(encoding="utf-8"))
SECTION = """
harness:
  venue: [play, "{session}", "{venue_dir}"]
  script: ["{script}"]
  carry: ["{carried}"]
  hold: ["{moment}"]
  held: held
  ended: over
  breach: INV-
  events: /events
  import: [take, "{snapshot}"]
  status: [say, "{state_dir}"]
  ledger: [tell]
  keeps: [/a]
  agree:
    - name: sum
      service: {at: /a}
      ledger: {at: /b, total: x, where: {ok: true}, time: t, since: /c, until: /d}
    - name: open
      service: {at: /e, key: k, value: v}
      ledger: {at: /f, counts: true}
"""
FAULTS = [
    ('"{session}"', '"{sessions}"', "unknown placeholder {sessions}"),
    ("  held: held\n", "", "key 'held' is missing"),
    ("  keeps:", "  keep:", "did you mean keeps?"),
    ("/events", "events", "must be a JSON pointer"),
    (", until: /d", "", "`time` and `until` belong together"),
    (", value: v", "", "`key` and `value` belong together"),
    ("counts: true", "counts: true, total: x", "not several of them"),
    ("counts: true", "counts: many", "must be true or false"),
    ("      service: {at: /a}\n", "", "key 'service' is missing"),
    ("[play, ", "[1, ", "must be a text"),
]
BEYOND_THE_SCHEMA = {"unknown placeholder {sessions}"}


def valid(text: str) -> bool:
    return not list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(yaml.safe_load(text)))


def test_a_section_is_read_as_it_stands(tmp_path: Path):
    file = tmp_path / "service.yaml"
    file.write_text(ZOO + SECTION)
    plan = load_contract(file).harness
    assert valid(ZOO + SECTION)
    assert plan is not None
    assert (plan.venue, plan.take_over, plan.hand_on) == (
        ("play", "{session}", "{venue_dir}"),
        ("take", "{snapshot}"),
        (),
    )
    assert plan.agree[0].ledger == Reading("/b", total="x", where={"ok": True}, time="t", since="/c", until="/d")
    assert plan.agree[1].service == Reading("/e", key="k", value="v")


def test_a_service_without_the_section_is_not_replayed(tmp_path: Path):
    (tmp_path / "service.yaml").write_text(ZOO)
    assert load_contract(tmp_path / "service.yaml").harness is None


@pytest.mark.parametrize(("good", "bad", "message"), FAULTS)
def test_a_fault_is_told_with_its_place_and_refused_by_the_schema_too(
    tmp_path: Path, good: str, bad: str, message: str
):
    text = ZOO + SECTION
    assert good in text
    broken = text.replace(good, bad, 1)
    (tmp_path / "service.yaml").write_text(broken)
    with pytest.raises(YamlFaults) as caught:
        load_contract(tmp_path / "service.yaml")
    assert message in "\n".join(fault.explain() for fault in caught.value.faults)
    assert all(fault.place is not None for fault in caught.value.faults)
    assert message in BEYOND_THE_SCHEMA or not valid(broken)


def test_the_shipped_section_compares_what_money_and_risk_hang_on():
    plan = load_contract(ROOT / "config/service.yaml").harness
    assert plan is not None
    assert {each.name for each in plan.agree} >= {"positions", "realized", "fees", "working orders"}
    assert {"/lockouts", "/realized", "/trading_day"} <= set(plan.keeps)


def test_only_the_placeholders_of_the_harness_are_filled_in_here():
    text = "".join(f"{{{name}}}" for name in PLACEHOLDERS)
    assert fill(text + "{state_dir}", dict.fromkeys(PLACEHOLDERS, ".")) == "." * len(PLACEHOLDERS) + "{state_dir}"
    assert fill("{session}", {}) == "{session}"
