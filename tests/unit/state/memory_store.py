"""A second store, which keeps everything in memory: it shows that the contract is about stores, not about SQLite.

What it cannot promise is what outlives the machine; those claims have tests of their own (`test_sqlite_store.py`, and
the crash images of `tests/integration/state`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from risk_manager.domain.intents import FINAL_STATUSES, Intent
from risk_manager.errors import StateCorrupt, StateError, StoreWriteFailed
from risk_manager.state.store import (
    GENERATIONS,
    GENESIS,
    Entry,
    JournalRow,
    Mark,
    StoredIntent,
    StoredSnapshot,
    link_fault,
    row_hash,
)


@dataclass
class Memory:
    """What stands for the disk: it outlives the store, not the process. writers: who wrote last."""

    rows: list[JournalRow] = field(default_factory=list)
    intents: dict[str, StoredIntent] = field(default_factory=dict)
    snapshots: list[StoredSnapshot] = field(default_factory=list)
    mark: tuple[int, bytes] = (0, GENESIS)


class MemoryStore:
    """See `risk_manager.state.store.Store`."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._failed = False
        self._head = self._read_head()

    @property
    def name(self) -> str:
        return "memory"

    @property
    def head(self) -> tuple[int, bytes]:
        return self._head

    def _read_head(self) -> tuple[int, bytes]:
        return (self._memory.rows[-1].seq, self._memory.rows[-1].hash) if self._memory.rows else (0, GENESIS)

    def _check(self) -> None:
        if self._failed or self._read_head() != self._head:
            self._failed = True
            raise StoreWriteFailed("memory: cannot be written: somebody else wrote it")

    def append(self, entries: Sequence[Entry]) -> None:
        self._check()
        seq, previous = self._head
        rows, intents = [], {}
        for entry in entries:
            seq += 1
            columns = {"wall_ns": entry.wall_ns, "mono_ns": entry.mono_ns, "payload": entry.payload}
            previous = row_hash(previous, seq=seq, kind=entry.kind, **columns)  # type: ignore[arg-type]  # by name
            rows.append(JournalRow(seq, entry.kind, entry.payload, entry.wall_ns, entry.mono_ns, previous))
            intents |= {each.client_order_id: StoredIntent(each, status, seq) for each, status in entry.intents}
        self._memory.rows += rows
        self._memory.intents |= intents
        self._memory.mark = self._head = (seq, previous)

    def read(self, after_seq: int = 0) -> Iterator[JournalRow]:
        previous, expected = self.hash_at(after_seq), after_seq
        if previous is None:
            raise StateCorrupt(f"memory: journal row {after_seq} is missing")
        for row in self.read_unverified(after_seq):
            expected += 1
            fault = link_fault(previous, expected, row)
            if fault:
                raise StateCorrupt(f"memory: {fault}")
            previous = row.hash
            yield row

    def read_unverified(self, after_seq: int = 0) -> Iterator[JournalRow]:
        yield from (row for row in self._memory.rows if row.seq > after_seq)

    def hash_at(self, seq: int) -> bytes | None:
        return GENESIS if seq == 0 else next((row.hash for row in self._memory.rows if row.seq == seq), None)

    def mark(self) -> Mark:
        return Mark(*self._memory.mark, is_exact=True)

    def write_snapshot(self, snapshot: StoredSnapshot) -> None:
        self._check()
        if self._memory.snapshots and snapshot.seq <= self._memory.snapshots[0].seq:
            message = f"memory: a snapshot of row {snapshot.seq} is not newer than the stored one"
            raise StateError(message)
        self._memory.snapshots = [snapshot, *self._memory.snapshots][:GENERATIONS]

    def snapshots(self) -> Iterator[StoredSnapshot]:
        yield from self._memory.snapshots

    def cut(self, after_seq: int, live: Sequence[Intent]) -> None:
        memory = self._memory
        memory.rows = [row for row in memory.rows if row.seq <= after_seq]
        memory.snapshots = [each for each in memory.snapshots if each.seq <= after_seq]
        memory.intents = {name: each for name, each in memory.intents.items() if each.seq <= after_seq}
        for each in live:
            memory.intents.setdefault(each.client_order_id, StoredIntent(each, each.status, after_seq))
        self._head = self._read_head()

    def sync(self) -> None:
        """There is nothing below."""

    def intents(self, *, live_only: bool = False) -> Sequence[StoredIntent]:
        stored = sorted(self._memory.intents.values(), key=lambda each: (each.seq, each.intent.client_order_id))
        return [each for each in stored if not (live_only and each.status in FINAL_STATUSES)]

    def close(self) -> None:
        """Nothing is held."""


def damaged(memory: Memory, seq: int) -> None:
    """Change a row behind the store's back."""
    memory.rows = [
        JournalRow(row.seq, row.kind, b"A", row.wall_ns, row.mono_ns, row.hash) if row.seq == seq else row
        for row in memory.rows
    ]


def without(memory: Memory, seq: int) -> Memory:
    """The same with a hole."""
    return replace(memory, rows=[row for row in memory.rows if row.seq != seq])
