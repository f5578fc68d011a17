"""What is said where a database cannot be opened or read: is it the file, or the disk under it?

The two must not be taken for each other. For a damaged file the way out may be to begin anew; on a disk that is full
or has turned read-only the file is as good as ever, and beginning anew would throw it away.
"""

import os
from pathlib import Path

import apsw

from risk_manager.errors import StateCorrupt, StateError, StoreWriteFailed

DAMAGED = "it was damaged or changed after it was written; delete nothing; the ways out: `risk-manager recover`"
GONE = "was it moved or deleted? put the whole directory back, or see the ways out: `risk-manager recover`"
DISK = "the state itself is not in question: repair the disk (space, mount, errors), then start again"
_DISK_ERRORS = (apsw.IOError, apsw.FullError, apsw.ReadOnlyError, apsw.CantOpenError, apsw.PermissionsError)


def corrupt(path: Path, error: Exception) -> StateCorrupt:
    """Reading it ended in this."""
    message = f"{path}: {type(error).__name__}: {error}"
    return StateCorrupt(
        message, hint="it is damaged or is not a journal; delete nothing; the ways out: `risk-manager recover`"
    )


def unopened(path: Path, error: apsw.Error) -> StateError:
    """Opening it ended in this."""
    if isinstance(error, _DISK_ERRORS):
        return StoreWriteFailed(f"{path}: cannot be opened for writing: {error}{_about_disk(path)}", hint=DISK)
    return corrupt(path, error)


def unprepared(path: Path, error: OSError) -> StoreWriteFailed:
    """Making what stands beside it ended in this."""
    message = f"{path}: cannot be prepared: {error.strerror or error}{_about_disk(path)}"
    return StoreWriteFailed(message, hint=DISK)


def _about_disk(path: Path) -> str:
    """What SQLite does not say: how its disk is."""
    try:
        disk = os.statvfs(path.parent)
    except OSError:
        return ""
    if disk.f_flag & os.ST_RDONLY:
        return "; its file system is read-only"
    return f"; {disk.f_bavail * disk.f_frsize} bytes are free on its disk"
