"""The exchange's durable memory: an append-only table of what was executed, in a SQLite file of its own.

Each commit holds the facts of one step and the position that the session reached with it, written with WAL and
`synchronous=FULL` before anybody is told. A killed exchange that is started again on the same directory goes on from
there. Others read the file while it is written (`ledger_view.py`).
"""

import fcntl
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import apsw
import msgspec

from risk_manager.errors import AccountLocked, DataDirUnusable, SessionFileInvalid, StateCorrupt, StoreWriteFailed
from risk_manager.sdk.simulated.model import Fact, Listing
from service_contract.atomic_files import make_private_dir

FILE_NAME = "exchange.sqlite"
_LOCK_NAME = "exchange.lock"
_VERSION = 1
_SCHEMA = """
CREATE TABLE opening (body TEXT NOT NULL);
CREATE TABLE facts (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, body TEXT NOT NULL);
"""

_fact_encoder = msgspec.json.Encoder()
_fact_decoder: msgspec.json.Decoder[Fact] = msgspec.json.Decoder(Fact)


class Opening(msgspec.Struct, frozen=True):
    """What a ledger belongs to. Positions in a session mean nothing for another one."""

    session: str
    session_sha256: str
    script_sha256: str
    step_ns: int
    listings: list[Listing]
    balance_mils: int
    holds: tuple[str, ...] = ()


class Ledger:
    """The one writer. Holds a lock on the directory for as long as it is open."""

    def __init__(self, data_dir: Path, opening: Opening) -> None:
        """Open or begin the ledger.

        Raises DataDirUnusable, AccountLocked (another exchange runs here), SessionFileInvalid (the ledger of another
        session) or StateCorrupt.
        """
        self.path = data_dir / FILE_NAME
        self._lock = _lock(data_dir)
        try:
            self._db = apsw.Connection(str(self.path))
            self.path.chmod(0o600)
            self._db.set_busy_timeout(2000)
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "wal_autocheckpoint=1000"):
                self._db.execute(f"PRAGMA {pragma}")
            self._begin(opening)
        except apsw.Error as error:
            os.close(self._lock)
            raise StateCorrupt(f"{self.path}: {error}", hint="move it away; the exchange then begins anew") from error
        except SessionFileInvalid:
            os.close(self._lock)
            raise

    def _begin(self, opening: Opening) -> None:
        if self._db.execute("PRAGMA user_version").get == 0:
            with self._db:
                self._db.execute(_SCHEMA)
                self._db.execute("INSERT INTO opening VALUES (?)", (_fact_encoder.encode(opening).decode(),))
                self._db.execute(f"PRAGMA user_version={_VERSION}")
            return
        found = read_opening(self._db, self.path)
        if (found.session_sha256, found.script_sha256, found.step_ns, found.holds) != (
            opening.session_sha256,
            opening.script_sha256,
            opening.step_ns,
            opening.holds,
        ):
            raise SessionFileInvalid(
                f"{self.path} is the ledger of another session or script ({found.session})",
                hint="give this session its own --data-dir, or start the exchange with the session the ledger is of",
            )

    def facts(self) -> Iterator[Fact]:
        """Everything that was ever executed here, in order."""
        return read_facts(self._db, self.path)

    def append(self, facts: Sequence[Fact]) -> None:
        """Make these durable, all or none. Raises StoreWriteFailed; nothing may be acknowledged then."""
        rows = [(fact.__struct_config__.tag, _fact_encoder.encode(fact).decode()) for fact in facts]
        try:
            with self._db:
                self._db.executemany("INSERT INTO facts (kind, body) VALUES (?, ?)", rows)
        except apsw.Error as error:
            raise StoreWriteFailed(f"{self.path}: {error}", hint="is the disk full?") from error

    def close(self) -> None:
        """Leave the file in order and let go of the directory."""
        self._db.close()
        os.close(self._lock)


def _lock(data_dir: Path) -> int:
    try:
        make_private_dir(data_dir)
        descriptor = os.open(data_dir / _LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise DataDirUnusable(f"{data_dir}: {error.strerror}", hint="name a directory you may write to") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        pid = os.read(descriptor, 20).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        raise AccountLocked(
            f"{data_dir}: another exchange runs on this directory (pid {pid})",
            hint="stop it, or name another --data-dir",
        ) from error
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor


def read_opening(db: apsw.Connection, path: Path) -> Opening:
    """What the ledger belongs to. Raises StateCorrupt."""
    try:
        body = db.execute("SELECT body FROM opening").get or ""
        return msgspec.json.decode(body, type=Opening)
    except (apsw.Error, msgspec.DecodeError) as error:
        raise StateCorrupt(
            f"{path} is not an exchange's ledger: {error}", hint="name the exchange's --data-dir"
        ) from error


def read_facts(db: apsw.Connection, path: Path) -> Iterator[Fact]:
    """The facts in order. Raises StateCorrupt at a row that cannot be read or a gap in the numbers."""
    expected = 1
    try:
        for seq, body in db.execute("SELECT seq, body FROM facts ORDER BY seq"):
            if seq != expected:
                raise StateCorrupt(f"{path}: row {expected} is missing", hint="the ledger was changed from outside")
            expected += 1
            yield _fact_decoder.decode(body)
    except (apsw.Error, msgspec.DecodeError) as error:
        raise StateCorrupt(f"{path}: row {expected}: {error}", hint="the ledger is damaged") from error
