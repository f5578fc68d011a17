"""What a quote costs in memory, every rule on, beside a bare callback of the event loop that compares two integers.

Ten instruments, positions in three of them with a stop each, no breach: the ordinary hour of a trading day. Quotes of
the three held contracts go through the engine in batches, as the venue sends them. Two more figures show that a quote
pays only for what it concerns: with the same rules and three positions beside only three instruments, and with the
rules that hear no quotes taken away. `python benchmarks/quotes.py` prints it all as JSON.
"""

import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from time import process_time
from typing import Any, NoReturn

from measure import PROJECT, NoData, Row, ratio, spread, take_turns

from risk_manager.checkpoints import Checkpoints
from risk_manager.clock import SystemClock
from risk_manager.config.calendars import build as build_calendar
from risk_manager.config.loader import RiskConfig, load_config
from risk_manager.core.binding import bind_rules
from risk_manager.core.engine import Engine
from risk_manager.domain.events import OrderReport, PositionReport, Quote, TimeAdvanced
from risk_manager.domain.instruments import Instrument, Instruments
from risk_manager.domain.orders import Order
from risk_manager.domain.policy import Policy
from risk_manager.domain.state import AccountState
from risk_manager.notify import Notifier
from risk_manager.rules.definition import RuleDefinition
from risk_manager.rules.example import MORNING_NS
from risk_manager.state.store import Entry

CONFIG = PROJECT / "config" / "risk_config.yaml"
HELD, INSTRUMENTS = 3, 10
QUOTES = 15_000
BATCH = 512
ROUNDS = 21
LIMIT_US = 10.0
NOT_CONCERNED_LIMIT = 1.1
PRICE_TICKS = 26_500
_SECOND_NS = 1_000_000_000


class NothingToKeep:
    """A store for a run in which nothing may happen that must survive; it says so where something does."""

    head = (0, b"")

    def __init__(self) -> None:
        self.is_open = False

    def append(self, entries: Sequence[Entry]) -> None:
        """Before the measurement, what sets the account up is let go."""
        if self.is_open:
            raise NoData(f"a quote led to something durable: {entries[0].payload.decode()[:300]}")

    def read(self, after_seq: int = 0) -> Iterator[NoReturn]:
        """Nothing was kept."""
        del after_seq
        return iter(())

    def intents(self, *, live_only: bool = False) -> Sequence[NoReturn]:
        """None was kept."""
        del live_only
        return ()

    def close(self) -> None:
        """Nothing is held."""


def rows() -> Iterator[Row]:
    """Three rows. Raises NoData where a quote led to anything but an answer of each rule."""
    config = load_config(CONFIG)
    every = [each.definition for each in config.rules if each.values]
    concerned = [rule for rule in every if Quote in rule.hears]
    engines = {
        "all": _engine(config, every, INSTRUMENTS),
        "held": _engine(config, every, HELD),
        "concerned": _engine(config, concerned, INSTRUMENTS),
    }
    batches = _batches(config)
    sides = [lambda engine=engine: _quotes_us(engine, batches) for engine in engines.values()]
    *taken, bare_us = take_turns(ROUNDS, *sides, _callbacks_us)
    us = dict(zip(engines, taken, strict=True))
    detail: dict[str, Any] = {
        "rules": [rule.key for rule in every],
        "rules_that_hear_quotes": [rule.key for rule in concerned],
        "instruments": INSTRUMENTS,
        "positions": HELD,
        "quotes_a_round": QUOTES,
        "quotes_a_second": round(1e6 / spread(us["all"])["median"]),
        "quote_us": spread(us["all"]),
        "bare_callback_us": spread(bare_us),
        "times_a_bare_callback": ratio(us["all"], bare_us),
    }
    what = f"a quote, {len(every)} rules on, {HELD} of {INSTRUMENTS} instruments held"
    yield Row(what, spread(us["all"])["median"], LIMIT_US, "us", ROUNDS, detail, number=2)
    what = f"quote among {INSTRUMENTS} instruments / among {HELD}"
    yield Row(
        what, ratio(us["all"], us["held"]), NOT_CONCERNED_LIMIT, "x", ROUNDS, {"us": spread(us["held"])}, number=2
    )
    what = f"quote with {len(every)} rules / with the {len(concerned)} that hear quotes"
    yield Row(
        what,
        ratio(us["all"], us["concerned"]),
        NOT_CONCERNED_LIMIT,
        "x",
        ROUNDS,
        {"us": spread(us["concerned"])},
        number=2,
    )


