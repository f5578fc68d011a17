"""When the store cannot be written: protecting the account goes on, persisting has ended for this process.

Nothing that adds exposure leaves. The engine goes on deciding in memory, frozen, and what only reduces risk (close,
reduce, cancel) is still sent after a fresh read. Once the venue says that the account is flat, or somebody asks for a
stop, the service ends with exit code 1. The failed write is never tried again: after a failed fsync nobody knows what
is on the disk. The next start reads from the disk what was acknowledged, and from the venue what happened since.
"""

import asyncio
import logging
from collections.abc import Callable

from risk_manager.core.engine import Engine
from risk_manager.core.inbox import Inbox
from risk_manager.core.link import SNAPSHOT_DEADLINE_S, Link
from risk_manager.domain.events import OperatorCommand
from risk_manager.errors import StoreWriteFailed, VenueError
from risk_manager.sdk.enforcement import Enforcement

_log = logging.getLogger("risk_manager")
_LOOK_EVERY_S = 0.5
FROZEN = "the store cannot be written: nothing that adds exposure is sent"


class LastResort:
    """Waits for a store that cannot be written; takes over from it then.

    page: hands on what follows, and the error, without needing the disk. stop: asks the service to end.
    """

    def __init__(
        self,
        *,
        engine: Engine,
        enforcement: Enforcement,
        link: Link,
        inbox: Inbox,
        page: Callable[[str, str], None],
        stop: Callable[[str], None],
    ) -> None:
        self._engine = engine
        self._enforcement = enforcement
        self._link = link
        self._inbox = inbox
        self._page = page
        self._stop = stop
        self._failed = asyncio.Event()
        self.error: StoreWriteFailed | None = None

    def take_over(self, error: StoreWriteFailed) -> None:
        """The store said that it cannot be written. Only the first time counts."""
        if self.error is not None:
            return
        self.error = error
        self._engine.forget_store()
        self._enforcement.reduce_only = FROZEN
        _log.critical("STATE-004 %s; %s", error, FROZEN, extra={"alert": "STATE-004"})
        self._page(f"{FROZEN}; what must be flat is still closed; exit 1 once flat", str(error))
        freeze = OperatorCommand(self._engine.state.now_ns, "freeze", "", FROZEN)
        self._enforcement.submit(self._engine.process([freeze]).intents)
        self._failed.set()

    async def run(self) -> None:
        """Once it took over: look at the account until it is flat, then ask for the end."""
        await self._failed.wait()
        while not await self._is_flat():  # noqa: ASYNC110 -- the venue is asked anew each time; no event tells of it
            await asyncio.sleep(_LOOK_EVERY_S)
        _log.critical("the account is flat; stopping, because nothing can be persisted")
        self._stop("the store cannot be written")

    async def _is_flat(self) -> bool:
        """A fresh and complete answer of the venue; one that failed is no answer."""
        try:
            async with asyncio.timeout(SNAPSHOT_DEADLINE_S):
                self._inbox.put_now(await self._link.reconcile())
        except (VenueError, TimeoutError) as error:
            _log.error("cannot see whether the account is flat: %s", error)
            return False
        await asyncio.sleep(_LOOK_EVERY_S)  # what was just heard is dealt with by the engine's loop
        state = self._engine.state
        return self._enforcement.is_idle and not (state.positions or state.orders or state.intents)
