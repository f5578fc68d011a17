"""The exchange as its own process: its history survives it, people trade there, and it ends as it is told."""

import asyncio
import signal
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from tests.conftest import RunProgram, WaitUntil
from tests.integration.exchange.kit import ACCOUNT, INSTRUMENTS, START_NS, at, play, quote, session, trade
from tests.integration.exchange.programs import EXCHANGE, Running, ledger, running, trade_by_hand

from risk_manager.domain.commands import PlaceOrder
from risk_manager.domain.events import Event, MarketTrade, OrderReport, Quote, SessionEnded, TimeAdvanced, TradeReport
from risk_manager.errors import ProtocolViolation, VenueLost, VenueRefused, VenueUnreachable
from risk_manager.sdk.normalise import time_ns
from risk_manager.sdk.sessions.generate import ES
from risk_manager.sdk.simulated.client import SocketVenue

pytestmark = pytest.mark.integration

LINES = [quote(0.5, "6650.00", "6650.25"), *(trade(second, "6650.00") for second in range(1, 30))]
LOCKSTEP = ("--mode", "lockstep")


def ask(exchange: Running, question: Callable[[SocketVenue], Awaitable[None]], *, login: bool = True) -> None:
    """Let a manager talk to the exchange."""

    async def run() -> None:
        venue = SocketVenue(exchange.socket, INSTRUMENTS)
        async with asyncio.timeout(20):
            try:
                if login:
                    await venue.connect(ACCOUNT)
                    await venue.subscribe()
                await question(venue)
            finally:
                await venue.disconnect()

    asyncio.run(run())


async def for_ever(venue: SocketVenue) -> None:
    """Receive until something breaks."""
    while True:
        await venue.receive()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_it_says_when_it_listens_and_when_it_stops(short_tmp: Path, number: int, code: int) -> None:
    with running(short_tmp / "d", "--session", session(short_tmp, LINES), *LOCKSTEP) as exchange:
        assert exchange.ready.fields == {"READY": "1", "X_SEQ": "1"}
        assert exchange.socket.is_socket()
        exchange.send(number)
        assert exchange.notification() == {"STOPPING": "1", "X_SEQ": "2"}
        assert exchange.ended() == code
    assert not exchange.socket.exists()


def test_its_files_are_its_owners_alone(short_tmp: Path) -> None:
    with running(short_tmp / "d", "--session", session(short_tmp, LINES), *LOCKSTEP) as exchange:
        for name in ("exchange.sock", "exchange.sqlite", "exchange.lock"):
            assert stat.S_IMODE((exchange.data_dir / name).stat().st_mode) == 0o600


def test_killed_in_the_middle_it_goes_on_where_it_was(short_tmp: Path) -> None:
    """Same positions, same working orders, same place in the session; the stream goes on as it would have."""
    path = session(short_tmp, LINES, script='  - {at: "+20s", do: buy, contract: ES, size: 1}\n')
    whole: list[Event] = []
    rest: list[Event] = []

    async def all_of_it(venue: SocketVenue) -> None:
        whole.extend(await play(venue))

    async def first_half(venue: SocketVenue) -> None:
        await play(venue, lambda event: event.t_ns >= at(10))
        await venue.place(PlaceOrder(ES.id, 1, 2, "market"), "in")
        await venue.place(PlaceOrder(ES.id, -1, 2, "stop", stop_ticks=26500), "stop")

    async def second_half(venue: SocketVenue) -> None:
        assert [(p.net, p.cost_mils) for p in await venue.positions()] == [(2, 2 * 26601 * 12500)]
        assert [order.tag for order in await venue.working_orders()] == ["stop"]
        rest.extend(await play(venue))
        with pytest.raises(VenueRefused, match="used before"):
            await venue.place(PlaceOrder(ES.id, 1, 2, "market"), "in")

    with running(short_tmp / "whole", "--session", path, *LOCKSTEP) as exchange:
        ask(exchange, all_of_it)
    with running(short_tmp / "d", "--session", path, *LOCKSTEP) as exchange:
        ask(exchange, first_half)
        before = ledger(exchange.data_dir)
        exchange.kill()
    assert ledger(short_tmp / "d") == before
    with running(short_tmp / "d", "--session", path, *LOCKSTEP) as exchange:
        assert ledger(exchange.data_dir) == before
        ask(exchange, second_half)
    assert rest[0] == Quote(at(10), ES.id, 26600, 26601, 26600)

    def market(events: list[Event]) -> list[Event]:
        return [event for event in events if isinstance(event, MarketTrade | TimeAdvanced | SessionEnded)]

    assert market(rest) == market(whole)[-len(market(rest)) :]
    assert market(rest)[0] == TimeAdvanced(at(11)) or market(rest)[0] == MarketTrade(at(10), ES.id, 26600, 1)
    found = ledger(short_tmp / "d")
    assert [order["origin"] for order in found["orders"]] == ["manager", "manager", "script"]
    assert found["positions"][0]["size"] == 3


