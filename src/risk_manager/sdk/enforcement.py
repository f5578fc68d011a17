"""Carries intents out until the venue confirms that the account looks as they want. Checkpoint 8.

An intent is durable before it comes here. What comes back are events for the engine: how far the intent got, and what
the venue said when it was asked. Nothing is believed because a call returned: after every command the venue is read
until it shows the result, or until the deadline; then the intent has failed, and the engine, which knows what must
become true, decides the next attempt.

After an ambiguous answer (a time-out, a lost connection, a code that may mean "executed") nothing is sent again
before a fresh read.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from risk_manager.checkpoints import Checkpoints
from risk_manager.clock import Clock
from risk_manager.domain.commands import (
    CancelOrder,
    ClosePosition,
    CloseUnprotected,
    Command,
    ModifyOrder,
    PlaceOrder,
    ReducePosition,
)
from risk_manager.domain.events import Event, IntentProgress
from risk_manager.domain.intents import Intent, IntentStatus, verb_of
from risk_manager.errors import VenueAmbiguous, VenueBusy, VenueError, VenueRefused
from risk_manager.sdk.looking import Reading, is_for, is_under_way, look, look_at_protection, look_back
from risk_manager.sdk.venue import Venue

_log = logging.getLogger("risk_manager.enforcement")
_READ_FIRST_S = 0.02
_READ_MOST_S = 0.5
_DRY_READ_MOST_S = 5.0
_Look = Callable[[Venue, Intent, Callable[[str], str]], Awaitable[Reading]]


@dataclass(frozen=True, slots=True)
class Deadlines:
    """call_s: for one request to the venue. confirm_s: from sending until the venue shows the result.

    settle_s: so long after connecting, what an earlier life sent may not have reached the venue. dry_s: how long a dry
    run waits for somebody else to bring it about.
    """

    call_s: float = 5.0
    confirm_s: float = 5.0
    settle_s: float = 0.25
    dry_s: float = 60.0


class Enforcement:
    """Carries intents out, one at a time in lockstep, side by side elsewhere.

    post: hands events to the engine. now_ns: the venue's time as the engine knows it. symbol_of: the root symbol of a
    contract.
    on_confirmed: told the microseconds from submission to the venue's confirmation.
    """

    def __init__(
        self,
        *,
        venue: Venue,
        post: Callable[[Sequence[Event]], None],
        now_ns: Callable[[], int],
        symbol_of: Callable[[str], str],
        checkpoints: Checkpoints,
        clock: Clock,
        deadlines: Deadlines,
        one_at_a_time: bool,
        dry_run: bool = False,
        on_confirmed: Callable[[int], None] = lambda _latency_us: None,
    ) -> None:
        self._venue = venue
        self._post = post
        self._now_ns = now_ns
        self._symbol_of = symbol_of
        self._checkpoints = checkpoints
        self._clock = clock
        self._deadlines = deadlines
        self._one_at_a_time = one_at_a_time
        self._dry_run = dry_run
        self._on_confirmed = on_confirmed
        self._waiting: asyncio.Queue[tuple[Intent, bool]] = asyncio.Queue()
        self._running = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._began_ns = clock.monotonic_ns()
        self.reduce_only = ""
        """Why nothing that adds exposure is sent; empty where everything is."""
        self.confirmed = 0
        self.failed = 0

    @property
    def is_idle(self) -> bool:
        """Is nothing waiting and nothing under way?"""
        return self._idle.is_set()

    async def wait_until_idle(self) -> None:
        """Return once everything submitted has ended."""
        await self._idle.wait()

    def submit(self, intents: Sequence[Intent], *, resumed: bool = False) -> None:
        """Take intents on; `resumed` ones may have been sent by an earlier life, so they are read before anything."""
        for intent in intents:
            self._idle.clear()
            self._waiting.put_nowait((intent, resumed))

    async def run(self) -> None:
        """Carry out what is submitted, for ever."""
        async with asyncio.TaskGroup() as group:
            while True:
                intent, resumed = await self._waiting.get()
                self._running += 1
                if self._one_at_a_time:
                    await self._carry_out(intent, resumed=resumed)
                else:
                    name = f"enforce {intent.client_order_id}"
                    group.create_task(self._carry_out(intent, resumed=resumed), name=name)

    def seal(self, intent: Intent) -> None:
        """All of enforcement but the wire: for the canary and for dry runs."""
        self._checkpoints.reach(8, action=f"{action_text(intent)} (sealed: nothing sent)", phase="sealed")

    async def _carry_out(self, intent: Intent, *, resumed: bool) -> None:
        try:
            if self._dry_run:
                await self._look_on(intent)
            elif resumed:
                await self._resume(intent)
            else:
                await self._enforce(intent)
        finally:
            self._running -= 1
            if self._running == 0 and self._waiting.empty():
                self._idle.set()
            self._post(())

    async def _look_on(self, intent: Intent) -> None:
        """A dry run: nothing is sent. Where time goes on, somebody else may do it, and that ends the intent as well.

        So a dry run beside the manager that guards the account stays close to what it sees, instead of being busy for
        ever with the first thing it wanted.
        """
        self.seal(intent)
        if self._one_at_a_time:
            return
        pause_s = _READ_FIRST_S
        deadline_ns = self._clock.monotonic_ns() + int(self._deadlines.dry_s * 1e9)
        while not (reading := await self._read(intent, look)).done:
            if reading.known and self._clock.monotonic_ns() >= deadline_ns:
                break
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, _DRY_READ_MOST_S)
        words = f"dry run, nothing sent: {reading.words}"
        self._progress(
            intent, "confirmed" if reading.done else "failed", words, reading.events, lapsed=not reading.done
        )

    async def _enforce(self, intent: Intent) -> None:
        began_ns = self._clock.monotonic_ns()
        action = action_text(intent)
        self._checkpoints.reach(8, action=action, phase="triggered", rule=intent.rule, intent=intent.client_order_id)
        status, words = await self._send(intent)
        self._progress(intent, status, words)
        reading = await self._read_until_done(intent)
        if reading.done:
            self.confirmed += 1
            self._on_confirmed((self._clock.monotonic_ns() - began_ns) // 1000)
            self._progress(intent, "confirmed", reading.words, reading.events)
            _log.info("confirmed by the venue: %s: %s", action, reading.words)
            self._checkpoints.reach(
                8, log=False, action=action, phase="confirmed", rule=intent.rule, intent=intent.client_order_id
            )
        else:
            self.failed += 1
            self._progress(intent, "failed", f"{words}; {reading.words}", reading.events)
            _log.error("not confirmed: %s: %s; %s", action, words, reading.words)

    async def _resume(self, intent: Intent) -> None:
        """An intent of an earlier life: ask first; what is not done is decided anew, with the account as it is now.

        Decided at once, for the venue has failed at nothing. What the earlier life sent may still be on its way to the
        venue for a moment, so it is asked twice. In lockstep once: the exchange has dealt with what the earlier life
        wrote before it lets this one in.
        """
        reading = await self._read_until_known(intent, look_back)
        settled_ns = self._began_ns + (0 if self._one_at_a_time else int(self._deadlines.settle_s * 1e9))
        left_ns = settled_ns - self._clock.monotonic_ns()
        if not reading.done and left_ns > 0:
            await asyncio.sleep(left_ns / 1e9)
            reading = await self._read_until_known(intent, look_back)
        lapsed = not (reading.done or reading.under_way)
        if reading.under_way:
            reading = await self._read_until_done(intent)
        _log.warning("resumed %s (%s): %s", action_text(intent), intent.status, reading.words)
        words = f"after a restart: {reading.words}"
        self._progress(intent, "confirmed" if reading.done else "failed", words, reading.events, lapsed=lapsed)

    async def _send(self, intent: Intent) -> tuple[IntentStatus, str]:
        """Send the command once; answers how far it got."""
        self._progress(intent, "sent", "")
        try:
            async with asyncio.timeout(self._deadlines.call_s):
                await self._call(intent)
        except VenueRefused as error:
            return "acknowledged", f"the venue refused: {error}"
        except VenueBusy as error:
            await asyncio.sleep(min(error.delay_s, self._deadlines.confirm_s))
            return "acknowledged", f"the venue was busy: {error}"
        except TimeoutError:
            return "ambiguous", f"no answer within {self._deadlines.call_s:g} s"
        except VenueAmbiguous as error:
            return "ambiguous", str(error)
        except VenueError as error:
            return "ambiguous", f"{type(error).__name__}: {error}"
        return "acknowledged", "accepted"

    async def _call(self, intent: Intent) -> None:
        command, tag = intent.command, intent.client_order_id
        await self._look_first(intent)
        match command:
            case ClosePosition():
                await self._venue.close(command.contract, tag)
            case CloseUnprotected():
                # What the stream told us of orders may be old: a stop placed at the broker's own screen counts.
                if not (await look_at_protection(self._venue, command, "")).done:
                    await self._venue.close(command.contract, tag)
            case ReducePosition():
                await self._venue.partial_close(command.contract, command.size, tag)
            case CancelOrder():
                await self._venue.cancel(command.order_id)
            case PlaceOrder():
                # Between the decision and now the position may have gone: an order for it would open another.
                if is_for(command, await self._venue.positions()):
                    await self._venue.place(command, tag)
            case ModifyOrder():
                await self._venue.modify(command)

    async def _look_first(self, intent: Intent) -> None:
        """What must be known before it is sent. Raises VenueRefused or VenueAmbiguous where nothing may be sent."""
        if self.reduce_only:
            await self._check_that_it_reduces(intent.command)
        if intent.again and await is_under_way(self._venue, intent.command):
            # Two closes of one position would close more than there is.
            raise VenueAmbiguous("nothing was sent: the venue still works on an earlier close of it")

    async def _check_that_it_reduces(self, command: Command) -> None:
        """Read the account first, and send only what takes risk away. Raises VenueRefused otherwise."""
        if isinstance(command, PlaceOrder | ModifyOrder):
            raise VenueRefused(self.reduce_only)
        if isinstance(command, CancelOrder):
            return
        held = next((each.net for each in await self._venue.positions() if each.contract == command.contract), 0)
        if held * command.assumed_net <= 0 or (isinstance(command, ReducePosition) and command.size > abs(held)):
            raise VenueRefused(f"{self.reduce_only}; the venue holds {held:+d}, not {command.assumed_net:+d}")

    async def _read_until_done(self, intent: Intent) -> Reading:
        """Read the venue until it shows the result, with growing pauses, until the deadline.

        At the deadline the venue must have said that it is not done: after a look-up that failed nothing is sent again.
        """
        pause_s = _READ_FIRST_S
        deadline_ns = self._clock.monotonic_ns() + int(self._deadlines.confirm_s * 1e9)
        while True:
            reading = await self._read(intent, look)
            if reading.done or (reading.known and self._clock.monotonic_ns() >= deadline_ns):
                return reading
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, _READ_MOST_S)

    async def _read_until_known(self, intent: Intent, how: _Look) -> Reading:
        """Read until the venue has answered: a look-up that failed leaves the intent under way, and nothing is sent."""
        pause_s = _READ_FIRST_S
        while not (reading := await self._read(intent, how)).known:
            _log.error("nothing is sent before it is known: %s: %s", action_text(intent), reading.words)
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, _READ_MOST_S)
        return reading

    async def _read(self, intent: Intent, how: _Look) -> Reading:
        """Ask the venue about the target. A look-up that failed is unknown, never done."""
        try:
            async with asyncio.timeout(self._deadlines.call_s):
                return await how(self._venue, intent, self._symbol_of)
        except TimeoutError:
            words = f"the look-up had no answer within {self._deadlines.call_s:g} s"
        except VenueError as error:
            words = f"the look-up failed: {error}"
        return Reading(done=False, words=words, events=(), known=False)

    def _progress(
        self, intent: Intent, status: IntentStatus, words: str, events: Sequence[Event] = (), *, lapsed: bool = False
    ) -> None:
        if status == "written":
            return
        progress = IntentProgress(self._now_ns(), intent.client_order_id, status, words, lapsed)
        self._post([*events, progress])


def action_text(intent: Intent) -> str:
    """An intent as a person would say it."""
    return f"{command_text(intent.command)} for {intent.rule}"


def command_text(command: Command) -> str:
    """A command as a person would say it."""
    match command:
        case ClosePosition() | CloseUnprotected():
            return f"close {command.contract} ({command.assumed_net:+d})"
        case ReducePosition():
            return f"reduce {command.contract} ({command.assumed_net:+d}) by {command.size}"
        case CancelOrder():
            return f"cancel order {command.order_id} in {command.contract}"
        case PlaceOrder() | ModifyOrder():
            return f"{verb_of(command)} {command.contract}"
