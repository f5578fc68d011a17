"""Goes on where a log ends, across rotation: the old file is read to its end before the new one is begun."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from runtime.logs.blocks import MAX_LINE_BYTES, generations
from runtime.logs.entries import LogEntry, read_events, read_text
from runtime.logs.merge import merge


class Growing:
    """Whole lines appended to `path` after this was made, whatever it is renamed to and however often."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stream: IO[bytes] | None = None
        self._rest = b""
        if path.is_file():
            self._stream = path.open("rb")
            self._stream.seek(0, os.SEEK_END)

    def new_lines(self) -> list[bytes]:
        """The lines that are complete since the last call."""
        data = self._rest + b"".join(self._read())
        *lines, self._rest = data.split(b"\n")
        if len(self._rest) > MAX_LINE_BYTES:
            lines.append(self._rest)
            self._rest = b""
        return lines

    @property
    def is_there(self) -> bool:
        """Is there such a file?"""
        return self._path.is_file()

    def close(self) -> None:
        """Let the file go."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _read(self) -> Iterator[bytes]:
        if self._stream is not None:
            if os.fstat(self._stream.fileno()).st_size < self._stream.tell():
                self._stream.seek(0)  # cut off in place, as `copytruncate` does
            yield self._stream.read()
        for path in reversed(self._newer()):
            self.close()
            self._stream = path.open("rb")
            yield self._stream.read()

    def _newer(self) -> list[Path]:
        """The files begun since the one that is open, newest first: more than one where it rotated quickly."""
        there = generations(self._path)
        if self._stream is None:
            return there[:1]
        mine = os.fstat(self._stream.fileno())
        for number, path in enumerate(there):
            if os.path.samestat(path.stat(), mine):
                return there[:number]
        return there[:1]


class Follower:
    """Both logs as they grow. A line waits one turn for its twin, and is then shown without it."""

    def __init__(self, text: Path, events: Path) -> None:
        self._text = Growing(text)
        self._events = Growing(events)
        self._waiting: list[LogEntry] = []

    def new_entries(self) -> list[LogEntry]:
        """What was logged since the last call, in order."""
        text = list(read_text(self._text.new_lines(), newest_first=False))
        events = list(read_events(self._events.new_lines()))
        old, self._waiting = self._waiting, []
        kept = [entry for entry in old if entry.twin == "text"]
        early = [entry for entry in old if entry.twin == "events"]
        shown: list[LogEntry] = []
        for entry in merge([*kept, *text], [*early, *events], newest_first=False):
            is_new = entry.twin != "both" and not any(entry is each for each in old)
            (self._waiting if is_new else shown).append(entry)
        if not self._events.is_there:
            shown, self._waiting = [*shown, *self._waiting], []
        return shown

    def rest(self) -> list[LogEntry]:
        """What still waits for its twin."""
        waiting, self._waiting = self._waiting, []
        return waiting

    def close(self) -> None:
        """Let both files go."""
        self._text.close()
        self._events.close()
