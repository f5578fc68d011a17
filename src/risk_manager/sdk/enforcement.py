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
from collections.abc import Callable, Sequence
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
from risk_manager.domain.events import Event, IntentProgress, OrderReport, PositionReport
from risk_manager.domain.intents import Intent, IntentStatus, verb_of
from risk_manager.domain.orders import Order
from risk_manager.domain.protection import is_covered
from risk_manager.errors import VenueAmbiguous, VenueBusy, VenueError, VenueRefused
from risk_manager.sdk.venue import Venue

_log = logging.getLogger("risk_manager.enforcement")
_READ_FIRST_S = 0.02
_READ_MOST_S = 0.5


@dataclass(frozen=True, slots=True)
class Deadlines:
    """call_s: for one request to the venue. confirm_s: from sending until the venue shows the result."""

    call_s: float = 5.0
    confirm_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Reading:
    """What the venue said when asked about an intent's target: is it as wanted, in words, and as events."""

    done: bool
    words: str
    events: tuple[Event, ...]


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
                self.seal(intent)
            elif resumed:
                await self._resume(intent)
            else:
                await self._enforce(intent)
        finally:
            self._running -= 1
            if self._running == 0 and self._waiting.empty():
                self._idle.set()
            self._post(())

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
        """An intent of an earlier life: ask first; what is not done is decided anew, with the account as it is now."""
        reading = await self._read(intent)
        status: IntentStatus = "confirmed" if reading.done else "failed"
        _log.warning("resumed %s (%s): %s", action_text(intent), intent.status, reading.words)
        self._progress(intent, status, f"after a restart: {reading.words}", reading.events)

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
        if self.reduce_only:
            await self._check_that_it_reduces(command)
        match command:
            case ClosePosition():
                await self._venue.close(command.contract, tag)
            case CloseUnprotected():
                # What the stream told us of orders may be old: a stop placed at the broker's own screen counts.
                if not (await _look_at_protection(self._venue, command, "")).done:
                    await self._venue.close(command.contract, tag)
            case ReducePosition():
                await self._venue.partial_close(command.contract, command.size, tag)
            case CancelOrder():
                await self._venue.cancel(command.order_id)
            case PlaceOrder():
                # Between the decision and now the position may have gone: an order for it would open another.
                if _is_for(command, await self._venue.positions()):
                    await self._venue.place(command, tag)
            case ModifyOrder():
                await self._venue.modify(command)

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
        """Read the venue until it shows the result, with growing pauses, until the deadline."""
        pause_s = _READ_FIRST_S
        deadline_ns = self._clock.monotonic_ns() + int(self._deadlines.confirm_s * 1e9)
        while True:
            reading = await self._read(intent)
            if reading.done or self._clock.monotonic_ns() >= deadline_ns:
                return reading
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, _READ_MOST_S)

    async def _read(self, intent: Intent) -> Reading:
        """Ask the venue about the target. A look-up that failed is unknown, never done."""
        try:
            async with asyncio.timeout(self._deadlines.call_s):
                return await _look(self._venue, intent, self._symbol_of)
        except TimeoutError:
            return Reading(
                done=False, words=f"the look-up had no answer within {self._deadlines.call_s:g} s", events=()
            )
        except VenueError as error:
            return Reading(done=False, words=f"the look-up failed: {error}", events=())

    def _progress(self, intent: Intent, status: IntentStatus, words: str, events: Sequence[Event] = ()) -> None:
        if status == "written":
            return
        self._post([*events, IntentProgress(self._now_ns(), intent.client_order_id, status, words)])


async def _look(venue: Venue, intent: Intent, symbol_of: Callable[[str], str]) -> Reading:
    command = intent.command
    match command:
        case ClosePosition() | ReducePosition():
            return await _look_at_position(venue, command, symbol_of(command.contract))
        case CloseUnprotected():
            return await _look_at_protection(venue, command, symbol_of(command.contract))
        case CancelOrder():
            order = await venue.order(command.order_id)
            return _order_reading(order, done=order is not None and not order.is_working)
        case PlaceOrder():
            return await _look_at_placed(venue, command, intent.client_order_id, symbol_of(command.contract))
        case ModifyOrder():
            order = await venue.order(command.order_id)
            return _order_reading(order, done=order is not None and _is_modified(command, order))


async def _look_at_protection(venue: Venue, command: CloseUnprotected, symbol: str) -> Reading:
    """Done when the position is gone, or when the venue's own list of working orders covers it."""
    position = await _look_at_position(venue, ClosePosition(command.contract, command.assumed_net), symbol)
    if position.done:
        return position
    orders = await venue.working_orders()
    reports = tuple(OrderReport(order.t_ns, order) for order in orders if order.contract == command.contract)
    net = next((event.net for event in position.events if isinstance(event, PositionReport)), command.assumed_net)
    covered = is_covered(orders, command.contract, net)
    words = "a working stop covers it" if covered else f"{position.words}, no working stop covers it"
    return Reading(done=covered, words=words, events=(*reports, *position.events))


async def _look_at_position(venue: Venue, command: ClosePosition | ReducePosition, symbol: str) -> Reading:
    # The time is read first: a position that appears between the two answers must not be older than "flat".
    account = await venue.account()
    reports = {report.contract: report for report in await venue.positions()}
    flat = PositionReport(account.t_ns, command.contract, symbol, 0, None)
    report = reports.get(command.contract, flat)
    wanted = 0 if isinstance(command, ClosePosition) else abs(command.assumed_net) - command.size
    done = abs(report.net) <= wanted and report.net * command.assumed_net >= 0
    return Reading(done=done, words="flat" if report.net == 0 else f"holds {report.net:+d}", events=(report,))


async def _look_at_placed(venue: Venue, command: PlaceOrder, tag: str, symbol: str) -> Reading:
    """Done when the order works or has filled, or when the position that it was to protect is not there any more."""
    order = await venue.order_by_tag(tag)
    if order is not None:
        return _order_reading(order, done=order.is_working or order.status == "filled")
    account = await venue.account()
    reports = await venue.positions()
    if _is_for(command, reports):
        return _order_reading(None, done=False)
    there = tuple(report for report in reports if report.contract == command.contract)
    flat = PositionReport(account.t_ns, command.contract, symbol, 0, None)
    return Reading(done=True, words="the position it was for has changed", events=there or (flat,))


def _is_for(command: PlaceOrder, reports: Sequence[PositionReport]) -> bool:
    """Is there a position that this protective order would close, no more and no less?"""
    return any(each.contract == command.contract and each.net == -command.side * command.size for each in reports)


def _order_reading(order: Order | None, *, done: bool) -> Reading:
    if order is None:
        return Reading(done=False, words="the venue knows no such order", events=())
    return Reading(done=done, words=f"order is {order.status}", events=(OrderReport(order.t_ns, order),))


def _is_modified(command: ModifyOrder, order: Order) -> bool:
    wanted = (command.size, command.limit_ticks, command.stop_ticks, command.trail_ticks)
    actual = (order.size, order.limit_ticks, order.stop_ticks, order.trail_ticks)
    return all(want in {None, is_now} for want, is_now in zip(wanted, actual, strict=True))


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
