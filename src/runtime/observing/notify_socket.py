"""The pack's end of the notify protocol: a datagram socket that stamps each message as it arrives.

The kernel queues few datagrams per socket, so each readiness drains the socket to the end. Bytes are kept as they
came; `timeline.py` takes them apart.
"""

import asyncio
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from runtime.clocks import monotonic_ns
from service_contract.messages import MAX_DATAGRAM_BYTES

MAX_SOCKET_PATH_BYTES = 100


@dataclass(frozen=True, slots=True)
class Arrival:
    """One datagram and when it was read."""

    t_ns: int
    data: bytes


class NotifySocket:
    """Receives what one process says. `arrivals` only grows; `on_arrival` is called after each drain that read some."""

    def __init__(self, path: Path, on_arrival: Callable[[], None]) -> None:
        length = len(os.fsencode(path))
        if length >= MAX_SOCKET_PATH_BYTES:
            raise OSError(f"socket path {path} has {length} bytes; it must stay under {MAX_SOCKET_PATH_BYTES}")
        self.path = path
        self.arrivals: list[Arrival] = []
        self._on_arrival = on_arrival
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind(str(path))
        path.chmod(0o600)
        asyncio.get_running_loop().add_reader(self._socket, self.drain)

    def drain(self) -> None:
        """Read whatever is there now; also called once more after the process has ended."""
        before = len(self.arrivals)
        while True:
            try:
                data = self._socket.recv(MAX_DATAGRAM_BYTES + 1)  # one more, so that a longer one is noticed
            except BlockingIOError:
                break
            self.arrivals.append(Arrival(monotonic_ns(), data))
        if len(self.arrivals) > before:
            self._on_arrival()

    def close(self) -> None:
        """Stop listening and remove the socket's name."""
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()
        self.path.unlink(missing_ok=True)
