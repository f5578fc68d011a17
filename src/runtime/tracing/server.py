"""The agent: a thread that answers on a unix socket, also while the loop is blocked. It can only look.

One JSON object a line: `{"ask": "hello"}`, `{"ask": "snapshot"}`, `{"ask": "slow", "seconds": 2}`. No verb
changes anything. Whatever happens to the agent, the service goes on: what it cannot do it says once on standard error.
"""

import atexit
import json
import os
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from runtime.tracing.hooks import NOTES, install
from runtime.tracing.places import NoPlace, place_for, sockets
from runtime.tracing.pulse import BEAT_S, Pulse
from runtime.tracing.slow import slowest
from runtime.tracing.snapshot import snapshot

_MAX_REQUEST_BYTES = 4096
_PATIENCE_S = 2.0
_BACKLOG = 4


class Agent:
    """Notes and a pulse, and the thread that answers for them."""

    def __init__(self, name: str, environ: Mapping[str, str] = os.environ) -> None:
        self.name = name
        self.environ = environ
        self.notes = NOTES
        self.pulse = Pulse(self.notes)
        self.path: Path | None = None

    def start(self) -> None:
        """Install the hooks, listen, and answer from a thread of its own. Where that is impossible, say so."""
        install(self.notes)
        try:
            sockets(self.environ)  # removes those of processes that are gone
            self.path = place_for(os.getpid(), self.environ)
            listener = _listen(self.path)
        except (NoPlace, OSError) as error:
            sys.stderr.write(f"trace agent: cannot listen, the service runs without it: {error}\n")
            return
        atexit.register(self._leave, os.getpid())
        threading.Thread(target=self._serve, args=(listener,), name="trace-agent", daemon=True).start()

    def _leave(self, pid: int) -> None:
        if self.path is not None and pid == os.getpid():  # a child made by fork leaves its parent's socket alone
            with suppress(OSError):
                self.path.unlink()

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                self._felt()
                continue
            except OSError as error:
                sys.stderr.write(f"trace agent: stops listening: {error}\n")
                return
            with connection, suppress(OSError):  # whoever asked may have gone
                connection.settimeout(_PATIENCE_S)
                connection.sendall(json.dumps(self._answer(_read_line(connection))).encode() + b"\n")
            self._felt()

    def _felt(self) -> None:
        self._guarded(self._feel)

    def _feel(self) -> dict[str, Any]:
        self.pulse.feel()
        return {}

    def _answer(self, request: bytes) -> dict[str, Any]:
        try:
            asked = json.loads(request)
            verb, seconds = asked["ask"], float(asked.get("seconds", 1))
        except (ValueError, TypeError, KeyError, AttributeError):
            return {"error": 'not a question: write {"ask": "snapshot"} on one line'}
        if verb == "hello":
            return {"pid": os.getpid(), "name": self.name, "python": ".".join(map(str, sys.version_info[:3]))}
        if verb == "snapshot":
            return self._guarded(lambda: {"name": self.name, **snapshot(self.notes, self.pulse)})
        if verb == "slow":
            return self._guarded(lambda: {"seconds": seconds, "callbacks": slowest(seconds)})
        return {"error": f"no such question: {verb!r}; there are hello, snapshot and slow"}

    @staticmethod
    def _guarded(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        try:
            return work()
        except Exception as error:  # noqa: BLE001 -- a look at a moving process may fail anywhere; the service must not feel it
            return {"error": f"the agent failed: {type(error).__name__}: {error}"}


def _listen(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)  # ours by its pid: left by a process that had it before
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    listener.listen(_BACKLOG)
    listener.settimeout(BEAT_S)
    return listener


def _read_line(connection: socket.socket) -> bytes:
    data = b""
    while b"\n" not in data and len(data) < _MAX_REQUEST_BYTES:
        chunk = connection.recv(_MAX_REQUEST_BYTES)
        if not chunk:
            break
        data += chunk
    return data.partition(b"\n")[0]