def test_a_person_trades_while_time_stands_and_while_no_manager_is_there(short_tmp: Path) -> None:
    async def priced(venue: SocketVenue) -> None:
        await play(venue, lambda event: event.t_ns >= at(5))
        done = await asyncio.to_thread(trade_by_hand, exchange.data_dir, "ES", "+2")
        assert done.returncode == 0, done.stderr
        fills = [event for event in await venue.receive() if isinstance(event, TradeReport)]
        assert [(fill.trade.size, fill.trade.t_ns) for fill in fills] == [(2, at(5))]

    with running(short_tmp / "d", "--session", session(short_tmp, LINES), *LOCKSTEP) as exchange:
        ask(exchange, priced)
        done = trade_by_hand(exchange.data_dir, ES.id, "-3")
        assert "sell 3" in done.stdout
        assert trade_by_hand(exchange.data_dir, "XX", "1").returncode == 4
        found = ledger(exchange.data_dir)
        assert [(o["origin"], o["side"], o["size"]) for o in found["orders"]] == [
            ("manual", "buy", 2),
            ("manual", "sell", 3),
        ]
        assert found["positions"] == [
            {"contract": ES.id, "symbol": "ES", "side": "short", "size": 1, "net": -1, "average_price": "6650"}
        ]
    after = trade_by_hand(short_tmp / "d", "ES", "1")
    assert after.returncode == 4
    assert "is `risk-manager exchange` running there?" in after.stderr


def test_what_happened_while_nobody_listened_is_found_by_asking_not_in_the_stream(short_tmp: Path) -> None:
    async def leave(venue: SocketVenue) -> None:
        await play(venue, lambda event: event.t_ns >= at(5))

    async def come_back(venue: SocketVenue) -> None:
        assert [t.size for t in await venue.trades_since(START_NS)] == [2]
        assert not [event for event in await play(venue) if isinstance(event, TradeReport | OrderReport)]

    with running(short_tmp / "d", "--session", session(short_tmp, LINES), *LOCKSTEP) as exchange:
        ask(exchange, leave)
        assert trade_by_hand(exchange.data_dir, "ES", "2").returncode == 0
        ask(exchange, come_back)


def test_the_latest_manager_drives_and_the_one_before_is_cut_off(short_tmp: Path) -> None:
    async def displaced(venue: SocketVenue) -> None:
        await venue.receive()
        second = SocketVenue(exchange.socket, INSTRUMENTS)
        await second.connect(ACCOUNT)
        await second.subscribe()
        await second.receive()
        with pytest.raises(VenueLost):
            await for_ever(venue)
        await second.disconnect()

    with running(short_tmp / "d", "--session", session(short_tmp, LINES), *LOCKSTEP) as exchange:
        ask(exchange, displaced)


def test_free_time_goes_on_while_nobody_listens_and_after_the_end(short_tmp: Path, wait_until: WaitUntil) -> None:
    async def late(venue: SocketVenue) -> None:
        connected = await venue.connect(ACCOUNT)
        assert not connected.lockstep
        await venue.subscribe()
        seen: list[Event] = []
        while not [event for event in seen if isinstance(event, TradeReport)]:
            seen += await venue.receive()
        while not (isinstance(seen[-1], TimeAdvanced) and seen[-1].t_ns > at(31)):
            seen += await venue.receive()
        assert not [event for event in seen if isinstance(event, SessionEnded)]
        await venue.close(ES.id, "flat")
        assert await venue.positions() == []
        assert [event.t_ns for event in seen] == sorted(event.t_ns for event in seen)

    path = session(short_tmp, LINES, script='  - {at: "+29s", do: buy, contract: ES, size: 1}\n')
    with running(short_tmp / "d", "--session", path, "--mode", "free", "--speed", "20") as exchange:
        wait_until(lambda: time_ns(ledger(exchange.data_dir)["time"]) > at(3), "time goes on")
        ask(exchange, late, login=False)


