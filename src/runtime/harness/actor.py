"""One process on the stage, and everything it says over its notify socket."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from runtime.harness.moments import How
from runtime.logs.file import tail
from runtime.observing.notify_socket import NotifySocket
from runtime.observing.process import Child, Launch, Stopped, start
from runtime.observing.timeline import Entry, read

_LAST_WORDS = 3


class Halted(Exception):
    """The story cannot go on. code: how the process ended that was needed for it; None where it merely said nothing."""

    def __init__(self, what: str, code: int | None = None) -> None:
        super().__init__(what)
        self.code = code


def last_words(stderr: Path) -> str:
    """The end of what a process said on standard error, as one line; its exit code stands elsewhere."""
    lines = [line.strip() for line in tail(stderr, _LAST_WORDS) if not line.startswith("Exit Code")]
    return "; ".join(lines) or "it said nothing"


class Actor:
    """A running process. `changed` is set whenever it said something, or ended."""

    def __init__(self, launch: Launch, address: Path, changed: asyncio.Event) -> None:
        self.name = launch.name
        self._changed = changed
        self._ended = asyncio.Event()
        self._socket = NotifySocket(address, changed.set)
        self._launch = replace(launch, env={**launch.env, "NOTIFY_SOCKET": str(address)})
        self._child: Child | None = None
        self._heard = 0

    async def start(self) -> None:
        """Start it. Raises NotStarted."""
        self._child = await start(self._launch, self._exited)

    def _exited(self) -> None:
        self._ended.set()
        self._changed.set()

    @property
    def code(self) -> int | None:
        """Its exit code, once it has ended."""
        return self._child.code if self._child is not None else None

    def heard(self) -> Iterator[Entry]:
        """What it said and nobody has taken yet, one by one: who stops in between leaves the rest for later."""
        self._socket.drain()
        while self._child is not None and self._heard < len(self._socket.arrivals):
            self._heard += 1
            yield read(self._socket.arrivals[self._heard - 1], self._child.started_ns)

    async def until(self, wanted: Callable[[Entry], bool], what: str, limit_s: float) -> Entry:
        """Wait until it says something. Raises Halted where it ends or says nothing of the kind in time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                while True:
                    self._changed.clear()
                    code = self.code  # read before the messages, so that last words are not missed
                    for entry in self.heard():
                        if wanted(entry):
                            return entry
                    if code is not None:
                        raise self.halted(f"ended before {what}")
                    await self._changed.wait()
        raise Halted(f"{self.name}: not {what} within {limit_s:g} s")

    def halted(self, what: str) -> Halted:
        """Why the story ends here, with the last words of the process."""
        return Halted(f"{self.name}: {what}, exit code {self.code}: {last_words(self._launch.stderr)}", self.code)

    async def stop(self, how: How, grace_s: float) -> Stopped:
        """End it in this way and wait until it is gone; past the grace it is killed."""
        child = self._child
        if child is None:
            return Stopped(0, forced=False, seconds=0.0)
        if how is How.KILL:
            child.kill()
        elif how is How.CLEAN and child.code is None:
            with suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGINT)
            with suppress(TimeoutError):
                async with asyncio.timeout(grace_s):
                    await self._ended.wait()
        return await child.stop(grace_s)

    def close(self) -> None:
        """Stop listening to it; kill it where it still runs."""
        if self._child is not None and self._child.code is None:
            self._child.kill()
        self._socket.close()