def _traded(config: RiskConfig, number: int) -> list[Instrument]:
    blocked = ("BTC", "MBT", "ETH", "MET")
    chosen = [one for one in config.instruments if one.symbol not in blocked][:number]
    if len(chosen) < number:
        raise NoData(f"instruments.yaml has {len(chosen)} instruments to trade, not {number}")
    return chosen


def _contract(instrument: Instrument) -> str:
    return f"CON.F.US.{instrument.product}.Z25"


def _engine(config: RiskConfig, rules: Sequence[RuleDefinition], instruments: int) -> Engine:
    """An engine with three positions and a stop for each, ready for quotes."""
    calendar = build_calendar(config, MORNING_NS)
    params = {each.key: each.params(calendar) for each in config.rules if each.values}
    traded = _traded(config, instruments)
    policy = Policy(
        account="BENCH",
        rules=bind_rules([(rule, params[rule.key]) for rule in rules]),
        instruments=Instruments(traded),
        trading_days=calendar.trading_days,
    )
    clock = SystemClock()
    store = NothingToKeep()
    engine = Engine(
        state=AccountState(),
        policy=policy,
        store=store,
        checkpoints=Checkpoints(Notifier(None), clock, "bench"),
        clock=clock,
    )
    engine.process([TimeAdvanced(MORNING_NS)])
    for one in traded:
        engine.process([Quote(MORNING_NS, _contract(one), PRICE_TICKS, PRICE_TICKS + 1, PRICE_TICKS)])
    for number, one in enumerate(traded[:HELD], 1):
        contract = _contract(one)
        stop = Order(
            number, contract, one.symbol, -1, 1, "stop", "working", 0, MORNING_NS, 1, stop_ticks=PRICE_TICKS - 8
        )
        cost_mils = PRICE_TICKS * one.tick_value_mils
        engine.process([OrderReport(MORNING_NS, stop), PositionReport(MORNING_NS, contract, one.symbol, 1, cost_mils)])
    if len(engine.state.positions) != HELD or engine.state.lockouts or engine.state.demands:
        raise NoData("the account could not be set up without a breach")
    engine.process([TimeAdvanced(MORNING_NS + _SECOND_NS)])
    engine.process(_batches(config)[0])  # what happens at a first quote, happens now
    engine.start()
    store.is_open = True
    return engine


def _batches(config: RiskConfig) -> list[list[Quote]]:
    """Quotes of the held contracts that move to and fro by a tick, so that every one of them is news."""
    contracts = [_contract(one) for one in _traded(config, HELD)]
    quotes = [
        Quote(
            MORNING_NS + 2 * _SECOND_NS + number,
            contracts[number % HELD],
            PRICE_TICKS + number % 2,
            PRICE_TICKS + 1 + number % 2,
            PRICE_TICKS + number % 2,
        )
        for number in range(QUOTES)
    ]
    return [quotes[start : start + BATCH] for start in range(0, QUOTES, BATCH)]


def _quotes_us(engine: Engine, batches: Sequence[Sequence[Quote]]) -> float:
    """Microseconds of processor time a quote."""
    before = engine.counts.decisions
    began_s = process_time()
    for batch in batches:
        engine.process(batch)
    took_s = process_time() - began_s
    if engine.counts.decisions - before != QUOTES:
        raise NoData(f"{engine.counts.decisions - before} of {QUOTES} quotes were decided about")
    return took_s * 1e6 / QUOTES


def _callbacks_us() -> float:
    """Microseconds of processor time a callback of the event loop that compares a number with a limit."""

    async def run() -> float:
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        left = QUOTES
        breaches = 0

        def compare(price: int) -> None:
            nonlocal left, breaches
            breaches += price < PRICE_TICKS
            left -= 1
            if left:
                loop.call_soon(compare, price + 1)
            else:
                done.set_result(breaches)

        began_s = process_time()
        loop.call_soon(compare, PRICE_TICKS)
        await done
        return (process_time() - began_s) * 1e6 / QUOTES

    return asyncio.run(run())


def main() -> int:
    """Print the rows."""
    print(json.dumps([{**vars(row), "met": row.met} for row in rows()], indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
