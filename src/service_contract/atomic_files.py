"""Files that are written whole or not at all, readable by their owner only."""

import os
from contextlib import suppress
from pathlib import Path


def make_private_dir(path: Path) -> Path:
    """Make `path` and its missing parents with mode 0700, durably; an existing directory keeps its mode.

    Raises OSError when it cannot be made or when something else stands at `path`.
    """
    if not path.is_dir():
        if path.parent != path:
            make_private_dir(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)
        sync_directory(path.parent)  # or a power cut takes the directory, and all that was synced in it
    return path


def write_atomically(path: Path, data: bytes, *, mode: int = 0o600, sync: bool = True) -> None:
    """Replace `path` with `data`; after a crash at any moment the file is the old one or the new one.

    The name is synced too: without syncing the directory a power cut may undo the rename. sync false: a killed program
    leaves the old or the new file all the same; a power cut may leave neither.
    Raises OSError; the old file is then untouched.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, mode)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            if sync:
                os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError:
        with suppress(OSError):
            temporary.unlink()
        raise
    if sync:
        sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
