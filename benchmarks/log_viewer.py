"""The log viewer on a log of a gigabyte, beside `tail -n 100` on the same file and itself on a small one."""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from measure import NoData, Row, ratio, run, spread, take_turns

LARGE_BYTES = 1_000_000_000
SMALL_BYTES = 100_000
LIMIT_S = 0.5
SIZE_LIMIT = 1.5
TAIL_LIMIT = 250.0  # a C program against an interpreter that has to start: watched, so that it does not creep
ROUNDS = 7
_LINES = 10_000


def rows() -> Iterator[Row]:
    """Seconds to open, its ratio to a small log, and its ratio to tail. Raises NoData."""
    with tempfile.TemporaryDirectory(prefix="rm-") as name:
        large, small = Path(name) / "large", Path(name) / "small"
        _write(large, LARGE_BYTES)
        _write(small, SMALL_BYTES)
        large_s, small_s, tail_s = take_turns(ROUNDS, lambda: _logs(large), lambda: _logs(small), lambda: _tail(large))
    detail = {"large_s": spread(large_s), "small_s": spread(small_s), "tail_s": spread(tail_s)}
    yield Row("logs on 1 GB", spread(large_s)["median"], LIMIT_S, "s", ROUNDS, detail)
    yield Row("logs on 1 GB / logs on 0.1 MB", ratio(large_s, small_s), SIZE_LIMIT, "x", ROUNDS)
    yield Row("logs on 1 GB / tail -n 100", ratio(large_s, tail_s), TAIL_LIMIT, "x", ROUNDS)


def _write(directory: Path, size: int) -> None:
    """A log of this size, with the boot at its beginning and the same ten thousand lines over and over."""
    directory.mkdir()
    lines = [
        f"2026-01-02 03:04:{number // 200:02d}.{number % 1000:03d} INFO 📨 PositionReport MNQ long {number}\n"
        for number in range(_LINES)
    ]
    block = "".join(lines).encode()
    with (directory / "risk_manager.log").open("wb") as stream:
        stream.write("2026-01-02 03:04:00.000 INFO 🚀 Risk Manager starting...\n".encode())
        while stream.tell() < size:
            stream.write(block[: max(size - stream.tell(), 200)])
        stream.write(b"\n")


def _logs(directory: Path) -> float:
    took_s, out = run(["-m", "runtime", "logs", "--log-dir", directory])
    if len(out.splitlines()) != 100:  # noqa: PLR2004 -- what was asked for, and what tail gives
        raise NoData(f"logs gave {len(out.splitlines())} lines and not 100")
    return took_s


def _tail(directory: Path) -> float:
    start_s = time.perf_counter()
    subprocess.run(["tail", "-n", "100", directory / "risk_manager.log"], capture_output=True, check=True)
    return time.perf_counter() - start_s
