"""One client's connection at the exchange: frames in, replies and events out. Who it is, it says at login."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

import msgspec

from risk_manager.domain.events import CONFLATABLE, Event
from risk_manager.errors import VenueBusy, VenueError
from risk_manager.sdk.normalise import shown
from risk_manager.sdk.simulated import wire
from risk_manager.sdk.simulated.exchange import Exchange
from risk_manager.sdk.simulated.framing import MAX_FRAME_BYTES, LineSplitter
from risk_manager.sdk.simulated.model import Origin
from risk_manager.sdk.simulated.to_wire import WireWriter

SLOW_BYTES = 4 << 20
"""A client with this much unread gets no more market data until it has caught up; its own events always."""
LOST_BYTES = 64 << 20
"""A client with this much unread is cut off."""


class Hall(Protocol):
    """What a desk needs of the server it stands in."""

    exchange: Exchange
    writer: WireWriter

    def arrived(self, desk: "Desk") -> None:
        """A client connected."""

    def left(self, desk: "Desk") -> None:
        """A client is gone."""

    def asked(self, desk: "Desk", request: wire.Request) -> None:
        """A client asks."""


class Desk(asyncio.Protocol):
    """A connection. `role` is None until login; `waiting` is the id of an unanswered `Next`.

    only_looks_on: whoever comes this way is an observer, whatever he says he is.
    """

    def __init__(self, hall: Hall, *, only_looks_on: bool = False) -> None:
        self.only_looks_on = only_looks_on
        self.exchange = hall.exchange
        self.writer = hall.writer
        self.role: wire.Role | None = None
        self.is_subscribed = False
        self.waiting: int | None = None
        self.missed_market = 0
        self._hall = hall
        self._splitter = LineSplitter()
        self._oversized = 0
        self._transport: asyncio.Transport | None = None

    @property
    def origin(self) -> Origin:
        """Whose orders these are in the ledger."""
        return "manager" if self.role == "manager" else "manual"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        self._transport = transport  # type: ignore[assignment]  # a stream protocol is given a stream transport
        self._hall.arrived(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio."""
        del exc
        self._transport = None
        self._hall.left(self)

    def data_received(self, data: bytes) -> None:
        """Called by asyncio. A line that is not a request gets an error; the connection lives on."""
        lines = self._splitter.feed(data)
        for _ in range(self._splitter.oversized - self._oversized):
            self.fail(None, f"a message of more than {MAX_FRAME_BYTES} bytes was dropped")
        self._oversized = self._splitter.oversized
        for line in lines:
            try:
                request = wire.request_decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                self.fail(_id_of(line), f"not a request: {shown(line[:60])}: {error}")
                continue
            self._hall.asked(self, request)

    def reply(self, request: wire.Request, ok: msgspec.Raw) -> None:
        """Answer."""
        self._send(wire.Reply(re=request.id, ok=ok))

    def refuse(self, request: wire.Request, error: VenueError) -> None:
        """Answer with the reason why not."""
        if isinstance(error, VenueBusy):
            told = wire.WireError("busy", str(error), error.hint, error.delay_s)
        else:
            told = wire.WireError("refused", str(error), error.hint)
        self._send(wire.Reply(re=request.id, error=told))

    def fail(self, request_id: int | None, why: str) -> None:
        """Say that a message was not understood."""
        self._send(wire.Reply(re=request_id, error=wire.WireError("malformed", why)))

    def answer_next(self, events: Sequence[Event]) -> None:
        """Give the batch that was asked for."""
        request_id, self.waiting = self.waiting, None
        self._send(wire.Reply(re=request_id, events=[self.writer.event(event) for event in events]))

    def push(self, events: Sequence[Event]) -> None:
        """Tell of events; without the market's where the client is far behind."""
        if self._transport is None:
            return
        unread = self._transport.get_write_buffer_size()
        if unread > LOST_BYTES:
            self._transport.abort()
            return
        if unread > SLOW_BYTES:
            own = [event for event in events if not isinstance(event, CONFLATABLE)]
            self.missed_market += len(events) - len(own)
            events = own
        if events:
            self._send(wire.Reply(events=[self.writer.event(event) for event in events]))

    def send_raw(self, data: bytes) -> None:
        """Send something that is not a reply."""
        if self._transport is not None:
            self._transport.write(data)

    def hang_up(self) -> None:
        """Close the connection once everything is sent."""
        if self._transport is not None:
            self._transport.close()

    def _send(self, reply: wire.Reply) -> None:
        self.send_raw(wire.encoder.encode(reply) + b"\n")


class _Numbered(msgspec.Struct, frozen=True):
    id: int


def _id_of(line: bytes) -> int | None:
    """The id of a request that is otherwise not understood, so that whoever waits for its answer gets one."""
    try:
        return msgspec.json.decode(line, type=_Numbered).id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
