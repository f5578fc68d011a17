"""Durable events through the engine against raw commits of the same bytes in the same batches; restart after a kill.

The raw side is the limit: one apsw connection, WAL, synchronous=FULL, the payloads that the engine wrote, in the
transactions in which it wrote them, without hash, mark or intents. Producers are tasks that each wait until their event
is durable before they send the next, as a venue in lockstep would: with many of them batches grow by themselves.
"""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import apsw
from measure import PROJECT, NoData, Row, clean_environment, ratio, spread, take_turns

from risk_manager.state.store import Entry, Store

EVENTS = {1: 400, 10: 2_000, 100: 8_000}
LEAST = {1: 0.7, 10: 0.35, 100: 0.35}
ROUNDS = 5
P99_LIMIT = 2.0
RESTART_LIMIT = 1.5
TAIL_ROWS = 10_000
JOURNAL_ROWS = 1_000_000
RESTART_ROUNDS = 7


def rows() -> Iterator[Row]:
    """Rows 1 and 3. Raises NoData."""
    sys.path.insert(0, str(PROJECT))  # the account of the unit tests
    for producers, events in EVENTS.items():
        with tempfile.TemporaryDirectory(prefix="rm-bench-", dir=PROJECT / "data") as directory:
            sides = _Sides(Path(directory), producers, events)
            engines, raws = take_turns(ROUNDS, sides.engine, sides.raw)
        detail = {"engine_per_s": spread(engines), "raw_per_s": spread(raws), "events": events}
        name = f"durable events a second: engine / raw commits, {producers} at a time"
        value = ratio(engines, raws)
        yield Row(name, value, LEAST[producers], "x", ROUNDS, detail, number=1, at_least=True)
        if producers == 1:
            p99s = {"engine_p99_us": spread(sides.engine_p99s_us[1:]), "raw_p99_us": spread(sides.raw_p99s_us[1:])}
            value = ratio(sides.engine_p99s_us[1:], sides.raw_p99s_us[1:])
            name = "event in to decision durable: p99 / raw commit p99"
            yield Row(name, value, P99_LIMIT, "x", ROUNDS, p99s, number=3)


class _Sides:
    """Both sides of one number of producers: the second writes what the first wrote."""

    def __init__(self, directory: Path, producers: int, events: int) -> None:
        self._directory = directory
        self._producers = producers
        self._events = events
        self._batches: list[list[bytes]] = []
        self.engine_p99s_us: list[float] = []
        self.raw_p99s_us: list[float] = []

    def engine(self) -> float:
        """Events a second through the engine."""
        for old in self._directory.glob("engine.*"):
            old.unlink()
        path = self._directory / "engine.db"
        took_s, latencies_us, self._batches = asyncio.run(_through_the_engine(path, self._producers, self._events))
        self.engine_p99s_us.append(_p99(latencies_us))
        return self._events / took_s

    def raw(self) -> float:
        """The same bytes a second."""
        took_s, latencies_us = _raw(self._directory, self._batches)
        self.raw_p99s_us.append(_p99(latencies_us))
        return self._events / took_s


def _p99(latencies_us: list[float]) -> float:
    return sorted(latencies_us)[int(len(latencies_us) * 0.99)]


