"""The log viewer: the end of a service's log, what was asked for of it, and what is written from now on.

Reads from the end, so that the size of the log does not matter; `runtime.logs` has the parts.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import msgspec

from runtime.contract.model import Contract
from runtime.logs.blocks import Backwards, Forwards, generations
from runtime.logs.boots import Boot, last_boot
from runtime.logs.entries import BEFORE_AN_ENTRY, LogEntry, read_events, read_text
from runtime.logs.filters import Filter, chosen
from runtime.logs.follow import Follower
from runtime.logs.merge import merge
from runtime.logs.skip import skipper
from runtime.settings import WrongUsage
from service_contract.atomic_files import sync_directory

TWIN_NAME = "events.jsonl"
LINES = 100
_LOOK_S = 0.1


class NoLog(OSError):
    """There is no log to show; says where it was looked for."""


@dataclass(frozen=True, slots=True)
class LogFiles:
    """The two files of one service. lines: checkpoint -> the text of its log line."""

    text: Path
    events: Path
    lines: Mapping[int, str]

    @property
    def are_there(self) -> bool:
        """Has anything been logged, ever?"""
        return bool(generations(self.text) or generations(self.events))


@dataclass(frozen=True, slots=True)
class View:
    """What is to be shown. entries: oldest first. bytes_read: of both files, for it."""

    files: LogFiles
    boot: Boot
    entries: tuple[LogEntry, ...]
    bytes_read: int
    whole_bytes: int


def log_files(contract: Contract, log_dir: Path, file: Path | None = None) -> LogFiles:
    """Where the service of this contract logs. Raises WrongUsage where that depends on a run."""
    lines = {step.n: step.log for step in contract.steps}
    if file is not None:
        return LogFiles(file, file.with_name(TWIN_NAME), lines)
    path = contract.log.replace("{log_dir}", str(log_dir))
    if "{" in path:
        raise WrongUsage(f"{contract.file}: its log {contract.log} is another one in each run; say which with --file")
    return LogFiles(Path(path), Path(path).with_name(TWIN_NAME), lines)


def view(files: LogFiles, wanted: Filter, lines: int = LINES) -> View:
    """The last `lines` entries that are wanted, and the last boot. Raises NoLog."""
    if not files.are_there:
        raise NoLog(2, "there is no log here yet", str(files.text))
    texts, events = generations(files.text), generations(files.events)
    read_lines = partial(read_text, newest_first=True)
    text_lines = Backwards(texts, skip=skipper(wanted, read_lines), head=BEFORE_AN_ENTRY)
    event_lines = Backwards(events, skip=skipper(wanted, read_events))
    merged = merge(read_lines(text_lines), read_events(event_lines), newest_first=True)
    found = list(islice(chosen(merged, wanted), lines))
    boot = last_boot(files.text, files.lines)
    read = text_lines.bytes_read + event_lines.bytes_read + boot.bytes_read
    whole = sum(path.stat().st_size for path in (*texts, *events))
    return View(files, boot, tuple(reversed(found)), read, whole)


def everything(files: LogFiles, wanted: Filter) -> Iterator[LogEntry]:
    """All entries that are wanted, oldest first. Raises NoLog."""
    if not files.are_there:
        raise NoLog(2, "there is no log here yet", str(files.text))
    text = read_text(Forwards(generations(files.text)), newest_first=False)
    events = read_events(Forwards(generations(files.events)))
    return (entry for entry in merge(text, events, newest_first=False) if wanted.wants(entry))


def export(entries: Iterable[LogEntry], file: Path) -> int:
    """Write the entries to a file that only its owner may read, whole or not at all; gives their number.

    As JSON lines where the file is named so, else as the text log has them. Raises OSError.
    """
    as_json = file.suffix in {".json", ".jsonl"}
    temporary = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    number = 0
    try:
        with os.fdopen(descriptor, "wb") as stream:
            for entry in entries:
                stream.write(msgspec.json.encode(entry.as_json()) + b"\n" if as_json else _plain(entry))
                number += 1
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(file)
    finally:  # failed or interrupted: nothing half-written stays
        with suppress(FileNotFoundError):
            temporary.unlink()
    sync_directory(file.parent)
    return number


def _plain(entry: LogEntry) -> bytes:
    lines = [entry.line, *entry.more, *(f"    {line}" for line in entry.exception.splitlines())]
    return ("\n".join(lines) + "\n").encode()


async def follow(follower: Follower, wanted: Filter, show: Callable[[LogEntry], None]) -> None:
    """Show what is logged from now on, until cancelled."""
    import asyncio  # only showing the end needs none

    try:
        while True:
            for entry in follower.new_entries():
                if wanted.wants(entry):
                    show(entry)
            await asyncio.sleep(_LOOK_S)
    finally:
        for entry in follower.rest():
            if wanted.wants(entry):
                show(entry)
        follower.close()
