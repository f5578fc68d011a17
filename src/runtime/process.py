"""The only subprocess code of the pack: start, capture, signal and reap, always with the whole process group.

A child leads its own group, its output goes to files, and it is gone when `stop` returns: first SIGTERM, then, past
the grace, SIGKILL to the group and to descendants that left it.
"""

import asyncio
import errno
import os
import pty
import signal
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil

from runtime.clocks import monotonic_ns, seconds_between
from service_contract.atomic_files import make_private_dir


class NotStarted(Exception):
    """A process that could not be started at all; says which and why."""


@dataclass(frozen=True, slots=True)
class Launch:
    """What to start: argv, the whole environment, the directory, and where its output goes."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    stdout: Path
    stderr: Path


@dataclass(frozen=True, slots=True)
class Stopped:
    """How a process ended when it was told to. forced: it had to be killed."""

    code: int
    forced: bool
    seconds: float


class _Protocol(asyncio.SubprocessProtocol):
    """Tells when the process has ended; its output is not ours to read."""

    def __init__(self, on_exit: Callable[[], None]) -> None:
        self.exited = asyncio.Event()
        self._on_exit = on_exit

    def process_exited(self) -> None:
        self.exited.set()
        self._on_exit()


class Child:
    """A running process. `code` is None while it runs; a negative code is the signal that ended it."""

    def __init__(self, launch: Launch, transport: asyncio.SubprocessTransport, protocol: _Protocol, t_ns: int) -> None:
        self.launch = launch
        self.name = launch.name
        self.pid = transport.get_pid()
        self.started_ns = t_ns
        self.exited_ns: int | None = None
        self._transport = transport
        self._protocol = protocol

    @property
    def code(self) -> int | None:
        """The exit code, once it has ended."""
        return self._transport.get_returncode()

    async def stop(self, grace_s: float) -> Stopped:
        """End it: SIGTERM, wait, SIGKILL. Safe to call on a process that has ended."""
        begun_ns = monotonic_ns()
        forced = False
        descendants = _descendants(self.pid) if self.code is None else []
        try:
            if self.code is None:
                with suppress(ProcessLookupError):
                    self._transport.terminate()
                with suppress(TimeoutError):
                    async with asyncio.timeout(grace_s):
                        await self._protocol.exited.wait()
        finally:  # also when the wait was cancelled: nothing may stay behind
            forced = self.code is None
            self.kill()
            for process in descendants:
                with suppress(psutil.NoSuchProcess):
                    process.kill()  # psutil compares the creation time, so a recycled pid is safe
        await self._protocol.exited.wait()
        self._transport.close()
        return Stopped(self.code or 0, forced, seconds_between(begun_ns, monotonic_ns()))

    def kill(self) -> None:
        """SIGKILL to the whole group, at once."""
        with suppress(ProcessLookupError, PermissionError):  # macOS answers EPERM for a group of zombies
            os.killpg(self.pid, signal.SIGKILL)


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _private(path: Path) -> IO[bytes]:
    """A file to append to, readable by its owner only: what a process says may hold anything."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


