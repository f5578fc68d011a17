"""The 500,000 real trades replayed with every decision and its journal, against merely decoding the file.

Called with a file, it is the other side: that file, read line by line and decoded.
"""

import gzip
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
from measure import PROJECT, NoData, Row, ratio, run, run_json, spread, take_turns

SESSION = PROJECT / "data" / "sessions" / "es-2013-09-01.jsonl.gz"
VENUE_ALONE = PROJECT / "benchmarks" / "replay_decode.py"
TRADES = 500_000
LIMIT = 3.0
ROUNDS = 3


def rows() -> Iterator[Row]:
    """One row. Raises NoData without the session, or where a replay saw another number of trades."""
    if not SESSION.is_file():
        raise NoData(f"{SESSION.relative_to(PROJECT)} is not there: make sample")

    def decoding() -> float:
        return run([__file__, SESSION])[0]

    replays_s, decodes_s = take_turns(ROUNDS, _replay, decoding)
    detail = {"replay_s": spread(replays_s), "decode_s": spread(decodes_s), "trades": TRADES}
    name = "replay of 500,000 trades with decisions / decoding them"
    yield Row(name, ratio(replays_s, decodes_s), LIMIT, "x", ROUNDS, detail, number=7)
    _, alone = run_json([VENUE_ALONE])
    name = "of it the venue alone / decoding them"
    yield Row(name, float(alone["ratio"]), float(alone["goal"]), "x", int(alone["rounds"]), alone, number=7)


def _replay() -> float:
    with tempfile.TemporaryDirectory(prefix="rm-bench-") as directory:
        places = ["--data-dir", Path(directory) / "state", "--log-dir", Path(directory) / "logs"]
        argv = ["-m", "risk_manager", "run", "--replay", SESSION, "--speed", "max", "--json", *places]
        took_s, summary = run_json(argv)
    if summary.get("market_trades") != TRADES:
        raise NoData(f"the replay saw {summary.get('market_trades')} market trades, not {TRADES}")
    return took_s


def decode(session: Path) -> None:
    """Every line but the header, into the same type that a replay reads."""
    from risk_manager.sdk.sessions.lines import Line

    decoder = msgspec.json.Decoder(Line)
    with gzip.open(session, "rb") as stream:
        next(stream)
        for line in stream:
            decoder.decode(line)


if __name__ == "__main__":
    decode(Path(sys.argv[1]))
