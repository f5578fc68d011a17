"""Which SQLite is here, and the fault that matters: in WAL mode two connections may corrupt the file (SQL-007)."""

import importlib
import sqlite3
from collections.abc import Iterator

from runtime.environment.probes.item import Context, Item, State

_FIRST = (3, 7, 0)
_FIXED = (3, 51, 3)
_BACKPORTS = {(3, 44): 6, (3, 50): 7}


def has_wal_reset_fault(version: tuple[int, ...]) -> bool:
    """3.7.0 to 3.51.2, but not 3.44.6 and later of that line, nor 3.50.7 and later of that."""
    major, minor, patch = (*version, 0, 0)[:3]
    mended = _BACKPORTS.get((major, minor))
    if mended is not None and patch >= mended:
        return False
    return _FIRST <= version < _FIXED


def probe(_: Context) -> Iterator[Item]:
    """The one that apsw brings along, and the one of the standard library."""
    own = _apsw()
    if own is None:
        yield Item("SQLite of apsw", "apsw is not here", State.SKIP, "SKIP: apsw is not installed")
    else:
        yield _judged("SQLite of apsw", own, in_use=True)
    yield _judged("SQLite of Python", sqlite3.sqlite_version, in_use=own is None)


def _judged(name: str, version: str, *, in_use: bool) -> Item:
    faulty = has_wal_reset_fault(tuple(int(part) for part in version.split(".")))
    if not faulty:
        return Item(name, version, State.OK)
    if not in_use:
        return Item(name, version, State.INFO, f"{version} (has SQL-007; the store does not use it)")
    return Item(name, version, State.WARNING, f"{version} has the WAL-reset fault", "SQL-007")


def _apsw() -> str | None:
    try:
        module = importlib.import_module("apsw")
    except ImportError:
        return None
    return str(module.sqlite_lib_version())
