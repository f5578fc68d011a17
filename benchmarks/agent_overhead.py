"""What the idle trace agent costs: the same work with and without it, taking turns, in processor time.

The real daemon replays recorded real trades at full speed; start-up is part of both sides. That is the row with the
promise. A loop that does nothing but enter a lock in a new task stands beside it: the worst that the agent can cost. So
does a loop that only waits, with 500 tasks: what the agent uses then is a share of one processor. Called with a word,
this file is one of these loops.
"""

import asyncio
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence

from measure import DEADLINE_S, PROJECT, NoData, Row, clean_environment, ratio, spread, take_turns

SESSION = PROJECT / "data" / "sessions" / "es-2013-09-01.jsonl.gz"
LIMIT_PERCENT = 1.0
WORST_PERCENT = 15.0
ROUNDS = 5
TASKS = 60_000
WAITING_TASKS = 500
WAITING_S = 5.0
_AGENT = ("-m", "runtime.agent")


def rows() -> Iterator[Row]:
    """Three rows in percent. Raises NoData without the session, or where a side fails."""
    if not SESSION.is_file():
        raise NoData(f"{SESSION.relative_to(PROJECT)} is not there: make sample")
    replay = ("-m", "risk_manager", "run", "--replay", str(SESSION), "--speed", "max", "--json")
    yield _row("idle trace agent on the replay of real trades, cost", replay, LIMIT_PERCENT, places=True)
    yield _row("idle trace agent on locks and tasks alone, cost", (__file__, "locks"), WORST_PERCENT, places=False)
    yield _beside_waiting()


def _beside_waiting() -> Row:
    argv = (__file__, "wait")
    sides = take_turns(
        ROUNDS,
        lambda: _cpu_s([sys.executable, *argv]),
        lambda: _cpu_s([sys.executable, *_AGENT, *argv]),
        lambda: _cpu_s([sys.executable, *_AGENT, *argv, "short"]),
        lambda: _cpu_s([sys.executable, *argv, "short"]),
    )
    long_s, traced_long_s, traced_short_s, short_s = (spread(each)["median"] for each in sides)
    percent = ((traced_long_s - traced_short_s) - (long_s - short_s)) / WAITING_S * 100  # starting costs both the same
    name = f"idle trace agent beside {WAITING_TASKS} waiting tasks, share of a processor"
    return Row(name, percent, LIMIT_PERCENT, "%", ROUNDS, {"traced_cpu_s": spread(sides[1])}, number=9)


def _row(name: str, argv: Sequence[str], limit: float, *, places: bool) -> Row:
    def side(*before: str) -> float:
        with tempfile.TemporaryDirectory(prefix="rm-bench-") as directory:
            more = ["--data-dir", f"{directory}/state", "--log-dir", f"{directory}/logs"] if places else []
            return _cpu_s([sys.executable, *before, *argv, *more])

    plain_s, traced_s = take_turns(ROUNDS, side, lambda: side(*_AGENT))
    percent = (ratio(traced_s, plain_s) - 1) * 100
    detail = {"plain_cpu_s": spread(plain_s), "traced_cpu_s": spread(traced_s)}
    return Row(name, percent, limit, "%", ROUNDS, detail, number=9)


def _cpu_s(argv: Sequence[str]) -> float:
    """Processor seconds of a program and its children; what else the machine does hardly shows in it."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        argv, cwd=PROJECT, env=clean_environment(), capture_output=True, check=False, timeout=DEADLINE_S
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise NoData(f"{' '.join(argv[1:4])} exited {done.returncode}: {done.stderr.decode(errors='replace')[-200:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


async def _locks() -> None:
    lock = asyncio.Lock()

    async def enter() -> None:
        async with lock:
            pass

    for _ in range(TASKS):
        async with asyncio.TaskGroup() as group:
            group.create_task(enter())


async def _wait(seconds: float) -> None:
    async with asyncio.TaskGroup() as group:
        for _ in range(WAITING_TASKS):
            group.create_task(asyncio.sleep(seconds))


if __name__ == "__main__":
    asyncio.run(_locks() if sys.argv[1] == "locks" else _wait(0.0 if "short" in sys.argv else WAITING_S))
