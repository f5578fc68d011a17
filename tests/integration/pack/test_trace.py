"""`risk-runtime trace` on real services that hang, from outside: what it names, leaves, and must not show."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from jsonschema import Draft202012Validator

ROOT = Path(__file__).parents[3]
ZOO = ROOT / "tests" / "zoo"
SCHEMA = json.loads((ROOT / "docs/reference/schemas/trace.schema.json").read_text(encoding="utf-8"))


@pytest.fixture
def home(short_tmp, monkeypatch, wait_until):
    """Services under the agent, and traces of them, in a world of their own."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short_tmp))
    monkeypatch.setenv("TMPDIR", str(short_tmp))
    return Home(short_tmp, wait_until)


class Home:
    def __init__(self, root, wait_until):
        self.root = root
        self.wait_until = wait_until

    @contextmanager
    def service(self, animal, *, env=None, agent=True):
        """A zoo service that runs until the block is left; it has booted, and its agent listens."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
            heard.bind(str(self.root / "n.sock"))
            heard.settimeout(20)
            launcher = ["-m", "runtime.agent"] if agent else []
            argv = [sys.executable, *launcher, str(ZOO / f"{animal}.py"), str(self.root / "log"), ""]
            environ = {**os.environ, "NOTIFY_SOCKET": str(self.root / "n.sock"), **(env or {})}
            with subprocess.Popen(argv, env=environ, cwd=self.root) as process:
                try:
                    while b"READY=1" not in heard.recv(9000):
                        pass
                    yield process
                finally:
                    process.kill()
        (self.root / "n.sock").unlink()

    def trace(self, *arguments):
        argv = [sys.executable, "-m", "runtime", "trace", "--log-dir", str(self.root / "logs"), *map(str, arguments)]
        return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=30, cwd=self.root)

    def found(self, process, cause):
        """Trace until the service has come to rest in what it does; gives the JSON."""
        seen = {}

        def there():
            done = self.trace(process.pid, "--json")
            seen.update(json.loads(done.stdout))
            return cause in [finding["id"] for finding in seen["services"][0]["diagnosis"]]

        self.wait_until(there, cause, deadline_s=20)
        Draft202012Validator(SCHEMA).validate(seen)
        return seen

    def socket_of(self, process):
        return next(self.root.glob(f"rm-agent-*/{process.pid}.sock"))


@pytest.mark.parametrize(
    ("animal", "cause", "words"),
    [
        ("deadlocked", "TASK-001", ("position-updater", "order-updater", "book.orders_lock", "book.positions_lock")),
        ("blocked", "LOOP-002", ("task eod-snapshot", "write_end_of_day", "blocked.py:10")),
        ("bereaved", "TASK-002", ("feed-reader", "ValueError: price of 'nan'")),
    ],
)
def test_a_hung_service_is_told_why_it_hangs(home, animal, cause, words):
    with home.service(animal) as process:
        seen = home.found(process, cause)
        assert (seen["verdict"], seen["exit_code"]) == ("FAIL", 1)
        assert [word for word in words if word not in seen["services"][0]["sentence"]] == []
        log = (home.root / "logs" / "runtime_trace.log").read_text()
        assert "=== Async Task Dump (" in log
        assert "=== End Task Dump ===\nDiagnosis: " in log


def test_whoever_only_waits_behind_a_deadlock_is_named_as_a_bystander(home):
    with home.service("deadlocked") as process:
        service = home.found(process, "TASK-001")["services"][0]
        assert any(text.startswith("risk-gate ") for text in service["bystanders"])
        assert not any(text.startswith("heartbeat ") for text in service["bystanders"])


def test_without_a_pid_every_service_under_the_agent_is_traced_and_a_healthy_one_passes(home):
    with home.service("crowded") as process:
        done = home.trace()
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"pid {process.pid}" in done.stdout
        assert "and 497 more" in done.stdout, "tasks that are alike are shown once"
        assert "Diagnosis: nothing is stuck" in done.stdout
        assert "py-spy" in done.stdout, "a witness that is not there is named"


def test_the_socket_and_the_log_are_for_their_owner_only(home):
    with home.service("crowded") as process:
        home.trace(process.pid)
        path = home.socket_of(process)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert stat.S_IMODE((home.root / "logs" / "runtime_trace.log").stat().st_mode) == 0o600
        assert [each for each in psutil.Process(process.pid).net_connections("inet") if each.status == "LISTEN"] == []


def test_the_agent_answers_no_verb_that_changes_anything_and_survives_nonsense(home):
    with home.service("crowded") as process:
        answers = [
            _ask(home.socket_of(process), line) for line in (b'{"ask": "cancel"}\n', b"\xff\xfe\n", b"[1]\n", b"\n")
        ]
        assert [list(answer) for answer in answers] == [["error"]] * 4
        assert home.trace(process.pid).returncode == 0


def _ask(path, line):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        client.sendall(line)
        return json.loads(client.makefile().readline())


def test_no_secret_of_the_environment_is_in_anything_that_a_trace_gives_or_leaves(home):
    secret = "canary-9d1f77aa"  # noqa: S105 -- it must be found nowhere
    with home.service("bereaved", env={"PROJECT_X_API_KEY": secret}) as process:
        home.found(process, "TASK-002")
        done = home.trace(process.pid, "--whole", "--json", "--slow", "0.2")
        left = (home.root / "logs" / "runtime_trace.log").read_text()
        assert "Async Task Dump" in left
        assert secret not in done.stdout + done.stderr + left


def test_a_stopped_process_is_unknown_and_said_to_be_stopped(home):
    with home.service("crowded") as process:
        process.send_signal(signal.SIGSTOP)
        done = home.trace(process.pid, "--json")
        service = json.loads(done.stdout)["services"][0]
        assert (done.returncode, service["verdict"], service["snapshot"]) == (2, "UNKNOWN", None)
        assert service["diagnosis"][0]["id"] == "WATCH-002"


def test_where_nothing_runs_under_the_agent_the_command_says_so(home):
    done = home.trace()
    assert done.returncode == 64
    assert "no service runs under the agent" in done.stderr
    with home.service("crowded", agent=False) as process:
        other = home.trace(process.pid)
        assert other.returncode == 64
        assert "does not run under the agent" in other.stderr
    gone = home.trace(process.pid)
    assert "there is no process" in gone.stderr


HOLDS = """\
import re

