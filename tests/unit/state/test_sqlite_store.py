"""What the store on SQLite promises beyond the contract: of the disk, of its files, of damage and of versions."""

import stat
from pathlib import Path

import apsw
import pytest

from risk_manager.errors import StateCorrupt, StateError, StoreWriteFailed
from risk_manager.state import high_water
from risk_manager.state.sqlite import SqliteStore
from risk_manager.state.store import Entry


def entry(text: str) -> Entry:
    return Entry("decision", text.encode(), wall_ns=1, mono_ns=2)


def test_equal_journals_have_equal_hashes_and_different_ones_have_not(tmp_path: Path):
    stores = [SqliteStore.open(tmp_path / f"{name}.db") for name in "abc"]
    for store, last in zip(stores, ("x", "x", "y"), strict=True):
        store.append([entry("same"), entry(last)])
    heads = [store.head for store in stores]
    assert heads[0] == heads[1] != heads[2]


def test_a_mark_that_cannot_be_written_is_a_failed_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    store = SqliteStore.open(tmp_path / "journal.db")

    def fails(*_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(high_water, "_write_at", fails)
    for _ in range(2):
        with pytest.raises(StoreWriteFailed, match="Input/output error"):
            store.append([entry("a")])
    monkeypatch.undo()
    with pytest.raises(StoreWriteFailed):
        store.append([entry("b")])


def test_a_mark_that_cannot_be_synced_is_final(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    store = SqliteStore.open(tmp_path / "journal.db")
    store.append([entry("a")])

    def fails(_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(high_water, "_sync", fails)
    with pytest.raises(StoreWriteFailed, match="Input/output error"):
        store.sync()
    monkeypatch.undo()
    with pytest.raises(StoreWriteFailed):
        store.append([entry("b")])


@pytest.mark.parametrize(
    ("name", "taken", "said"),
    [
        ("journal.db", Path.unlink, "journal.db is gone"),
        ("journal.db-wal", Path.unlink, "journal.db-wal is gone"),
        ("journal.mark", Path.unlink, "journal.mark is gone"),
        ("journal.mark", lambda file: (file.rename(file.with_name("m")), file.write_bytes(b"")), "is another file now"),
    ],
)
def test_a_file_that_is_taken_away_from_under_an_open_store_is_a_failed_write(tmp_path: Path, name, taken, said):
    store = SqliteStore.open(tmp_path / "journal.db")
    store.append([entry("a")])
    store.sync()
    taken(tmp_path / name)
    with pytest.raises(StoreWriteFailed, match=said) as raised:
        store.sync()
    assert "put a copy of the state directory back" in (raised.value.hint or "")
    with pytest.raises(StoreWriteFailed, match=said):
        store.append([entry("b")])
    before = sorted(each.name for each in tmp_path.iterdir())
    store.close()
    assert sorted(each.name for each in tmp_path.iterdir()) == before, "what stands there now is not touched"


def test_a_store_whose_files_were_taken_away_says_so_when_it_is_closed_and_lets_go_of_them(tmp_path: Path):
    store = SqliteStore.open(tmp_path / "journal.db")
    store.append([entry("a")])
    (tmp_path / "journal.db").unlink()
    with pytest.raises(StoreWriteFailed, match="taken away"):
        store.close()
    store.close()


def test_a_reader_does_not_mind_that_the_files_are_replaced(tmp_path: Path):
    store = SqliteStore.open(tmp_path / "journal.db")
    store.append([entry("a")])
    store.close()
    reader = SqliteStore.open_readonly(tmp_path / "journal.db")
    (tmp_path / "journal.mark").unlink()
    assert [row.payload for row in reader.read()] == [b"a"]
    reader.close()


def test_after_a_failed_write_nothing_was_taken_and_nothing_is_tried_again(tmp_path: Path):
    path = tmp_path / "journal.db"
    store = SqliteStore.open(path)
    store.append([entry("kept")])
    blocker = apsw.Connection(str(path))
    blocker.execute("BEGIN IMMEDIATE")
    store._connection.set_busy_timeout(1)
    with pytest.raises(StoreWriteFailed, match="cannot be written"):
        store.append([entry("lost")])
    blocker.execute("ROLLBACK")
    with pytest.raises(StoreWriteFailed):
        store.append([entry("also lost")])
    assert [row.payload for row in SqliteStore.open(path).read()] == [b"kept"]


def test_after_a_failed_write_closing_writes_nothing_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "journal.db"
    store = SqliteStore.open(path)
    store.append([entry("kept")])
    before = path.read_bytes()

    def fails(_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(high_water, "_sync", fails)
    with pytest.raises(StoreWriteFailed):
        store.sync()
    store.close()
    assert path.read_bytes() == before
    assert path.with_name("journal.db-wal").stat().st_size > 0


def damage(path: Path, statement: str) -> None:
    connection = apsw.Connection(str(path))
    connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE journal SET payload = x'41' WHERE seq = 2", "row 2 does not match its hash"),
        ("UPDATE journal SET kind = 'boot' WHERE seq = 2", "row 2 does not match its hash"),
        ("UPDATE journal SET wall_ns = 7 WHERE seq = 2", "row 2 does not match its hash"),
        ("UPDATE journal SET hash = zeroblob(32) WHERE seq = 2", "row 2 does not match its hash"),
        ("UPDATE journal SET seq = 9 WHERE seq = 3", "rows 3 to 8 are missing"),
        ("DELETE FROM journal WHERE seq = 2", "row 2 is missing"),
    ],
)
def test_a_changed_or_missing_row_is_named(tmp_path: Path, statement: str, says: str):
    path = tmp_path / "journal.db"
    store = SqliteStore.open(path)
    store.append([entry(text) for text in "abc"])
    store.close()
    damage(path, statement)
    with pytest.raises(StateCorrupt, match=says):
        list(SqliteStore.open(path).read())


def test_a_file_that_is_no_journal_is_refused_and_left_alone(tmp_path: Path):
    path = tmp_path / "journal.db"
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(StateCorrupt, match=r"journal\.db"):
        SqliteStore.open(path)
    assert path.read_bytes().startswith(b"not a database")


def test_a_newer_version_is_refused(tmp_path: Path):
    path = tmp_path / "journal.db"
    SqliteStore.open(path).close()
    damage(path, "PRAGMA user_version = 99")
    for opening in (SqliteStore.open, SqliteStore.open_readonly):
        with pytest.raises(StateError, match="schema version 99"):
            opening(path)


def test_reading_where_there_is_nothing_says_so(tmp_path: Path):
    with pytest.raises(StateError, match="there is no journal"):
        SqliteStore.open_readonly(tmp_path / "journal.db")


def test_a_reader_sees_what_the_writer_has_committed_while_it_writes(tmp_path: Path):
    path = tmp_path / "journal.db"
    writer = SqliteStore.open(path)
    writer.append([entry("a")])
    reader = SqliteStore.open_readonly(path)
    assert reader.head[0] == 1
    with pytest.raises(StoreWriteFailed):
        reader.append([entry("not mine to write")])


def test_every_file_is_for_its_owner_only(tmp_path: Path):
    store = SqliteStore.open(tmp_path / "journal.db")
    store.append([entry("a")])
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert set(modes) == {"journal.db", "journal.db-wal", "journal.db-shm", "journal.mark"}
    assert set(modes.values()) == {0o600}


def test_a_commit_is_synced_before_it_returns(tmp_path: Path):
    store = SqliteStore.open(tmp_path / "journal.db")
    assert store._connection.pragma("journal_mode") == "wal"
    assert store._connection.pragma("synchronous") == 2
