"""The demonstration sessions are what the generator makes, and their scripts do what their comments compute."""

import asyncio
from pathlib import Path

import pytest
from tests.integration.exchange.kit import ACCOUNT, INSTRUMENTS, play

from risk_manager.sdk.normalise import money_text
from risk_manager.sdk.sessions.generate import DEMOS, main
from risk_manager.sdk.sessions.lines import TradeLine
from risk_manager.sdk.sessions.reader import Session
from risk_manager.sdk.simulated.embedded import EmbeddedVenue
from risk_manager.sdk.simulated.floor import FloorPlan

Trades = list[tuple[int, str, int, str, str | None]]


def trades_of(path: Path) -> Trades:
    """Second, side, size, price and result of each trade when nobody intervenes."""

    async def run() -> Trades:
        venue = EmbeddedVenue(FloorPlan(session=path), INSTRUMENTS)
        start_ns = (await venue.connect(ACCOUNT)).t_ns
        await venue.subscribe()
        await play(venue)
        return [
            (
                (t.t_ns - start_ns) // 10**9,
                "buy" if t.side > 0 else "sell",
                t.size,
                Session(path).instruments[t.contract].price_text(t.price_ticks),
                None if t.pnl_mils is None else money_text(t.pnl_mils),
            )
            for t in await venue.trades_since(0)
        ]

    return asyncio.run(run())


def test_regenerating_gives_the_committed_files(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert main([str(tmp_path / "one")]) == 0
    assert main([str(tmp_path / "two")]) == 0
    for demo in DEMOS:
        made = Session(tmp_path / "one" / f"{demo.name}.jsonl.gz")
        assert (tmp_path / "two" / made.path.name).read_bytes() == made.path.read_bytes()
        # another zlib may pack the same lines into other bytes; the digest is of the lines
        assert Session(project / "data" / "sessions" / made.path.name).header == made.header
    assert "demo-breach.jsonl.gz" in capsys.readouterr().out


@pytest.mark.parametrize("demo", ["demo-breach", "demo-calm"])
def test_a_demo_has_the_shape_of_a_real_open(project: Path, demo: str) -> None:
    session = Session(project / "data" / "sessions" / f"{demo}.jsonl.gz")
    lines = [line for batch in session.batches() for line in batch]
    trades = [line for line in lines if isinstance(line, TradeLine)]
    first_second = [line for line in trades if line.tv < session.start_ns + 10**9]
    assert 1_500 < len(lines) < 4_000
    assert len(first_second) > 100
    assert {line.c for line in trades} == set(session.instruments)
    assert [line.tv for line in lines] == sorted(line.tv for line in lines)


def test_the_breach_loses_what_its_comments_compute(project: Path) -> None:
    trades = trades_of(project / "data" / "sessions" / "demo-breach.jsonl.gz")
    assert trades[:5] == [
        (60, "buy", 2, "6650.25", None),
        (120, "sell", 2, "6647.75", "-250.00"),
        (180, "sell", 2, "6647", None),
        (240, "buy", 2, "6650", "-300.00"),
        (300, "buy", 3, "6651.25", None),
    ]


def test_the_calm_day_ends_flat_with_what_its_comments_compute(project: Path) -> None:
    assert trades_of(project / "data" / "sessions" / "demo-calm.jsonl.gz") == [
        (60, "buy", 1, "6660.5", None),
        (180, "sell", 1, "6661.5", "50.00"),
        (240, "buy", 2, "24655.5", None),
        (360, "sell", 2, "24652.75", "-11.00"),
    ]
