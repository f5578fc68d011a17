"""A state that did not grow in this journal: imported from another account's, or begun anew after damage.

The old files are never deleted: they are set aside, whole. At every moment in between, a start either finds the old
state, or the new one, or refuses: there is no moment at which it would find none. That is why the old mark stays where
it is until the new database stands.
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from risk_manager.domain.state import Change
from risk_manager.errors import StateCorrupt
from risk_manager.state import codec
from risk_manager.state.high_water import HighWaterMark
from risk_manager.state.recovery import Recovered, recover
from risk_manager.state.sqlite import SqliteStore, mark_path
from risk_manager.state.store import Entry
from service_contract.atomic_files import make_private_dir, sync_directory, write_atomically

_NEW = "founding"


class Findings(msgspec.Struct, frozen=True):
    """What is wrong with a state (empty where nothing is), and the lockouts of the part that can be believed."""

    fault: str
    lockouts: tuple[Change, ...] = ()


def examine(database: Path) -> Findings:
    """Read a state as a start would, and say what it would refuse.

    Raises StateError where it is not the state that is at fault: a disk that cannot be used, another version.
    """
    try:
        store = SqliteStore.open_readonly(database)
    except StateCorrupt as error:
        return Findings(str(error))
    try:
        recover(store)
    except StateCorrupt as error:
        return Findings(str(error), _believable_lockouts(store))
    finally:
        store.close()
    return Findings("")


def _believable_lockouts(store: SqliteStore) -> tuple[Change, ...]:
    """The lockouts that hold where the journal, read from its start, ends to be believable."""
    holding: dict[str, Change] = {}
    try:
        for row in store.read():
            if row.kind == codec.DECISION:
                changes: Sequence[Change] = codec.decode_decision(row.seq, row.payload).changes
            elif row.kind == codec.FOUNDING:
                changes = codec.decode_founding(row.seq, row.payload).changes
            else:
                continue
            for change in changes:
                if change.table == "lockouts":
                    holding[change.key] = Change("lockouts", change.key, None, change.after)
    except StateCorrupt:
        return tuple(each for each in holding.values() if each.after is not None)
    return tuple(each for each in holding.values() if each.after is not None)


def found(database: Path, record: codec.FoundingRecord, *, stamp: str, wall_ns: int, mono_ns: int) -> Path | None:
    """Begin a journal with a founding record; what stood there is set aside. Returns where, None for nothing.

    stamp: names the directory. Raises StateError, OSError.
    """
    directory = database.parent
    making = make_private_dir(directory / _NEW)
    for leftover in making.iterdir():  # of an attempt that was interrupted: nothing of it was ever in force
        leftover.unlink()
    store = SqliteStore.open(making / database.name)
    store.append([Entry(codec.FOUNDING, codec.encode(record), wall_ns, mono_ns)])
    store.close()
    aside = _set_aside(database, directory / "aside" / stamp)
    (making / database.name).replace(database)
    sync_directory(directory)
    mark_path(making / database.name).replace(mark_path(database))
    sync_directory(directory)
    making.rmdir()
    return aside


def _set_aside(database: Path, aside: Path) -> Path | None:
    mark = mark_path(database)
    files = [database, *(database.with_name(database.name + suffix) for suffix in ("-wal", "-shm"))]
    if not mark.exists() and not any(file.exists() for file in files):
        return None
    make_private_dir(aside.parent)
    aside.mkdir(mode=0o700)
    sync_directory(aside.parent)
    if mark.exists():
        write_atomically(aside / mark.name, mark.read_bytes())
    else:  # nothing would tell a start between the next lines that there was a state
        HighWaterMark.create(mark, 1, b"\xff" * 32).close()
    for file in files:
        if file.exists():
            file.rename(aside / file.name)
    sync_directory(aside)
    sync_directory(database.parent)
    return aside


def founding_changes(recovered: Recovered) -> tuple[Change, ...]:
    """A state as changes from nothing."""
    return tuple(Change(table, key, None, row) for table, key, row in recovered.state.rows())
