"""The connection to the venue: made at boot within a few seconds or not at all, kept up for ever afterwards.

At boot a venue that refuses or cannot be reached ends the program, because somebody is there to read why. Later nobody
is: the link reconnects for ever, with growing pauses, and after every reconnect asks what happened in the gap.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from risk_manager.core.inbox import Inbox
from risk_manager.domain.events import ConnectionChanged, Event, Reconciled
from risk_manager.domain.state import AccountState
from risk_manager.errors import VenueAmbiguous, VenueError, VenueLost, VenueRefused, VenueUnreachable
from risk_manager.sdk.reconcile import differences, take_snapshot
from risk_manager.sdk.venue import Connected, Venue

_log = logging.getLogger("risk_manager.link")

BOOT_TRIES = 3
BOOT_PAUSES_S = (0.5, 1.0)
CONNECT_DEADLINE_S = 30.0
SNAPSHOT_DEADLINE_S = 5.0
RECONNECT_FIRST_S = 0.25
RECONNECT_MOST_S = 10.0
POLL_S = 10.0
_DAY_NS = 86_400_000_000_000


async def connect_at_boot(venue: Venue, account_name: str) -> Connected:
    """Log in; an unreachable venue is tried three times.

    Raises VenueRefused at once, VenueUnreachable after the third try, TimeoutError where the venue accepted the
    connection and never answered.
    """
    for attempt in range(1, BOOT_TRIES + 1):
        try:
            async with asyncio.timeout(CONNECT_DEADLINE_S):
                return await venue.connect(account_name)
        except (VenueUnreachable, VenueLost) as error:
            _log.warning("attempt %d of %d: %s", attempt, BOOT_TRIES, error)
            if attempt == BOOT_TRIES:
                message = f"{error} (after {BOOT_TRIES} attempts)"
                raise VenueUnreachable(message, hint=error.hint) from error
            await asyncio.sleep(BOOT_PAUSES_S[attempt - 1])
    raise AssertionError  # the loop returns or raises


class Link:
    """Pumps the venue's events to the engine, and asks the venue how the account stands."""

    def __init__(self, venue: Venue, account_name: str, state: AccountState, inbox: Inbox) -> None:
        self._venue = venue
        self._account_name = account_name
        self._state = state
        self._inbox = inbox
        self.reconnects = 0
        self.is_lost = False

    async def reconcile(self) -> Sequence[Event]:
        """What the venue says that we do not know yet, as events. Raises VenueError where any answer is missing."""
        today = self._state.today
        since_ns = today.start_ns if today else self._state.now_ns - _DAY_NS
        snapshot = await take_snapshot(self._venue, self._state, since_ns=since_ns, deadline_s=SNAPSHOT_DEADLINE_S)
        return [*differences(self._state, snapshot), Reconciled(snapshot.account.t_ns)]

    async def pump(self, deliver: Callable[[Sequence[Event]], Awaitable[None]]) -> None:
        """Receive for ever, and reconnect for ever."""
        while True:
            try:
                await deliver(await self._venue.receive())
            except (VenueLost, VenueUnreachable) as error:
                _log.error("connection lost: %s; new exposure is not seen until it is back", error)
                self.is_lost = True
                self._inbox.put_now([ConnectionChanged(self._state.now_ns, "down")])
                await self._reconnect()

    async def _reconnect(self) -> None:
        pause_s = RECONNECT_FIRST_S
        while True:
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, RECONNECT_MOST_S)
            try:
                async with asyncio.timeout(CONNECT_DEADLINE_S):
                    await self._venue.connect(self._account_name)
                    await self._venue.subscribe()
                events = await self.reconcile()
            except (VenueError, TimeoutError) as error:
                _log.warning("reconnect failed: %s; next try in %.2f s", str(error) or "no answer in time", pause_s)
                continue
            self.reconnects += 1
            self.is_lost = False
            _log.warning("connected again; %d reports reconciled", len(events))
            self._inbox.put_now([*events, ConnectionChanged(self._state.now_ns, "up")])
            return

    async def poll(self) -> None:
        """Ask at a slow steady rate how the account stands: what the stream never told is found here."""
        while True:
            await asyncio.sleep(POLL_S)
            try:
                self._inbox.put_now(await self.reconcile())
            except (VenueAmbiguous, VenueRefused, VenueUnreachable, VenueLost) as error:
                _log.warning("poll of the account failed: %s; what we know is as old as the last report", error)
