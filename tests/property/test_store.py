"""Whatever is appended, kept and reopened in whatever order: the store gives it back, and the mark knows the end."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from risk_manager.state.sqlite import SqliteStore
from risk_manager.state.store import Entry, StoredSnapshot, snapshot_digest

ENTRIES = st.lists(
    st.builds(
        Entry,
        st.sampled_from(["decision", "boot", "stop"]),
        st.binary(max_size=300),
        st.integers(0, 2**62),
        st.integers(0, 2**62),
    ),
    min_size=1,
    max_size=5,
)
STEPS = st.lists(st.one_of(ENTRIES, st.sampled_from(["snapshot", "reopen", "sync"])), max_size=12)


@settings(max_examples=25)
@given(STEPS)
def test_every_mixture_of_appends_snapshots_and_restarts_is_read_back(steps: list):
    with tempfile.TemporaryDirectory(prefix="rm-") as directory:
        path = Path(directory) / "journal.db"
        store = SqliteStore.open(path)
        written: list[Entry] = []
        kept: list[int] = []
        for step in steps:
            if step == "reopen":
                store.close()
                store = SqliteStore.open(path)
            elif step == "sync":
                store.sync()
            elif step == "snapshot":
                seq, position = store.head
                if seq > max(kept, default=0):
                    digest = snapshot_digest(seq, position, 1, b"state")
                    store.write_snapshot(StoredSnapshot(seq, position, 1, b"state", digest))
                    kept.append(seq)
            else:
                store.append(step)
                written += step
        rows = list(store.read())
        assert [(row.kind, row.payload, row.wall_ns, row.mono_ns) for row in rows] == [
            (entry.kind, entry.payload, entry.wall_ns, entry.mono_ns) for entry in written
        ]
        assert [row.seq for row in rows] == list(range(1, len(written) + 1))
        assert (store.mark().seq, store.mark().hash) == store.head
        assert [snapshot.seq for snapshot in store.snapshots()] == sorted(kept, reverse=True)[:3]
        store.close()
