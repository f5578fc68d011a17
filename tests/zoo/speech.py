"""What every animal of the zoo can do: speak the notify protocol, write a log line, place an order, wait to be stopped.

Standard library only and no import from the project: the pack must work for services that know nothing of it.
"""

import json
import os
import signal
import socket
import sys
import time
from pathlib import Path

NAMES = ("started", "configured", "connected", "prepared", "looping", "message", "judged", "acted")
LINES = ("starting", "config", "connected to", "prepared", "loop runs", "message:", "judged:", "acted:")
RULES = ["alpha", "beta", "gamma"]


class Voice:
    """One process's way to its observer. `seq` may be changed by an animal that wants to misbehave."""

    def __init__(self, log=None):
        self.seq = 0
        self.run = f"{os.getpid()}"
        self._log = Path(log) if log else None
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.connect(os.environ["NOTIFY_SOCKET"])

    def raw(self, data):
        self._socket.send(data)

    def say(self, **fields):
        self.seq += 1
        lines = [f"{name}={value}" for name, value in {**fields, "X_SEQ": self.seq}.items()]
        self.raw("\n".join(lines).encode())

    def checkpoint(self, n, name=None, **detail):
        self.log(LINES[n - 1])
        self.seq += 1
        message = {
            "n": n, "name": name or NAMES[n - 1], "of": 8, "t_ns": time.monotonic_ns(),
            "run": self.run, "seq": self.seq, "detail": detail,
        }  # fmt: skip
        self.raw(b"X_CHECKPOINT=" + json.dumps(message).encode())

    def metrics(self, values):
        self.seq += 1
        message = {"t_ns": time.monotonic_ns(), "run": self.run, "seq": self.seq, "values": values}
        self.raw(b"X_METRICS=" + json.dumps(message).encode())

    def log(self, text, level="INFO"):
        if self._log is not None:
            with self._log.open("a", encoding="utf-8") as stream:
                stream.write(f"2026-01-02 03:04:05.678 {level} {text}\n")

    def boot(self, first=1, last=5, rules=None):
        for n in range(first, last + 1):
            self.checkpoint(n, **({"rules": RULES if rules is None else rules} if n == 4 else {}))
            if n == 5:
                self.say(READY="1")

    def work(self, rules=None, phases=("triggered", "confirmed")):
        self.checkpoint(6, event="tick")
        for rule in RULES if rules is None else rules:
            self.checkpoint(7, rule=rule, result="fine")
        for phase in phases:
            self.checkpoint(8, phase=phase)


def voice():
    """The voice of an animal; its first argument is the log, the second the venue's socket."""
    return Voice(sys.argv[1])


def order(**fields):
    """Let the venue execute an order, and wait until it has."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.connect(sys.argv[2])
        line.sendall(json.dumps({"origin": "manager", "status": "filled", **fields}).encode() + b"\n")
        line.recv(16)


def wait_for_stop(code=0):
    """Live on until SIGTERM, then end with `code`."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(code))
    while True:
        signal.pause()