def test_an_onlooker_is_told_what_happens_and_may_not_trade(short_tmp: Path) -> None:
    async def watched(venue: SocketVenue) -> None:
        onlooker = SocketVenue(exchange.socket, INSTRUMENTS, role="observer")
        await onlooker.log_in(None)
        await onlooker.subscribe()
        await play(venue, lambda event: event.t_ns >= at(5))
        await venue.place(PlaceOrder(ES.id, 1, 1, "market"), "seen")
        told: list[Event] = []
        while not [event for event in told if isinstance(event, TradeReport)]:
            told += await onlooker.receive()
        assert [event.t_ns for event in told if isinstance(event, MarketTrade)] == [at(s) for s in range(1, 5)]
        with pytest.raises(VenueRefused, match="observer"):
            await onlooker.close(ES.id, "no")
        await onlooker.disconnect()

    with running(short_tmp / "d", "--session", session(short_tmp, LINES), *LOCKSTEP) as exchange:
        ask(exchange, watched)


class TestScenarios:
    """What can be asked for by name."""

    def open(self, short_tmp: Path, name: str) -> Running:
        return Running(
            short_tmp / "d", "--session", session(short_tmp, LINES), "--scenario", name, "--mode", "lockstep"
        )

    def close(self, exchange: Running) -> None:
        exchange.send(signal.SIGTERM)
        assert exchange.ended() == 0

    def test_refuse_refuses_the_login(self, short_tmp: Path) -> None:
        async def refused(venue: SocketVenue) -> None:
            with pytest.raises(VenueRefused, match="credentials"):
                await venue.connect(ACCOUNT)

        exchange = self.open(short_tmp, "refuse")
        ask(exchange, refused, login=False)
        self.close(exchange)

    def test_unreachable_runs_but_does_not_listen(self, short_tmp: Path) -> None:
        async def unreachable(venue: SocketVenue) -> None:
            with pytest.raises(VenueUnreachable):
                await venue.connect(ACCOUNT)

        exchange = self.open(short_tmp, "unreachable")
        assert exchange.ready.fields["READY"] == "1"
        ask(exchange, unreachable, login=False)
        self.close(exchange)

    def test_slow_boot_accepts_and_never_answers(self, short_tmp: Path) -> None:
        async def unanswered(venue: SocketVenue) -> None:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await venue.connect(ACCOUNT)

        exchange = self.open(short_tmp, "slow-boot")
        ask(exchange, unanswered, login=False)
        self.close(exchange)

    def test_silent_answers_but_sends_no_event(self, short_tmp: Path) -> None:
        async def silent(venue: SocketVenue) -> None:
            assert await venue.positions() == []
            assert (await venue.account()).can_trade
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await venue.receive()

        exchange = self.open(short_tmp, "silent")
        ask(exchange, silent)
        self.close(exchange)

    def test_crash_breaks_the_stream_after_the_first_event(self, short_tmp: Path) -> None:
        async def crashed(venue: SocketVenue) -> None:
            first = await venue.receive()
            assert first
            await venue.processed(len(first))
            with pytest.raises(ProtocolViolation):
                await for_ever(venue)

        exchange = self.open(short_tmp, "crash")
        ask(exchange, crashed)
        self.close(exchange)


