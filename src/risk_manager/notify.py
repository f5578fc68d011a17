"""Tells whoever supervises us how we are, over systemd's notify protocol, without ever waiting for them.

The kernel's queue for such datagrams is short, so what it does not take at once is kept and offered again on later
turns of the loop. A datagram gets its sequence number when it is accepted: a gap seen by the receiver is a real loss.
"""

import logging
import os
import socket
from collections import deque
from collections.abc import Callable

from service_contract import messages

Build = Callable[[int], bytes]
"""Makes a datagram once its sequence number is known."""

_log = logging.getLogger("risk_manager.notify")


class Notifier:
    """Sends datagrams to `$NOTIFY_SOCKET`; without one, nothing. A broken supervisor is dropped, loudly, once."""

    def __init__(self, address: str | None) -> None:
        self._waiting: deque[Build] = deque()
        self._seq = 0
        self._socket: socket.socket | None = None
        if address:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            self._socket.setblocking(False)
            self._address = "\0" + address[1:] if address.startswith("@") else address

    @classmethod
    def from_environment(cls) -> "Notifier":
        """The supervisor that started us, if there is one."""
        return cls(os.environ.get("NOTIFY_SOCKET"))

    @property
    def is_watched(self) -> bool:
        """Is anybody listening?"""
        return self._socket is not None

    def say(self, **fields: str) -> None:
        """Send plain fields such as READY="1"."""
        self.send(lambda seq: messages.encode_fields(fields, seq))

    def send(self, build: Build) -> None:
        """Queue a datagram and offer whatever waits."""
        if self._socket is None:
            return
        self._waiting.append(build)
        self.flush()

    def flush(self) -> bool:
        """Offer what waits; true when nothing is left. Call it on every turn of the loop."""
        while self._waiting and self._socket is not None:
            try:
                self._socket.sendto(self._waiting[0](self._seq + 1), self._address)
            except (BlockingIOError, InterruptedError):
                return False
            except OSError as error:
                _log.warning("supervisor at NOTIFY_SOCKET cannot be reached any more (%s); going on without it", error)
                self.close()
                return True
            self._seq += 1
            self._waiting.popleft()
        return True

    def close(self) -> None:
        """Stop talking."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self._waiting.clear()
