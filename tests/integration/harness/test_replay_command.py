"""`risk-runtime replay`: exit code 0 where all of it held, 1 where something did not, 2 where it cannot be told."""

import json
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tests.conftest import PROJECT, Ended, RunProgram
from tests.integration.harness.stage import Stage

pytestmark = pytest.mark.timeout(180)  # a dozen boots, should the machine be busy

SCHEMA = json.loads((PROJECT / "docs" / "reference" / "schemas" / "replay.schema.json").read_text())
ERROR = json.loads((PROJECT / "docs" / "reference" / "schemas" / "error.schema.json").read_text())
LOSS = {"daily_realized_loss": {"enabled": True, "limit": -500, "include_fees": True, "composite": False}}
PRICES = [("+0s", "ES", "6650.00"), ("+30s", "ES", "6640.00")]
TRADES = [
    {"at": "+10s", "do": "buy", "contract": "ES", "size": 1},
    {"at": "+40s", "do": "sell", "contract": "ES", "size": 1},
]


class Command:
    """The command with the directories and the rules of one stage."""

    def __init__(self, stage: Stage, run_program: RunProgram) -> None:
        stage.govern(LOSS)
        self.stage = stage
        self._run = run_program

    def day(self, start: str, actions: list[dict[str, Any]] = TRADES) -> Path:
        return self.stage.day(start, "+60s", PRICES, actions).file

    def __call__(self, *arguments: str | Path, code: int, schema: dict[str, Any] = SCHEMA) -> Any:
        argv = [sys.executable, "-m", "runtime", "replay", "--json", "--reports-dir", self.stage.root / "r", *arguments]
        ended: Ended = self._run(argv, env=self.stage.env, deadline_s=90)
        assert ended.code == code, ended.err
        found = json.loads(ended.out)
        jsonschema.validate(found, schema)
        assert found["exit_code"] == code
        assert f"Exit Code: {code}" in ended.err
        return found


@pytest.fixture
def replay(stage: Stage, run_program: RunProgram) -> Command:
    return Command(stage, run_program)


def verdicts(found: Any) -> dict[str, str]:
    return {check["check"]: check["verdict"] for check in found["checks"]}


def test_two_days_with_restarts_by_a_scenario_file(replay: Command, tmp_path: Path):
    """The first day ends locked out; on the second one there is a `hold` in the script, and the state is exported."""
    first = replay.day("2025-11-18T15:00:00Z")
    second = replay.day("2025-11-19T15:00:00Z", [{"at": "+20s", "do": "hold"}, {"at": "+30s", **_buy()}])
    scenario, evening = tmp_path / "s.yaml", tmp_path / "evening.json"
    scenario.write_text(
        "schema: runtime.scenario/1\nsessions:\n"
        f"  - session: {first}\n    restarts: ['+30s/15s:term', checkpoint:7]\n  - session: {second}\n"
    )
    found = replay("--scenario-file", scenario, "--export", evening, code=0)
    assert set(verdicts(found).values()) == {"PASS"}
    days = found["sessions"]
    restarts = [[(each["how"], each["code"]) for each in day["restarts"]] for day in days]
    assert [sorted(each) for each in restarts] == [[("kill", -9), ("term", 0)], [("kill", -9)]]
    figures = [{figure["name"]: figure["ledger"] for figure in day["compared"]} for day in days]
    assert [each["realized"] for each in figures] == ["-512.50", "0"]
    assert [each["positions"] for each in figures] == [{}, {"CON.F.US.EP.Z25": "1"}]
    assert days[1]["decisions"] > days[0]["decisions"] > 0
    assert (evening.stat().st_mode & 0o777) == 0o600


def _buy() -> dict[str, Any]:
    return {"do": "buy", "contract": "ES", "size": 1}


def test_a_service_that_counts_twice_fails_with_the_breach_and_both_figures(replay: Command, tmp_path: Path):
    service = tmp_path / "service.yaml"
    shipped = (PROJECT / "config" / "service.yaml").read_text()
    mutant = PROJECT / "tests" / "mutants" / "counts_twice.py"
    service.write_text(shipped.replace('["{python}", -m, risk_manager, run,', f'["{{python}}", {mutant}, run,', 1))
    found = replay("--service", service, "--session", replay.day("2025-11-18T15:00:00Z"), code=1)
    assert (verdicts(found)["invariants"], verdicts(found)["agreement"]) == ("FAIL", "FAIL")
    assert "INV-004" in found["breaches"][0]
    (wrong,) = [figure for figure in found["sessions"][0]["compared"] if figure["name"] == "fees"]
    assert (wrong["service"], wrong["ledger"], wrong["holds"]) == ("5.60", "2.80", False)


def test_what_cannot_be_told_is_no_pass(replay: Command, tmp_path: Path):
    """A moment that never comes; a service that never says that the session is over."""
    day = replay.day("2025-11-18T15:00:00Z", [])
    found = replay("--session", day, "--restart-at", "checkpoint:3/never", code=2)
    assert verdicts(found)["restarts"] == "UNKNOWN"
    assert verdicts(found)["agreement"] == "PASS"
    service = tmp_path / "service.yaml"
    service.write_text(
        (PROJECT / "config" / "service.yaml").read_text().replace("ended: session ended", "ended: never")
    )
    found = replay("--service", service, "--session", day, "--timeout", "3", code=2)
    assert "not over within 3 s" in found["halted"]
    assert verdicts(found)["invariants"] == "UNKNOWN", "of a session that did not end nothing is claimed"


def test_a_state_of_another_account_is_refused_by_the_venue(replay: Command):
    """Or the service would begin with nothing, and nobody would notice."""
    day = replay.day("2025-11-18T15:00:00Z", [])
    replay.stage.begin(replay.stage.day("2025-11-18T14:00:00Z", "+60s", PRICES, TRADES))
    replay.stage.until_ended()
    theirs = replay.stage.snapshot("THEIRS")
    found = replay("--snapshot", theirs, "--session", day, code=4)
    assert "this exchange has THEIRS" in found["halted"]
    ours = replay.stage.snapshot()
    assert set(verdicts(replay("--snapshot", ours, "--session", day, code=0)).values()) == {"PASS"}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 64, "say what to replay"),
        (["--session", "no-such-day"], 64, "no-such-day"),
        (["--session", "demo-calm", "--restart-at", "soon"], 64, "is no moment"),
        (["--session", "demo-calm", "--service", "tests/zoo/service.yaml"], 64, "no section `harness`"),
        (
            ["--session", "demo-calm", "--session", "demo-breach", "--script", "README.md"],
            64,
            "--script belongs to one",
        ),
        (["--session", "a", "--scenario-file", "README.md"], 64, "leave --session"),
        (["--scenario-file", "config/gate.yaml"], 3, "runtime.scenario/1"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_wrong_usage_says_what_is_possible(replay: Command, arguments: list[str], code: int, words: str):
    found = replay(*arguments, code=code, schema=ERROR)
    assert words in json.dumps(found, ensure_ascii=False)
