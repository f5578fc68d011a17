"""Lines of a log that rotates, newest first, read in blocks from the end: a large file costs no more than a small one.

What rotation has left (`app.log.1`, `app.log.2`, …) follows where the current file begins.
"""

import os
import re
from collections.abc import Callable, Iterator
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
    """Iterates over the lines of these files from the end. bytes_read: what that has cost so far.

    skip: says of a block of whole entries that none of its lines is wanted. head: what stands before an entry's first
    line, so that no entry is torn apart between a block that is passed over and one that is not.
    """

    def __init__(
        self,
        paths: list[Path],
        *,
        block_bytes: int = BLOCK_BYTES,
        skip: Callable[[bytes], bool] | None = None,
        head: re.Pattern[bytes] | None = None,
    ) -> None:
        self.paths = paths
        self.bytes_read = 0
        self._block_bytes = block_bytes
        self._skip = skip
        self._head = head

    def __iter__(self) -> Iterator[bytes]:
        for path in self.paths:
            yield from self._lines(path)

    def _lines(self, path: Path) -> Iterator[bytes]:
        with path.open("rb") as stream:
            at = stream.seek(0, os.SEEK_END)
            rest = b""  # the beginning of what was read so far: a line, or an entry, whose start is not known yet
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
                rest, whole = self._cut(block + rest)
                if whole is not None and not (self._skip is not None and self._skip(whole)):
                    yield from reversed(whole.split(b"\n"))
            if not first:
                yield from reversed(rest.split(b"\n"))

    def _cut(self, data: bytes) -> tuple[bytes, bytes | None]:
        """What has to wait for its beginning, and what is whole; None where nothing is."""
        found = self._head.search(data) if self._head is not None and len(data) <= MAX_LINE_BYTES else None
        at = found.start() if found is not None else -1
        if at < 0 and (self._head is None or len(data) > MAX_LINE_BYTES):
            at = data.find(b"\n")
        if at >= 0:
            return data[:at], data[at + 1 :]
        if len(data) > MAX_LINE_BYTES:  # no line of a log is that long; its beginning is worth more
            data = data[:MAX_LINE_BYTES] + _CUT
        return data, None


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
