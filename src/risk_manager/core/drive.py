"""Keeps the engine turning: takes what waits, lets the engine deal with it, hands intents to enforcement.

In lockstep the venue's time stands while we are behind. A batch of the venue is then dealt with up to the first event
that leads to an intent; the venue is told how far we got, the intent is carried out while time stands, what the venue
said in answer is taken in, and only then is the venue asked for more.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence

from risk_manager.checkpoints import Checkpoints
from risk_manager.clock import Clock
from risk_manager.core.engine import Engine, Turn
from risk_manager.core.inbox import Inbox
from risk_manager.domain.events import Event, TimeAdvanced
from risk_manager.errors import VenueLost, VenueUnreachable
from risk_manager.sdk.enforcement import Enforcement
from risk_manager.sdk.venue import Venue

_log = logging.getLogger("risk_manager.drive")
TURN_S = 0.25


class Drive:
    """One loop, two ways of being fed.

    on_turn: called after every turn, at least four times a second: heartbeats hang on it, so that they come from the
    loop that does the work. on_first_message: called once the venue has really said something. on_session_end: called
    once when the recording is over; ends_with_session: return then.
    """

    def __init__(
        self,
        *,
        engine: Engine,
        venue: Venue,
        inbox: Inbox,
        enforcement: Enforcement,
        checkpoints: Checkpoints,
        clock: Clock,
        lockstep: bool,
        ends_with_session: bool,
        on_turn: Callable[[], None],
        on_first_message: Callable[[], None],
        on_session_end: Callable[[], None],
    ) -> None:
        self._engine = engine
        self._venue = venue
        self._inbox = inbox
        self._enforcement = enforcement
        self._checkpoints = checkpoints
        self._clock = clock
        self._lockstep = lockstep
        self._ends_with_session = ends_with_session
        self._on_turn = on_turn
        self._on_first_message = on_first_message
        self._on_session_end = on_session_end
        self._batch: Sequence[Event] | None = None
        self._batch_done = asyncio.Event()
        self._dealt_with = False
        self._ended = False

    async def deliver(self, events: Sequence[Event]) -> None:
        """Take a batch from the venue; returns when the venue may be asked for the next one."""
        if self._engine.hear(events):
            self._on_first_message()
        if not self._lockstep:
            await self._inbox.put(events)
            return
        self._batch_done.clear()
        self._batch, self._dealt_with = events, False
        self._inbox.wake()
        await self._batch_done.wait()

    async def run(self) -> None:
        """Turn until the recording is over, or for ever. Raises StoreWriteFailed where nothing can be persisted."""
        while not self._finished():
            events = self._inbox.take_now() if self._batch_waits() else await self._inbox.take(TURN_S)
            if not self._venue.owns_time:
                events.append(TimeAdvanced(self._clock.wall_ns()))
            if events:
                self._act_on(self._engine.process(events))
            elif self._batch is not None and self._enforcement.is_idle:
                await self._deal_with(self._batch)
            self._checkpoints.turn()
            self._on_turn()

    def finish(self) -> None:
        """Take in what still waits: nothing the venue confirmed is lost. What it leads to is for the next life."""
        waiting = self._inbox.take_now()
        if waiting:
            self._engine.process(waiting)

    def _batch_waits(self) -> bool:
        return self._batch is not None and self._enforcement.is_idle

    def _finished(self) -> bool:
        quiet = self._enforcement.is_idle and self._inbox.depth == 0 and self._batch is None
        return self._ended and self._ends_with_session and quiet

    def _act_on(self, turn: Turn) -> None:
        if turn.ended and not self._ended:
            self._ended = True
            self._on_session_end()
        self._enforcement.submit(turn.intents)

    async def _deal_with(self, batch: Sequence[Event]) -> None:
        """Nothing else waits: deal with the venue's batch, or, once its consequences are over, ask for the next."""
        if not self._dealt_with:
            turn = self._engine.process(batch, stop_at_intent=True)
            self._dealt_with = True
            try:
                await self._venue.processed(turn.handled)
            except (VenueLost, VenueUnreachable) as error:
                # What was decided stands. The pump meets the same error and reconnects; what was not applied at the
                # venue is sent again.
                _log.warning("the venue was not told how far we got: %s", error)
            self._act_on(turn)
            if turn.intents:
                return
        self._batch = None
        self._batch_done.set()
        await asyncio.sleep(0)
