"""The store on SQLite, through apsw (which bundles a SQLite without the WAL-reset corruption bug of 3.7.0 to 3.51.2).

One writer connection in WAL mode with synchronous=FULL: a commit returns after its fsync. Other programs open the file
read-only. Every file is 0600.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

import apsw
import msgspec

from risk_manager.domain.intents import FINAL_STATUSES, Intent
from risk_manager.errors import StateCorrupt, StateError, StoreWriteFailed
from risk_manager.state.store import GENESIS, Entry, JournalRow, StoredIntent, row_hash

SCHEMA_VERSION = 1
_BUSY_MS = 2_000

_SCHEMA = """
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

_encoder = msgspec.json.Encoder()
_intent_decoder = msgspec.json.Decoder(Intent)


class SqliteStore:
    """One account's journal in one file. See `state.store.Store` for what it promises."""

    def __init__(self, connection: apsw.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._failed: str | None = None
        self._head = self._read_head()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the journal for writing, creating it where there is none.

        Raises StateCorrupt where the file is not ours or is damaged, StateError where it is of a newer version.
        """
        fresh = not path.exists()
        if fresh:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        connection = _connect(path, apsw.SQLITE_OPEN_READWRITE)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            _migrate(connection, path)
            return cls(connection, path)
        except apsw.Error as error:
            connection.close()
            raise _corrupt(path, error) from error

    @classmethod
    def open_readonly(cls, path: Path) -> Self:
        """Open the journal for reading, also while the daemon writes it.

        Raises StateError where there is none.
        """
        if not path.exists():
            message = f"{path}: there is no journal"
            raise StateError(message, hint="has the risk manager run with this --data-dir and --account?")
        connection = _connect(path, apsw.SQLITE_OPEN_READONLY)
        try:
            _check_version(connection, path)
            return cls(connection, path)
        except apsw.Error as error:
            connection.close()
            raise _corrupt(path, error) from error

    @property
    def head(self) -> tuple[int, bytes]:
        """The last row's number and hash."""
        return self._head

    def append(self, entries: Sequence[Entry]) -> None:
        """Make the entries durable, all or none.

        Raises StoreWriteFailed; from then on every append does.
        """
        if self._failed is not None:
            raise self._refusal(self._failed)
        seq, previous = self._head
        rows, intents = [], []
        for entry in entries:
            seq += 1
            previous = row_hash(
                previous,
                seq=seq,
                kind=entry.kind,
                wall_ns=entry.wall_ns,
                mono_ns=entry.mono_ns,
                payload=entry.payload,
            )
            rows.append((seq, entry.kind, entry.payload, entry.wall_ns, entry.mono_ns, previous))
            intents += [(i.client_order_id, status, seq, _encoder.encode(i)) for i, status in entry.intents]
        try:
            with self._connection:
                self._connection.executemany("INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?)", rows)
                self._connection.executemany("INSERT OR REPLACE INTO intents VALUES (?, ?, ?, ?)", intents)
        except (apsw.Error, OSError) as error:
            self._failed = f"{type(error).__name__}: {error}"
            raise self._refusal(self._failed) from error
        self._head = (seq, previous)

    def _refusal(self, why: str) -> StoreWriteFailed:
        message = f"{self._path}: cannot be written: {why}"
        return StoreWriteFailed(message, hint="check the disk (space, mount, errors), then start again")

    def read(self, after_seq: int = 0) -> Iterator[JournalRow]:
        """The rows behind `after_seq`, verified one by one.

        Raises StateCorrupt naming the first row that is missing or was changed.
        """
        previous = self._hash_of(after_seq)
        expected = after_seq
        query = "SELECT seq, kind, payload, wall_ns, mono_ns, hash FROM journal WHERE seq > ? ORDER BY seq"
        try:
            for values in self._connection.execute(query, (after_seq,)):
                row = JournalRow(*values)
                expected += 1
                if row.seq != expected:
                    raise self._gap(expected, row.seq)
                wanted = row_hash(
                    previous,
                    seq=row.seq,
                    kind=row.kind,
                    wall_ns=row.wall_ns,
                    mono_ns=row.mono_ns,
                    payload=row.payload,
                )
                if wanted != row.hash:
                    message = f"{self._path}: journal row {row.seq} does not match its hash"
                    raise StateCorrupt(message, hint="it was changed or damaged after it was written; do not delete it")
                previous = row.hash
                yield row
        except apsw.Error as error:
            raise _corrupt(self._path, error) from error

    def _gap(self, expected: int, found: int) -> StateCorrupt:
        message = f"{self._path}: journal rows {expected} to {found - 1} are missing"
        return StateCorrupt(message, hint="committed rows were lost; restore the file from a backup")

    def _hash_of(self, seq: int) -> bytes:
        if seq == 0:
            return GENESIS
        row = self._connection.execute("SELECT hash FROM journal WHERE seq = ?", (seq,)).fetchone()
        if row is None:
            raise self._gap(seq, seq + 1)
        return bytes(row[0])

    def intents(self, *, live_only: bool = False) -> Sequence[StoredIntent]:
        """Intents as last written, in the order of the rows that wrote them."""
        rows = self._connection.execute("SELECT payload, status, seq FROM intents ORDER BY seq, client_order_id")
        stored = [StoredIntent(_intent_decoder.decode(payload), status, seq) for payload, status, seq in rows]
        return [item for item in stored if not (live_only and item.status in FINAL_STATUSES)]

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _read_head(self) -> tuple[int, bytes]:
        row = self._connection.execute("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
        return (row[0], bytes(row[1])) if row else (0, GENESIS)


def _connect(path: Path, flags: int) -> apsw.Connection:
    try:
        connection = apsw.Connection(str(path), flags=flags)
    except apsw.Error as error:
        message = f"{path}: cannot be opened: {error}"
        raise StateError(message, hint="check that it is a file, its owner and its mode") from error
    connection.set_busy_timeout(_BUSY_MS)
    return connection


def _migrate(connection: apsw.Connection, path: Path) -> None:
    version = connection.pragma("user_version")
    if version == 0:
        with connection:
            connection.execute(_SCHEMA)
            connection.pragma("user_version", SCHEMA_VERSION)
    else:
        _check_version(connection, path)


def _check_version(connection: apsw.Connection, path: Path) -> None:
    version = connection.pragma("user_version")
    if version != SCHEMA_VERSION:
        message = f"{path}: written by schema version {version}; this program knows {SCHEMA_VERSION}"
        raise StateError(message, hint="use the version of the program that wrote it; it is never downgraded")


def _corrupt(path: Path, error: apsw.Error) -> StateCorrupt:
    message = f"{path}: {type(error).__name__}: {error}"
    return StateCorrupt(message, hint="the file is damaged or is not a journal; do not delete it, restore a backup")
