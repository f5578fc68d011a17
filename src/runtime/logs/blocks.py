"""Lines of a log that rotates, newest first, read in blocks from the end: a large file costs no more than a small one.

What rotation has left (`app.log.1`, `app.log.2`, …) follows where the current file begins.
"""

import os
from collections.abc import Iterator
from pathlib import Path

BLOCK_BYTES = 256 * 1024
MAX_LINE_BYTES = 1024 * 1024
_CUT = b" ... (line cut)"


def generations(path: Path) -> list[Path]:
    """The file and what rotation has left of it, newest first; only those that are there."""
    found = [path] if path.is_file() else []
    number = 1
    while (older := path.with_name(f"{path.name}.{number}")).is_file():
        found.append(older)
        number += 1
    return found


class Backwards:
    """Iterates over the lines of these files from the end. bytes_read: what that has cost so far."""

    def __init__(self, paths: list[Path], *, block_bytes: int = BLOCK_BYTES) -> None:
        self.paths = paths
        self.bytes_read = 0
        self._block_bytes = block_bytes

    def __iter__(self) -> Iterator[bytes]:
        for path in self.paths:
            yield from self._lines(path)

    def _lines(self, path: Path) -> Iterator[bytes]:
        with path.open("rb") as stream:
            at = stream.seek(0, os.SEEK_END)
            rest = b""  # the beginning of what was read so far: a line whose start is not known yet
            first = True
            while at > 0:
                size = min(self._block_bytes, at)
                at -= size
                stream.seek(at)
                block = stream.read(size)
                self.bytes_read += len(block)
                if first:
                    block = block.removesuffix(b"\n")
                    first = False
                lines = (block + rest).split(b"\n")
                rest = lines[0]
                if len(rest) > MAX_LINE_BYTES:  # no line of a log is that long; its beginning is worth more
                    rest = rest[:MAX_LINE_BYTES] + _CUT
                yield from reversed(lines[1:])
            if not first:
                yield rest


class Forwards:
    """Iterates over the lines of these files from the beginning, the oldest file first."""

    def __init__(self, paths: list[Path]) -> None:
        self.paths = paths
        self.bytes_read = 0

    def __iter__(self) -> Iterator[bytes]:
        for path in reversed(self.paths):
            with path.open("rb") as stream:
                while line := stream.readline(MAX_LINE_BYTES):
                    self.bytes_read += len(line)
                    yield line.removesuffix(b"\n")
