"""The first and the last checkpoint of the last boot in a text log, found by looking for their lines from the end.

Only so much of the log is searched: a service that has run for a month would otherwise be read whole. Where the boot
began before that, this says so.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from runtime.logs.entries import LogEntry, read_text

SEARCHED_BYTES = 32 * 1024 * 1024
_BLOCK = 1024 * 1024
_LONGEST_LINE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Boot:
    """What was found. of: how many checkpoints there are. bytes_read: what it has cost."""

    first: LogEntry | None
    last: LogEntry | None
    last_n: int
    of: int
    bytes_read: int


def last_boot(path: Path, lines: Mapping[int, str], *, searched_bytes: int = SEARCHED_BYTES) -> Boot:
    """The last boot in this file. lines: checkpoint -> the text of its log line."""
    needles = {n: text.encode() for n, text in lines.items()}
    found: dict[int, int] = {}
    try:
        with path.open("rb") as stream:
            read = _search(stream, needles, found, searched_bytes)
            begin = found.get(min(needles, default=0), -1)
            seen = {n: at for n, at in found.items() if at >= begin}
            last_n = max(seen, default=0)
            first = _entry(stream, begin) if begin >= 0 else None
            last = _entry(stream, seen[last_n]) if seen else None
    except OSError:
        return Boot(None, None, 0, len(lines), 0)
    return Boot(first, last, last_n, len(lines), read)


def _search(stream: IO[bytes], needles: Mapping[int, bytes], found: dict[int, int], most: int) -> int:
    """Where each text stands last, back to the last one of the first checkpoint; gives the bytes read."""
    overlap = max((len(needle) for needle in needles.values()), default=1) - 1
    first_n = min(needles, default=0)
    end = stream.seek(0, os.SEEK_END)
    at, read = end, 0
    while at > 0 and first_n not in found and read < most:
        begin = max(0, at - _BLOCK)
        stream.seek(begin)
        block = stream.read(at - begin + (overlap if at < end else 0))
        read += at - begin
        for n, needle in needles.items():
            if n not in found and (here := block.rfind(needle)) >= 0:
                found[n] = begin + here
        at = begin
    return read


def _entry(stream: IO[bytes], at: int) -> LogEntry | None:
    """The log line around an offset."""
    begin = max(0, at - _LONGEST_LINE)
    stream.seek(begin)
    before = stream.read(at - begin).rpartition(b"\n")[2]
    line = before + stream.readline(_LONGEST_LINE).rstrip(b"\n")
    return next(iter(read_text([line], newest_first=True)), None)
