"""Commands that run while a person waits: quick ones, one aside, and one that has the terminal.

It imports little, so that the menu appears at once; what is supervised and captured runs in process.py.
"""

import errno
import os
import pty
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from runtime.clocks import monotonic_ns


class NotStarted(Exception):
    """A process that could not be started at all; says which and why."""


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
            self._child.wait(wait_s)  # reading with a bound of 0 would not even look
            stdout, stderr = self._child.communicate(timeout=1.0)
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
