"""The breaker over two lives of the daemon: tripped, gone and started again, it is still open."""

import json
import shutil
import sys
from pathlib import Path

from tests.conftest import RunProgram
from tests.replay.build import SESSION
from tests.replay.replaying import replay

SCENARIO = Path(__file__).resolve().parent / "breaker"
BEFORE = "  - {do: buy, at: +30s, contract: ES, size: 1}\n"
AFTER = "  - {do: buy, at: +40s, contract: ES, size: 1}\n"


def life(folder: Path, place: Path, run_program: RunProgram, actions: str):
    """One life: the market of the scenario, and this trader."""
    folder.mkdir(exist_ok=True)
    for name in (SESSION, "config.yaml"):
        shutil.copy(SCENARIO / name, folder / name)
    (folder / "session.script.yaml").write_text(f"schema: rm.script/1\nactions:\n{actions}")
    return replay(folder, place, run_program)


def test_it_is_still_open_after_a_restart_and_closes_what_is_opened_then(tmp_path: Path, run_program: RunProgram):
    """ES leaps at +20 s and is blocked until +80 s. The first life ends at +30 s, the second buys at +40 s."""
    summary, first = life(tmp_path / "session", tmp_path, run_program, BEFORE)
    assert [each["rule"] for each in summary["lockouts"]] == ["breaker"]

    argv = [sys.executable, "-m", "risk_manager", "status", "--json", "--data-dir", tmp_path / "data"]
    (told,) = json.loads(run_program(argv).out)["lockouts"]
    assert (told["id"], told["until"], told["liftable"]) == ("breaker@ES", "2025-11-18T14:31:20Z", True)
    assert told["lifted_by"].startswith("its timer, or an operator")

    summary, both = life(tmp_path / "session", tmp_path, run_program, BEFORE + AFTER)
    closes = [
        intent
        for decision in both[len(first) :]
        for intent in decision.get("intents", [])
        if intent["command"]["is"] == "ClosePosition"
        and decision["event"]["t_ns"] >= 1_763_476_240_000_000_000  # +40 s
    ]
    assert [intent["rule"] for intent in closes] == ["breaker"]
    assert summary["flat"]
