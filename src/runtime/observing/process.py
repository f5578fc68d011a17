"""Processes that the pack supervises: start, capture, signal and reap, always with the whole process group.

A child leads its own group, its output goes to files, and it is gone when `stop` returns: first SIGTERM, then, past
the grace, SIGKILL to the group and to descendants that left it.
"""

import asyncio
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil

from runtime.clocks import monotonic_ns, seconds_between
from runtime.observing.foreground import NotStarted
from service_contract.atomic_files import make_private_dir

__all__ = ["Child", "Finished", "Launch", "NotStarted", "Stopped", "run_to_end", "start"]


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
