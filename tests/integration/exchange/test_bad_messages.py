"""Whatever comes over the wire, from either side: refused, counted, and the stream lives on."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.integration.exchange.kit import ACCOUNT, FLOORS, INSTRUMENTS, START_NS, at, opened, play, session, trade

from risk_manager.domain.commands import PlaceOrder
from risk_manager.domain.events import Event, InputRefused, MarketTrade, PositionReport, TimeAdvanced
from risk_manager.errors import ProtocolViolation, VenueAmbiguous, VenueLost, VenueRefused, VenueUnreachable
from risk_manager.sdk.sessions.generate import ES
from risk_manager.sdk.simulated.client import SocketVenue
from risk_manager.sdk.simulated.framing import MAX_FRAME_BYTES
from risk_manager.sdk.simulated.link import MALFORMED_IN_A_ROW

LOGIN = {"id": 1, "op": "login", "protocol": 1, "role": "manual"}
NOT_REQUESTS = [
    b"\xff\xfe\x00",
    b"{",
    b"[]",
    b"null",
    b"{}",
    b'{"id":1}',
    b'{"id":true,"op":"account"}',
    b'{"id":1.5,"op":"account"}',
    b'{"id":"1","op":"account"}',
    b'{"id":7,"op":"explode"}',
    b'{"id":7,"op":"account","surplus":1}',
    b'{"id":7,"op":"place","contract":"X","side":"hold","size":1,"type":"market"}',
    b'{"id":7,"op":"place","contract":"X","side":"buy","size":"1","type":"market"}',
    b'{"id":7,"op":"place","contract":"X","side":"buy","size":1.0,"type":"market","limit":6650.25}',
    b'{"id":7,"op":"processed","count":"all"}',
    b"[" * 100_000,
    b"9" * 5000,
]


@asynccontextmanager
async def talking(socket: Path) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A bare connection."""
    reader, writer = await asyncio.open_unix_connection(str(socket), limit=MAX_FRAME_BYTES * 2)
    try:
        yield reader, writer
    finally:
        writer.close()
        await writer.wait_closed()


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, message: bytes) -> dict[str, Any]:
    writer.write(message + b"\n")
    return json.loads(await reader.readline())


def served(short_tmp: Path) -> Any:
    return opened("socket", session(short_tmp, [trade(1, "6650"), trade(2, "6651")]), short_tmp / "data")


def test_the_exchange_answers_nonsense_with_an_error_and_goes_on(short_tmp: Path) -> None:
    async def run() -> None:
        async with asyncio.timeout(20), served(short_tmp) as venue, talking(short_tmp / "data" / "x.sock") as ends:
            for message in NOT_REQUESTS:
                reply = await answer(*ends, message)
                assert reply["error"]["kind"] == "malformed", message[:60]
            await answer(*ends, json.dumps(LOGIN).encode())
            assert (await answer(*ends, b'{"id":2,"op":"account"}'))["ok"]["balance"] == "50000.00"
            await venue.connect(ACCOUNT)
            assert await venue.positions() == []

    asyncio.run(run())


def test_a_malformed_request_is_answered_under_its_own_id_where_it_has_one(short_tmp: Path) -> None:
    async def run() -> None:
        async with asyncio.timeout(20), served(short_tmp), talking(short_tmp / "data" / "x.sock") as ends:
            assert (await answer(*ends, b'{"id":42,"op":"explode"}'))["re"] == 42

    asyncio.run(run())


def test_an_oversized_request_is_dropped_and_the_next_one_is_heard(short_tmp: Path) -> None:
    async def run() -> None:
        async with asyncio.timeout(20), served(short_tmp), talking(short_tmp / "data" / "x.sock") as ends:
            reply = await answer(*ends, b'{"id":1,"op":"' + b"x" * (MAX_FRAME_BYTES + 10) + b'"}')
            assert "dropped" in reply["error"]["message"]
            assert "ok" in await answer(*ends, json.dumps(LOGIN).encode())

    asyncio.run(run())


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        ({"op": "account"}, "not logged in"),
        ({"op": "login", "protocol": 99, "role": "manual"}, "protocol"),
        ({"op": "login", "protocol": 1, "role": "manager"}, "names his account"),
    ],
)
def test_who_has_not_logged_in_properly_is_told_so(short_tmp: Path, request_: dict[str, Any], why: str) -> None:
    async def run() -> None:
        async with asyncio.timeout(20), served(short_tmp), talking(short_tmp / "data" / "x.sock") as ends:
            reply = await answer(*ends, json.dumps({"id": 1, **request_}).encode())
            assert why in reply["error"]["message"]

    asyncio.run(run())


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        ({"op": "place", "contract": ES.id, "side": "buy", "size": 1, "type": "limit", "limit": "NaN"}, "decimal"),
        ({"op": "place", "contract": ES.id, "side": "buy", "size": 1, "type": "limit", "limit": "6650.1"}, "tick"),
        ({"op": "place", "contract": ES.id, "side": "buy", "size": 1, "type": "limit", "limit": "1e9"}, "decimal"),
        ({"op": "place", "contract": ES.id, "side": "buy", "size": 1, "type": "market", "tag": "a\nb"}, "tag"),
        ({"op": "order"}, "order_id or"),
        ({"op": "trade", "symbol": "ES", "net": 0}, "size"),
        ({"op": "next"}, "does not drive"),
        ({"op": "processed", "count": 3}, "does not drive"),
    ],
)
def test_requests_that_cannot_be_carried_out_are_refused_with_the_reason(
    short_tmp: Path, request_: dict[str, Any], why: str
) -> None:
    async def run() -> None:
        async with asyncio.timeout(20), served(short_tmp) as venue, talking(short_tmp / "data" / "x.sock") as ends:
            await venue.connect(ACCOUNT)
            await venue.subscribe()
            await play(venue)
            await answer(*ends, json.dumps(LOGIN).encode())
            reply = await answer(*ends, json.dumps({"id": 2, **request_}).encode())
            assert reply["error"]["kind"] == "refused"
            assert why in reply["error"]["message"]

    asyncio.run(run())


