"""Smoke on the real daemon and exchange: every scenario ends with its code, and a daemon that lies does not pass."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.integration.daemon.programs import PROJECT

SMOKE = (sys.executable, "-m", "runtime", "smoke", "--json")


def smoke(run_program: Any, where: Path, *more: str, code: int) -> dict[str, Any]:
    ended = run_program([*SMOKE, "--reports-dir", where / "reports", "--log-dir", where / "log", *more])
    assert ended.code == code, ended.err
    result: dict[str, Any] = json.loads(ended.out)
    assert result["exit_code"] == code
    return result


def ids(result: dict[str, Any]) -> set[str]:
    return {finding["id"] for finding in result["diagnosis"]}


def test_a_breach_passes_with_eight_checkpoints_and_the_ledger_as_witness(run_program, tmp_path: Path):
    result = smoke(run_program, tmp_path, code=0)
    assert [each["n"] for each in result["checkpoints"]] == list(range(1, 9))
    assert all(each["t_s"] is not None for each in result["checkpoints"])


def test_a_calm_session_passes_with_the_eighth_sealed(run_program, tmp_path: Path):
    result = smoke(run_program, tmp_path, "--scenario", "calm", code=0)
    assert result["checkpoints"][7]["detail"]["phase"] == "sealed"


@pytest.mark.parametrize(
    ("scenario", "expected"),
    [
        ("silent", (2, "FEED-003", 5)),
        ("slow-boot", (2, "VENUE-003", 2)),
        ("refuse", (4, "VENUE-001", 2)),
        ("unreachable", (4, "VENUE-002", 2)),
        ("crash", (1, None, 5)),
    ],
)
def test_every_way_to_fail_has_its_code_and_its_cause(run_program, tmp_path: Path, scenario: str, expected: tuple):
    code, cause, last = expected
    result = smoke(run_program, tmp_path, "--scenario", scenario, code=code)
    reached = [each["n"] for each in result["checkpoints"] if each["t_s"] is not None]
    assert max(reached) >= last
    assert cause is None or cause in ids(result)
    assert all(finding["evidence"] for finding in result["diagnosis"])


def test_a_daemon_that_says_confirmed_and_sends_nothing_does_not_pass(run_program, tmp_path: Path):
    """The exchange's ledger outweighs what the daemon says of itself."""
    config = tmp_path / "config"
    shutil.copytree(PROJECT / "config", config)
    mutant = PROJECT / "tests" / "mutants" / "confirms_without_sending.py"
    text = (config / "service.yaml").read_text()
    assert "-m, risk_manager, run," in text
    (config / "service.yaml").write_text(text.replace("-m, risk_manager, run,", f'"{mutant}", run,'))
    result = smoke(run_program, tmp_path, "--service", str(config / "service.yaml"), code=1)
    assert "ENF-003" in ids(result)
    assert result["verdict"] != "PASS"


def test_a_broken_configuration_is_named_with_file_and_line(run_program, tmp_path: Path):
    config = tmp_path / "config"
    shutil.copytree(PROJECT / "config", config)
    path = config / "risk_config.yaml"
    path.write_text(path.read_text().replace("limit: -900", "limit: 900"))
    ended = run_program(
        [*SMOKE, "--reports-dir", tmp_path / "r", "--log-dir", tmp_path / "l"], env={"RISK_CONFIG": str(path)}
    )
    assert ended.code == 3
    line = next(n for n, text in enumerate(path.read_text().splitlines(), 1) if "limit: 900" in text)
    assert f"{path}:{line}:" in ended.out + ended.err


def test_a_wrong_flag_is_64(run_program):
    assert run_program([*SMOKE, "--no-such-flag"]).code == 64
