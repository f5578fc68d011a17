"""A journal becomes the state again that it was written from."""

import os
from pathlib import Path

import pytest
from tests.unit.account import ES_CONTRACT, MORNING_NS, Account, trade, working

from risk_manager.domain.decision import Decision
from risk_manager.domain.events import Event, IntentProgress, OrderReport, PositionReport, TimeAdvanced, TradeReport
from risk_manager.domain.state import Change
from risk_manager.errors import AccountLocked, StateCorrupt
from risk_manager.rules.daily_realized_loss import Params
from risk_manager.state import codec
from risk_manager.state.account_lock import AccountLock
from risk_manager.state.recovery import recover
from risk_manager.state.sqlite import SqliteStore
from risk_manager.state.store import Entry


def journaled(store: SqliteStore, it: Account, *events: Event) -> None:
    for event in events:
        write(store, event, it.take(event))


def write(store: SqliteStore, event: Event, decision: Decision) -> None:
    store.append([Entry(codec.DECISION, codec.encode(codec.record_of(event, decision)), 1, 2)])


def locked_out(store: SqliteStore) -> Account:
    it = Account(daily_realized_loss=Params(limit_mils=-900_000))
    write(store, _first_event(), it.decisions[0])
    journaled(
        store,
        it,
        OrderReport(MORNING_NS, working(3)),
        PositionReport(MORNING_NS, ES_CONTRACT, "ES", 2, 0),
        TradeReport(MORNING_NS, trade(1, -900_000)),
    )
    return it


def _first_event() -> Event:
    return TimeAdvanced(MORNING_NS)


def test_lockouts_positions_totals_and_unfinished_intents_survive(tmp_path: Path):
    store = SqliteStore.open(tmp_path / "j.db")
    it = locked_out(store)
    recovered = recover(store)
    assert {(t, k): row for t, k, row in recovered.state.rows()} == {(t, k): row for t, k, row in it.state.rows()}
    assert len(recovered.state.intents) == 2
    assert recovered.last_ns == MORNING_NS


def test_a_finished_intent_is_not_resumed(tmp_path: Path):
    store = SqliteStore.open(tmp_path / "j.db")
    it = locked_out(store)
    names = list(it.state.intents)
    journaled(
        store,
        it,
        OrderReport(MORNING_NS, working(3, status="cancelled", version=2)),
        PositionReport(MORNING_NS, ES_CONTRACT, "ES", 0, None),
    )
    for name in names:
        journaled(store, it, IntentProgress(MORNING_NS, name, "confirmed"))
    assert recover(store).state.intents == {}


def test_a_life_that_did_not_stop_in_order_is_recognised(tmp_path: Path):
    store = SqliteStore.open(tmp_path / "j.db")
    boot = codec.BootRecord("r1", 1, "0", 1, "hash", "SIM", "simulated")
    store.append([codec.entry(codec.BOOT, boot, 1, 2)])
    assert (recover(store).clean, recover(store).boots) == (False, 1)
    store.append([codec.entry(codec.STOP, codec.StopRecord("r1", "SIGTERM"), 1, 2)])
    assert recover(store).clean


def test_a_change_that_contradicts_the_state_is_corruption(tmp_path: Path):
    store = SqliteStore.open(tmp_path / "j.db")
    it = locked_out(store)
    lockout = it.state.lockouts["daily_realized_loss"]
    forged = Decision(changes=(Change("lockouts", "another", lockout, None),))
    write(store, _first_event(), forged)
    with pytest.raises(StateCorrupt, match="row 5 changes lockouts/another from what it was not"):
        recover(store)


def test_a_row_that_cannot_be_read_is_corruption(tmp_path: Path):
    store = SqliteStore.open(tmp_path / "j.db")
    store.append([Entry(codec.DECISION, b'{"event":{"is":"Nonsense"}}', 1, 2)])
    with pytest.raises(StateCorrupt, match="row 1 cannot be read"):
        recover(store)


def test_a_second_instance_is_told_the_pid_of_the_first(tmp_path: Path):
    first = AccountLock(tmp_path / "account.lock", "SIM")
    with pytest.raises(AccountLocked, match=f"pid {os.getpid()}"):
        AccountLock(tmp_path / "account.lock", "SIM")
    first.release()
    AccountLock(tmp_path / "account.lock", "SIM").release()
