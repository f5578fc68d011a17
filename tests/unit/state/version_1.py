"""A database as version 1 of the program wrote it, which stands still while the program moves on."""

from pathlib import Path

import apsw

from risk_manager.state.store import JournalRow

SCHEMA = """
CREATE TABLE journal (
    seq INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    payload BLOB NOT NULL,
    wall_ns INTEGER NOT NULL,
    mono_ns INTEGER NOT NULL,
    hash BLOB NOT NULL
) STRICT;
CREATE TABLE intents (
    client_order_id TEXT PRIMARY KEY,
    status TEXT NOT NULL,
    seq INTEGER NOT NULL,
    payload BLOB NOT NULL
) STRICT;
"""
"""Two tables, no snapshots, and no mark beside the file."""


def write_version_1(path: Path, rows: list[JournalRow]) -> None:
    """Write these rows as they were written then."""
    database = apsw.Connection(str(path))
    database.execute("PRAGMA journal_mode=WAL")
    database.execute(SCHEMA)
    for row in rows:
        values = (row.seq, row.kind, row.payload, row.wall_ns, row.mono_ns, row.hash)
        database.execute("INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?)", values)
    database.pragma("user_version", 1)
    database.close()


def fault_of_backup(path: Path, rows: int) -> str:
    """What is wrong with a backup of such a database; empty where nothing is."""
    if not path.exists():
        return "there is no backup"
    backup = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        found = (
            backup.pragma("integrity_check"),
            backup.pragma("user_version"),
            backup.execute("SELECT count(*) FROM journal").get,
        )
    except apsw.Error as error:
        return f"the backup cannot be read: {error}"
    finally:
        backup.close()
    return "" if found == ("ok", 1, rows) else f"the backup says {found}"
