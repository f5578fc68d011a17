"""Small sessions, and the exchange in the two shapes in which the manager meets it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from risk_manager.domain.events import Event, SessionEnded
from risk_manager.domain.instruments import Instruments
from risk_manager.sdk.normalise import iso, time_ns
from risk_manager.sdk.sessions.generate import ES, MNQ
from risk_manager.sdk.sessions.lines import ContractLine, Line, QuoteLine, StatusLine, TradeLine
from risk_manager.sdk.sessions.writer import write_session
from risk_manager.sdk.simulated.client import SocketVenue
from risk_manager.sdk.simulated.embedded import EmbeddedVenue
from risk_manager.sdk.simulated.floor import FloorPlan, open_floor
from risk_manager.sdk.simulated.pace import Pace
from risk_manager.sdk.simulated.scenarios import SCENARIOS
from risk_manager.sdk.simulated.server import Server
from risk_manager.sdk.venue import Venue

START = "2025-11-18T14:30:00Z"
START_NS = time_ns(START)
SECOND_NS = 1_000_000_000
COTTON = ContractLine("CON.F.US.CTN.Z25", "CT", "0.01", "5.00")
"""A contract that the configuration of these tests does not know."""
INSTRUMENTS = Instruments([ES.instrument(), MNQ.instrument()])
ACCOUNT = "TEST-1"
FLOORS = ("embedded", "socket")


def at(seconds: float) -> int:
    return START_NS + round(seconds * 1000) * 1_000_000


def trade(seconds: float, price: str, size: int = 1, contract: str = ES.id, **more: Any) -> TradeLine:
    return TradeLine(at(seconds), at(seconds), contract, price, size, **more)


def quote(seconds: float, bid: str | None, ask: str | None, contract: str = ES.id, **more: Any) -> QuoteLine:
    return QuoteLine(at(seconds), at(seconds), contract, bid, ask, **more)


def status(seconds: float, word: str, contract: str = ES.id) -> StatusLine:
    return StatusLine(at(seconds), at(seconds), contract, word)


def session(
    directory: Path,
    lines: Iterable[Line],
    *,
    script: str | None = None,
    name: str = "made",
    contracts: Sequence[ContractLine] = (ES, MNQ, COTTON),
    length_s: float = 3600,
) -> Path:
    """Write a session, and its script where one is given as the list of its actions."""
    path = directory / f"{name}.jsonl.gz"
    end = iso(at(length_s))
    write_session(
        path, lines, venue="test", zone="America/Chicago", contracts=contracts, start=START, end=end, source="test"
    )
    if script is not None:
        text = f"schema: rm.script/1\nfees_per_side: {{ES: '1.40'}}\nactions:\n{script}"
        (directory / f"{name}.script.yaml").write_text(text, encoding="utf-8")
    return path


@asynccontextmanager
async def opened(
    floor: str, path: Path, data_dir: Path, *, instruments: Instruments = INSTRUMENTS, scenario: str = "calm"
) -> AsyncIterator[Venue]:
    """The venue over one of the two floors, not connected yet. The socket's server runs in the same loop."""
    plan = FloorPlan(session=path, data_dir=data_dir)
    if floor == "embedded":
        venue = EmbeddedVenue(plan, instruments, scenario=SCENARIOS[scenario])
        try:
            yield venue
        finally:
            await venue.disconnect()
        return
    running = open_floor(plan, keep_told=True)
    socket = data_dir / "x.sock"
    pace = Pace(float("inf"), asyncio.get_running_loop().time)
    server = Server(running, mode="lockstep", pace=pace, scenario=SCENARIOS[scenario], socket=socket)
    ready = asyncio.Event()
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(server.serve(ready.set))
            await ready.wait()
            client = SocketVenue(socket, instruments)
            try:
                yield client
            finally:
                await client.disconnect()
                server.stop()
    finally:
        running.close()


async def play(venue: Venue, stop_at: Callable[[Event], bool] | None = None) -> list[Event]:
    """Deal with events up to the one that `stop_at` accepts, or to the end of the session."""
    seen: list[Event] = []
    while True:
        batch = await venue.receive()
        for count, event in enumerate(batch, 1):
            seen.append(event)
            if type(event) is SessionEnded or (stop_at is not None and stop_at(event)):
                await venue.processed(count)
                return seen
        await venue.processed(len(batch))


def at_price(ticks: int) -> Callable[[Event], bool]:
    """Stops at the market trade at this price."""
    return lambda event: getattr(event, "price_ticks", None) == ticks
