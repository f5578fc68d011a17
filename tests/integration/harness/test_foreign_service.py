"""The harness knows nothing of trading: a till and a bank are replayed as well, and one that forgets is found out."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import PROJECT, RunProgram

pytestmark = pytest.mark.timeout(180)  # a dozen boots, should the machine be busy

FOREIGN = PROJECT / "tests" / "integration" / "harness" / "foreign"
RESTARTS = ("--restart-at", "+2s:kill", "--restart-at", "+4s:term")


@pytest.mark.parametrize(
    ("kind", "code", "failed"),
    [
        ("honest", 0, {}),
        ("forgets", 1, {"restarts": "/total was 2, is 0", "agreement": "the service says 3, the ledger 5"}),
        (
            "rewrites",
            1,
            {"journal": "1 decisions are gone or different", "agreement": "the service says 9, the ledger 10"},
        ),
    ],
)
def test_a_service_of_another_kind(
    tmp_path: Path, run_program: RunProgram, kind: str, code: int, failed: dict[str, str]
):
    """Five payments of 1 on each of two days, a kill after the second and a SIGTERM after the fourth."""
    day = tmp_path / "day.json"
    day.write_text("[1, 1, 1, 1, 1]")
    places = ("--project", FOREIGN, "--service", FOREIGN / "service.yaml", "--reports-dir", tmp_path / "r")
    sessions = ("--session", day) if kind == "forgets" else ("--session", day, "--session", day)
    restarts = RESTARTS if kind != "rewrites" else ()
    argv = [sys.executable, "-m", "runtime", "replay", "--json", *places, *sessions, *restarts, "--timeout", "20"]
    ended = run_program(argv, env={"TILL": kind}, deadline_s=60)
    assert ended.code == code, ended.err
    found: Any = json.loads(ended.out)
    wrong = {check["check"]: check["summary"] for check in found["checks"] if check["verdict"] != "PASS"}
    assert set(wrong) == set(failed)
    assert all(words in wrong[check] for check, words in failed.items())