class TestTold:
    """Mistakes of the command line are told in words, with their exit code and without a traceback."""

    def test_a_second_exchange_on_one_directory(self, short_tmp: Path, run_program: RunProgram) -> None:
        path = session(short_tmp, LINES)
        with running(short_tmp / "d", "--session", path, *LOCKSTEP) as exchange:
            ended = run_program([*EXCHANGE, "--data-dir", short_tmp / "d", "--session", path])
            assert ended.code == 1
            assert f"pid {exchange.process.pid}" in ended.err

    def test_the_ledger_of_another_session(self, short_tmp: Path, run_program: RunProgram) -> None:
        with running(short_tmp / "d", "--session", session(short_tmp, LINES), *LOCKSTEP):
            pass
        other = session(short_tmp, LINES[:3], name="other")
        ended = run_program([*EXCHANGE, "--data-dir", short_tmp / "d", "--session", other, *LOCKSTEP])
        assert ended.code == 3
        assert "another session" in ended.err
        assert "Traceback" not in ended.err

    @pytest.mark.parametrize(
        ("args", "code", "words"),
        [
            (["--session", "no-such-session"], 3, "demo-breach"),
            (["--session", "src"], 3, "directory"),
            (["--session", "pyproject.toml"], 3, "not a gzip file"),
            (["--balance", "much"], 3, "--balance"),
            (["--speed", "0"], 64, "--speed"),
            (["--mode", "backwards"], 64, "--mode"),
            (["trade", "ES", "0"], 64, "size"),
            (["trade", "ES", "1.5"], 64, "size"),
            (["ledger", "--data-dir", "src/risk_manager"], 4, "no exchange ever ran there"),
        ],
    )
    def test_wrong_options_are_named_in_words(
        self, short_tmp: Path, run_program: RunProgram, args: list[str], code: int, words: str
    ) -> None:
        place = [] if args[0] in ("trade", "ledger") else ["--data-dir", short_tmp / "d"]
        ended = run_program([*EXCHANGE, *args, *place])
        assert (ended.code, "Traceback" in ended.err) == (code, False), ended.err
        assert words in ended.err

    def test_a_socket_path_that_is_too_long(self, short_tmp: Path, run_program: RunProgram) -> None:
        long = short_tmp / ("x" * 60) / ("y" * 60) / "z.sock"
        ended = run_program([*EXCHANGE, "--data-dir", short_tmp / "d", "--socket", long])
        assert ended.code == 3
        assert "too long" in ended.err

    def test_every_option_is_also_a_variable(self, short_tmp: Path, run_program: RunProgram) -> None:
        ended = run_program([*EXCHANGE], env={"RISK_SESSION": "no-such", "RISK_DATA_DIR": str(short_tmp / "d")})
        assert ended.code == 3
        assert "no-such" in ended.err


def test_the_ledger_prints_one_documented_object_and_the_same_for_people(
    short_tmp: Path, run_program: RunProgram
) -> None:
    async def traded(venue: SocketVenue) -> None:
        await play(venue, lambda event: event.t_ns >= at(5))
        await venue.place(PlaceOrder(ES.id, 1, 2, "market"), "in")
        await venue.place(PlaceOrder(ES.id, 1, 1, "limit", limit_ticks=26000), "rest")

    with running(short_tmp / "d", "--session", session(short_tmp, LINES, script="  []\n"), *LOCKSTEP) as exchange:
        ask(exchange, traded)
    found = ledger(short_tmp / "d")
    filled = {
        "order_id": 1,
        "origin": "manager",
        "custom_tag": "in",
        "contract": ES.id,
        "side": "buy",
        "size": 2,
        "type": "market",
        "status": "filled",
        "fill_volume": 2,
        "filled_price": "6650.25",
        "t": "2025-11-18T14:30:05Z",
    }
    rests = {**filled, "order_id": 2, "custom_tag": "rest", "size": 1, "type": "limit", "status": "working"}
    rests |= {"fill_volume": 0, "filled_price": None}
    assert found == {
        "schema": "rm.ledger/1",
        "account": {"name": ACCOUNT, "balance": "49997.20", "can_trade": True},
        "time": "2025-11-18T14:30:05Z",
        "positions": [
            {"contract": ES.id, "symbol": "ES", "side": "long", "size": 2, "net": 2, "average_price": "6650.25"},
        ],
        "working_orders": [rests],
        "orders": [filled, rests],
        "trades": [
            {
                "trade_id": 1,
                "order_id": 1,
                "contract": ES.id,
                "side": "buy",
                "size": 2,
                "price": "6650.25",
                "pnl": None,
                "fees": "2.80",
                "t": "2025-11-18T14:30:05Z",
                "voided": False,
            }
        ],
        "flat": False,
        "events": found["events"],
        "turned_away": [],
    }
    text = run_program([*EXCHANGE, "ledger", "--data-dir", short_tmp / "d"])
    for words in (ACCOUNT, "49997.20", "long", "6650.25", "working orders 1", "limit"):
        assert words in text.out
