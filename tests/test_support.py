"""The ground the other tests stand on is itself tested: the network guard, the environment, the deadlines."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("203.0.113.7", 443)])
def test_a_connection_that_leaves_the_machine_is_refused_before_it_is_tried(address):
    with socket.socket() as sock, pytest.raises(RuntimeError, match="loopback and unix sockets only"):
        sock.connect(address)


def test_a_datagram_that_leaves_the_machine_is_refused():
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock,
        pytest.raises(RuntimeError, match="loopback and unix"),
    ):
        sock.sendto(b"x", ("192.0.2.1", 9))


def test_looking_up_a_foreign_name_is_refused():
    with pytest.raises(RuntimeError, match="look up no names"):
        socket.getaddrinfo("example.invalid", 80)


def test_a_connection_over_loopback_works():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        accepted, _ = server.accept()
        with accepted:
            client.sendall(b"hello")
            assert accepted.recv(5) == b"hello"


def test_unix_sockets_work_in_a_short_directory(short_tmp):
    path = short_tmp / "socket"
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(str(path))
        server.listen()
        client.connect(str(path))
        assert len(os.fsencode(path)) < 100
    assert short_tmp.stat().st_mode & 0o777 == 0o700


def test_the_callers_settings_do_not_reach_the_tests(run_program, project, tmp_path):
    """A pytest started with RISK_SCENARIO, CI and a step summary set sees none of them, nor do its children."""
    probe = tmp_path / "test_probe.py"
    probe.write_text(
        "import os, subprocess, sys\n"
        "def test_clean():\n"
        '    script = \'import os; print(sorted(n for n in os.environ if n.startswith(("RISK_", "GITHUB_", "CI"))))\'\n'
        "    assert subprocess.check_output([sys.executable, '-c', script], text=True).strip() == '[]'\n"
    )
    (tmp_path / "conftest.py").write_text((project / "tests/conftest.py").read_text())
    settings = {"RISK_SCENARIO": "silent", "CI": "true", "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")}
    ended = run_program(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", probe], cwd=tmp_path, env=settings
    )
    assert ended.code == 0, ended.out
    assert "1 passed" in ended.out


def test_the_junit_file_names_the_commit_that_was_tested(run_program, tmp_path, project):
    probe = tmp_path / "tests/test_probe.py"
    probe.parent.mkdir()
    probe.write_text("def test_nothing_at_all():\n    assert True\n")
    (tmp_path / "tests/conftest.py").write_text((project / "tests/conftest.py").read_text())

    def git(*args):
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"]
        return subprocess.check_output(["git", *identity, *args], cwd=tmp_path, text=True).strip()

    def commit_in_report():
        report = tmp_path / "junit.xml"
        run_program([sys.executable, "-m", "pytest", "-q", "-n", "1", f"--junit-xml={report}", probe], cwd=tmp_path)
        suite = ET.parse(report).find("testsuite")  # noqa: S314 -- written by pytest a moment ago
        return [item.get("value") for item in suite.iter("property") if item.get("name") == "commit"]

    git("init", "--quiet")
    git("add", "tests")
    git("commit", "--quiet", "-m", "probe")
    head = git("rev-parse", "HEAD")
    assert commit_in_report() == [head]
    probe.write_text(probe.read_text() + "\n")
    assert commit_in_report() == [f"{head}-dirty"], "changed files must not pass as the commit"


def test_a_program_that_outlives_its_deadline_is_killed_with_its_children(run_program, wait_until, tmp_path):
    pid_file = tmp_path / "pid"
    script = (
        "import subprocess, sys, pathlib\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import threading; threading.Event().wait()'])\n"
        f"pathlib.Path({str(pid_file)!r}).write_text(str(child.pid))\n"
        "print('waiting', flush=True)\n"
        "child.wait()\n"
    )
    with pytest.raises(pytest.fail.Exception, match="waiting"):
        run_program([sys.executable, "-c", script], deadline_s=3)
    pid = int(pid_file.read_text())
    wait_until(lambda: _is_gone(pid), "the grandchild's end")


def _is_gone(pid):
    """No such process, or a zombie whose parent (init) has not fetched it yet."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z"


def test_waiting_for_a_condition_fails_with_its_name(wait_until):
    with pytest.raises(pytest.fail.Exception, match="the moon: not within"):
        wait_until(lambda: False, "the moon", deadline_s=0.05)
