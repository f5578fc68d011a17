"""The store on SQLite, through apsw (which bundles a SQLite without the WAL-reset corruption bug of 3.7.0 to 3.51.2).

One writer connection in WAL mode with synchronous=FULL: a commit returns after its fsync. Other programs open the file
read-only. Every file is 0600. The mark stands beside the database, in a file of its own.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import apsw
import msgspec

from risk_manager.domain.intents import FINAL_STATUSES, Intent
from risk_manager.errors import StateCorrupt, StateError, StoreWriteFailed
from risk_manager.state.high_water import HighWaterMark
from risk_manager.state.on_disk import TAKEN_AWAY, FilesOnDisk
from risk_manager.state.refusals import DAMAGED, GONE, corrupt, unopened, unprepared
from risk_manager.state.schema import check_version, migrate, version_of
from risk_manager.state.store import (
    GENERATIONS,
    GENESIS,
    Entry,
    JournalRow,
    Mark,
    StoredIntent,
    StoredSnapshot,
    link_fault,
    missing,
    row_hash,
)
from service_contract.atomic_files import sync_directory

_BUSY_MS = 2_000
_UNREADABLE = (apsw.Error, UnicodeDecodeError, TypeError)
"""What reading a damaged page can end in: SQLite notices, or a column is not what the table says."""

_encoder = msgspec.json.Encoder()
_intent_decoder = msgspec.json.Decoder(Intent)


def mark_path(database: Path) -> Path:
    """Where the mark of a database stands."""
    return database.with_suffix(".mark")


class SqliteStore:
    """One account's journal in one file. See `state.store.Store` for what it promises."""

    def __init__(self, connection: apsw.Connection, path: Path, mark: HighWaterMark | None, *, writes: bool) -> None:
        self._connection = connection
        self._path = path
        self._mark = mark
        self._failed: str | None = None
        self._hint = "check the disk (space, mount, errors), then start again"
        self._head = self._read_head()
        log = path.with_name(path.name + "-wal")
        self._files = FilesOnDisk((path, log, mark_path(path)) if writes else ())

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the journal for writing, creating it where there is none, migrating it where it is older.

        Raises StateCorrupt where the file is not ours, is damaged, or is gone; StateError where it is of a newer
        version, StoreWriteFailed where it cannot be written.
        """
        try:
            with ExitStack() as undo:
                store = cls._open(path, undo)
                undo.pop_all()
                return store
        except apsw.Error as error:
            raise unopened(path, error) from error
        except OSError as error:
            raise unprepared(path, error) from error

    @classmethod
    def _open(cls, path: Path, undo: ExitStack) -> Self:
        mark = _open_mark(path, writable=True)
        if mark is not None:
            undo.callback(mark.close)
        if not path.exists():
            _refuse_to_begin_anew(path, mark)
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            sync_directory(path.parent)
        connection = _connect(path, apsw.SQLITE_OPEN_READWRITE)
        undo.callback(connection.close)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        if version_of(connection) == 0:
            _refuse_to_begin_anew(path, mark)
        check_version(connection, path, oldest=0)
        if mark is None:
            mark = _first_mark(connection, path)
        migrate(connection, path)
        return cls(connection, path, mark, writes=True)

    @classmethod
    def open_readonly(cls, path: Path) -> Self:
        """Open the journal for reading, also while the daemon writes it.

        Raises StateError where there is none.
        """
        mark = _open_mark(path, writable=False)
        if not path.exists():
            _refuse_to_begin_anew(path, mark)
            message = f"{path}: there is no journal"
            raise StateError(message, hint="has the risk manager run with this --data-dir and --account?")
        connection = _connect(path, apsw.SQLITE_OPEN_READONLY)
        try:
            check_version(connection, path)
            return cls(connection, path, mark, writes=False)
        except apsw.Error as error:
            connection.close()
            raise unopened(path, error) from error

    @property
    def name(self) -> str:
        """Its path."""
        return str(self._path)

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
            if entry.intents:
                intents += [(i.client_order_id, status, seq, _encoder.encode(i)) for i, status in entry.intents]
        try:
            with self._connection:
                self._connection.executemany("INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?)", rows)
                if intents:
                    self._connection.executemany("INSERT OR REPLACE INTO intents VALUES (?, ?, ?, ?)", intents)
            self._writable_mark().note(seq, previous)
        except (apsw.Error, OSError) as error:
            raise self._fail(error) from error
        self._head = (seq, previous)

    def write_snapshot(self, snapshot: StoredSnapshot) -> None:
        """Keep a snapshot, and let go of those before the last three.

        Raises StateError where it is not newer than the stored one, StoreWriteFailed.
        """
        if self._failed is not None:
            raise self._refusal(self._failed)
        newest = self._newest_snapshot_seq()
        if newest is not None and snapshot.seq <= newest:
            message = f"{self._path}: a snapshot of row {snapshot.seq} is not newer than the stored one of row {newest}"
            raise StateError(message, hint="state never goes back; was it computed from an older state?")
        try:
            with self._connection:
                self._connection.execute(
                    "INSERT INTO snapshots VALUES (?, ?, ?, ?, ?)",
                    (snapshot.seq, snapshot.position, snapshot.version, snapshot.payload, snapshot.digest),
                )
                self._connection.execute(
                    "DELETE FROM snapshots WHERE seq NOT IN (SELECT seq FROM snapshots ORDER BY seq DESC LIMIT ?)",
                    (GENERATIONS,),
                )
        except (apsw.Error, OSError) as error:
            raise self._fail(error) from error

    def cut(self, after_seq: int, live: Sequence[Intent]) -> None:
        """Remove rows behind `after_seq`, and what hangs on them; intents under way are put back as they were.

        Raises StoreWriteFailed.
        """
        try:
            with self._connection:
                for table in ("journal", "snapshots", "intents"):
                    self._connection.execute(f"DELETE FROM {table} WHERE seq > ?", (after_seq,))  # noqa: S608 -- three names of our own
                self._connection.executemany(
                    "INSERT OR IGNORE INTO intents VALUES (?, ?, ?, ?)",
                    [(each.client_order_id, each.status, after_seq, _encoder.encode(each)) for each in live],
                )
            self._head = self._read_head()
        except (apsw.Error, OSError) as error:
            raise self._fail(error) from error

    def sync(self) -> None:
        """Make the mark durable, where the next start finds it. Raises StoreWriteFailed."""
        taken = self._files.fault()
        if taken:
            self._hint = TAKEN_AWAY
            raise self._fail(taken)
        try:
            self._writable_mark().sync()
        except OSError as error:
            raise self._fail(error) from error

    def _fail(self, error: Exception | str) -> StoreWriteFailed:
        """A failed write is final: after a failed fsync nobody knows what is on the disk. Closing writes nothing."""
        self._connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        self._failed = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
        return self._refusal(self._failed)

    def _refusal(self, why: str) -> StoreWriteFailed:
        message = f"{self._path}: cannot be written: {why}"
        return StoreWriteFailed(message, hint=self._hint)

    def _writable_mark(self) -> HighWaterMark:
        if self._mark is None:
            message = "there is no mark beside it"
            raise OSError(message)
        return self._mark

    def mark(self) -> Mark:
        """What was acknowledged. Raises StateCorrupt where that cannot be known."""
        if self._mark is None:
            message = f"{mark_path(self._path)}: is missing: what was acknowledged is not known"
            raise StateCorrupt(message, hint="restore it, or see what is left with `risk-manager recover`")
        return self._mark.read()

    def snapshots(self) -> Iterator[StoredSnapshot]:
        """The snapshots, newest first, unverified."""
        query = "SELECT seq, position, version, payload, digest FROM snapshots ORDER BY seq DESC"
        try:
            for values in self._connection.execute(query):
                yield StoredSnapshot(*_typed(values, _SNAPSHOT_TYPES))
        except _UNREADABLE as error:
            raise corrupt(self._path, error) from error

    def read_unverified(self, after_seq: int = 0) -> Iterator[JournalRow]:
        """The rows behind `after_seq` as they stand."""
        query = "SELECT seq, kind, payload, wall_ns, mono_ns, hash FROM journal WHERE seq > ? ORDER BY seq"
        try:
            for values in self._connection.execute(query, (after_seq,)):
                yield JournalRow(*_typed(values, _ROW_TYPES))
        except _UNREADABLE as error:
            raise corrupt(self._path, error) from error

    def read(self, after_seq: int = 0) -> Iterator[JournalRow]:
        """The rows behind `after_seq`, verified one by one.

        Raises StateCorrupt naming the first row that is missing or was changed.
        """
        previous = self.hash_at(after_seq)
        if previous is None:
            raise StateCorrupt(f"{self._path}: journal row {after_seq} is missing", hint=DAMAGED)
        expected = after_seq
        for row in self.read_unverified(after_seq):
            expected += 1
            fault = link_fault(previous, expected, row)
            if fault:
                raise StateCorrupt(f"{self._path}: {fault}", hint=DAMAGED)
            previous = row.hash
            yield row

    def hash_at(self, seq: int) -> bytes | None:
        """The stored hash of a row."""
        if seq == 0:
            return GENESIS
        try:
            row = self._connection.execute("SELECT hash FROM journal WHERE seq = ?", (seq,)).fetchone()
            return None if row is None else bytes(_typed(row, (bytes,))[0])
        except _UNREADABLE as error:
            raise corrupt(self._path, error) from error

    def intents(self, *, live_only: bool = False) -> Sequence[StoredIntent]:
        """Intents as last written, in the order of the rows that wrote them."""
        rows = self._connection.execute("SELECT payload, status, seq FROM intents ORDER BY seq, client_order_id")
        stored = [StoredIntent(_intent_decoder.decode(payload), status, seq) for payload, status, seq in rows]
        return [item for item in stored if not (live_only and item.status in FINAL_STATUSES)]

    def close(self) -> None:
        """Let go of the files, the mark synced."""
        try:
            if self._mark is not None and self._failed is None:
                self.sync()
        finally:
            if self._mark is not None:
                self._mark.close()
                self._mark = None
            self._connection.close()

    def _read_head(self) -> tuple[int, bytes]:
        row = self._connection.execute("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
        return (row[0], row[1]) if row else (0, GENESIS)

    def _newest_snapshot_seq(self) -> int | None:
        row = self._connection.execute("SELECT seq FROM snapshots ORDER BY seq DESC LIMIT 1").fetchone()
        return row[0] if row else None


_ROW_TYPES = (int, str, bytes, int, int, bytes)
_SNAPSHOT_TYPES = (int, bytes, int, bytes, bytes)


def _typed(values: tuple[Any, ...], types: tuple[type, ...]) -> tuple[Any, ...]:
    """A damaged record header can turn a blob into a text, past what STRICT checked when it was written."""
    for value, wanted in zip(values, types, strict=True):
        if type(value) is not wanted:
            raise TypeError(f"a column holds {type(value).__name__} where {wanted.__name__} was written")
    return values


def _open_mark(path: Path, *, writable: bool) -> HighWaterMark | None:
    try:
        return HighWaterMark(mark_path(path), writable=writable)
    except FileNotFoundError:
        return None


def _refuse_to_begin_anew(path: Path, mark: HighWaterMark | None) -> None:
    """Corrupt state is never no state: an empty journal beside a mark that says otherwise is a lost journal."""
    if mark is not None and (acknowledged := mark.read()).seq:
        message = f"{path}: it is gone or empty, and {missing(1, acknowledged.seq, acknowledged=True)}"
        raise StateCorrupt(message, hint=GONE)


def _first_mark(connection: apsw.Connection, path: Path) -> HighWaterMark | None:
    """Files of version 1 had no mark: theirs is made before they are migrated, so that no later one is without."""
    version = version_of(connection)
    if version > 1:
        return None
    row = connection.execute("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1").fetchone() if version else None
    return HighWaterMark.create(mark_path(path), *(row or (0, GENESIS)))


def _connect(path: Path, flags: int) -> apsw.Connection:
    try:
        connection = apsw.Connection(str(path), flags=flags)
    except apsw.Error as error:
        message = f"{path}: cannot be opened: {error}"
        raise StateError(message, hint="check that it is a file, its owner and its mode") from error
    connection.set_busy_timeout(_BUSY_MS)
    return connection