def match_for_ever():
    print("holds", flush=True)
    re.match(r"(a+)+$", "a" * 60 + "b")

match_for_ever()
"""


def test_where_code_in_c_holds_the_interpreter_the_second_witness_names_the_frame(home):
    """Not even the agent's thread runs then: the verdict is UNKNOWN, and what is known besides is told."""
    (home.root / "holds.py").write_text(HOLDS)
    argv = [sys.executable, "-m", "runtime.agent", "holds.py"]
    with subprocess.Popen(argv, cwd=home.root, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == "holds\n"
            done = home.trace(process.pid, "--json")
        finally:
            process.kill()
    (service,) = json.loads(done.stdout)["services"]
    assert (done.returncode, service["verdict"]) == (2, "UNKNOWN")
    (found,) = service["diagnosis"]
    assert found["id"] == "WATCH-001"
    py_spy = next(each for each in service["witnesses"] if each["name"] == "py-spy")
    if py_spy["saw"] is None:  # a kernel that lets nobody look into another process says so
        assert "ptrace_scope" in py_spy["why"]
    else:
        assert any("match_for_ever (holds.py:5)" in frame for frame in found["evidence"]["held_at"])


def test_the_slowest_callbacks_are_timed_only_while_somebody_asks(home):
    with home.service("deadlocked") as process:
        done = home.trace(process.pid, "--slow", "1", "--json")
        slowest = json.loads(done.stdout)["services"][0]["slowest"]
        assert any("heartbeat" in each["callback"] and each["calls"] > 1 for each in slowest), slowest
        assert json.loads(home.trace(process.pid, "--json").stdout)["services"][0]["slowest"] is None


def test_a_program_under_the_agent_keeps_its_arguments_its_exit_code_and_its_name(run_program, short_tmp):
    program = short_tmp / "program.py"
    program.write_text("import sys\nprint(__name__, sys.argv[1:], sys.path[0])\nsys.exit(7)\n")
    env = {"XDG_RUNTIME_DIR": str(short_tmp)}
    done = run_program([sys.executable, "-m", "runtime.agent", program, "-x", "y"], env=env)
    assert (done.code, done.out.split(maxsplit=1)[0]) == (7, "__main__")
    assert done.out.strip() == f"__main__ ['-x', 'y'] {short_tmp.resolve()}"
    assert list(short_tmp.glob("rm-agent-*/*")) == [], "its socket is gone with it"


@pytest.mark.parametrize("arguments", [[], ["-m"], ["nothing.py"]])
def test_the_launcher_without_a_program_is_wrong_usage(run_program, arguments):
    done = run_program([sys.executable, "-m", "runtime.agent", *arguments])
    assert (done.code, "usage: python -m runtime.agent" in done.err) == (64, True)


def test_a_program_that_cannot_have_its_agent_runs_all_the_same(run_program, short_tmp):
    """An observer must not hurt the service."""
    deep = short_tmp / ("d" * 90)
    deep.mkdir()
    env = {"XDG_RUNTIME_DIR": str(deep), "TMPDIR": str(deep)}
    done = run_program([sys.executable, "-m", "runtime.agent", "-m", "this"], env=env)
    assert (done.code, "Beautiful is better" in done.out) == (0, True)
    assert "the service runs without it" in done.err
