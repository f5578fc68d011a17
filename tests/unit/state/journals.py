"""Journals for the tests of the state: a small account whose every decision is written as the engine writes it."""

from pathlib import Path
from typing import Any

from tests.unit.account import ES_CONTRACT, MORNING_NS, SECOND_NS, Account, trade, working

from risk_manager.domain.decide import decide
from risk_manager.domain.events import Event, OrderReport, PositionReport, TimeAdvanced, TradeReport
from risk_manager.domain.state import AccountState
from risk_manager.rules.daily_realized_loss import Params
from risk_manager.state import codec
from risk_manager.state.snapshots import Life, take_snapshot
from risk_manager.state.sqlite import SqliteStore
from risk_manager.state.store import Entry

CONFIG_HASH = "c0ffee"


def rows_of(state: AccountState) -> dict[tuple[str, str], Any]:
    """A state as one value, to be compared."""
    return {(table, key): row for table, key, row in state.rows()}


class Journaling:
    """An account with a store: each event is decided, made durable and taken in, as a turn of the engine does."""

    def __init__(self, path: Path, *, config_hash: str = CONFIG_HASH, decider_version: int = 1) -> None:
        self.path = path
        self.store = SqliteStore.open(path)
        self.account = Account(daily_realized_loss=Params(limit_mils=-900_000))
        self.account.state = AccountState()
        boot = codec.BootRecord("r", 1, "0", decider_version, config_hash, "SIM", "simulated")
        self.store.append([codec.entry(codec.BOOT, boot, 1, 2)])
        self.life = Life(boots=1, clean=False, config_hash=config_hash, decider_version=decider_version)
        self.take(TimeAdvanced(MORNING_NS))

    @property
    def state(self) -> AccountState:
        return self.account.state

    def take(self, event: Event) -> None:
        beside = codec.beside_of(self.state, event)
        decision = self.account.take(event)
        if decision.is_durable:
            payload = codec.encode(codec.record_of(event, decision, beside))
            moved = tuple((intent, intent.status) for intent in decision.intents)
            self.store.append([Entry(codec.DECISION, payload, 1, 2, moved)])
        self.life.last_ns = max(self.life.last_ns, event.t_ns)

    def trades(self, *numbers: int, pnl_mils: int = 1_000) -> None:
        for number in numbers:
            self.take(TradeReport(MORNING_NS + number * SECOND_NS, trade(number, pnl_mils)))

    def breach(self) -> None:
        """An open position and a working order when the day's limit is broken: a lockout and two intents."""
        self.take(OrderReport(MORNING_NS, working(3)))
        self.take(PositionReport(MORNING_NS, ES_CONTRACT, "ES", 2, 0))
        self.take(TradeReport(MORNING_NS, trade(900, -950_000)))

    def snapshot(self) -> int:
        self.store.write_snapshot(take_snapshot(self.store, self.state, self.life))
        return self.store.head[0]

    def decide(self, state: AccountState, event: Event):
        return decide(state, event, self.account.policy)
