"""The tables of the SQLite store, and the ordered migrations that lead from each version to the next.

Before each migration the database is copied beside itself (`journal.db.v1.bak`), durably. A version newer than the
program knows is refused: it is never downgraded.
"""

import os
from collections.abc import Callable
from pathlib import Path

import apsw

from risk_manager.errors import StateError
from service_contract.atomic_files import sync_directory

_JOURNAL_AND_INTENTS = """
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

_SNAPSHOTS = """
CREATE TABLE snapshots (
    seq INTEGER PRIMARY KEY,
    position BLOB NOT NULL,
    version INTEGER NOT NULL,
    payload BLOB NOT NULL,
    digest BLOB NOT NULL
) STRICT;
"""

MIGRATIONS: tuple[Callable[[apsw.Connection], object], ...] = (
    lambda connection: connection.execute(_JOURNAL_AND_INTENTS),
    lambda connection: connection.execute(_SNAPSHOTS),
)
"""The n-th leads from version n to version n + 1; version 0 is an empty file."""

SCHEMA_VERSION = len(MIGRATIONS)


def version_of(connection: apsw.Connection) -> int:
    """The version a database says it has."""
    version: int = connection.pragma("user_version")
    return version


def migrate(connection: apsw.Connection, path: Path) -> None:
    """Bring a database to the version this program knows, a step a transaction, each with its backup.

    An empty one, which has nothing to be backed up, in one.

    Raises StateError where it is newer, OSError where the backup cannot be written, apsw.Error.
    """
    check_version(connection, path, oldest=0)
    found = version_of(connection)
    if found == 0:
        with connection:
            for step in MIGRATIONS:
                step(connection)
            connection.pragma("user_version", SCHEMA_VERSION)
        return
    for version in range(found, SCHEMA_VERSION):
        _back_up(connection, path.with_name(f"{path.name}.v{version}.bak"))
        with connection:
            MIGRATIONS[version](connection)
            connection.pragma("user_version", version + 1)


def check_version(connection: apsw.Connection, path: Path, *, oldest: int = SCHEMA_VERSION) -> None:
    """Raises StateError where the database is of a version that cannot be read."""
    version = version_of(connection)
    if version > SCHEMA_VERSION:
        message = f"{path}: written by schema version {version}; this program knows {SCHEMA_VERSION}"
        raise StateError(message, hint="use the version of the program that wrote it; it is never downgraded")
    if version < oldest:
        message = f"{path}: schema version {version} is older than {SCHEMA_VERSION}, which this program reads"
        raise StateError(message, hint="start `risk-manager run` once: it migrates the state and keeps a backup")


def _back_up(connection: apsw.Connection, target: Path) -> None:
    temporary = target.with_name(f".{target.name}.tmp")
    temporary.unlink(missing_ok=True)
    os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600))
    copy = apsw.Connection(str(temporary))
    try:
        copy.execute("PRAGMA synchronous=FULL")
        with copy.backup("main", connection, "main") as backup:
            while not backup.done:
                backup.step(1_000)
    finally:
        copy.close()
    temporary.replace(target)
    sync_directory(target.parent)
