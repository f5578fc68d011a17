"""The exchange's second socket: whoever comes through it may only look on, whatever he says he is."""

import asyncio
from pathlib import Path

import pytest
from tests.integration.exchange.kit import ACCOUNT, INSTRUMENTS, at, play, session, trade
from tests.integration.exchange.programs import Running, ledger, running

from risk_manager.domain.commands import PlaceOrder
from risk_manager.domain.events import Event, MarketTrade, TradeReport
from risk_manager.errors import VenueLost, VenueRefused
from risk_manager.sdk.sessions.generate import ES
from risk_manager.sdk.simulated.client import SocketVenue

pytestmark = pytest.mark.integration

LINES = [trade(second, "6650.00") for second in range(1, 30)]


def opened(short_tmp: Path, *args: str, script: str | None = None) -> Running:
    door = short_tmp / "o.sock"
    path = session(short_tmp, LINES, script=script)
    return running(short_tmp / "d", "--session", path, "--observer-socket", str(door), *args)


def manager(exchange: Running) -> SocketVenue:
    return SocketVenue(exchange.socket, INSTRUMENTS)


def onlooker(short_tmp: Path) -> SocketVenue:
    """A client that says he is the manager, at the door where nobody is."""
    return SocketVenue(short_tmp / "o.sock", INSTRUMENTS)


def test_who_comes_through_it_is_told_everything_and_what_he_sends_is_refused_and_kept(short_tmp: Path) -> None:
    async def run(exchange: Running) -> None:
        live, candidate = manager(exchange), onlooker(short_tmp)
        await live.connect(ACCOUNT)
        await live.subscribe()
        assert not (await candidate.connect(ACCOUNT)).lockstep
        await candidate.subscribe()
        await play(live, lambda event: event.t_ns >= at(5))
        await live.place(PlaceOrder(ES.id, 1, 2, "market"), "live")
        told: list[Event] = []
        while not [event for event in told if isinstance(event, TradeReport)]:
            told += await candidate.receive()
        assert [event.t_ns for event in told if isinstance(event, MarketTrade)] == [at(s) for s in range(1, 5)]
        assert [position.net for position in await candidate.positions()] == [2]
        for attempt in (candidate.close(ES.id, "rm-1"), candidate.place(PlaceOrder(ES.id, 1, 1, "market"), "rm-2")):
            with pytest.raises(VenueRefused, match="observer"):
                await attempt
        await play(live, lambda event: event.t_ns >= at(9))  # and the manager still drives
        for venue in (live, candidate):
            await venue.disconnect()

    with opened(short_tmp, "--mode", "lockstep") as exchange:
        asyncio.run(asyncio.wait_for(run(exchange), 20))
    found = ledger(short_tmp / "d")
    assert [order["custom_tag"] for order in found["orders"]] == ["live"]
    assert [(each["asked"], each["custom_tag"]) for each in found["turned_away"]] == [
        ("close", "rm-1"),
        ("place", "rm-2"),
    ]


def test_an_onlooker_neither_names_the_account_nor_is_taken_for_another_one(short_tmp: Path) -> None:
    async def run(exchange: Running) -> None:
        first, live, second = onlooker(short_tmp), manager(exchange), onlooker(short_tmp)
        await first.connect("SOMEBODY")
        await live.connect(ACCOUNT)
        with pytest.raises(VenueRefused, match="not found"):
            await second.connect("SOMEBODY")
        for venue in (first, live, second):
            await venue.disconnect()

    with opened(short_tmp, "--mode", "free") as exchange:
        asyncio.run(asyncio.wait_for(run(exchange), 20))
    assert ledger(short_tmp / "d")["account"]["name"] == ACCOUNT


@pytest.mark.parametrize("mode", ["lockstep", "free"])
def test_time_begins_once_both_listen(short_tmp: Path, mode: str) -> None:
    async def run(exchange: Running) -> None:
        live, candidate = manager(exchange), onlooker(short_tmp)
        await live.connect(ACCOUNT)
        await live.subscribe()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(live.receive(), 0.3)
        await candidate.connect(ACCOUNT)
        await candidate.subscribe()
        seen = [event for event in await live.receive() if isinstance(event, MarketTrade)]
        assert seen[0].t_ns == at(1)
        for venue in (live, candidate):
            await venue.disconnect()

    with opened(short_tmp, "--mode", mode, "--speed", "20", "--begin-with", "2") as exchange:
        asyncio.run(asyncio.wait_for(run(exchange), 20))


async def cut_off_and_refused(venue: SocketVenue) -> int:
    """Listen until cut off, then knock until let in again; how often it was refused."""
    await venue.connect(ACCOUNT)
    await venue.subscribe()
    with pytest.raises(VenueLost):
        await for_ever(venue)
    refusals: list[VenueRefused] = []
    while True:
        try:
            await venue.connect(ACCOUNT)
        except VenueRefused as error:
            refusals.append(error)
            await asyncio.sleep(0)
        else:
            await venue.disconnect()
            return sum("login refused" in str(error) for error in refusals)


async def for_ever(venue: SocketVenue) -> None:
    while True:
        await venue.receive()


def test_logins_that_the_script_refuses_are_refused_at_both_doors_until_it_takes_them_again(short_tmp: Path) -> None:
    script = """
  - {at: "+5s", do: refuse_logins, value: true}
  - {at: "+5.1s", do: disconnect}
  - {at: "+15s", do: refuse_logins, value: false}
"""

    async def run(exchange: Running) -> None:
        both = [cut_off_and_refused(venue) for venue in (manager(exchange), onlooker(short_tmp))]
        assert all(await asyncio.gather(*both))

    with opened(short_tmp, "--mode", "free", "--speed", "20", "--begin-with", "2", script=script) as exchange:
        asyncio.run(asyncio.wait_for(run(exchange), 20))
