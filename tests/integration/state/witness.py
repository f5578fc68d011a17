"""What is left on the disks after a story: the daemon's journal, its mark, the exchange's ledger. Do they agree?"""

from collections import Counter
from pathlib import Path
from typing import NamedTuple

from risk_manager.domain.state import AccountState
from risk_manager.sdk.simulated.ledger_view import LedgerView
from risk_manager.state import codec
from risk_manager.state.high_water import HighWaterMark
from risk_manager.state.recovery import recover
from risk_manager.state.sqlite import SqliteStore, mark_path


class Acknowledged(NamedTuple):
    """The last row that was acknowledged before somebody died, as the mark outside the database says."""

    seq: int
    hash: bytes


def acknowledged(journal: Path) -> Acknowledged:
    """What the mark says now; nothing where the first life died before there was one."""
    try:
        mark = HighWaterMark(mark_path(journal), writable=False)
    except FileNotFoundError:
        return Acknowledged(0, bytes(32))
    try:
        read = mark.read()
    finally:
        mark.close()
    assert read.fault == ""
    return Acknowledged(read.seq, read.hash)


class Told(NamedTuple):
    """A whole journal, every link of it verified. applied: how often each execution was taken into the state."""

    state: AccountState
    decisions: list[codec.DecisionRecord]
    hashes: dict[int, bytes]
    applied: Counter[str]
    boots: int


def read_journal(journal: Path) -> Told:
    """Read it from its first row to its last."""
    store = SqliteStore.open_readonly(journal)
    try:
        rows = list(store.read())
        recovered = recover(store)
    finally:
        store.close()
    decisions = [codec.decode_decision(row.seq, row.payload) for row in rows if row.kind == codec.DECISION]
    applied = Counter(
        change.key
        for each in decisions
        for change in each.changes
        if change.table == "trades" and change.before is None
    )
    return Told(recovered.state, decisions, {row.seq: row.hash for row in rows}, applied, recovered.boots)


def lost(told: Told, promised: list[Acknowledged]) -> list[int]:
    """Rows that were acknowledged before a death, and are not there, or are others."""
    return [each.seq for each in promised if each.seq and told.hashes.get(each.seq) != each.hash]


def disagreements(told: Told, ledger: LedgerView) -> list[str]:
    """Where the recovered state is not what the exchange executed; empty where both say the same."""
    found = []
    executed = {str(trade.trade_id) for trade in ledger.trades}
    if set(told.applied) != executed:
        found.append(f"executions applied and executed differ in {sorted(set(told.applied) ^ executed)}")
    found += [f"execution {key} was applied {n} times" for key, n in told.applied.items() if n != 1]
    held = {contract: position.net for contract, position in told.state.positions.items()}
    holds = {each.contract: each.size if each.side == "long" else -each.size for each in ledger.positions}
    if held != holds:
        found.append(f"positions: {held} here, {holds} there")
    found += _money(told, ledger)
    ours = [order.custom_tag for order in ledger.orders if order.origin == "manager"]
    found += [f"order {tag} of ours was sent {n} times" for tag, n in Counter(ours).items() if n != 1]
    intended = {intent.client_order_id for each in told.decisions for intent in each.intents}
    found += [f"order {tag} at the exchange without an intent of ours" for tag in ours if tag not in intended]
    return found


def _money(told: Told, ledger: LedgerView) -> list[str]:
    today = next(iter(told.state.days.values()))
    counted = (today.pnl_mils, today.fees_mils, today.trades)
    executed = (
        sum(_mils(trade.pnl) for trade in ledger.trades),
        sum(_mils(trade.fees) for trade in ledger.trades),
        len(ledger.trades),
    )
    return [] if counted == executed else [f"realized, fees, trades: {counted} here, {executed} there"]


def _mils(amount: str | None) -> int:
    """Money of the ledger, such as -12.50, in mils."""
    if amount is None:
        return 0
    sign = -1 if amount.startswith("-") else 1
    whole, _, part = amount.lstrip("+-").partition(".")
    return sign * (int(whole) * 1000 + int(part.ljust(3, "0")[:3]))
