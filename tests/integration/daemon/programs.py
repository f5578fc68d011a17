"""The daemon and the exchange as real processes: start them, hear what they say, kill them, ask the ledger."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from service_contract import messages

PROJECT = Path(__file__).resolve().parents[3]
DEADLINE_S = 20.0


class Heard:
    """Everything a process said over its notify socket so far."""

    def __init__(self, address: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(address))
        self.address = address
        self.all: list[messages.Notification] = []

    def until(self, wanted: Callable[[messages.Notification], bool], *, deadline_s: float = DEADLINE_S) -> Any:
        """Wait for a message that was not heard before and fulfils the condition."""
        deadline = monotonic() + deadline_s
        while True:
            self._socket.settimeout(max(0.001, deadline - monotonic()))
            try:
                heard = messages.decode(self._socket.recv(65536))
            except TimeoutError:
                said = [(c.n, c.detail) for each in self.all if (c := each.checkpoint)]
                raise AssertionError(f"not heard within {deadline_s:g} s; heard: {said}") from None
            self.all.append(heard)
            if wanted(heard):
                return heard

    def listen(self, seconds: float) -> None:
        """Take in whatever is said within this time."""
        end = monotonic() + seconds
        while (left := end - monotonic()) > 0:
            self._socket.settimeout(left)
            with suppress(TimeoutError):
                self.all.append(messages.decode(self._socket.recv(65536)))

    def checkpoint(self, n: int, *, phase: str | None = None, **detail: object) -> messages.Checkpoint:
        """Wait for a checkpoint, with a phase where one is given."""

        def wanted(heard: messages.Notification) -> bool:
            reached = heard.checkpoint
            if reached is None or reached.n != n or (phase is not None and reached.detail.get("phase") != phase):
                return False
            return all(reached.detail.get(key) == value for key, value in detail.items())

        checkpoint: messages.Checkpoint = self.until(wanted).checkpoint
        return checkpoint

    def close(self) -> None:
        self._socket.close()
        self.address.unlink(missing_ok=True)


@dataclass
class Program:
    """A running process."""

    process: subprocess.Popen[str]
    heard: Heard

    def end(self, *, deadline_s: float = DEADLINE_S) -> tuple[int, str, str]:
        """Wait for its own end."""
        out, err = self.process.communicate(timeout=deadline_s)
        return self.process.returncode, out, err

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str, str]:
        """Signal it and wait."""
        self.process.send_signal(number)
        return self.end()

    def kill(self) -> None:
        """SIGKILL, and reap."""
        self.stop(signal.SIGKILL)


@dataclass
class World:
    """One exchange and one daemon, with directories of their own."""

    root: Path
    _started: list[Program] = field(default_factory=list)

    @property
    def socket(self) -> Path:
        return self.root / "x.sock"

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def log(self) -> Path:
        return self.root / "log" / "risk_manager.log"

    def start(self, *argv: str | Path, env: dict[str, str] | None = None, launcher: Path | None = None) -> Program:
        heard = Heard(self.root / f"n{len(self._started)}")
        entry = [str(launcher)] if launcher else ["-m", "risk_manager"]
        process = subprocess.Popen(
            [sys.executable, *entry, *map(str, argv)],
            cwd=PROJECT,
            env={**os.environ, "NOTIFY_SOCKET": str(heard.address), **(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        program = Program(process, heard)
        self._started.append(program)
        return program

    def exchange(self, scenario: str = "breach", *more: str | Path, mode: str = "lockstep") -> Program:
        """Start the exchange and wait until it listens."""
        program = self.start(
            "exchange",
            *("--socket", self.socket, "--data-dir", self.root / "ex", "--scenario", scenario, "--mode", mode),
            *more,
        )
        program.heard.until(lambda heard: heard.fields.get("READY") == "1")
        return program

    def daemon(self, *more: str | Path, **how: Any) -> Program:
        """Start the daemon; does not wait."""
        return self.start(
            "run", "--socket", self.socket, "--data-dir", self.data, "--log-dir", self.log.parent, *more, **how
        )

    def command(self, *argv: str | Path) -> tuple[int, str, str]:
        """Run a command to its end."""
        return self.start(*argv).end()

    def ledger(self) -> dict[str, Any]:
        """What the exchange executed, from its own file."""
        code, out, err = self.command("exchange", "ledger", "--json", "--data-dir", self.root / "ex")
        assert code == 0, err
        ledger: dict[str, Any] = json.loads(out)
        return ledger

    def until_status(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Ask the running manager for its status until it is as wanted."""
        deadline = monotonic() + DEADLINE_S
        while True:
            code, out, err = self.command("status", "--json", "--data-dir", self.data)
            assert code == 0, err
            found: dict[str, Any] = json.loads(out)
            if wanted(found):
                return found
            assert monotonic() < deadline, f"never as wanted; the last status: {found}"

    def trade(self, symbol: str, size: str) -> None:
        """Trade by hand at the exchange, past the manager."""
        code, _, err = self.command(
            "exchange", "trade", symbol, size, "--socket", self.socket, "--data-dir", self.root / "ex"
        )
        assert code == 0, err

    def decisions(self, data: Path | None = None) -> str:
        code, out, err = self.command("journal", "--decisions", "--data-dir", data or self.data)
        assert code == 0, err
        return out


@contextmanager
def world(root: Path) -> Iterator[World]:
    """A world whose processes are all gone at the end."""
    it = World(root)
    try:
        yield it
    finally:
        for program in it._started:
            if program.process.poll() is None:
                program.process.kill()
            program.process.communicate()
            program.heard.close()
