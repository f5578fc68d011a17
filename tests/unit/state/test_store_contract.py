"""What every store promises, run on each store there is: what is written is read back, in order, or not taken at all.

A second implementation is held to this by one line in `reopen`. What only a disk can promise, and what is said of
files, stands in `test_sqlite_store.py`.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.state.journals import Journaling, rows_of
from tests.unit.state.memory_store import Memory, MemoryStore, damaged, without

from risk_manager.domain.commands import ClosePosition
from risk_manager.domain.intents import Intent
from risk_manager.errors import StateCorrupt, StateError, StoreWriteFailed
from risk_manager.state.recovery import recover
from risk_manager.state.sqlite import SqliteStore
from risk_manager.state.store import GENESIS, Entry, Store, StoredSnapshot, snapshot_digest

Reopen = Callable[[], Store]


@pytest.fixture(params=["sqlite", "memory"])
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Reopen:
    """Opens the same store again and again."""
    memory = Memory()
    stores: dict[str, Reopen] = {
        "sqlite": lambda: SqliteStore.open(tmp_path / "journal.db"),
        "memory": lambda: MemoryStore(memory),
    }
    return stores[request.param]


def entry(text: str, *intents) -> Entry:
    return Entry("decision", text.encode(), wall_ns=1, mono_ns=2, intents=intents)


def intent(name: str) -> Intent:
    return Intent(name, ClosePosition("C", 1), "written", "rule", "why", "position:C", 1, 5)


def test_an_empty_journal_begins_at_zero(reopen: Reopen):
    store = reopen()
    assert store.head == (0, GENESIS)
    assert list(store.read()) == []


def test_what_was_appended_is_read_back_in_order_and_numbered_without_gaps(reopen: Reopen):
    store = reopen()
    store.append([entry("a"), entry("b")])
    store.append([entry("c")])
    store.close()
    rows = list(reopen().read())
    assert [(row.seq, row.payload) for row in rows] == [(1, b"a"), (2, b"b"), (3, b"c")]
    assert (rows[-1].seq, rows[-1].hash) == reopen().head


def test_reading_may_begin_in_the_middle(reopen: Reopen):
    store = reopen()
    store.append([entry(text) for text in "abcd"])
    assert [row.payload for row in store.read(after_seq=2)] == [b"c", b"d"]


def test_an_intent_is_kept_with_the_status_it_has_reached(reopen: Reopen):
    store = reopen()
    store.append([entry("a", (intent("one"), "written"), (intent("two"), "written"))])
    store.append([entry("b", (intent("one"), "confirmed"))])
    store.close()
    stored = {item.intent.client_order_id: (item.status, item.seq) for item in reopen().intents()}
    assert stored == {"one": ("confirmed", 2), "two": ("written", 1)}
    assert [item.intent.client_order_id for item in reopen().intents(live_only=True)] == ["two"]


def snapshot(store: Store, payload: bytes = b"state") -> StoredSnapshot:
    seq, position = store.head
    return StoredSnapshot(seq, position, 1, payload, snapshot_digest(seq, position, 1, payload))


def test_the_mark_says_what_was_acknowledged_and_outlives_the_process(reopen: Reopen):
    store = reopen()
    assert (store.mark().seq, store.mark().hash) == (0, GENESIS)
    for text in "abc":
        store.append([entry(text)])
        assert (store.mark().seq, store.mark().hash) == store.head
    store.sync()
    assert (reopen().mark().seq, reopen().mark().hash) == store.head
    assert reopen().mark().is_exact


def test_snapshots_are_read_back_newest_first_and_three_are_kept(reopen: Reopen):
    store = reopen()
    written = []
    for text in "abcde":
        store.append([entry(text)])
        written.append(snapshot(store, text.encode() * 1000))
        store.write_snapshot(written[-1])
    store.close()
    assert list(reopen().snapshots()) == written[:1:-1]


def test_a_snapshot_that_is_not_newer_is_rejected_and_the_stored_one_stands(reopen: Reopen):
    store = reopen()
    store.append([entry("a")])
    older = snapshot(store)
    store.append([entry("b")])
    newer = snapshot(store)
    store.write_snapshot(newer)
    for rejected in (older, newer, snapshot(store, b"other")):
        with pytest.raises(StateError, match="is not newer"):
            store.write_snapshot(rejected)
    assert list(store.snapshots()) == [newer]
    store.append([entry("c")])


def test_a_writer_that_was_overtaken_can_not_write_over_what_is_newer(reopen: Reopen):
    late, first = reopen(), reopen()
    first.append([entry("a")])
    with pytest.raises(StoreWriteFailed):
        late.append([entry("b")])
    with pytest.raises(StoreWriteFailed):
        late.write_snapshot(snapshot(late))
    assert [row.payload for row in reopen().read()] == [b"a"]


def test_what_was_never_acknowledged_can_be_cut_and_what_was_under_way_stays(reopen: Reopen):
    store = reopen()
    store.append([entry("a", (intent("one"), "written"))])
    kept = store.head
    store.append([entry("b", (intent("one"), "sent"), (intent("two"), "written"))])
    store.write_snapshot(snapshot(store))
    store.cut(1, [intent("one")])
    assert store.head == kept
    assert list(store.snapshots()) == []
    assert [(item.intent.client_order_id, item.status) for item in store.intents()] == [("one", "written")]
    store.append([entry("c")])
    assert [row.payload for row in reopen().read()] == [b"a", b"c"]


def test_the_hash_of_a_row_is_known_by_its_number(reopen: Reopen):
    store = reopen()
    store.append([entry("a"), entry("b")])
    assert store.hash_at(0) == GENESIS
    assert store.hash_at(2) == store.head[1]
    assert store.hash_at(3) is None


def test_all_of_a_transaction_is_taken_or_none(reopen: Reopen):
    store = reopen()
    store.append([entry("a")])
    with pytest.raises((AttributeError, TypeError)):
        store.append([entry("b"), None])  # type: ignore[list-item]  # what cannot be written
    assert [row.payload for row in reopen().read()] == [b"a"]
    store.append([entry("c")])
    assert [row.payload for row in reopen().read()] == [b"a", b"c"]


def test_a_state_is_recovered_from_it(reopen: Reopen, tmp_path: Path):
    """Recovery knows the port only: what it reads from one store it reads from another."""
    source = Journaling(tmp_path / "source.db")
    source.trades(1, 2, 3)
    store = reopen()
    store.append([Entry(row.kind, row.payload, row.wall_ns, row.mono_ns) for row in source.store.read()])
    recovered = recover(reopen())
    assert (rows_of(recovered.state), recovered.rows) == (rows_of(source.state), source.store.head[0])


def test_damage_is_named_by_a_store_that_is_no_database_either():
    memory = Memory()
    store = MemoryStore(memory)
    store.append([entry(text) for text in "abc"])
    with pytest.raises(StateCorrupt, match="journal row 2 is missing"):
        list(MemoryStore(without(memory, 2)).read())
    damaged(memory, 2)
    with pytest.raises(StateCorrupt, match="journal row 2 does not match its hash"):
        list(store.read())
