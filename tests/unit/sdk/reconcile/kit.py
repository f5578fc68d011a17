"""The engine with its real store, linked to a venue whose answers are written down: what reconciliation makes of them.

A case reads: what we had heard, what the venue says now, and what the account, the journal and the venue see of it.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.unit.account import ES_CONTRACT, MNQ_CONTRACT, MORNING_NS, SECOND_NS, Account, trade, working

from risk_manager.checkpoints import Checkpoints
from risk_manager.clock import SystemClock
from risk_manager.core.engine import Engine
from risk_manager.core.inbox import Inbox
from risk_manager.core.link import Link
from risk_manager.domain.decision import Alert
from risk_manager.domain.events import (
    AccountReport,
    Event,
    OrderReport,
    PositionReport,
    TimeAdvanced,
    TradeReport,
)
from risk_manager.domain.intents import Intent
from risk_manager.domain.orders import Order, Trade
from risk_manager.domain.state import AccountState
from risk_manager.domain.tolerance import Tolerance
from risk_manager.errors import VenueError
from risk_manager.notify import Notifier
from risk_manager.state import codec
from risk_manager.state.recovery import recover
from risk_manager.state.sqlite import SqliteStore

SYMBOLS = {ES_CONTRACT: "ES", MNQ_CONTRACT: "MNQ"}
TICK_MILS = {ES_CONTRACT: 12_500, MNQ_CONTRACT: 500}
PRICE_TICKS = 26_500
NOON = 3600
"""Seconds after the open at which the venue is asked, unless a case says otherwise."""


def at(seconds: int) -> int:
    """A moment, in seconds after the open."""
    return MORNING_NS + seconds * SECOND_NS


def held(net: int, *, contract: str = ES_CONTRACT, seconds: int = 1) -> PositionReport:
    """The venue says what is held."""
    cost_mils = PRICE_TICKS * TICK_MILS[contract] * net
    return PositionReport(at(seconds), contract, SYMBOLS[contract], net, cost_mils)


def fill(trade_id: int, net: int, *, seconds: int = 10, pnl_mils: int | None = None, **more: Any) -> Trade:
    """A fill of so many contracts, bought where positive."""
    side, contract = (1 if net > 0 else -1), more.pop("contract", ES_CONTRACT)
    return trade(
        trade_id,
        pnl_mils,
        t_ns=at(seconds),
        side=side,
        size=abs(net),
        contract=contract,
        symbol=SYMBOLS[contract],
        **more,
    )


def order(order_id: int, *, seconds: int = 1, **more: Any) -> Order:
    """A working limit order to buy one ES, unless said otherwise."""
    return working(order_id, t_ns=at(seconds), **more)


class Answers:
    """A venue that says what it is told to say. refuses: which questions fail, and how."""

    def __init__(self) -> None:
        self.seconds = NOON
        self.positions_: list[PositionReport] = []
        self.working: list[Order] = []
        self.trades: list[Trade] = []
        self.known: dict[int, Order] = {}
        self.can_trade = True
        self.balance_mils = 50_000_000
        self.refuses: dict[str, VenueError] = {}
        self.asked: list[str] = []
        self.since_ns: int | None = None
        self.between_answers: list[Any] = []
        """Called once each, before the next question of the account: something happens while we ask."""

    def _ask(self, question: str) -> None:
        self.asked.append(question)
        if question in self.refuses:
            raise self.refuses[question]

    async def account(self) -> AccountReport:
        self._ask("account")
        if len(self.asked) > 1 and self.between_answers:
            self.between_answers.pop(0)()
        return AccountReport(at(self.seconds), self.can_trade, self.balance_mils)

    async def positions(self) -> Sequence[PositionReport]:
        self._ask("positions")
        return list(self.positions_)

    async def working_orders(self) -> Sequence[Order]:
        self._ask("working_orders")
        return list(self.working)

    async def trades_since(self, t_ns: int) -> Sequence[Trade]:
        self._ask("trades")
        self.since_ns = t_ns
        return [each for each in self.trades if each.t_ns >= t_ns]

    async def order(self, order_id: int) -> Order | None:
        self._ask(f"order {order_id}")
        return self.known.get(order_id)


class Manager:
    """An engine with its journal, and the link through which it asks."""

    def __init__(self, directory: Path, *heard: Event, tolerance: Tolerance | None = None, **rules: Any) -> None:
        self.venue = Answers()
        self.policy = Account(**rules).policy
        self.policy.tolerance = tolerance or Tolerance()
        self.store = SqliteStore.open(directory / "journal.db")
        self.told: list[Alert] = []
        self.sent: list[Intent] = []
        self._live(AccountState(), seen_ns=0)
        boot = codec.BootRecord("r", 1, "0", codec.DECIDER_VERSION, "c", "SIM", "simulated")
        self.store.append([codec.entry(codec.BOOT, boot, 1, 2)])
        self.take(TimeAdvanced(at(0)), AccountReport(at(0), can_trade=True, balance_mils=50_000_000), *heard)
        self.told.clear()
        self.sent.clear()

    def _live(self, state: AccountState, *, seen_ns: int) -> None:
        clock = SystemClock()
        checkpoints = Checkpoints(Notifier(None), clock, "test")
        self.engine = Engine(state=state, policy=self.policy, store=self.store, checkpoints=checkpoints, clock=clock)
        self.engine.on_news = lambda _event, decision: self.told.extend(decision.alerts)
        self.inbox = Inbox(conflate=False)
        self.link = Link(
            self.venue,  # type: ignore[arg-type]  # it answers questions, which is all that is asked of it
            "SIM",
            self.engine,
            self.inbox,
            seen_ns=seen_ns,
        )

    @property
    def state(self) -> AccountState:
        return self.engine.state

    @property
    def rows(self) -> int:
        """How many rows the journal has."""
        return self.store.head[0]

    def take(self, *events: Event) -> None:
        """Let the engine deal with events, as with a batch of the venue."""
        self.sent += self.engine.process(list(events)).intents

    def ask(self, *, gap: bool = True) -> Sequence[Event]:
        """What the link makes of the venue's answer. gap: nobody listened before, as after a start."""
        return asyncio.run(self.link.reconcile(gap=gap))

    def reconcile(self, seconds: int | None = None) -> Sequence[Event]:
        """The clock reaches the venue's, it is asked, and its answer is taken in."""
        self.venue.seconds = seconds or self.venue.seconds
        self.take(TimeAdvanced(max(self.state.now_ns, at(self.venue.seconds))))
        events = self.ask()
        self.take(*events)
        return events

    def die_and_come_back(self) -> None:
        """Nothing is left but the journal."""
        recovered = recover(self.store)
        self._live(recovered.state, seen_ns=recovered.last_ns)

    @property
    def nets(self) -> dict[str, int]:
        """Root symbol to what we believe to hold."""
        return {position.symbol: position.net for position in self.state.positions.values()}

    @property
    def day(self) -> tuple[int, int, int]:
        """P&L and fees of the day in mils, and its trades."""
        today = self.state.today
        assert today is not None
        return today.pnl_mils, today.fees_mils, today.trades

    @property
    def frozen(self) -> set[str]:
        """What is frozen by a broken invariant."""
        return {key.removeprefix("invariant:") for key in self.state.lockouts if key.startswith("invariant:")}

    @property
    def pages(self) -> list[str]:
        """Ids of what a person was told."""
        return [alert.id for alert in self.told]

    def durable(self) -> dict[tuple[str, str], Any]:
        """Every row that survives a crash."""
        return {(table, key): row for table, key, row in self.state.rows()}


def heard_of(*, positions: Iterable[PositionReport] = (), orders: Iterable[Order] = (), trades: Iterable[Trade] = ()):
    """What the stream told of them."""
    return [
        *(OrderReport(each.t_ns, each) for each in orders),
        *(TradeReport(each.t_ns, each) for each in trades),
        *positions,
    ]


def words(caplog: Any) -> list[str]:
    """The lines that reconciliation logged, each with its level."""
    found = [each for each in caplog.records if each.getMessage().startswith("reconciliation: ")]
    short = {logging.WARNING: "!", logging.INFO: " "}
    return [short[each.levelno] + each.getMessage().removeprefix("reconciliation: ") for each in found]
