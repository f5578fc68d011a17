"""Merely decoding a session file, and what the venue's side of a replay costs beside it.

`replay_decode.py FILE` decodes the file once, line by line, and does nothing with it: the yardstick for a replay.
`replay_decode.py` compares, in one run and interleaved, A: that loop, B: the embedded venue from connect to the end of
the session, every batch dealt with (verified, decoded, prices to ticks, time told, events made, applied to the book).
Processor time; medians.
"""

import asyncio
import gzip
import json
import statistics
import sys
from pathlib import Path
from time import process_time

import msgspec

from risk_manager.domain.events import SessionEnded
from risk_manager.domain.instruments import Instruments
from risk_manager.sdk.sessions.lines import Line
from risk_manager.sdk.sessions.reader import Session
from risk_manager.sdk.simulated.embedded import EmbeddedVenue
from risk_manager.sdk.simulated.floor import FloorPlan, find_session

ROUNDS = 5
GOAL = 1.5


def decode_only(path: Path) -> int:
    """Lines decoded."""
    decoder = msgspec.json.Decoder(Line)
    count = 0
    with gzip.open(path, "rb") as stream:
        next(stream)
        for line in stream:
            decoder.decode(line)
            count += 1
    return count


async def replay(path: Path, instruments: Instruments) -> int:
    """Events received."""
    venue = EmbeddedVenue(FloorPlan(session=path), instruments)
    await venue.connect("BENCH")
    await venue.subscribe()
    count = 0
    while True:
        events = await venue.receive()
        count += len(events)
        await venue.processed(len(events))
        if type(events[-1]) is SessionEnded:
            return count


def compare(path: Path) -> dict[str, object]:
    """Both, in turns."""
    instruments = Instruments(Session(path).instruments.values())
    took: dict[str, list[float]] = {"decode_only": [], "replay": []}
    lines = events = 0
    for _ in range(ROUNDS):
        began = process_time()
        lines = decode_only(path)
        took["decode_only"].append(process_time() - began)
        began = process_time()
        events = asyncio.run(replay(path, instruments))
        took["replay"].append(process_time() - began)
    medians = {what: statistics.median(seconds) for what, seconds in took.items()}
    return {
        "session": path.name,
        "lines": lines,
        "events": events,
        "rounds": ROUNDS,
        "median_cpu_s": {what: round(seconds, 4) for what, seconds in medians.items()},
        "ratio": round(medians["replay"] / medians["decode_only"], 3),
        "goal": GOAL,
    }


def main(argv: list[str]) -> int:
    if argv:
        print(json.dumps({"session": argv[0], "lines": decode_only(Path(argv[0]))}))
    else:
        print(json.dumps(compare(find_session(Path("es-2013-09-01"))), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
