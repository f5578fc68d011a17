"""What every test stands on: a clean environment, no network but loopback, short paths, programs with a deadline.

The environment is cleaned before anything is collected, in every worker, because modules may read it when imported.
"""

import ipaddress
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import pytest
from _pytest.junitxml import xml_key
from hypothesis import HealthCheck, settings

PROJECT = Path(__file__).resolve().parent.parent

# What the machine or the CI says must not change what a test observes.
_STRIPPED_PREFIXES = ("RISK_", "RUNTIME_", "GITHUB_", "PROJECT_X_", "PROJECTX_")
_STRIPPED_NAMES = {
    "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "CI", "BOOT_TIMEOUT_S", "ASYNC_DEBUG", "LOG_LEVEL",
    "DRY_RUN_MODE", "NO_COLOR", "FORCE_COLOR", "PYTHONASYNCIODEBUG", "SESSION", "MAKEFLAGS", "MAKELEVEL",
}  # fmt: skip

settings.register_profile(
    "project",
    deadline=None,  # two busy cores say nothing about the code
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)


class ForbiddenConnection(RuntimeError):
    """A test tried to leave this machine. Not an OSError: code that survives an unreachable host must not hide it."""


def is_local(host: object) -> bool:
    """Whether an address as given to `connect` or `getaddrinfo` is on this machine."""
    text = host.decode() if isinstance(host, bytes) else host
    if text is None or text in {"", "localhost"}:
        return True
    try:
        return ipaddress.ip_address(str(text)).is_loopback
    except ValueError:
        return False


def _guard(event: str, args: tuple[object, ...]) -> None:
    if not event.startswith("socket."):
        return
    if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
        address = args[1]
        if isinstance(address, tuple) and not is_local(address[0]):
            raise ForbiddenConnection(f"{event} to {address}: tests reach loopback and unix sockets only")
    elif event in {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"} and not is_local(args[0]):
        raise ForbiddenConnection(f"{event} of {args[0]!r}: tests look up no names")


def pytest_configure() -> None:
    """Clean the environment and close the network, before collection."""
    for name in list(os.environ):
        if name.startswith(_STRIPPED_PREFIXES) or name in _STRIPPED_NAMES:
            del os.environ[name]
    settings.load_profile("project")
    sys.addaudithook(_guard)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Write into the JUnit file which commit was tested, so that the gate may accept it as evidence for that commit."""
    junit = session.config.stash.get(xml_key, None)
    if junit is not None:
        junit.add_global_property("commit", _tested_commit())


def _tested_commit() -> str:
    """The commit's hash; with `-dirty` where tracked files differ from it; empty outside a repository."""

    def git(*args: str) -> str:
        done = subprocess.run(["git", *args], cwd=PROJECT, capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""

    commit = git("rev-parse", "HEAD")
    return f"{commit}-dirty" if commit and git("status", "--porcelain", "--untracked-files=no") else commit


@pytest.fixture(scope="session")
def project() -> Path:
    """The root of the project."""
    return PROJECT


@pytest.fixture
def short_tmp() -> Iterator[Path]:
    """A private directory whose path leaves room for a unix socket (100 bytes at most), removed at the end."""
    path = Path(tempfile.mkdtemp(prefix="rm-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@dataclass(frozen=True)
class Ended:
    """How a program ended and what it said."""

    code: int
    out: str
    err: str


RunProgram = Callable[..., Ended]


@pytest.fixture
def run_program() -> RunProgram:
    """Run a program to its end: `run_program([...], env={...}, cwd=..., deadline_s=30)`.

    `env` is added to the cleaned environment; a value of None removes the name. A program that outlives its deadline
    is killed with all its children, and the test fails with what it had said.
    """

    def run(
        argv: Sequence[str | Path],
        *,
        env: Mapping[str, str | None] | None = None,
        cwd: Path = PROJECT,
        stdin: str = "",
        deadline_s: float = 30,
    ) -> Ended:
        merged = {**os.environ, **(env or {})}
        process = subprocess.Popen(
            [str(part) for part in argv],
            cwd=cwd,
            env={name: value for name, value in merged.items() if value is not None},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
        try:
            out, err = process.communicate(stdin, timeout=deadline_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            pytest.fail(f"{argv} still ran after {deadline_s} s\nstdout:\n{out}\nstderr:\n{err}")
        return Ended(process.returncode, out, err)

    return run


Figure = Callable[[str], None]
_FIGURE = "figure"


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Figure:
    """Tell a figure that a user is to see: it is shown at the end of the run, and stands in the JUnit file."""
    return lambda words: record_property(_FIGURE, words)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show the figures, from every worker."""
    reports = [each for kind in ("passed", "failed") for each in terminalreporter.stats.get(kind, ())]
    told = [
        words for each in reports for name, words in each.user_properties if name == _FIGURE and each.when == "call"
    ]
    if told:
        terminalreporter.section("figures")
        for words in sorted(told):
            terminalreporter.line(words)


WaitUntil = Callable[..., None]


@pytest.fixture
def wait_until() -> WaitUntil:
    """Wait for a condition instead of sleeping: `wait_until(lambda: path.exists(), "the file")`."""

    def wait(condition: Callable[[], object], what: str, *, deadline_s: float = 10) -> None:
        pause = threading.Event()
        end = monotonic() + deadline_s
        while not condition():
            if monotonic() > end:
                pytest.fail(f"{what}: not within {deadline_s} s")
            pause.wait(0.01)

    return wait