async def start(launch: Launch, on_exit: Callable[[], None]) -> Child:
    """Start a process in a group of its own. Raises NotStarted where the system refuses."""
    make_private_dir(launch.stdout.parent)
    protocol = _Protocol(on_exit)
    with _private(launch.stdout) as stdout, _private(launch.stderr) as stderr:
        t_ns = monotonic_ns()
        try:
            transport, _ = await asyncio.get_running_loop().subprocess_exec(
                lambda: protocol,
                *launch.argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                cwd=launch.cwd,
                env=dict(launch.env),
                start_new_session=True,
            )
        except OSError as error:
            raise NotStarted(f"{launch.name}: cannot start {launch.argv[0]!r}: {error.strerror}") from error
    return Child(launch, transport, protocol, t_ns)


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that ran to its end. code: None where it did not end in time and was killed."""

    argv: Sequence[str]
    code: int | None
    stdout: Path
    stderr: Path
    seconds: float


async def run_to_end(launch: Launch, timeout_s: float, grace_s: float = 5.0) -> Finished:
    """Run a command with a bound; past it the command is stopped."""
    ended = asyncio.Event()
    child = await start(launch, ended.set)
    begun_ns = child.started_ns
    in_time = True
    try:
        async with asyncio.timeout(timeout_s):
            await ended.wait()
    except TimeoutError:
        in_time = False
    finally:
        stopped = await child.stop(grace_s)
    code = stopped.code if in_time else None
    return Finished(launch.argv, code, launch.stdout, launch.stderr, seconds_between(begun_ns, monotonic_ns()))


def read_output(argv: Sequence[str], cwd: Path, timeout_s: float = 10.0) -> str | None:
    """What a quick command prints; None where it is not there, fails, or takes longer than `timeout_s`."""
    try:
        done = subprocess.run(list(argv), cwd=cwd, capture_output=True, text=True, timeout=timeout_s, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


class Aside:
    """A quick command that runs while something else is done; what it prints has to fit into a pipe (64 kB).

    It has no terminal and a group of its own, so that Ctrl-C is not meant for it. Raises NotStarted.
    """

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], cwd: Path) -> None:
        try:
            self._child = subprocess.Popen(
                list(argv),
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise NotStarted(f"cannot start {argv[0]!r}: {error.strerror}") from error
        self.started_ns = monotonic_ns()

    def answer(self, wait_s: float) -> tuple[int, bytes, bytes] | None:
        """Exit code, standard output and standard error; None where it has not ended within `wait_s` from now."""
        try:
            stdout, stderr = self._child.communicate(timeout=wait_s)
        except subprocess.TimeoutExpired:
            return None
        return self._child.returncode, stdout, stderr

    def stop(self) -> None:
        """End it, if it has not ended; its output is lost."""
        if self._child.poll() is None:
            with suppress(ProcessLookupError, PermissionError):  # macOS answers EPERM for a group of zombies
                os.killpg(self._child.pid, signal.SIGKILL)
        self._child.communicate()


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command that had the terminal ended. interrupted: Ctrl-C was pressed meanwhile. code < 0: a signal."""

    code: int
    interrupted: bool


def run_in_terminal(
    argv: Sequence[str], env: Mapping[str, str], cwd: Path, report: Path, *, errors_too: bool = True
) -> Ran:
    """Run a command that shares this terminal; what it prints goes to the terminal and, as it comes, to `report`.

    errors_too: standard error joins standard output; otherwise it goes to the terminal only, and apart.

    Where we write to a terminal the command does so too, to one of its own that we read: it shows its live progress.
    Ctrl-C is the command's own business, which belongs to our terminal's group: it is given the time to stop cleanly.
    Raises NotStarted, and OSError where the report cannot be written.
    """
    with report.open("wb") as copy, _interrupts() as pressed:
        ours, its = pty.openpty() if sys.stdout.isatty() else os.pipe()
        try:
            if sys.stdout.isatty():
                termios.tcsetwinsize(its, termios.tcgetwinsize(sys.stdout.fileno()))
            errors = subprocess.STDOUT if errors_too else None
            child = subprocess.Popen(list(argv), env=dict(env), cwd=cwd, stdout=its, stderr=errors)
        except OSError as error:
            os.close(ours)
            raise NotStarted(f"cannot start {argv[0]!r}: {error.strerror}") from error
        finally:
            os.close(its)
        with child:
            try:
                _copy(ours, [sys.stdout.buffer, copy])
            finally:
                os.close(ours)
        return Ran(child.returncode, bool(pressed))


@contextmanager
def _interrupts() -> Iterator[list[int]]:
    """Collects Ctrl-C instead of being interrupted by it: whoever runs in the terminal is told by the terminal."""
    pressed: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: pressed.append(number))
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)


def _copy(source: int, targets: list[IO[bytes]]) -> None:
    """Hand on everything as it comes; a target whose reader has gone (`| head`) is left out from then on."""
    while chunk := _read(source):
        for target in list(targets):
            try:
                target.write(chunk)
                target.flush()
            except BrokenPipeError:
                targets.remove(target)
                os.dup2(os.open(os.devnull, os.O_WRONLY), target.fileno())  # or the interpreter complains at its exit


def _read(source: int) -> bytes:
    """The next piece of output; nothing at its end, which Linux tells of a terminal with EIO."""
    try:
        return os.read(source, 65536)
    except OSError as error:
        if error.errno == errno.EIO:
            return b""
        raise
