"""Services good and bad, each run by the real pack as a process: its exact exit code, and the cause that is named.

One golden file a service, `golden/NAME.CODE.yaml`; `make zoo` prints the same as a table.
"""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import psutil
import pytest
from tests.zoo.cases import cases
from tests.zoo.keeper import NoInterpreter

from runtime.causes.catalogue import CAUSES

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "docs" / "reference" / "schemas"
# What a diagnosis has to tell apart; a service with exactly that fault has to be among the cases.
TOLD_APART = {
    "never started": "PROC-001",
    "import or dependency error": "DEP-001",
    "configuration": "CFG-001",
    "store locked": "STORE-001",
    "store slow": "DISK-001",
    "another instance holds the account": "INST-001",
    "DNS": "VENUE-004",
    "TLS": "VENUE-005",
    "refused": "VENUE-002",
    "authentication refused": "VENUE-001",
    "authentication expired": "VENUE-006",
    "connected but never subscribed": "FEED-001",
    "subscribed but no data": "FEED-003",
    "data but the handler raised": "FEED-004",
    "loop blocked": "LOOP-002",
    "dead task": "TASK-002",
    "deadlock": "TASK-001",
    "closed market": "FEED-005",
    "clock jump": "TIME-001",
}


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.name}-{case.code}")
def test_each_service_gets_its_exact_exit_code_and_cause_under_a_name_that_tells_nothing(tmp_path, figure, case):
    try:
        seen = case.run(tmp_path)
    except NoInterpreter as why:  # a machine with Python, git and make only; the end of the run says what it means
        figure(f"{case.name}: {why}")
        return
    assert case.differences(seen) == [], seen.stderr
    assert f"Exit Code: {case.code}" in seen.stderr
    assert seen.report["verdict"] == {0: "PASS", 2: "UNKNOWN"}.get(case.code, "FAIL")
    schema = json.loads((SCHEMAS / f"{case.under}.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(seen.report, schema)
    told = json.dumps(seen.report["diagnosis"]) + seen.stderr
    assert case.animal not in told, "the pack cannot have known it by its name"
    if case.cause is None:
        assert seen.report["diagnosis"] == []
        return
    finding = seen.report["diagnosis"][0]
    assert finding["next"], "a diagnosis ends with what to type next"
    assert finding["evidence"], "a diagnosis rests on evidence"
    if case.under == "smoke":
        words = "⚠️ Smoke test STALLED: " if case.code == 2 else "❌ Smoke test EXCEPTION: "
        assert words in seen.stderr


def test_each_cause_that_is_told_apart_has_a_service_with_exactly_that_fault():
    shown = {case.cause for case in cases()}
    assert not {words: cause for words, cause in TOLD_APART.items() if cause not in shown}
    assert set(TOLD_APART.values()) <= set(CAUSES)


def test_one_service_that_passes_and_one_that_does_not_are_no_python():
    assert {case.code for case in cases() if not case.animal.endswith(".py")} >= {0, 1}


def test_the_table_shows_what_is_due_and_what_came_out():
    command = [sys.executable, "-m", "tests.zoo"]
    done = subprocess.run(
        [*command, "bad_configuration"], capture_output=True, text=True, check=False, cwd=ROOT, timeout=50
    )
    assert done.returncode == 0, done.stdout + done.stderr
    row = done.stdout.splitlines()[1].split()
    assert row[:1] + row[2:] == ["bad_configuration", "3", "3", "CFG-001", "CFG-001", "equal"]
    assert done.stdout.splitlines()[-1] == "1 of 1 equal"
    none = subprocess.run([*command, "dragon"], capture_output=True, text=True, check=False, cwd=ROOT, timeout=50)
    assert none.returncode == 64


@pytest.mark.parametrize("animal", ["good", "merges", "in_steps"])
def test_a_good_service_passes_with_every_checkpoint_timed(keeper, animal):
    seen = keeper.run(animal)
    assert (seen.code, seen.report["verdict"]) == (0, "PASS")
    assert [item["n"] for item in seen.report["checkpoints"]] == list(range(1, 9))
    times = [item["complete_s"] for item in seen.report["checkpoints"]]
    assert times == sorted(times)
    assert seen.report["witness"]["agrees"] is True
    assert "✅ Smoke test PASSED: First event after" in seen.stderr


def test_the_calm_scenario_requires_a_ledger_without_orders_of_the_manager(keeper):
    seen = keeper.run("good", flags=("--scenario", "calm"))
    assert seen.code == 0
    assert seen.report["checkpoints"][7]["detail"]["phase"] == "sealed"
    assert "count 0: holds" in seen.report["witness"]["answers"][0]


def test_a_scenario_without_an_outcome_of_its_own_must_still_show_the_first_one(keeper):
    assert keeper.run("lies", flags=("--scenario", "silent")).causes[0] == "ENF-003"


def test_a_service_that_cannot_be_started_is_told_from_one_that_ends(keeper):
    seen = keeper.run("good", edit=lambda text: text.replace('argv: ["{python}"', 'argv: ["./nowhere"', 1))
    assert (seen.code, seen.causes[0]) == (1, "PROC-001")
    assert "./nowhere" in seen.report["diagnosis"][0]["what"]


def test_a_companion_that_ends_or_never_gets_ready_leaves_nothing_proven(keeper):
    ended = keeper.run("good", edit=lambda text: text.replace("venue.py", "speech.py"))
    assert (ended.code, ended.causes[0]) == (1, "COMP-001")
    (keeper.home / "mute.py").write_text("import signal\nsignal.pause()\n")
    mute = keeper.run(
        "good", edit=lambda text: text.replace("venue.py", "mute.py").replace("companion_s: 3", "companion_s: 0.3")
    )
    assert (mute.code, mute.causes[0]) == (2, "COMP-001")


def test_a_companion_tells_by_its_exit_code_too(keeper):
    (keeper.home / "three.py").write_text("raise SystemExit(3)\n")
    seen = keeper.run("good", edit=lambda text: text.replace("venue.py", "three.py"))
    assert (seen.code, seen.causes[0]) == (3, "COMP-001")


@pytest.mark.parametrize(
    "answer", ["print('flat, honestly')", "print('{}')", "raise SystemExit(1)", "import signal; signal.pause()"]
)
def test_a_witness_that_cannot_be_asked_leaves_the_outcome_unproven(keeper, answer):
    (keeper.home / "odd.py").write_text(answer)
    seen = keeper.run(
        "good", edit=lambda text: text.replace("ledger.py", "odd.py").replace("probe_s: 3", "probe_s: 0.5")
    )
    assert (seen.code, seen.causes[0]) == (2, "ENF-004")


def test_nothing_is_left_behind_not_even_a_process_that_left_its_group(keeper):
    seen = keeper.run("breeds")
    line = next(line for line in (keeper.home / "data/logs/animal.log").read_text().splitlines() if "child" in line)
    assert seen.code == 0
    assert not alive(int(line.split()[-1]))


def alive(pid):
    """A zombie that nobody has reaped yet is no running process."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
