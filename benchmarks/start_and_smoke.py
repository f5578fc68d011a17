"""Process start to checkpoint 5 against three imports, and the time of a whole smoke test: from the same runs."""

from collections.abc import Iterator
from typing import Any

from measure import NoData, Row, ratio, run, run_json, spread, take_turns

IMPORTS = ["-c", "import asyncio, aiohttp, apsw"]
SMOKE = ["-m", "runtime", "smoke", "--json"]
READY = 5
ROUNDS = 9
START_LIMIT = 2.0
SMOKE_LIMIT_S = 3.0


def rows() -> Iterator[Row]:
    """Both rows. Raises NoData where smoke does not pass."""
    durations_s: list[float] = []

    def start() -> float:
        _, result = run_json(SMOKE)
        durations_s.append(float(result["duration_s"]))
        return _reached_s(result)

    def imports() -> float:
        return run(IMPORTS)[0]

    starts_s, imports_s = take_turns(ROUNDS, start, imports)
    detail = {"start_s": spread(starts_s), "imports_s": spread(imports_s)}
    name = f"start to checkpoint {READY} / import asyncio, aiohttp, apsw"
    yield Row(name, ratio(starts_s, imports_s), START_LIMIT, "x", ROUNDS, detail, number=5)
    smoke = spread(durations_s[1:])
    yield Row("smoke on the embedded venue", smoke["median"], SMOKE_LIMIT_S, "s", ROUNDS, {"smoke_s": smoke})


def _reached_s(result: dict[str, Any]) -> float:
    reached = next((each["t_s"] for each in result["checkpoints"] if each["n"] == READY), None)
    if reached is None:
        raise NoData(f"smoke passed without a time for checkpoint {READY}")
    return float(reached)
