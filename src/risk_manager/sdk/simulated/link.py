"""The client's end of the connection: requests matched with replies, events queued, damage refused and counted.

An `asyncio.Protocol` instead of a reading task: bytes are taken apart when they arrive, nobody has to be woken twice,
and there is no task that could die unnoticed. When the connection is gone, everybody who waits is told.
"""

import asyncio

import msgspec

from risk_manager.domain.events import Event
from risk_manager.errors import (
    ProtocolViolation,
    RiskManagerError,
    VenueAmbiguous,
    VenueBusy,
    VenueLost,
    VenueRefused,
    VenueUnreachable,
)
from risk_manager.sdk.normalise import shown
from risk_manager.sdk.simulated import wire
from risk_manager.sdk.simulated.framing import MAX_FRAME_BYTES, LineSplitter
from risk_manager.sdk.simulated.from_wire import WireReader

MALFORMED_IN_A_ROW = 100
"""So many messages in a row that are none: this is not the protocol, and waiting for a better one is vain."""
_LEAVE_S = 1.0
PAUSE_EVENTS = 50_000
"""With so many events unread the exchange is not listened to until they are taken."""


class Link(asyncio.Protocol):
    """One connection. `refused` counts what could not be believed."""

    def __init__(self, reader: WireReader) -> None:
        self.reader = reader
        self.refused = 0
        self.told: list[Event] = []
        self._splitter = LineSplitter()
        self._malformed_in_a_row = 0
        self._next_id = 0
        self._asked: dict[int, asyncio.Future[wire.Reply | wire.RawReply]] = {}
        self._transport: asyncio.Transport | None = None
        self._paused = False
        self._broken: RiskManagerError | None = None
        self._news = asyncio.Event()
        self._gone = asyncio.Event()

    # -- asyncio's side --------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        self._transport = transport  # type: ignore[assignment]  # a stream protocol is given a stream transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio."""
        self._gone.set()
        why = f": {exc}" if exc is not None else ""
        self._break(VenueLost(f"the exchange closed the connection{why}"))

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        dropped = self._splitter.oversized
        for line in self._splitter.feed(data):
            self._take(line)
        for _ in range(self._splitter.oversized - dropped):
            self._refuse("venue message", f"of more than {MAX_FRAME_BYTES} bytes, dropped")
        if len(self.told) > PAUSE_EVENTS and self._transport is not None and not self._paused:
            self._transport.pause_reading()
            self._paused = True

    def _take(self, line: bytes) -> None:
        reply: wire.Reply | wire.RawReply
        try:
            reply = wire.reply_decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            try:
                reply = wire.raw_reply_decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                self._malformed(line, error)
                return
        self._malformed_in_a_row = 0
        if reply.re is not None:
            waiting = self._asked.pop(reply.re, None)
            if waiting is not None and not waiting.done():
                waiting.set_result(reply)
                self._news.set()
        elif reply.events:
            self.told += self.read_events(reply)
            self._news.set()
        elif reply.error is not None:
            self._refuse("our message", reply.error.message)

    def _malformed(self, line: bytes, error: Exception) -> None:
        self._malformed_in_a_row += 1
        self._refuse("venue message", f"{shown(line[:60])}: {error}")
        if self._malformed_in_a_row >= MALFORMED_IN_A_ROW:
            self._break(
                ProtocolViolation(
                    f"{MALFORMED_IN_A_ROW} messages in a row were not the protocol of the exchange",
                    hint="is something else listening on that socket, or another version of it?",
                )
            )
            self.hang_up()

    def _refuse(self, what: str, why: str) -> None:
        self.told.append(self.reader.refused(what, why))
        self.refused += 1
        self._news.set()

    def _break(self, error: RiskManagerError) -> None:
        if self._broken is None:
            self._broken = error
        for waiting in self._asked.values():
            if not waiting.done():
                waiting.set_exception(VenueAmbiguous(f"no answer any more: {error}"))
                waiting.exception()  # whoever asked may have gone; that is no news then
        self._asked.clear()
        self._news.set()

    # -- the adapter's side ----------------------------------------------------------------------------------------

    @property
    def is_up(self) -> bool:
        """Is there a connection?"""
        return self._broken is None and self._transport is not None and not self._transport.is_closing()

    def next_id(self) -> int:
        """A number for the next request."""
        self._next_id += 1
        return self._next_id

    def send(self, request: wire.Request) -> None:
        """Send without waiting. Raises VenueUnreachable where there is no connection: it was not sent."""
        if self._broken is not None or self._transport is None or self._transport.is_closing():
            raise VenueUnreachable(f"not connected: {self._broken or 'the connection is closing'}")
        self._transport.write(wire.encoder.encode(request) + b"\n")

    def ask(self, request: wire.Request) -> asyncio.Future[wire.Reply | wire.RawReply]:
        """Send; the future has the reply, or VenueAmbiguous where the connection is lost first."""
        self.send(request)
        future: asyncio.Future[wire.Reply | wire.RawReply] = asyncio.get_running_loop().create_future()
        self._asked[request.id] = future
        return future

    async def answer(self, request: wire.Request) -> msgspec.Raw:
        """Send and wait for the answer. Raises VenueRefused, VenueBusy, VenueAmbiguous or VenueUnreachable."""
        try:
            reply = await self.ask(request)
        finally:
            self._asked.pop(request.id, None)
        raise_error(reply)
        if not bytes(reply.ok):
            raise VenueAmbiguous(f"the answer to {type(request).__name__} says nothing")
        return reply.ok

    def read_events(self, reply: wire.Reply | wire.RawReply) -> list[Event]:
        """The events of a reply, one for one."""
        if isinstance(reply, wire.Reply):
            return [self.reader.event(event) for event in reply.events or ()]
        decode = wire.event_decoder.decode
        return [self.reader.raw_event(raw, decode) for raw in reply.events or ()]

    def take_told(self) -> list[Event]:
        """What was pushed, or had to be refused, since the last time."""
        told, self.told = self.told, []
        if self._paused and self._transport is not None:
            self._transport.resume_reading()
            self._paused = False
        return told

    async def news(self, awaited: asyncio.Future[wire.Reply | wire.RawReply] | None = None) -> None:
        """Return once something was pushed, the awaited reply is here, or the connection broke."""
        while not self.told and self._broken is None and not (awaited is not None and awaited.done()):
            self._news.clear()
            await self._news.wait()

    def raise_if_broken(self) -> None:
        """Raises VenueLost or ProtocolViolation where the connection is gone."""
        if self._broken is not None:
            raise self._broken

    def hang_up(self) -> None:
        """Close the connection, once everything is sent."""
        if self._transport is not None:
            self._transport.close()

    async def leave(self) -> None:
        """Close the connection and wait until it is closed; what the other side will not take is given up."""
        self.hang_up()
        try:
            async with asyncio.timeout(_LEAVE_S):
                await self._gone.wait()
        except TimeoutError:
            if self._transport is not None:
                self._transport.abort()


def raise_error(reply: wire.Reply | wire.RawReply) -> None:
    """The exchange's reason why not, as the error type that it means."""
    error = reply.error
    if error is None:
        return
    if error.kind == "busy":
        raise VenueBusy(error.message, delay_s=error.delay_s, hint=error.hint)
    raise VenueRefused(error.message, hint=error.hint)
