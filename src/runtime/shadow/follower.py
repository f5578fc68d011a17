"""Reads what a side decides, as its `decisions` probe goes on printing it."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from runtime.clocks import monotonic_ns
from runtime.logs.file import tail
from runtime.observing.process import Child, Launch, start
from service_contract.decided import Decided, Unreadable, read_line

_AGAIN_NS = 1_000_000_000
_STOP_S = 2.0


class Follower:
    """One such probe. It is started again where it ends; what it then says again is left out. problem: why not."""

    def __init__(self, launch: Launch, on_end: Callable[[], None]) -> None:
        self.problem = "its decisions have not been read yet"
        self.lines = 0
        self._launch = launch
        self._on_end = on_end
        self._child: Child | None = None
        self._seq = 0
        self._skip_to = 0
        self._at = 0
        self._rest = b""
        self._again_ns = 0

    async def look(self) -> list[Decided]:
        """What was decided since the last look. Raises NotStarted."""
        if self._child is None or self._child.code is not None:
            await self._start()
        if self._child is None:
            return []
        found: list[Decided] = []
        for line in self._new_lines(self._child.launch.stdout):
            try:
                decided = read_line(line)
            except Unreadable as error:
                self.problem = str(error)
                continue
            if decided.seq > self._skip_to:
                self._seq = max(self._seq, decided.seq)
                found.append(decided)
        self.lines += len(found)
        return found

    async def _start(self) -> None:
        if self._child is not None:
            words = " ".join(tail(self._child.launch.stderr, 2))
            self.problem = f"the probe of its decisions ended with {self._child.code}: {words}"
            if monotonic_ns() < self._again_ns:
                return
        self._child = await start(self._launch, self._on_end)
        self._skip_to = self._seq
        self._again_ns = monotonic_ns() + _AGAIN_NS
        self.problem = ""

    def _new_lines(self, path: Path) -> list[bytes]:
        with path.open("rb") as stream:
            stream.seek(self._at)
            data = stream.read()
        self._at += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [line for line in lines if line]

    async def stop(self) -> None:
        """End the probe."""
        if self._child is not None:
            await asyncio.shield(self._child.stop(_STOP_S))
