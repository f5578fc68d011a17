"""Every way a boot can fail, with the exit code and the words a person gets; and every way it can be stopped."""

import os
import shutil
import signal
import stat
from pathlib import Path

import pytest
from tests.integration.daemon.programs import PROJECT, World


def test_a_second_instance_is_refused_and_told_who_was_first(it: World):
    it.exchange("calm")
    first = it.daemon()
    first.heard.checkpoint(5)
    code, _, err = it.daemon().end()
    assert code == 1
    assert f"pid {first.process.pid}" in err
    assert "Traceback" not in err
    assert first.process.poll() is None


@pytest.mark.parametrize(
    ("scenario", "code", "says"),
    [("refuse", 4, "login refused"), ("unreachable", 4, "after 3 attempts"), ("crash", 1, "what to do")],
)
def test_a_venue_that_fails_ends_the_daemon_with_its_code(it: World, scenario: str, code: int, says: str):
    it.exchange(scenario)
    ended, _, err = it.daemon().end()
    assert ended == code
    assert says in err
    assert "Traceback" not in err


def test_without_an_exchange_it_says_how_to_start_one(it: World):
    code, _, err = it.daemon().end()
    assert code == 4
    assert "risk-manager exchange" in err


def test_a_data_directory_that_cannot_be_written_is_a_fault_of_the_configuration(it: World):
    it.data.write_text("in the way")
    code, _, err = it.daemon().end()
    assert code == 3
    assert str(it.data) in err
    assert "--data-dir" in err


def broken_config(it: World, text: str) -> Path:
    directory = it.root / "config"
    shutil.copytree(PROJECT / "config", directory)
    path = directory / "risk_config.yaml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    "text", ["", "rules: [", "rules:\n  daily_realized_loss:\n    enabled: true\n    limit: .nan\n"]
)
def test_a_broken_configuration_is_named_with_its_file(it: World, text: str):
    path = broken_config(it, text)
    code, _, err = it.daemon("--config", path).end()
    assert code == 3
    assert f"{path}" in err
    assert "Traceback" not in err


def test_a_configuration_that_is_not_there_names_the_template(it: World):
    code, _, err = it.daemon("--config", it.root / "nowhere.yaml").end()
    assert code == 3
    assert "copy config/risk_config.yaml" in err


def test_a_damaged_journal_is_refused_and_left_as_it_is(it: World):
    it.exchange("breach")
    daemon = it.daemon()
    daemon.heard.checkpoint(8, phase="confirmed")
    daemon.stop()
    journal = it.data / "state" / "SIM-50K" / "journal.db"
    # One bit of every mention: SQLite leaves copies of moved rows in the free part of its pages, which are harmless.
    # The snapshot of the stop is among them: without it, the journal is read from its start.
    data = journal.read_bytes().replace(b'"is":"Today"', b'"is":"today"')
    journal.write_bytes(data)
    code, _, err = it.daemon().end()
    assert code == 1
    assert "does not match its hash" in err
    assert journal.read_bytes() == data


def test_a_session_that_is_cut_short_is_refused_with_its_name(it: World):
    whole = (PROJECT / "data/sessions/demo-calm.jsonl.gz").read_bytes()
    cut = it.root / "cut.jsonl.gz"
    cut.write_bytes(whole[: len(whole) // 2])
    code, _, err = it.daemon("--replay", cut).end()
    assert code == 3
    assert "cut.jsonl.gz" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_in_order_when_asked_to(it: World, number: int):
    it.exchange("calm", mode="free")
    daemon = it.daemon()
    daemon.heard.checkpoint(6)
    code, _, err = daemon.stop(number)
    assert code == (130 if number == signal.SIGINT else 0)
    assert "Traceback" not in err
    assert f"stopped: {signal.Signals(number).name}" in it.log.read_text()
    assert any(heard.fields.get("STOPPING") == "1" for heard in [*daemon.heard.all]) or "stopped" in it.log.read_text()


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_ctrl_c_at_any_moment_of_the_boot_ends_it_without_a_traceback_and_it_starts_again(it: World, n: int):
    it.exchange("calm")
    daemon = it.daemon()
    daemon.heard.checkpoint(n)
    code, _, err = daemon.stop(signal.SIGINT)
    assert code == 130
    assert "Traceback" not in err
    again = it.daemon()
    again.heard.checkpoint(5)
    assert again.stop()[0] == 0


def test_a_venue_that_never_answers_can_still_be_stopped(it: World):
    it.exchange("slow-boot")
    daemon = it.daemon()
    daemon.heard.until(lambda heard: "connecting" in heard.fields.get("STATUS", ""))
    code, _, err = daemon.stop()
    assert code == 0
    assert "nothing was sent" in err


def test_for_so_long_it_runs_and_then_stops(it: World):
    it.exchange("calm", mode="free")
    code, out, err = it.daemon("--for", "300ms", "--json").end()
    assert code == 0, err
    assert '"reason":"--for 0.3s is over"' in out


@pytest.mark.parametrize("argv", [["--no-such-flag"], ["--for", "30"], ["--speed", "0"], ["--venue", "nyse"]])
def test_a_wrong_command_line_is_64_and_not_stalled(it: World, argv: list[str]):
    assert it.daemon(*argv).end()[0] == 64


def test_state_and_logs_are_for_their_owner_only_whatever_the_umask(it: World):
    before = os.umask(0)
    try:
        it.exchange("breach")
        daemon = it.daemon()
        daemon.heard.checkpoint(8, phase="confirmed")
    finally:
        os.umask(before)
    paths = [path for root in (it.data, it.log.parent) for path in (root, *root.rglob("*"))]
    modes = {str(path): stat.S_IMODE(path.stat().st_mode) for path in paths}
    assert len(modes) > 6
    assert {mode for path, mode in modes.items() if Path(path).is_file()} == {0o600}
    assert {mode for path, mode in modes.items() if Path(path).is_dir()} == {0o700}
    daemon.stop()
