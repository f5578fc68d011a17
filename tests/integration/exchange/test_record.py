"""`risk-manager record`: what was watched can be replayed, and gives the same account again."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.conftest import RunProgram, WaitUntil
from tests.integration.exchange.kit import ACCOUNT, INSTRUMENTS, at, at_price, play, quote, session, status, trade
from tests.integration.exchange.programs import DEADLINE_S, PROJECT, Running, running

from risk_manager.domain.commands import ModifyOrder, PlaceOrder
from risk_manager.domain.events import MarketTrade
from risk_manager.sdk.normalise import decimal_e9
from risk_manager.sdk.sessions.generate import ES
from risk_manager.sdk.sessions.lines import TradeLine
from risk_manager.sdk.sessions.reader import Session
from risk_manager.sdk.simulated.client import SocketVenue
from risk_manager.sdk.simulated.embedded import EmbeddedVenue
from risk_manager.sdk.simulated.floor import FloorPlan

pytestmark = pytest.mark.integration

RECORD = [sys.executable, "-m", "risk_manager", "record"]
LINES = [
    status(0, "open"),
    quote(0.5, "6650.00", "6650.25"),
    *(trade(second, f"{6650 + second}.25", second) for second in range(1, 10)),
    quote(9.5, "6640.00", "6640.25", l="6640.00"),
    trade(10, "6640.00"),
]


@contextmanager
def recording(exchange: Running, out: Path) -> Iterator[subprocess.Popen[str]]:
    """A recorder that has begun to look on."""
    process = subprocess.Popen(
        [*RECORD, "--socket", exchange.socket, "--out", out],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
    )
    try:
        assert process.stderr is not None
        while "recording" not in (said := process.stderr.readline()):
            assert said, "the recorder ended before it began"
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=DEADLINE_S)


def trade_along(exchange: Running) -> list[tuple[int, int | None]]:
    """A manager plays the whole session and trades in it; returns his trades' prices and results."""

    async def run() -> list[tuple[int, int | None]]:
        venue = SocketVenue(exchange.socket, INSTRUMENTS)
        async with asyncio.timeout(20):
            await venue.connect(ACCOUNT)
            await venue.subscribe()
            await play(venue, at_price(26609))
            await venue.place(PlaceOrder(ES.id, 1, 2, "market"), "in")
            order_id = await venue.place(PlaceOrder(ES.id, -1, 1, "limit", limit_ticks=27000), "take")
            await play(venue, at_price(26613))
            await venue.modify(ModifyOrder(order_id, ES.id, limit_ticks=26621))
            await venue.place(PlaceOrder(ES.id, -1, 1, "stop", stop_ticks=26580), "stop")
            gone = await venue.place(PlaceOrder(ES.id, -1, 9, "stop", stop_ticks=26000), "gone")
            await venue.cancel(gone)
            await play(venue)
            trades = await venue.trades_since(0)
            await venue.disconnect()
        return [(t.price_ticks, t.pnl_mils) for t in trades]

    return asyncio.run(run())


def replayed(path: Path) -> list[tuple[int, int | None]]:
    """The trades that a replay of the recording gives, with nobody intervening."""

    async def run() -> list[tuple[int, int | None]]:
        venue = EmbeddedVenue(FloorPlan(session=path), INSTRUMENTS)
        await venue.connect(ACCOUNT)
        await venue.subscribe()
        seen = await play(venue)
        assert len([event for event in seen if isinstance(event, MarketTrade)]) == 10
        return [(t.price_ticks, t.pnl_mils) for t in await venue.trades_since(0)]

    return asyncio.run(run())


def test_a_recording_replays_to_the_same_market_and_the_same_trades(short_tmp: Path) -> None:
    out = short_tmp / "rec.jsonl.gz"
    source = session(short_tmp, LINES)
    with running(short_tmp / "d", "--session", source, "--mode", "lockstep") as exchange:
        with recording(exchange, out) as recorder:
            traded = trade_along(exchange)
            said, _ = recorder.communicate(timeout=DEADLINE_S)
        assert recorder.returncode == 0
        assert "13 market events" in said
    assert len(traded) == 3

    def told(path: Path) -> list[tuple[int, str, int, int]]:
        lines = [line for batch in Session(path).batches() for line in batch]
        return [(line.tv, line.c, decimal_e9(line.p), line.s) for line in lines if isinstance(line, TradeLine)]

    assert told(out) == told(source)
    assert replayed(out) == traded


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_recorder_that_is_stopped_finishes_its_file(short_tmp: Path, number: int, code: int) -> None:
    out = short_tmp / "rec.jsonl.gz"
    source = session(short_tmp, LINES)
    with (
        running(short_tmp / "d", "--session", source, "--mode", "lockstep") as exchange,
        recording(exchange, out) as recorder,
    ):
        recorder.send_signal(number)
        recorder.communicate(timeout=DEADLINE_S)
        assert recorder.returncode == code
    assert Session(out).events == 0
    assert not out.with_name("rec.jsonl.gz.part").exists()


def test_a_recorder_that_was_killed_goes_on_behind_what_it_had(short_tmp: Path, wait_until: WaitUntil) -> None:
    out = short_tmp / "rec.jsonl.gz"
    part = out.with_name("rec.jsonl.gz.part")

    async def half(venue: SocketVenue) -> None:
        await venue.connect(ACCOUNT)
        await venue.subscribe()
        await play(venue, lambda event: event.t_ns >= at(5))

    async def rest(venue: SocketVenue) -> None:
        await venue.connect(ACCOUNT)
        await venue.subscribe()
        await play(venue)
        await venue.disconnect()

    source = session(short_tmp, LINES)
    with running(short_tmp / "d", "--session", source, "--mode", "lockstep") as exchange:
        venue = SocketVenue(exchange.socket, INSTRUMENTS)
        with recording(exchange, out) as recorder:

            async def first() -> None:
                await half(venue)
                await asyncio.to_thread(wait_until, lambda: part.stat().st_size > 60, "a flush")
                await venue.disconnect()

            asyncio.run(first())
            recorder.kill()
        with recording(exchange, out) as recorder:
            asyncio.run(rest(SocketVenue(exchange.socket, INSTRUMENTS)))
            recorder.communicate(timeout=DEADLINE_S)
            assert recorder.returncode == 0
    trades = [line for batch in Session(out).batches() for line in batch if isinstance(line, TradeLine)]
    assert [line.tv for line in trades] == [at(s) for s in range(1, 11)]


def test_without_an_exchange_or_with_a_file_that_is_there_it_says_so(short_tmp: Path, run_program: RunProgram) -> None:
    out = short_tmp / "rec.jsonl.gz"
    nobody = run_program([*RECORD, "--socket", short_tmp / "no.sock", "--out", out])
    assert nobody.code == 4
    assert "is `risk-manager exchange` running there?" in nobody.err
    out.write_bytes(b"precious")
    with running(short_tmp / "d", "--session", session(short_tmp, LINES), "--mode", "lockstep") as exchange:
        there = run_program([*RECORD, "--socket", exchange.socket, "--out", out])
        named = run_program([*RECORD, "--socket", exchange.socket, "--out", short_tmp / "x.json"])
    assert (there.code, named.code) == (3, 3)
    assert "is there already" in there.err
    assert ".jsonl.gz" in named.err
    assert out.read_bytes() == b"precious"
