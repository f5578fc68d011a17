"""What asserting the invariants costs: the same events through the same engine with and without, taking turns.

A trader's hour: orders, fills, positions and balances of three contracts that are all held, the clock, prices between
them, a complete answer of the venue now and then, all rules of the shipped configuration on. Without means an engine
whose assertions are taken away; the second book of fills is kept on both sides, for it is part of the decision. Two
rows: with the real store, which is the row with the promise, and with a store that forgets, which is the worst case.
`python benchmarks/invariants.py` prints them as JSON.
"""

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import process_time

from measure import PROJECT, NoData, Row, ratio, spread, take_turns

from risk_manager.checkpoints import Checkpoints
from risk_manager.clock import SystemClock
from risk_manager.config.calendars import build as build_calendar
from risk_manager.config.loader import RiskConfig, load_config
from risk_manager.core.binding import bind_rules
from risk_manager.core.engine import Engine
from risk_manager.domain.asserting import Asserting
from risk_manager.domain.decision import Decision
from risk_manager.domain.events import (
    AccountReport,
    Event,
    InvariantBroken,
    MarketTrade,
    OrderReport,
    PositionReport,
    Quote,
    Reconciled,
    TimeAdvanced,
    TradeReport,
)
from risk_manager.domain.orders import Order, Trade
from risk_manager.domain.policy import Policy
from risk_manager.domain.state import AccountState
from risk_manager.notify import Notifier
from risk_manager.rules.example import MORNING_NS
from risk_manager.state.sqlite import SqliteStore
from risk_manager.state.store import Entry

CONFIG = PROJECT / "config" / "risk_config.yaml"
SYMBOLS = {"ES": "CON.F.US.EP.Z25", "MES": "CON.F.US.MES.Z25", "MNQ": "CON.F.US.MNQ.Z25"}
MOST = 2
"""Contracts: each position goes to and fro between one and so many."""
TURNS = 400
PRICES_A_TURN = 20
ANSWERED_EVERY = 10
ROUNDS = 21
LIMIT_PERCENT = 15.0
PRICE_TICKS = 26_500
_SECOND_NS = 1_000_000_000


class Forgets:
    """A store for which nothing is too much: what is left is the engine alone."""

    head = (0, b"")

    def append(self, entries: Sequence[Entry]) -> None:
        """Let it go."""

    def close(self) -> None:
        """There is nothing to close."""


class AssertsNothing(Asserting):
    """The engine without its invariants. It never asks to be woken."""

    @property
    def wakes_ns(self) -> int:
        """Never."""
        return 2**63

    def check(self, event: Event, decision: Decision) -> list[InvariantBroken]:
        """Nothing is looked at."""
        del event, decision
        return []


def rows() -> Iterator[Row]:
    """Two rows in percent. Raises NoData where the hour was not dealt with, or did not go by in peace."""
    config = load_config(CONFIG)
    hour = _hour(config)
    with tempfile.TemporaryDirectory(prefix="rm-bench-", dir=PROJECT / "data") as directory:
        yield _row("invariants on durable events, cost", config, hour, Path(directory))
    yield _row("invariants in memory alone, cost", config, hour, None)


def _row(name: str, config: RiskConfig, hour: Sequence[Sequence[Event]], directory: Path | None) -> Row:
    def side(kind: type[Asserting]) -> float:
        return _cpu_s(config, hour, kind, directory)

    without_s, with_s = take_turns(ROUNDS, lambda: side(AssertsNothing), lambda: side(Asserting))
    events = sum(len(batch) for batch in hour)
    detail = {
        "events": events,
        "with_us_an_event": ratio(with_s, [1.0]) * 1e6 / events,
        "without_cpu_s": spread(without_s),
        "with_cpu_s": spread(with_s),
    }
    return Row(name, (ratio(with_s, without_s) - 1) * 100, LIMIT_PERCENT, "%", ROUNDS, detail, number=9)


