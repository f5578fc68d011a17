"""A candidate beside a live version that runs already: it is asked, never started and never stopped."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.conftest import RunProgram, WaitUntil
from tests.integration.exchange.programs import running
from tests.integration.shadow.shadowing import PROJECT, Shadow

pytestmark = pytest.mark.integration


@contextmanager
def beside(*argv: str | Path) -> Iterator[None]:
    """Another program of the daemon's beside the two."""
    words = [sys.executable, "-m", "risk_manager", *map(str, argv)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=PROJECT) as program:
        try:
            yield
        finally:
            program.terminate()


@contextmanager
def live_version(root: Path, *more: str) -> Iterator[subprocess.Popen[str]]:
    """An exchange with an observers' door and the manager that guards its account, as somebody else started them."""
    (root / "data").mkdir(mode=0o700)
    exchange = (
        "--socket", root / "exchange.sock", "--observer-socket", root / "o" / "observer.sock", "--mode", "free",
        *more,
    )  # fmt: skip
    argv = [
        sys.executable, "-m", "risk_manager", "run", "--socket", root / "exchange.sock", "--data-dir", root / "data",
        "--log-dir", root / "logs",
    ]  # fmt: skip
    with (
        running(root / "data" / "exchange", *exchange),
        subprocess.Popen(
            argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ), text=True, cwd=PROJECT
        ) as manager,
    ):
        try:
            yield manager
        finally:
            manager.kill()


def test_it_compares_with_a_running_version_notices_its_death_and_claims_nothing_it_cannot_see(
    shadow: Shadow, short_tmp: Path, wait_until: WaitUntil
) -> None:
    with live_version(short_tmp, "--begin-with", "3", "--scenario", "breach", "--speed", "200") as manager:
        log = short_tmp / "logs" / "risk_manager.log"
        wait_until(lambda: log.is_file() and "Event loop running" in log.read_text(), "the live version guards")
        places = ("--attach", short_tmp / "data", "--socket-dir", short_tmp / "o", "--log-dir", short_tmp / "logs")
        shadow.begin(*places)
        shadow.until(r"compared with live from here on")
        (decisions,) = shadow.root.glob("reports/shadow/*/candidate")
        last = decisions / "decisions.stdout.log"
        onlooker = ("record", "--socket", short_tmp / "o" / "observer.sock", "--out", short_tmp / "seen.jsonl.gz")
        with beside(*onlooker):  # time begins with the third who listens
            wait_until(lambda: last.is_file() and "cancel order:11" in last.read_text(), "the session's last decision")
        shadow.until(r"compared (?:[6-9]|[1-9]\d) ")  # what is younger than its death by the settle time is not judged
        assert manager.poll() is None
        manager.send_signal(signal.SIGKILL)
        shadow.until(r"live crashes: ")
        shadow.process.send_signal(signal.SIGINT)
        result = shadow.end()
    assert result["decisions"]["differences"] == []
    assert result["decisions"]["compared"] >= 6
    signals = {name: signal["count"] for name, signal in result["live"]["signals"].items()}
    assert (signals["crashes"], signals["auth"], signals["disabled_account"]) == (1, 0, 0)
    assert (signals["heartbeats_missed"], signals["restarts"], signals["event_gaps"]) == (None, None, None)
    assert result["candidate"]["signals"]["crashes"]["count"] == 0
    assert result["candidate_sent"]["count"] == 0
    assert (result["exit_code"], result["verdict"], result["cutover"]["eligible"]) == (130, "FAIL", False)
    assert any("live crashes" in reset["why"] for reset in result["cutover"]["resets"])


def test_the_candidate_begins_with_what_the_live_version_remembers(
    shadow: Shadow, short_tmp: Path, wait_until: WaitUntil, run_program: RunProgram
) -> None:
    """The live version is frozen before the candidate is there; both then close what a trader opens."""

    def by(*argv: str | Path) -> None:
        ended = run_program([sys.executable, "-m", "risk_manager", *argv])
        assert ended.code == 0, ended.err

    with live_version(short_tmp, "--scenario", "calm"):
        log = short_tmp / "logs" / "risk_manager.log"
        wait_until(lambda: log.is_file() and "Event received" in log.read_text(), "the live version has prices")
        by("freeze", "--yes", "--reason", "news", "--data-dir", short_tmp / "data")
        places = ("--attach", short_tmp / "data", "--socket-dir", short_tmp / "o", "--log-dir", short_tmp / "logs")
        shadow.begin("--for", "9s", *places)
        shadow.until(r"candidate started")
        (candidate,) = shadow.root.glob("reports/shadow/*/candidate")
        its_log = candidate / "logs" / "risk_manager.log"
        wait_until(lambda: its_log.is_file() and "Event received" in its_log.read_text(), "the candidate has prices")
        shadow.until(r"compared with live from here on")
        by("exchange", "trade", "ES", "+1", "--socket", short_tmp / "exchange.sock")
        result = shadow.end()
    assert result["decisions"]["differences"] == []
    assert result["decisions"]["compared"] >= 2
    assert "close position:CON.F.US.EP.Z25 for operator" in (candidate / "decisions.stdout.log").read_text()
    assert result["exit_code"] == 0, result["why"]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--attach", "data"), "belong together"),
        (("--candidate-env", "novalue"), "NAME=VALUE"),
        (("--eligible-after", "72"), "72h"),
        (("--service", "tests/zoo/service.yaml"), "no section `shadow`"),
    ],
)
def test_what_cannot_be_asked_for_is_wrong_usage(run_program: RunProgram, args: tuple[str, ...], words: str) -> None:
    ended = run_program([sys.executable, "-m", "runtime", "shadow", *args])
    assert ended.code == 64
    assert words in ended.err
