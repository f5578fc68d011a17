"""`--debug-monitor` on real programs: off unless asked for, on loopback only, and never where production may be."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[3]
FLAG = "--debug-monitor"
SERVICE = """\
import asyncio, sys
asyncio.run(asyncio.wait_for(asyncio.Event().wait(), 30)) if "stay" in sys.argv else print(sorted(sys.modules))
"""
pytestmark = pytest.mark.integration


@pytest.fixture
def home(tmp_path, monkeypatch, short_tmp):
    """A directory with a service and without a contract; nothing here knows whether it is production."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short_tmp))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "service.py").write_text(SERVICE)
    return tmp_path


def agent(*arguments, **environ):
    argv = [sys.executable, "-m", "runtime.agent", *map(str, arguments)]
    return subprocess.run(
        argv, capture_output=True, text=True, check=False, timeout=30, env={**os.environ, **environ}
    )  # fmt: skip


def three_free_ports():
    """The first of three ports in a row that nobody has."""
    for first in range(21000 + os.getpid() % 997 * 3, 32000, 3):  # two workers begin at different places
        with contextlib.ExitStack() as stack:
            try:
                for port in range(first, first + 3):
                    probe = stack.enter_context(socket.socket())
                    probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return first
    raise AssertionError("no free ports")


@contextlib.contextmanager
def running(*arguments, **environ):
    argv = [sys.executable, "-m", "runtime.agent", *map(str, arguments)]
    with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True, env={**os.environ, **environ}) as process:
        try:
            yield process
        finally:
            process.kill()


def network(process):
    return [each.laddr for each in psutil.Process(process.pid).net_connections(kind="inet")]


def test_unless_it_is_asked_for_it_is_not_even_imported_and_no_port_is_open(home, wait_until):
    assert "aiomonitor" not in agent("service.py").stdout
    with running("service.py", "stay", RUNTIME_DEBUG_MONITOR="0") as process:
        wait_until(lambda: len(psutil.Process(process.pid).threads()) > 1, "the agent's thread")
        assert network(process) == []


@pytest.mark.parametrize("way", ["flag", "variable"])
def test_on_request_it_listens_on_loopback_only_and_warns_that_everybody_may_come_in(home, way, wait_until):
    port = three_free_ports()
    asked = [f"{FLAG}={port}"] if way == "flag" else []
    environ = {"RUNTIME_DEBUG_MONITOR": str(port)} if way == "variable" else {}
    with running(*asked, "service.py", "stay", RUNTIME_PRODUCTION="0", **environ) as process:
        warning = process.stderr.readline()
        assert "NO authentication" in warning
        assert all(str(each) in warning for each in (port, port + 1, port + 2))
        wait_until(lambda: len(network(process)) == 2, "both listeners")
        assert sorted(network(process)) == [("127.0.0.1", port), ("127.0.0.1", port + 1)]
        with urllib.request.urlopen(f"http://127.0.0.1:{port + 1}/", timeout=10) as answer:
            assert "aiomonitor" in answer.read().decode()


def test_a_host_cannot_be_given_at_all(home):
    for value in ("0.0.0.0:20101", "::", "0", "65534", "x"):
        done = agent(f"{FLAG}={value}", "service.py", RUNTIME_PRODUCTION="0")
        assert (done.returncode, done.stdout) == (64, "")
        assert "127.0.0.1, and nowhere else" in done.stderr


def test_a_port_that_somebody_has_is_refused_instead_of_hanging_the_service(home):
    port = three_free_ports()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port + 1))
        taken.listen()
        done = agent(f"{FLAG}={port}", "service.py", RUNTIME_PRODUCTION="0")
    assert done.returncode == 64
    assert f"port {port + 1} cannot be had" in done.stderr


def test_without_a_contract_nobody_knows_whether_it_is_production_and_it_is_refused(home):
    done = agent(FLAG, "service.py")
    assert (done.returncode, done.stdout) == (64, "")
    assert "RUNTIME_PRODUCTION=0" in done.stderr


@pytest.mark.parametrize(
    ("more", "environ", "words"),
    [
        (["--venue", "projectx"], {}, "its venue is projectx"),
        (["--venue=projectx"], {"RISK_VENUE": "simulated"}, "its venue is projectx"),
        ([], {"RISK_VENUE": "projectx", "RUNTIME_PRODUCTION": "0"}, "its venue is projectx"),
        ([], {}, "nothing says which venue"),
        (["--venue", "simulated"], {"RUNTIME_PRODUCTION": "1"}, "RUNTIME_PRODUCTION is set"),
        (["--venue", "simulated"], {"NOTIFY_SOCKET": "/run/systemd/notify"}, "systemd"),
    ],
)
def test_where_it_is_or_may_be_production_it_is_refused_before_the_program_begins(home, more, environ, words):
    """The contract of the risk manager: a real venue is production, and so is one that nobody named."""
    shutil.copytree(ROOT / "config", home / "config")
    done = agent(FLAG, "service.py", *more, **environ)
    assert (done.returncode, done.stdout) == (64, "")
    assert "refused in production" in done.stderr
    assert words in done.stderr


def test_on_the_simulated_venue_it_is_allowed(home):
    shutil.copytree(ROOT / "config", home / "config")
    done = agent(f"{FLAG}={three_free_ports()}", "service.py", "--venue", "simulated")
    assert done.returncode == 0
    assert "refused" not in done.stderr


def test_a_contract_that_cannot_be_read_says_nothing_in_favour(home):
    (home / "config").mkdir()
    (home / "config" / "service.yaml").write_text("name: [")
    done = agent(FLAG, "service.py")
    assert done.returncode == 64
    assert "cannot be read" in done.stderr
    assert "Traceback" not in done.stderr
