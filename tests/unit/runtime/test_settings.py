"""What the user chose: flags over variables over the file over defaults; old names still work."""

from pathlib import Path

import pytest

from runtime.contract.reader import load_contract
from runtime.settings import WrongUsage, choose, find_project, new_names, option_environment, smoke_request

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def shipped():
    return load_contract(ROOT / "config" / "service.yaml")


def test_a_flag_wins_over_a_variable_and_that_over_the_default(shipped):
    environ = {"RISK_SCENARIO": "calm"}
    assert choose(shipped, {"scenario": "crash"}, environ)["scenario"] == "crash"
    assert choose(shipped, {}, environ)["scenario"] == "calm"
    assert choose(shipped, {}, {})["scenario"] == "breach"
    assert "session" not in choose(shipped, {}, {})


@pytest.mark.parametrize("given", [{"scenario": "braech"}, {"weather": "fine"}])
def test_what_cannot_be_chosen_is_wrong_usage_that_says_what_can(shipped, given):
    with pytest.raises(WrongUsage, match=r"breach|venue"):
        choose(shipped, given, {})


def test_the_name_of_a_file_becomes_its_path_and_must_be_there(shipped, tmp_path):
    (tmp_path / "data" / "sessions").mkdir(parents=True)
    file = tmp_path / "data" / "sessions" / "mine.jsonl.gz"
    with pytest.raises(WrongUsage, match="make sample"):
        option_environment(shipped, {"session": "mine"}, tmp_path)
    file.touch()
    assert option_environment(shipped, {"session": "mine"}, tmp_path) == {"RISK_SESSION": str(file)}
    assert option_environment(shipped, {"session": str(file)}, tmp_path) == {"RISK_SESSION": str(file)}


@pytest.mark.parametrize(
    ("old", "added"),
    [
        ({"BOOT_TIMEOUT_S": "12"}, {"RUNTIME_TIMEOUT": "12"}),
        ({"BOOT_TIMEOUT_S": "12", "RUNTIME_TIMEOUT": "3"}, {}),
        ({"LOG_LEVEL": "DEBUG"}, {"RISK_LOG_LEVEL": "DEBUG"}),
        ({"DRY_RUN_MODE": "true"}, {"RISK_DRY_RUN": "1"}),
        ({"DRY_RUN_MODE": "False"}, {}),
        ({"ASYNC_DEBUG": "1"}, {"PYTHONASYNCIODEBUG": "1"}),
        ({"ASYNC_DEBUG": "0"}, {}),
    ],
)
def test_old_names_of_variables_are_honoured(old, added):
    assert new_names(old) == added


def test_the_project_is_found_upwards_from_here(tmp_path, monkeypatch):
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "service.yaml").touch()
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b")
    assert find_project() == tmp_path
    assert find_project(ROOT) == ROOT


def test_a_request_has_fresh_places_and_hands_the_options_on(tmp_path):
    request = smoke_request(
        environ={"BOOT_TIMEOUT_S": "5"},
        project=ROOT,
        options={"scenario": "calm"},
        reports_dir=tmp_path,
        log_dir=tmp_path,
    )
    request.places.socket_dir.rmdir()
    assert request.environ["RISK_SCENARIO"] == "calm"
    assert request.environ["RUNTIME_TIMEOUT"] == "5"
    assert request.places.state_dir == request.places.run_dir / "state"
    assert request.places.run_dir.parent == tmp_path / "smoke"
    assert len(str(request.places.socket_dir)) < 80
    assert any("--scenario calm" in line for line in request.look)
