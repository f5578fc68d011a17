"""Writes the session of a golden scenario from its few prices: the same bytes every time.

Each folder beside this file is a scenario. In it stand, written by hand:

    prices.yaml           what the market did: the start, the end, and a row for each price
    session.script.yaml   what the trader did
    config.yaml           the rules that are on
    expected.yaml         what must come of it, with the arithmetic

A row of prices is `[when, symbol, price]`: from then on the best bid is this price and the best ask one tick above it,
and one contract was traded at it. A market order to buy therefore pays one tick more than the row says, one to sell
gets it, and an open position is valued at it. `python tests/replay/build.py` writes `session.jsonl.gz` of every folder.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from risk_manager.sdk.normalise import decimal_e9, iso, time_ns
from risk_manager.sdk.sessions.lines import ContractLine, Line, QuoteLine, StatusLine, TradeLine
from risk_manager.sdk.sessions.writer import write_session

SCENARIOS = Path(__file__).resolve().parent
INSTRUMENTS = SCENARIOS.parent.parent / "config" / "instruments.yaml"
PRICES = "prices.yaml"
SESSION = "session.jsonl.gz"
_OFFSET = re.compile(r"\+(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_SECOND_NS = 1_000_000_000


def folders() -> list[Path]:
    """Every scenario, by name."""
    return sorted(path.parent for path in SCENARIOS.glob(f"*/{PRICES}"))


def contract_id(product: str) -> str:
    """Every scenario trades the December contracts of 2025."""
    return f"CON.F.US.{product}.Z25"


def offset_ns(text: str) -> int:
    """`+1h2m3s` in nanoseconds, as the script writes it."""
    match = _OFFSET.fullmatch(text)
    if match is None or text == "+":
        raise ValueError(f"{text!r} is not an offset such as +90s or +1h30m")
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return (hours * 3600 + minutes * 60 + seconds) * _SECOND_NS


def _contracts(symbols: list[str]) -> dict[str, ContractLine]:
    known = yaml.load(INSTRUMENTS.read_text(), yaml.BaseLoader)["instruments"]  # noqa: S506 -- every scalar stays text
    return {
        symbol: ContractLine(contract_id(one["product"]), symbol, one["tick_size"], one["tick_value"])
        for symbol, one in ((symbol, known[symbol]) for symbol in symbols)
    }


def _lines(prices: dict[str, Any], contracts: dict[str, ContractLine], start_ns: int) -> Iterator[Line]:
    for contract in contracts.values():
        yield StatusLine(start_ns, start_ns, contract.id, "open")
    before_ns = start_ns
    for when, symbol, price in prices["prices"]:
        t_ns = start_ns + offset_ns(when)
        if t_ns < before_ns:
            raise ValueError(f"{when} {symbol} {price} comes before the row above it")
        before_ns = t_ns
        contract = contracts[symbol]
        instrument = contract.instrument()
        ticks = decimal_e9(price) // instrument.tick_size_e9
        yield QuoteLine(t_ns, t_ns, contract.id, instrument.price_text(ticks), instrument.price_text(ticks + 1))
        yield TradeLine(t_ns, t_ns, contract.id, instrument.price_text(ticks), 1)


def _read(folder: Path) -> tuple[dict[str, Any], dict[str, ContractLine], int]:
    prices = yaml.load((folder / PRICES).read_text(), yaml.BaseLoader)  # noqa: S506 -- every scalar stays text
    return prices, _contracts(sorted({symbol for _, symbol, _ in prices["prices"]})), time_ns(prices["start"])


def lines_of(folder: Path) -> list[Line]:
    """The lines of a scenario's session, for a test that wants others."""
    return list(_lines(*_read(folder)))


def build(folder: Path, target: Path, *, lines: Sequence[Line] | None = None) -> None:
    """Write the session of one scenario to `target`; other lines than its prices say where they are given."""
    prices, contracts, start_ns = _read(folder)
    write_session(
        target,
        lines_of(folder) if lines is None else lines,
        venue="simulated",
        zone="America/Chicago",
        contracts=contracts.values(),
        start=prices["start"],
        end=iso(start_ns + offset_ns(prices["end"])),
        source="written by hand",
    )


def main() -> int:
    """Write every session."""
    for folder in folders():
        build(folder, folder / SESSION)
        sys.stdout.write(f"{folder.name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