def _cpu_s(config: RiskConfig, hour: Sequence[Sequence[Event]], kind: type[Asserting], directory: Path | None) -> float:
    """Processor seconds for the hour."""
    calendar = build_calendar(config, MORNING_NS)
    policy = Policy(
        account="BENCH",
        rules=bind_rules([(each.definition, each.params(calendar)) for each in config.rules if each.enabled]),
        instruments=config.instruments,
        trading_days=calendar.trading_days,
    )
    if directory is not None:
        for old in directory.glob("engine.*"):
            old.unlink()
    store = Forgets() if directory is None else SqliteStore.open(directory / "engine.db")
    clock = SystemClock()
    engine = Engine(
        state=AccountState(),
        policy=policy,
        store=store,  # type: ignore[arg-type]  # the engine only appends
        checkpoints=Checkpoints(Notifier(None), clock, "bench"),
        clock=clock,
    )
    engine.asserting = kind(engine.state, policy=policy)
    began_s = process_time()
    for batch in hour:
        engine.process(batch)
    took_s = process_time() - began_s
    store.close()
    state = engine.state
    if state.lockouts or state.demands or engine.counts.intents:
        raise NoData(f"the hour did not go by in peace: {list(state.lockouts)} {list(state.demands)}")
    if len(state.positions) != len(SYMBOLS) or state.today is None or state.today.trades != TURNS:
        raise NoData("the hour was not dealt with")
    return took_s


def _hour(config: RiskConfig) -> list[list[Event]]:
    """Batches as a venue sends them: one contract a turn is bought or sold, between one and two contracts long."""
    nets = dict.fromkeys(SYMBOLS, 1)
    batches: list[list[Event]] = [
        [TimeAdvanced(MORNING_NS), AccountReport(MORNING_NS, can_trade=True, balance_mils=50_000_000)],
        [_position(config, symbol, net, MORNING_NS) for symbol, net in nets.items()],
    ]
    for turn in range(1, TURNS + 1):
        t_ns = MORNING_NS + turn * 5 * _SECOND_NS
        symbol = list(SYMBOLS)[turn % len(SYMBOLS)]
        nets[symbol] = 1 if nets[symbol] == MOST else MOST
        batches += [_prices(turn, t_ns), _fill(config, turn, t_ns, symbol, nets[symbol])]
        if turn % ANSWERED_EVERY == 0:
            batches.append([*(_position(config, each, net, t_ns) for each, net in nets.items()), Reconciled(t_ns)])
    return batches


def _prices(turn: int, t_ns: int) -> list[Event]:
    contracts = list(SYMBOLS.values())
    found: list[Event] = [TimeAdvanced(t_ns)]
    for number in range(PRICES_A_TURN):
        contract, ticks = contracts[number % len(contracts)], PRICE_TICKS + (turn + number) % 2
        found.append(
            Quote(t_ns, contract, ticks, ticks + 1, ticks) if number % 2 else MarketTrade(t_ns, contract, ticks, 1)
        )
    return found


def _fill(config: RiskConfig, turn: int, t_ns: int, symbol: str, net: int) -> list[Event]:
    """An order that works and fills, its fill, the position and the balance after it."""
    contract, buys = SYMBOLS[symbol], net == MOST
    order = Order(turn, contract, symbol, 1 if buys else -1, 1, "limit", "working", 0, t_ns, 1, PRICE_TICKS)
    filled = Order(turn, contract, symbol, order.side, 1, "limit", "filled", 1, t_ns, 2, PRICE_TICKS)
    trade = Trade(turn, turn, contract, symbol, order.side, 1, PRICE_TICKS, None if buys else 10, 10, t_ns)
    return [
        OrderReport(t_ns, order),
        OrderReport(t_ns, filled),
        TradeReport(t_ns, trade),
        _position(config, symbol, net, t_ns),
        AccountReport(t_ns, can_trade=True, balance_mils=50_000_000 - turn),
    ]


def _position(config: RiskConfig, symbol: str, net: int, t_ns: int) -> PositionReport:
    instrument = config.instruments.by_symbol(symbol)
    if instrument is None:
        raise NoData(f"instruments.yaml has no {symbol}")
    return PositionReport(t_ns, SYMBOLS[symbol], symbol, net, PRICE_TICKS * instrument.tick_value_mils * net)


def main() -> int:
    """Print the rows."""
    print(json.dumps([{**vars(row), "met": row.met} for row in rows()], indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
