"""ASYNC_DEBUG=1 on real programs: dumps while they run, asyncio's debug mode, and no debug mode where money is real."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tests.integration.daemon.programs import world

ROOT = Path(__file__).parents[3]
ZOO = ROOT / "tests" / "zoo"
TELL_DEBUG = """\
import asyncio
async def main():
    print(asyncio.get_running_loop().get_debug())
asyncio.run(main())
"""
pytestmark = pytest.mark.integration


@pytest.fixture
def home(short_tmp, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short_tmp))
    monkeypatch.chdir(short_tmp)
    return short_tmp


def dumps(text):
    whole = r"^=== Async Task Dump \((\d+) tasks\) ===$.*?^=== End Task Dump ===$"
    return re.findall(whole, text, re.DOTALL | re.MULTILINE)


def test_the_daemon_without_an_agent_gets_dumps_on_its_terminal_and_in_the_trace_log(home):
    with world(home) as it:
        it.exchange("breach")
        daemon = it.daemon(env={"ASYNC_DEBUG": "1"})
        daemon.heard.checkpoint(5)
        code, _, err = daemon.stop()
        assert code == 0, err
        log = it.log.parent / "runtime_trace.log"
        assert dumps(err)
        assert "Diagnosis: " in err
        assert dumps(log.read_text())
        assert log.stat().st_mode & 0o777 == 0o600


def test_without_it_there_is_no_dump_and_no_agent(home):
    with world(home) as it:
        it.exchange("breach")
        daemon = it.daemon(env={"ASYNC_DEBUG": "0"})
        daemon.heard.checkpoint(5)
        _, _, err = daemon.stop()
        assert not dumps(err)
        assert not (it.log.parent / "runtime_trace.log").exists()
        assert not list(home.glob("rm-agent-*"))


@pytest.mark.parametrize(("animal", "words"), [("blocked", "write_end_of_day"), ("deadlocked", "Deadlock:")])
def test_what_gets_stuck_is_dumped_when_it_does(home, animal, words):
    """Without being asked, and also where the loop does not turn any more."""
    argv = [sys.executable, "-m", "runtime.agent", str(ZOO / f"{animal}.py"), "log", "", "--log-dir", str(home / "l")]
    environ = {**os.environ, "ASYNC_DEBUG": "1", "NOTIFY_SOCKET": str(home / "n")}
    heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    heard.bind(str(home / "n"))
    with heard, subprocess.Popen(argv, stderr=subprocess.PIPE, text=True, env=environ) as process:
        try:
            assert any(words in line for line in process.stderr), "the last dump names it"
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("production", "asked", "debug"), [("0", "1", "True"), ("1", "1", "False"), ("0", "0", "False")]
)
def test_asyncio_is_in_debug_mode_where_it_was_asked_for_and_never_in_production(home, production, asked, debug):
    (home / "service.py").write_text(TELL_DEBUG)
    environ = {**os.environ, "ASYNC_DEBUG": asked, "RUNTIME_PRODUCTION": production}
    if asked == "1":
        environ["PYTHONASYNCIODEBUG"] = "1"  # what the pack turns it into
    argv = [sys.executable, "-m", "runtime.agent", "service.py"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=30, env=environ)
    assert done.stdout.strip() == debug, done.stderr
    assert ("stays off in production" in done.stderr) == (production == "1")
