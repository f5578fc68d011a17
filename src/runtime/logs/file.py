"""Follows a text log from the moment a run begins, across rotation, and gives out whole lines only."""

import os
from pathlib import Path
from typing import IO


class LogFollower:
    """Reads what is appended to `path` after this was made; the file need not exist yet."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stream: IO[bytes] | None = None
        self._rest = b""
        if path.is_file():
            self._stream = path.open("rb")
            self._stream.seek(0, os.SEEK_END)

    def read_new(self) -> str:
        """The complete lines written since the last call."""
        data = self._rest + self._read()
        whole, newline, self._rest = data.rpartition(b"\n")
        return (whole + newline).decode(errors="replace")

    def finish(self) -> str:
        """Everything that is left, a last line without an end included; closes the file."""
        text = (self._rest + self._read()).decode(errors="replace")
        self._rest = b""
        self.close()
        return text

    def close(self) -> None:
        """Close the file; safe to call twice."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _read(self) -> bytes:
        data = self._stream.read() if self._stream is not None else b""
        if self.path.is_file() and self._is_another():
            self.close()
            self._stream = self.path.open("rb")
            data += self._stream.read()
        return data

    def _is_another(self) -> bool:
        """Is the file now at `path` another one than the one that is open?"""
        return self._stream is None or not os.path.samestat(self.path.stat(), os.fstat(self._stream.fileno()))


def tail(path: Path, lines: int, *, max_bytes: int = 65536) -> list[str]:
    """The last lines of a file, read from its end; none where there is no such file."""
    try:
        with path.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(0, size - max_bytes))
            data = stream.read()
    except OSError:
        return []
    return data.decode(errors="replace").splitlines()[-lines:]
