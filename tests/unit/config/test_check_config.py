"""`risk-manager check-config` as a user meets it: what is on, what is off and why, or every fault, and the code."""

import json
import shutil
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from risk_manager.cli.check_config import check_config

SHIPPED = Path(__file__).resolve().parents[3] / "config"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the shipped files, and the command standing in it."""
    shutil.copytree(SHIPPED, tmp_path / "config")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "config" / "risk_config.yaml"


def check(*args: str, **environ: str) -> Result:
    return CliRunner(env=environ).invoke(check_config, args, catch_exceptions=False)


def test_valid_files_say_what_is_on_and_what_is_off_and_why(config: Path) -> None:
    config.write_text(config.read_text().replace("enabled: true\n    session: day", "enabled: false\n    session: day"))
    result = check()
    assert result.exit_code == 0
    assert "account SIM-50K at venue simulated" in result.stdout
    assert "  on  003 daily_realized_loss\n" in result.stdout
    assert "  off 009 session_block_outside: enabled is false\n" in result.stdout
    assert "next reset 2" in result.stdout
    assert result.stdout.endswith("the configuration is valid\n")


def test_json_is_one_object_that_says_the_same(config: Path) -> None:
    found = json.loads(check("--json").stdout)
    assert (found["verdict"], found["exit_code"], found["faults"]) == ("PASS", 0, [])
    assert [rule["enabled"] for rule in found["rules"]] == [not rule["why_off"] for rule in found["rules"]]
    assert {rule["key"] for rule in found["rules"] if rule["enabled"]} > {"daily_realized_loss", "auth_loss_guard"}
    assert found["next_reset"].endswith("Z")
    assert len(found["config_hash"]) == 64


def test_json_of_a_broken_file_holds_every_fault_with_its_place(config: Path) -> None:
    config.write_text(config.read_text().replace("limit: -900", "limit: 900"))
    result = check("--json")
    found = json.loads(result.stdout)
    assert result.exit_code == found["exit_code"] == 3
    (fault,) = found["faults"]
    assert (fault["file"], fault["key"]) == ("config/risk_config.yaml", "rules.daily_realized_loss.limit")
    assert config.read_text().splitlines()[fault["line"] - 1][fault["column"] - 1 :] == "900"


def test_options_are_variables_and_the_flag_wins(config: Path) -> None:
    elsewhere = config.parent.rename(config.parent.with_name("elsewhere"))
    assert check().exit_code == 3
    assert check(RISK_CONFIG=str(elsewhere / "risk_config.yaml")).exit_code == 0
    assert check("--config", str(elsewhere / "risk_config.yaml"), RISK_CONFIG="nowhere.yaml").exit_code == 0
    named = check("--account", "NOBODY", RISK_CONFIG=str(elsewhere / "risk_config.yaml"))
    assert named.exit_code == 3
    assert "(value: NOBODY)" in named.stdout


def test_in_github_actions_a_fault_is_an_annotation_beside_its_line(config: Path) -> None:
    config.write_text(config.read_text().replace("limit: -900", "limit: 900"))
    result = check(GITHUB_ACTIONS="true")
    assert result.stderr.startswith("::error file=config/risk_config.yaml,line=")
    assert result.stderr.count("\n") == 1


def test_a_session_without_known_hours_is_told(config: Path) -> None:
    holidays = config.with_name("holidays.yaml")
    text = holidays.read_text()
    holidays.write_text(text[: text.index("      - first: 2025")] + "    closed: []\n    early_closes: []\n")
    result = check()
    assert result.exit_code == 0
    assert "session day: its hours are not known today" in result.stdout


def test_the_program_itself_exits_with_3_and_no_traceback(config: Path, run_program) -> None:
    config.write_text("rules: NO\n")
    ended = run_program([sys.executable, "-m", "risk_manager", "check-config"], cwd=config.parent.parent)
    assert ended.code == 3
    assert "config/risk_config.yaml:1:8: rules: " in ended.out
    assert ended.out.rstrip().endswith("Exit Code: 3")
    assert "Traceback" not in ended.out + ended.err
