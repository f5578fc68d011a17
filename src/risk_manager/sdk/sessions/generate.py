"""Makes the sessions that ship: two contracts, ten minutes from a regular open (one minute for the soak, which is
played again and again), the same bytes every time.

The shape is that of the real session: a burst of trades in the opening second, quotes and trades of two contracts, odd
milliseconds. Prices walk at random between anchors; around an anchor they stand still, so that the scripts beside the
sessions can do their arithmetic by hand: at an anchor the best bid is the anchor's price and the best ask one tick
above it. `python -m risk_manager.sdk.sessions.generate` writes all of them.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random  # noqa: TID251 -- the seeded generator is handed in; nobody here asks the module for chance

from risk_manager.domain.instruments import Instrument
from risk_manager.sdk.normalise import decimal_e9, iso, time_ns
from risk_manager.sdk.sessions.lines import ContractLine, Line, QuoteLine, StatusLine, TradeLine
from risk_manager.sdk.sessions.writer import write_session

ES = ContractLine("CON.F.US.EP.Z25", "ES", "0.25", "12.50", min_price="1000", max_price="20000")
MNQ = ContractLine("CON.F.US.MNQ.Z25", "MNQ", "0.25", "0.50", min_price="2000", max_price="80000")

_NS = 1_000_000_000
_MS = 1_000_000
_LENGTH_S = 600
_STILL_S = 1.5
_NOISE_TICKS = 3


@dataclass(frozen=True, slots=True)
class Course:
    """How one contract moves. anchors: (seconds from the start, price) in order, the first at 0, the last at the end.

    opening_trades: how many trades the first second has. event_every_s: the average pause afterwards.
    """

    contract: ContractLine
    anchors: Sequence[tuple[int, str]]
    opening_trades: int
    event_every_s: float


@dataclass(frozen=True, slots=True)
class Demo:
    """One demonstration session."""

    name: str
    seed: int
    start: str
    courses: Sequence[Course]
    length_s: int = _LENGTH_S


# The anchors are where the scripts act; see data/sessions/*.script.yaml for what is done there and why.
DEMOS = (
    Demo(
        "demo-breach",
        seed=20251118,
        start="2025-11-18T14:30:00Z",
        courses=(
            Course(
                ES,
                (
                    (0, "6651.50"),
                    (60, "6650.00"),
                    (120, "6647.75"),
                    (180, "6647.00"),
                    (240, "6649.75"),
                    (300, "6651.00"),
                    (360, "6641.00"),
                    (420, "6638.50"),
                    (480, "6640.00"),
                    (540, "6642.25"),
                    (600, "6643.00"),
                ),
                opening_trades=120,
                event_every_s=0.55,
            ),
            Course(
                MNQ,
                (
                    (0, "24610.00"),
                    (120, "24590.50"),
                    (300, "24602.25"),
                    (360, "24566.00"),
                    (480, "24561.75"),
                    (600, "24572.00"),
                ),
                opening_trades=60,
                event_every_s=1.1,
            ),
        ),
    ),
    Demo(
        "demo-calm",
        seed=20251119,
        start="2025-11-19T14:30:00Z",
        courses=(
            Course(
                ES,
                (
                    (0, "6660.00"),
                    (60, "6660.25"),
                    (180, "6661.50"),
                    (300, "6661.00"),
                    (420, "6662.25"),
                    (600, "6662.00"),
                ),
                opening_trades=120,
                event_every_s=0.55,
            ),
            Course(
                MNQ,
                ((0, "24650.00"), (240, "24655.25"), (360, "24652.75"), (600, "24658.00")),
                opening_trades=60,
                event_every_s=1.1,
            ),
        ),
    ),
    # It ends where it began, so that the next lap goes on without a jump.
    Demo(
        "soak",
        seed=20251120,
        start="2025-11-20T14:30:00Z",
        length_s=60,
        courses=(
            Course(
                ES,
                ((0, "6655.00"), (20, "6656.50"), (40, "6653.75"), (60, "6655.00")),
                opening_trades=60,
                event_every_s=0.12,
            ),
            Course(
                MNQ,
                ((0, "24600.00"), (30, "24600.00"), (55, "24601.50"), (60, "24600.00")),
                opening_trades=30,
                event_every_s=0.25,
            ),
        ),
    ),
)


class _Walk:
    """The price of one contract through time."""

    def __init__(self, course: Course, rng: Random) -> None:
        self.instrument: Instrument = course.contract.instrument()
        tick_e9 = self.instrument.tick_size_e9
        self._anchors = [(seconds * _NS, decimal_e9(price) // tick_e9) for seconds, price in course.anchors]
        self._rng = rng
        self._noise = 0

    def bid_ticks(self, t_ns: int) -> int:
        """The best bid at this moment; the best ask is one tick above it."""
        for (from_ns, from_ticks), (to_ns, to_ticks) in zip(self._anchors, self._anchors[1:], strict=False):
            if from_ns <= t_ns <= to_ns:
                for anchor_ns, ticks in ((from_ns, from_ticks), (to_ns, to_ticks)):
                    if anchor_ns and abs(t_ns - anchor_ns) <= _STILL_S * _NS:
                        self._noise = 0
                        return ticks
                step = self._rng.choice((-1, 0, 0, 1))
                self._noise = max(-_NOISE_TICKS, min(_NOISE_TICKS, self._noise + step))
                return from_ticks + (to_ticks - from_ticks) * (t_ns - from_ns) // (to_ns - from_ns) + self._noise
        raise ValueError(f"{t_ns} ns is not between the first and the last anchor")


def _times_ns(course: Course, rng: Random, length_s: int) -> Iterator[int]:
    """When something happens, in ns from the start: a burst, then now and then; and just before each anchor."""
    times = {rng.randrange(1000) * _MS for _ in range(course.opening_trades)}
    t_s = 1.0
    while t_s < length_s - 1:
        times.add(int(t_s * 1000) * _MS)
        t_s += rng.expovariate(1 / course.event_every_s)
    times |= {seconds * _NS - _NS for seconds, _ in course.anchors if seconds}
    return iter(sorted(times))


def _lines_of(course: Course, rng: Random, start_ns: int, length_s: int) -> Iterator[Line]:
    walk = _Walk(course, rng)
    contract, text = course.contract.id, walk.instrument.price_text
    quoted: int | None = None
    before_anchor = {seconds * _NS - _NS for seconds, _ in course.anchors}
    for offset_ns in _times_ns(course, rng, length_s):
        t_ns = start_ns + offset_ns
        seen_ns = t_ns + rng.randrange(200, 900) * 1000
        bid = walk.bid_ticks(offset_ns)
        if bid != quoted or offset_ns in before_anchor:
            quoted = bid
            yield QuoteLine(t_ns, seen_ns, contract, text(bid), text(bid + 1))
        if offset_ns not in before_anchor:
            price = text(bid + rng.choice((0, 1)))
            yield TradeLine(t_ns, seen_ns, contract, price, min(1 + int(rng.expovariate(0.45)), 40))


def lines_of(demo: Demo, rng: Random) -> list[Line]:
    """All lines of a session in the order of arrival."""
    start_ns = time_ns(demo.start)
    opened: list[Line] = [StatusLine(start_ns, start_ns, course.contract.id, "open") for course in demo.courses]
    market = [line for course in demo.courses for line in _lines_of(course, rng, start_ns, demo.length_s)]
    return opened + sorted(market, key=lambda line: line.tv)


def write_demo(demo: Demo, directory: Path) -> Path:
    """Write one session; the same demo gives the same file."""
    path = directory / f"{demo.name}.jsonl.gz"
    write_session(
        path,
        lines_of(demo, Random(demo.seed)),  # noqa: S311 -- a market that looks real, no secret
        venue="simulated",
        zone="America/Chicago",
        contracts=[each.contract for each in demo.courses],
        start=demo.start,
        end=iso(time_ns(demo.start) + demo.length_s * _NS),
        source=f"generated, seed {demo.seed}",
    )
    return path


def main(argv: Sequence[str]) -> int:
    """Write all sessions into the directory named, or data/sessions."""
    directory = Path(argv[0]) if argv else Path("data/sessions")
    directory.mkdir(parents=True, exist_ok=True)
    for demo in DEMOS:
        sys.stdout.write(f"{write_demo(demo, directory)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
