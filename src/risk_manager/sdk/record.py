"""Records a running exchange until its session is over or somebody says stop: `risk-manager record`."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from risk_manager.clock import Clock
from risk_manager.domain.events import SessionEnded
from risk_manager.domain.instruments import Instruments
from risk_manager.errors import VenueLost, VenueUnreachable
from risk_manager.sdk.sessions.lines import Header
from risk_manager.sdk.sessions.recorder import Recorder
from risk_manager.sdk.simulated.client import SocketVenue
from risk_manager.sdk.simulated.wire import Welcome

_FLUSH_S = 1.0
_TELL_EVERY = 5
_RECONNECT_S = 0.5
_CONNECT_DEADLINE_S = 5.0

Say = Callable[[str], None]


async def record(socket: Path, out: Path, stop: asyncio.Event, clock: Clock, say: Say) -> Header:
    """Look on and write down; returns the header of what was written.

    Raises VenueUnreachable where no exchange is there at the start; later it waits until it is back.
    """
    welcome = await _log_in(SocketVenue(socket, Instruments(()), role="observer"))
    instruments = Instruments(line.instrument() for line in welcome.contracts)
    venue = SocketVenue(socket, instruments, role="observer")
    await _log_in(venue)
    recorder = Recorder(out, welcome.contracts, venue="simulated", start_ns=welcome.t_ns)
    try:
        recorder.take([await venue.account()], clock.wall_ns())
        for position in await venue.positions():
            say(f"{position.symbol} {position.net:+d} was open before: the script will not have it")
        await venue.subscribe()
        say(f"recording {len(welcome.contracts)} contracts of {welcome.account} to {out}")
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(_watch(venue, recorder, stop, clock, say))
            flushing = group.create_task(_flush(recorder, say))
            await stop.wait()
            watching.cancel()
            flushing.cancel()
    finally:
        await venue.disconnect()
        header = recorder.finish()
    return header


async def _log_in(venue: SocketVenue) -> Welcome:
    try:
        async with asyncio.timeout(_CONNECT_DEADLINE_S):
            return await venue.log_in(None)
    except TimeoutError as error:
        raise VenueUnreachable(f"the exchange did not answer within {_CONNECT_DEADLINE_S:g} s") from error


async def _watch(venue: SocketVenue, recorder: Recorder, stop: asyncio.Event, clock: Clock, say: Say) -> None:
    while True:
        try:
            events = await venue.receive()
        except (VenueLost, VenueUnreachable) as error:
            say(f"connection lost: {error}; waiting until it is back")
            recorder.connection_lost()
            await _reconnect(venue)
            continue
        recorder.take(events, clock.wall_ns())
        if any(isinstance(event, SessionEnded) for event in events):
            stop.set()
            return


async def _reconnect(venue: SocketVenue) -> None:
    """Try until it is back; whoever watches was told once that it is gone."""
    is_back = False
    while not is_back:
        await asyncio.sleep(_RECONNECT_S)
        with suppress(VenueLost, VenueUnreachable):
            await _log_in(venue)
            await venue.subscribe()
            is_back = True


async def _flush(recorder: Recorder, say: Say) -> None:
    turn = 0
    while True:
        await asyncio.sleep(_FLUSH_S)
        recorder.flush()
        turn += 1
        if turn % _TELL_EVERY == 0:
            say(f"{recorder.events} market events")
