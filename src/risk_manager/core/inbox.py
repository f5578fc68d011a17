"""The one queue of the engine: bounded, many writers, one reader, with back-pressure by kind.

While the engine is behind, market data is conflated per contract: the latest wins and the rest is counted. Orders,
trades, positions and everything else are never dropped; where there is no room, their writer waits. In lockstep nothing
is conflated, because the venue's time stands anyway.
"""

import asyncio
from collections.abc import Sequence

from risk_manager.domain.events import CONFLATABLE, Event, TimeAdvanced


class Inbox:
    """Events on their way to the engine."""

    def __init__(self, *, conflate: bool, limit: int = 10_000) -> None:
        self._conflate = conflate
        self._limit = limit
        self._events: list[Event | None] = []
        self._newest: dict[tuple[type, str], int] = {}
        self._filled = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self.conflated = 0

    @property
    def depth(self) -> int:
        """Events that wait, conflated ones left out."""
        return len(self._events) - self._events.count(None)

    async def put(self, events: Sequence[Event]) -> None:
        """Add events in their order; waits while there is no room."""
        while len(self._events) >= self._limit:
            self._room.clear()
            await self._room.wait()
        self.put_now(events)

    def put_now(self, events: Sequence[Event]) -> None:
        """Add events at once, past the bound: for the engine's own few."""
        if not self._conflate:
            self._events.extend(events)
        else:
            for event in events:
                self._add(event)
        if self._events:
            self._filled.set()

    def _add(self, event: Event) -> None:
        if isinstance(event, CONFLATABLE):
            contract = "" if isinstance(event, TimeAdvanced) else event.contract
            key = (type(event), contract)
            older = self._newest.get(key)
            if older is not None:
                self._events[older] = None
                self.conflated += 1
            self._newest[key] = len(self._events)
        self._events.append(event)

    def wake(self) -> None:
        """Let the reader turn although nothing was added."""
        self._filled.set()

    async def take(self, timeout_s: float) -> list[Event]:
        """Everything that waits; an empty list when nothing came in time, or when woken."""
        if not self._events:
            try:
                async with asyncio.timeout(timeout_s):
                    await self._filled.wait()
            except TimeoutError:
                return []
        self._filled.clear()
        return self.take_now()

    def take_now(self) -> list[Event]:
        """Everything that waits at this moment."""
        taken = [event for event in self._events if event is not None]
        self._events.clear()
        self._newest.clear()
        self._room.set()
        return taken