class _Counted:
    """Hands on to the store, and keeps what was written in which batch."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.batches: list[list[bytes]] = []

    def append(self, entries: Sequence[Entry]) -> None:
        self.batches.append([entry.payload for entry in entries])
        self._store.append(entries)


async def _through_the_engine(path: Path, producers: int, total: int) -> tuple[float, list[float], list[list[bytes]]]:
    from tests.unit.account import MORNING_NS, Account, trade

    from risk_manager.checkpoints import Checkpoints
    from risk_manager.clock import SystemClock
    from risk_manager.core.engine import Engine
    from risk_manager.core.inbox import Inbox
    from risk_manager.domain.events import TradeReport
    from risk_manager.notify import Notifier
    from risk_manager.rules.daily_realized_loss import Params
    from risk_manager.state.sqlite import SqliteStore

    clock = SystemClock()
    account = Account(daily_realized_loss=Params(limit_mils=-(10**12)))
    store = _Counted(sqlite := SqliteStore.open(path))
    engine = Engine(
        state=account.state,
        policy=account.policy,
        store=store,  # type: ignore[arg-type]  # the engine only appends
        checkpoints=Checkpoints(Notifier.from_environment(), clock, "bench"),
        clock=clock,
    )
    inbox = Inbox(conflate=False)
    latencies_us: list[float] = []
    waiting: list[asyncio.Future[None]] = []
    loop = asyncio.get_running_loop()

    events = [TradeReport(MORNING_NS + number, trade(number + 1, 10)) for number in range(total)]

    async def produce(first: int) -> None:
        for number in range(first, total, producers):
            done = loop.create_future()
            waiting.append(done)
            began = time.perf_counter_ns()
            inbox.put_now([events[number]])
            await done
            latencies_us.append((time.perf_counter_ns() - began) / 1e3)

    async def turn() -> None:
        dealt_with = 0
        while dealt_with < total:
            taken = await inbox.take(10.0)
            told, waiting[:] = waiting[: len(taken)], waiting[len(taken) :]
            engine.process(taken)
            dealt_with += len(taken)
            for done in told:
                done.set_result(None)

    began_s = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        group.create_task(turn())
        for first in range(producers):
            group.create_task(produce(first))
    took_s = time.perf_counter() - began_s
    sqlite.close()
    if sum(map(len, store.batches)) != total:
        raise NoData(f"{sum(map(len, store.batches))} of {total} events were journaled")
    return took_s, latencies_us, store.batches


def _raw(directory: Path, batches: list[list[bytes]]) -> tuple[float, list[float]]:
    for old in directory.glob("raw.*"):
        old.unlink()
    connection = apsw.Connection(str(directory / "raw.db"))
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE journal (seq INTEGER PRIMARY KEY, payload BLOB NOT NULL) STRICT")
    seq, latencies_us = 0, []
    began_s = time.perf_counter()
    for batch in batches:
        began = time.perf_counter_ns()
        numbered = [(seq + n, payload) for n, payload in enumerate(batch, 1)]
        with connection:
            connection.executemany("INSERT INTO journal VALUES (?, ?)", numbered)
        seq += len(batch)
        latencies_us.append((time.perf_counter_ns() - began) / 1e3)
    took_s = time.perf_counter() - began_s
    connection.close()
    return took_s, latencies_us


def restart_rows() -> Iterator[Row]:
    """Row 6. Raises NoData."""
    sys.path.insert(0, str(PROJECT))
    with tempfile.TemporaryDirectory(prefix="rm-bench-", dir=PROJECT / "data") as directory:
        root = Path(directory)
        long, short = root / "long", root / "short"
        for where, before in ((long, JOURNAL_ROWS - TAIL_ROWS), (short, 100)):
            _make_state(where, before)
        cold, warm, small = take_turns(
            RESTART_ROUNDS,
            lambda: _boot_s(root / "cold" / str(time.perf_counter_ns())),
            lambda: _boot_s(long),
            lambda: _boot_s(short),
        )
    detail = {"cold_s": spread(cold), "warm_s": spread(warm), "short_journal_s": spread(small), "tail_rows": TAIL_ROWS}
    name = "restart after SIGKILL, 10 k rows to read of 1 M / cold start"
    yield Row(name, ratio(warm, cold), RESTART_LIMIT, "x", RESTART_ROUNDS, detail, number=6)
    name = "restart with the same tail: 1 M rows in the journal / 10 k"
    yield Row(name, ratio(warm, small), RESTART_LIMIT, "x", RESTART_ROUNDS, detail, number=6)


def _make_state(where: Path, rows_before: int) -> None:
    """A journal with a snapshot, and a tail of decisions behind it."""
    from tests.unit.state.journals import Journaling

    from risk_manager.domain.events import AccountReport

    directory = where / "state" / "SIM-50K"
    directory.mkdir(parents=True)
    it = Journaling(directory / "journal.db")
    filler = [Entry("canary", b'{"rule":"filler","says":"' + b"x" * 60 + b'","verdict":"ok","intents":[]}', 1, 2)]
    for _ in range(0, rows_before, 10_000):
        it.store.append(filler * min(10_000, rows_before))
    it.snapshot()
    real = it.store
    collected: list[Entry] = []
    real_append, it.store.append = real.append, collected.extend  # type: ignore[method-assign, assignment]  # in few transactions
    for number in range(TAIL_ROWS):
        it.take(AccountReport(it.life.last_ns + 1_000, can_trade=True, balance_mils=50_000_000 + number))
    for first in range(0, len(collected), 1_000):
        real_append(collected[first : first + 1_000])
    real.close()


def _boot_s(data: Path) -> float:
    """Start the daemon on a calm replay, wait until it says that it is ready, kill it: seconds until then."""
    data.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "risk_manager", "run", "--replay", "data/sessions/demo-calm.jsonl.gz"]
    places = ["--data-dir", str(data), "--log-dir", str(data / "logs"), "--speed", "1"]
    began_s = time.perf_counter()
    process = subprocess.Popen(
        [*command, *places],
        cwd=PROJECT,
        env=clean_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    said: list[str] = []
    for line in process.stderr or ():
        said.append(line)
        if "Event loop running" in line:
            took_s = time.perf_counter() - began_s
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            return took_s
    raise NoData(f"the daemon did not come up: {''.join(said[-3:])}")
