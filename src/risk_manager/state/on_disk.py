"""Whether the files of an open store still stand where the next start looks for them.

Deleted, moved or replaced under a running process, they can be written on without an error, and nobody would ever read
what was written. An `os.stat` for each tells; it is cheap enough for once a second.
"""

from collections.abc import Sequence
from pathlib import Path

_Identity = tuple[int, int]
TAKEN_AWAY = (
    "what is decided from now on cannot be kept; see in the venue's own platform how the account stands, put a copy of "
    "the state directory back, then start again: a start without it knows of no lockout"
)


class FilesOnDisk:
    """Which files they were when the store was opened."""

    def __init__(self, paths: Sequence[Path]) -> None:
        found = {path: _identity(path) for path in paths}
        self._opened = {path: identity for path, identity in found.items() if identity is not None}

    def fault(self) -> str:
        """What was taken away or replaced since, in words; empty where nothing was."""
        said = []
        for path, opened in self._opened.items():
            identity = _identity(path)
            if identity != opened:
                said.append(f"{path.name} {'is gone' if identity is None else 'is another file now'}")
        return f"taken away while it was in use: {', '.join(said)}" if said else ""


def _identity(path: Path) -> _Identity | None:
    """Device and inode; None where there is no such file, or where nobody can say: the next start could not either."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
