"""Migrations: in order, each with a backup, never down."""

import stat
from pathlib import Path

import pytest
from tests.unit.state.journals import Journaling, rows_of
from tests.unit.state.version_1 import fault_of_backup, write_version_1

from risk_manager.errors import StateError
from risk_manager.state import schema
from risk_manager.state.recovery import recover
from risk_manager.state.sqlite import SqliteStore


@pytest.fixture
def version_1(tmp_path: Path) -> tuple[Path, dict]:
    """A database as version 1 wrote it: two tables, no snapshots, no mark beside it."""
    now = Journaling(tmp_path / "now.db")
    now.trades(1, 2, 3)
    now.breach()
    path = tmp_path / "journal.db"
    write_version_1(path, list(now.store.read()))
    return path, rows_of(now.state)


def test_a_database_of_version_1_is_migrated_and_its_state_is_the_same(version_1: tuple[Path, dict]):
    path, expected = version_1
    store = SqliteStore.open(path)
    assert store._connection.pragma("user_version") == 2
    recovered = recover(store)
    assert rows_of(recovered.state) == expected
    assert store.mark().seq == recovered.rows


def test_a_backup_of_the_version_before_is_kept_and_can_be_read(version_1: tuple[Path, dict]):
    path, _ = version_1
    SqliteStore.open(path).close()
    backup = path.with_name("journal.db.v1.bak")
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert fault_of_backup(backup, 8) == ""


def test_a_migration_that_dies_in_the_middle_is_taken_up_again(
    version_1: tuple[Path, dict], monkeypatch: pytest.MonkeyPatch
):
    path, expected = version_1

    def dies(_connection):
        raise KeyboardInterrupt

    monkeypatch.setattr(schema, "MIGRATIONS", (schema.MIGRATIONS[0], dies))
    with pytest.raises(KeyboardInterrupt):
        SqliteStore.open(path)
    monkeypatch.undo()
    assert rows_of(recover(SqliteStore.open(path)).state) == expected


def test_a_new_database_needs_no_backup(tmp_path: Path):
    SqliteStore.open(tmp_path / "journal.db").close()
    assert not list(tmp_path.glob("*.bak"))


def test_a_reader_does_not_migrate(version_1: tuple[Path, dict]):
    path, _ = version_1
    with pytest.raises(StateError, match="schema version 1 is older"):
        SqliteStore.open_readonly(path)
