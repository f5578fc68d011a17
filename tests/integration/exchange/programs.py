"""The exchange as a real process: started, awaited by its READY=1, asked for its ledger, stopped or killed."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from service_contract.messages import decode

PROJECT = Path(__file__).resolve().parents[3]
EXCHANGE = [sys.executable, "-m", "risk_manager", "exchange"]
DEADLINE_S = 20


class Running:
    """One life of the exchange."""

    def __init__(self, data_dir: Path, *args: str | Path) -> None:
        self.data_dir = data_dir
        self.socket = data_dir / "exchange.sock"
        data_dir.mkdir(mode=0o700, exist_ok=True)
        supervisor = data_dir / "n.sock"
        supervisor.unlink(missing_ok=True)
        self.notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notified.bind(str(supervisor))
        self.notified.settimeout(DEADLINE_S)
        self.process = subprocess.Popen(
            [*EXCHANGE, "--data-dir", data_dir, *args],
            env={**os.environ, "NOTIFY_SOCKET": str(supervisor)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=PROJECT,
        )
        self.ready = decode(self.notified.recv(8192))

    def notification(self) -> dict[str, str]:
        """The next thing it told its supervisor."""
        return decode(self.notified.recv(8192)).fields

    def send(self, number: int) -> None:
        self.process.send_signal(number)

    def ended(self) -> int:
        """Its exit code; its output is in `said` then."""
        self.said, _ = self.process.communicate(timeout=DEADLINE_S)
        self.notified.close()
        return self.process.returncode

    def kill(self) -> None:
        """As the kernel or a power cut would."""
        self.send(signal.SIGKILL)
        self.ended()


@contextmanager
def running(data_dir: Path, *args: str | Path) -> Iterator[Running]:
    """An exchange, stopped with SIGTERM at the end if it still runs."""
    exchange = Running(data_dir, *args)
    try:
        yield exchange
    finally:
        if exchange.process.poll() is None:
            exchange.send(signal.SIGTERM)
        if exchange.process.stdout is not None and not exchange.process.stdout.closed:
            exchange.ended()


def ledger(data_dir: Path) -> dict[str, Any]:
    """What `exchange ledger --json` prints, whatever state the exchange is in."""
    done = subprocess.run(
        [*EXCHANGE, "ledger", "--json", "--data-dir", data_dir],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
        cwd=PROJECT,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def trade_by_hand(data_dir: Path, symbol: str, net: str) -> subprocess.CompletedProcess[str]:
    """`exchange trade SYMBOL ±N`."""
    return subprocess.run(
        [*EXCHANGE, "trade", symbol, net, "--data-dir", data_dir],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
        cwd=PROJECT,
    )
