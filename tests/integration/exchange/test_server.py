"""The served exchange where time is paced or free: who is told what, and when somebody is too slow."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from tests.integration.exchange.kit import ACCOUNT, INSTRUMENTS, at, play, session, trade

from risk_manager.domain.commands import PlaceOrder
from risk_manager.domain.events import AccountReport, Event, MarketTrade, TimeAdvanced, TradeReport
from risk_manager.errors import StoreWriteFailed, VenueBusy, VenueLost
from risk_manager.sdk.sessions.generate import ES
from risk_manager.sdk.simulated import desk
from risk_manager.sdk.simulated.client import SocketVenue
from risk_manager.sdk.simulated.floor import Floor, FloorPlan, open_floor
from risk_manager.sdk.simulated.pace import Pace
from risk_manager.sdk.simulated.scenarios import SCENARIOS
from risk_manager.sdk.simulated.server import Server


@asynccontextmanager
async def serving(short_tmp: Path, path: Path, mode: Any, speed: float) -> AsyncIterator[tuple[SocketVenue, Floor]]:
    floor = open_floor(FloorPlan(session=path, data_dir=short_tmp / "data"), keep_told=True)
    pace = Pace(speed, asyncio.get_running_loop().time)
    server = Server(floor, mode=mode, pace=pace, scenario=SCENARIOS["calm"], socket=short_tmp / "x.sock")
    ready = asyncio.Event()
    try:
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            group.create_task(server.serve(ready.set))
            await ready.wait()
            venue = SocketVenue(short_tmp / "x.sock", INSTRUMENTS)
            try:
                yield venue, floor
            finally:
                await venue.disconnect()
                server.stop()
    finally:
        floor.close()


def test_lockstep_can_be_paced_against_real_time(short_tmp: Path) -> None:
    """At 100 times, 20 seconds of market take a fifth of one: not before their time, and whole."""
    path = session(short_tmp, [trade(second, "6650") for second in range(1, 21)])

    async def run() -> None:
        async with serving(short_tmp, path, "lockstep", 100) as (venue, _):
            await venue.connect(ACCOUNT)
            began = asyncio.get_running_loop().time()
            await venue.subscribe()
            seen = await play(venue)
            assert asyncio.get_running_loop().time() - began > 0.15
            assert len([event for event in seen if isinstance(event, MarketTrade)]) == 20

    asyncio.run(run())


def test_free_time_tells_trades_of_the_script_and_cuts_off_where_it_says(short_tmp: Path) -> None:
    script = """
  - {at: "+10s", do: buy, contract: ES, size: 2}
  - {at: "+15s", do: disconnect}
  - {at: "+16s", do: sell, contract: ES, size: 2}
"""
    path = session(short_tmp, [trade(second, "6650") for second in range(1, 21)], script=script)

    async def run() -> None:
        async with serving(short_tmp, path, "free", 50) as (venue, _):
            await venue.connect(ACCOUNT)
            await venue.subscribe()
            seen: list[Event] = []
            with pytest.raises(VenueLost):
                await gather(venue, seen)
            assert [event.trade.size for event in seen if isinstance(event, TradeReport)] == [2]
            await venue.connect(ACCOUNT)
            await venue.subscribe()
            while await venue.positions():
                await venue.receive()
            assert [t.t_ns for t in await venue.trades_since(0)] == [at(10), at(16)]

    asyncio.run(run())


async def gather(venue: SocketVenue, seen: list[Event]) -> None:
    while True:
        seen += await venue.receive()


def test_free_as_fast_as_it_goes_plays_the_session_out(short_tmp: Path) -> None:
    path = session(short_tmp, [trade(second, "6650") for second in range(1, 21)])

    async def run() -> None:
        async with serving(short_tmp, path, "free", float("inf")) as (venue, _):
            connected = await venue.connect(ACCOUNT)
            while connected.t_ns <= at(20):
                connected = await venue.connect(ACCOUNT)
            await venue.subscribe()
            seen = await venue.receive()
            while seen[-1].t_ns <= connected.t_ns:
                seen = await venue.receive()
            assert isinstance(seen[-1], TimeAdvanced)

    asyncio.run(run())


def test_a_slow_client_misses_the_market_but_never_his_own_events(
    short_tmp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The threshold is lowered to 'anything unread', so that the kernel's buffer need not be filled first."""
    monkeypatch.setattr(desk, "SLOW_BYTES", -1)
    path = session(short_tmp, [trade(second, "6650") for second in range(1, 200)])

    async def run() -> None:
        async with serving(short_tmp, path, "free", 100) as (venue, _):
            await venue.connect(ACCOUNT)
            await venue.subscribe()
            while not await venue.positions():
                with suppress(VenueBusy):  # no price yet
                    await venue.place(PlaceOrder(ES.id, 1, 1, "market"), "once")
            seen: list[Event] = []
            while not [event for event in seen if isinstance(event, TradeReport)]:
                seen += await venue.receive()
            assert not [event for event in seen if isinstance(event, MarketTrade)]
            assert [type(event) for event in seen][-1] is AccountReport

    asyncio.run(run())


def test_a_client_who_never_reads_is_cut_off(short_tmp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "LOST_BYTES", -1)
    path = session(short_tmp, [trade(second, "6650") for second in range(1, 20)])

    async def run() -> None:
        async with serving(short_tmp, path, "free", 100) as (venue, _):
            await venue.connect(ACCOUNT)
            await venue.subscribe()
            with pytest.raises(VenueLost):
                await gather(venue, [])

    asyncio.run(run())


def test_an_exchange_whose_ledger_cannot_be_written_acknowledges_nothing_and_ends(short_tmp: Path) -> None:
    path = session(short_tmp, [trade(second, "6650") for second in range(1, 20)])

    async def run() -> None:
        async with serving(short_tmp, path, "lockstep", float("inf")) as (venue, floor):
            await venue.connect(ACCOUNT)
            await venue.subscribe()
            await play(venue)
            assert floor.ledger is not None
            floor.ledger._db.execute("PRAGMA query_only=1")
            with pytest.raises(Exception, match="no answer any more"):
                await venue.place(PlaceOrder(ES.id, 1, 1, "market"), "lost")

    with pytest.raises(ExceptionGroup) as failed:
        asyncio.run(run())
    assert failed.group_contains(StoreWriteFailed, match="readonly")
