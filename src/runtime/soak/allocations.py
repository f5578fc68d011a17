"""Names the lines of a Python service that allocate what it does not give back: tracemalloc, asked over a socket.

`python -m runtime.soak.allocations SOCKET -m package …` (or `… file.py …`) begins tracing and runs the service as
Python itself would. A thread of its own answers on the private socket, also while the service's loop is blocked. Each
question is answered with one JSON line: how many bytes each line of code holds now. It costs time and memory, so it is
used when a leak is looked for (`--tracemalloc`), never otherwise.
"""

import asyncio
import json
import os
import runpy
import socket
import sys
import threading
import tracemalloc
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

MODULE = "runtime.soak.allocations"
SOCKET_NAME = "allocations.sock"
_PYTHON = "{python}"
_FRAMES = 1
_SITES = 400
_ANSWER_S = 20.0
_MOST_BYTES = 1 << 20

Holding = dict[str, tuple[int, int]]
"""`file:line` -> bytes and blocks held there."""


@dataclass(frozen=True, slots=True)
class Site:
    """One line of code, and what it holds more at the end than in warm-up."""

    where: str
    grown_bytes: int
    grown_blocks: int

    def as_json(self) -> dict[str, object]:
        """For the JSON of the run."""
        return {"where": self.where, "grown_bytes": self.grown_bytes, "grown_blocks": self.grown_blocks}


def under_tracemalloc(argv: Sequence[str], socket_path: str) -> tuple[str, ...] | None:
    """The same command under this launcher; None where it is no Python command that can be launched like that."""
    module_or_file = len(argv) > 1 and argv[0] == _PYTHON and (argv[1] == "-m" or not argv[1].startswith("-"))
    return (_PYTHON, "-m", MODULE, socket_path, *argv[1:]) if module_or_file else None


async def ask(path: Path) -> Holding | None:
    """What each line holds now; None where nobody answers in time."""
    with suppress(OSError, TimeoutError, ValueError):
        async with asyncio.timeout(_ANSWER_S):
            reader, writer = await asyncio.open_unix_connection(str(path), limit=_MOST_BYTES)
            try:
                lines = json.loads(await reader.readline())
            finally:
                writer.close()
        return {str(where): (int(held), int(blocks)) for where, held, blocks in lines}
    return None


def grown(before: Holding, after: Holding, most: int = 5) -> tuple[Site, ...]:
    """The lines that hold more than before, the largest growth first."""
    sites = []
    for where, (held, blocks) in after.items():
        held_before, blocks_before = before.get(where, (0, 0))
        if held > held_before:
            sites.append(Site(where, held - held_before, blocks - blocks_before))
    return tuple(sorted(sites, key=lambda site: -site.grown_bytes)[:most])


def _snapshot() -> bytes:
    snapshot = tracemalloc.take_snapshot().filter_traces(
        (tracemalloc.Filter(False, __file__), tracemalloc.Filter(False, tracemalloc.__file__))
    )
    statistics = snapshot.statistics("lineno")[:_SITES]
    lines = [(f"{each.traceback[0].filename}:{each.traceback[0].lineno}", each.size, each.count) for each in statistics]
    return json.dumps(lines).encode() + b"\n"


def _answer(listener: socket.socket) -> None:
    while True:
        connection, _ = listener.accept()
        with connection, suppress(OSError):  # whoever asked has gone away
            connection.sendall(_snapshot())


def main() -> None:
    """Begin tracing, listen, and run what the command line names."""
    path, first, *rest = sys.argv[1:]
    tracemalloc.start(_FRAMES)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    umask = os.umask(0o177)
    try:
        listener.bind(path)
    finally:
        os.umask(umask)
    listener.listen(4)
    threading.Thread(target=_answer, args=(listener,), name="tracemalloc", daemon=True).start()
    if first == "-m":
        sys.argv = rest
        sys.path.insert(0, str(Path.cwd()))
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv = [first, *rest]
        sys.path.insert(0, str(Path(first).resolve().parent))
        runpy.run_path(first, run_name="__main__")


if __name__ == "__main__":
    main()
