"""The connection to the venue: made at boot within a few seconds or not at all, kept up for ever afterwards.

At boot a venue that refuses or cannot be reached ends the program, because somebody is there to read why. Later nobody
is: the link reconnects for ever, with growing pauses, and after every reconnect asks what happened in the gap.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from risk_manager.core.engine import Engine
from risk_manager.core.inbox import Inbox
from risk_manager.domain.events import ConnectionChanged, Event
from risk_manager.errors import VenueBusy, VenueError, VenueLost, VenueUnreachable
from risk_manager.sdk.findings import Finding, findings
from risk_manager.sdk.reconcile import differences, is_current, is_doubtful, says_the_same, take_snapshot
from risk_manager.sdk.venue import Connected, Venue

_log = logging.getLogger("risk_manager.link")

BOOT_TRIES = 3
BOOT_PAUSES_S = (0.5, 1.0)
CONNECT_DEADLINE_S = 30.0
SNAPSHOT_DEADLINE_S = 5.0
RECONNECT_FIRST_S = 0.25
RECONNECT_MOST_S = 10.0
POLL_S = 10.0
SILENT_POLLS = 2
"""So many polls in a row without an answer are a connection that only looks like one: it is made anew."""
SECOND_LOOK_S = 0.5
_DAY_NS = 86_400_000_000_000
_OVERLAP_NS = 60_000_000_000


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
    """Pumps the venue's events to the engine, and asks the venue how the account stands.

    engine: read only; its policy may change. seen_ns: until when an earlier life knew everything; 0 where there was
    none.
    """

    def __init__(
        self,
        venue: Venue,
        account_name: str,
        engine: Engine,
        inbox: Inbox,
        *,
        seen_ns: int = 0,
    ) -> None:
        self._venue = venue
        self._account_name = account_name
        self._engine = engine
        self._state = engine.state
        self._inbox = inbox
        self._seen_ns = seen_ns - _DAY_NS if seen_ns else 0  # what was heard last need not be all that happened by then
        self._said: set[str] = set()
        self._unanswered = 0
        self.reconnects = 0
        self.is_lost = False

    @property
    def doubt(self) -> str:
        """Why what is known of the account may be old, in words; empty where the venue answers."""
        if self.is_lost:
            return "the connection to the venue is lost"
        return "the venue did not say how the account stands when it was asked" if self._unanswered else ""

    async def reconcile(self, *, gap: bool = False) -> Sequence[Event]:
        """What the venue says that we do not know yet, as events. Raises VenueError where any answer is missing.

        A position that our fills do not explain is asked for twice: it may be a fill that is being made just now.
        gap: nobody listened for a while. Whoever calls this hands the events on before anything else is heard.
        """
        since_ns, confirmed = self._since_ns(), False
        snapshot = await take_snapshot(self._venue, self._state, since_ns=since_ns, deadline_s=SNAPSHOT_DEADLINE_S)
        if is_doubtful(self._state, snapshot):
            await asyncio.sleep(SECOND_LOOK_S)
            first, deadline_s = snapshot, SNAPSHOT_DEADLINE_S - 2 * SECOND_LOOK_S
            snapshot = await take_snapshot(self._venue, self._state, since_ns=since_ns, deadline_s=deadline_s)
            quiet = self._inbox.depth == 0 and is_current(self._state, snapshot, since_ns)
            confirmed = quiet and says_the_same(first, snapshot)
        tolerance = self._engine.policy.tolerance
        self._say(findings(self._state, snapshot, tolerance, gap=gap))
        self._seen_ns = snapshot.account.t_ns
        return differences(self._state, snapshot, tolerance, confirmed=confirmed)

    def _since_ns(self) -> int:
        """From when on fills are asked for: the running day, and whatever lies between it and what was known last."""
        today = self._state.today
        start_ns = today.start_ns if today else self._state.now_ns - _DAY_NS
        return min(start_ns, self._seen_ns - _OVERLAP_NS) if self._seen_ns else start_ns

    def _say(self, found: Sequence[Finding]) -> None:
        """Each difference once: one that stands is found by every poll."""
        for finding in found:
            if finding.text not in self._said:
                _log.log(logging.WARNING if finding.surprising else logging.INFO, "reconciliation: %s", finding.text)
        self._said = {finding.text for finding in found}

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
                events = await self.reconcile(gap=True)
            except (VenueError, TimeoutError) as error:
                _log.warning("reconnect failed: %s; next try in %.2f s", str(error) or "no answer in time", pause_s)
                continue
            self.reconnects += 1
            self.is_lost = False
            self._unanswered = 0
            _log.warning("connected again; %d reports reconciled", len(events))
            self._inbox.put_now([*events, ConnectionChanged(self._state.now_ns, "up")])
            return

    async def poll(self) -> None:
        """Ask at a slow steady rate how the account stands: what the stream never told is found here.

        A peer that vanished without a word leaves a connection that looks whole. Only that nothing is answered any more
        tells, so after a few polls it is given up; the pump reconnects then.
        """
        while True:
            await asyncio.sleep(POLL_S)
            if self.is_lost:
                continue  # the pump reconnects, and asks when it has
            try:
                self._inbox.put_now(await self.reconcile())
            except VenueBusy as error:
                _log.warning("poll of the account put off: %s", error)
            except VenueError as error:
                _log.warning("poll of the account failed: %s; what we know is as old as the last report", error)
                await self._count_unanswered()
            else:
                self._unanswered = 0

    async def _count_unanswered(self) -> None:
        self._unanswered += 1
        if self._unanswered >= SILENT_POLLS and not self.is_lost:
            _log.error("%d polls in a row without an answer: the connection is made anew", self._unanswered)
            await self._venue.disconnect()