@pytest.mark.parametrize("floor", FLOORS)
def test_a_tag_that_could_forge_a_line_is_refused(floor: str, short_tmp: Path) -> None:
    async def run() -> None:
        path = session(short_tmp, [trade(1, "6650")])
        async with asyncio.timeout(20), opened(floor, path, short_tmp / "data") as venue:
            await venue.connect(ACCOUNT)
            await venue.subscribe()
            await play(venue)
            with pytest.raises(VenueRefused, match="tag"):
                await venue.place(PlaceOrder(ES.id, 1, 1, "market"), "a\nb")

    asyncio.run(run())


class FakeExchange:
    """Speaks the protocol as badly as a test wants: logs in properly, then sends what it was given."""

    def __init__(self, *messages: bytes, answers: dict[str, bytes] | None = None) -> None:
        self.messages = messages
        self.answers = answers or {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        welcome = {"account": ACCOUNT, "account_id": "1", "t_ns": START_NS, "lockstep": False, "contracts": []}
        while line := await reader.readline():
            request = json.loads(line)
            ok = json.dumps(welcome).encode() if request["op"] == "login" else self.answers.get(request["op"], b"true")
            if ok:
                writer.write(b'{"re":%d,"ok":%b}\n' % (request["id"], ok))
            if request["op"] == "subscribe":
                for message in self.messages:
                    writer.write(message + b"\n")
        writer.close()

    @asynccontextmanager
    async def venue(self, short_tmp: Path) -> AsyncIterator[SocketVenue]:
        socket = short_tmp / "fake.sock"
        async with asyncio.timeout(20):
            server = await asyncio.start_unix_server(self.serve, str(socket), limit=MAX_FRAME_BYTES * 2)
            async with server:
                venue = SocketVenue(socket, INSTRUMENTS)
                await venue.connect(ACCOUNT)
                try:
                    yield venue
                finally:
                    await venue.disconnect()


def event(**fields: Any) -> bytes:
    return json.dumps({"events": [fields]}).encode()


GOOD = {"k": "trade", "t": at(5), "c": ES.id, "p": "6650.00", "s": 1}
BAD_EVENTS = [
    {**GOOD, "p": "NaN"},
    {**GOOD, "p": "inf"},
    {**GOOD, "p": "1e999"},
    {**GOOD, "p": "-6650.00"},
    {**GOOD, "p": "6650.10"},
    {**GOOD, "p": "999999.00"},
    {**GOOD, "p": "1_000"},
    {**GOOD, "p": "٦٦٥٠"},
    {**GOOD, "p": True},
    {**GOOD, "p": 6650.25},
    {**GOOD, "p": None},
    {**GOOD, "s": True},
    {**GOOD, "s": "1"},
    {**GOOD, "s": 1.5},
    {**GOOD, "s": 0},
    {**GOOD, "s": -1},
    {**GOOD, "s": 10**12},
    {**GOOD, "t": at(5) // 10**9},
    {**GOOD, "t": START_NS - 1},
    {**GOOD, "t": at(10**7)},
    {**GOOD, "t": 10**22},
    {**GOOD, "t": "2025-11-18"},
    {**GOOD, "c": "ES\n"},
    {**GOOD, "c": "CON.F.US.NONE.Z25"},
    {**GOOD, "k": "surprise"},
    {"k": "trade", "t": at(5)},
    {"k": "position", "t": at(5), "c": ES.id, "size": 2},
    {"k": "position", "t": at(5), "c": ES.id, "size": -2, "side": "long", "average": "6650"},
    {"k": "account", "t": at(5), "can_trade": "yes", "balance": "1.00"},
    {"k": "account", "t": at(5), "can_trade": True, "balance": "NaN"},
    {"k": "fill", "t": at(5), "fill": {"id": 1}},
]
BAD_MESSAGES = [b"not json", b"\xff\xff", b"[" * 50_000, b"3", b'{"re":"x"}', b"y" * (MAX_FRAME_BYTES + 1)]


async def receive_until_good(venue: SocketVenue) -> list[Event]:
    seen: list[Event] = []
    while not [each for each in seen if isinstance(each, MarketTrade)]:
        seen += await venue.receive()
    return seen


@pytest.mark.parametrize("bad", BAD_EVENTS, ids=lambda bad: json.dumps(bad)[:60])
def test_an_event_that_cannot_be_believed_is_refused_and_the_next_one_taken(short_tmp: Path, bad: dict) -> None:
    async def run() -> None:
        async with FakeExchange(event(**bad), event(**GOOD)).venue(short_tmp) as venue:
            await venue.subscribe()
            seen = await receive_until_good(venue)
            assert [type(each) for each in seen] == [InputRefused, MarketTrade]
            assert seen[0].why.isprintable()
            assert seen[0].why.isascii()

    asyncio.run(run())


def test_one_bad_event_does_not_take_its_neighbours_with_it(short_tmp: Path) -> None:
    good = json.dumps(GOOD)
    message = f'{{"events":[{good},{{"k":"trade","s":true}},{good}]}}'

    async def run() -> None:
        async with FakeExchange(message.encode()).venue(short_tmp) as venue:
            await venue.subscribe()
            assert [type(each) for each in await venue.receive()] == [MarketTrade, InputRefused, MarketTrade]

    asyncio.run(run())


def test_messages_that_are_none_are_refused_counted_and_survived(short_tmp: Path) -> None:
    async def run() -> None:
        async with FakeExchange(*BAD_MESSAGES, event(**GOOD)).venue(short_tmp) as venue:
            await venue.subscribe()
            seen = await receive_until_good(venue)
            assert len([each for each in seen if isinstance(each, InputRefused)]) == len(BAD_MESSAGES)
            assert venue.refused == len(BAD_MESSAGES)

    asyncio.run(run())


def test_a_stream_of_nonsense_is_given_up(short_tmp: Path) -> None:
    async def run() -> None:
        async with FakeExchange(*[b"nonsense"] * MALFORMED_IN_A_ROW).venue(short_tmp) as venue:
            await venue.subscribe()
            with pytest.raises(ProtocolViolation, match="in a row"):
                await receive_until_good(venue)

    asyncio.run(run())


@pytest.mark.parametrize(
    "positions",
    [b"{}", b"[1]", b"null", b'[{"t":1,"c":"X","size":1}]', b'[{"k":"position","t":1,"c":"%b","size":true}]'],
)
def test_an_answer_that_cannot_be_read_is_never_taken_for_none(short_tmp: Path, positions: bytes) -> None:
    async def run() -> None:
        async with FakeExchange(answers={"positions": positions}).venue(short_tmp) as venue:
            with pytest.raises(VenueAmbiguous):
                await venue.positions()

    asyncio.run(run())


def test_a_connection_lost_before_the_answer_is_ambiguous_and_afterwards_nothing_is_sent(short_tmp: Path) -> None:
    class Leaves(FakeExchange):
        async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await super().serve(_Until(reader, b'"op":"close"'), writer)  # type: ignore[arg-type] -- a reader as far as serve() needs one

    async def run() -> None:
        async with Leaves().venue(short_tmp) as venue:
            with pytest.raises(VenueAmbiguous):
                await venue.close(ES.id, "maybe")
            with pytest.raises(VenueUnreachable):
                await venue.close(ES.id, "not-sent")
            with pytest.raises(VenueLost):
                await venue.receive()

    asyncio.run(run())


class _Until:
    """A reader that ends at the first line with certain words in it."""

    def __init__(self, reader: asyncio.StreamReader, words: bytes) -> None:
        self._reader = reader
        self._words = words

    async def readline(self) -> bytes:
        line = await self._reader.readline()
        return b"" if self._words in line else line


def test_a_late_report_about_the_account_is_believed_unlike_a_market_that_runs_backward(short_tmp: Path) -> None:
    late = {"k": "position", "t": at(1), "c": ES.id, "size": 0}
    back = {"k": "time", "t": at(2)}

    async def run() -> None:
        async with FakeExchange(event(k="time", t=at(4)), event(**late), event(**back), event(**GOOD)).venue(
            short_tmp
        ) as venue:
            await venue.subscribe()
            seen = await receive_until_good(venue)
            assert [type(each) for each in seen] == [TimeAdvanced, PositionReport, InputRefused, MarketTrade]

    asyncio.run(run())
