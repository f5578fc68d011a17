"""After every storage operation the power may go: whatever the disk may then hold, no acknowledged row is lost.

The writes and syncs of SQLite are recorded by a file system of our own (a VFS through apsw), those of the mark at its
seam. After each operation disk images are built: everything that was synced, and any subset of what was not, a last
write perhaps torn. The names of the files count as durable, since their directory is synced before anything is
acknowledged.
"""

import itertools
import random  # noqa: TID251 -- a seed of its own: the same in every run
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest
from tests.unit.state.journals import Journaling, rows_of

from risk_manager.errors import StateError
from risk_manager.state import high_water, sqlite
from risk_manager.state.recovery import recover
from risk_manager.state.sqlite import SqliteStore

SEED = 20251119
IMAGES_PER_STEP = 4
VFS_NAME = "recording"
Operation = tuple[str, str, int, bytes]  # what, file, offset, data


class Recording(apsw.VFS):
    """Hands everything on, and notes what changes a file."""

    def __init__(self, operations: list[Operation]) -> None:
        self.operations = operations
        super().__init__(VFS_NAME, "")

    def xOpen(self, name: Any, flags: list[int]) -> "RecordedFile":  # noqa: N802 -- the name apsw asks for
        return RecordedFile(self, name, flags)


class RecordedFile(apsw.VFSFile):
    """One file of the database."""

    def __init__(self, vfs: Recording, name: Any, flags: list[int]) -> None:
        self._operations = vfs.operations
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self._name = Path(path).name if path else ""
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 -- the name apsw asks for
        super().xWrite(data, offset)
        self._operations.append(("write", self._name, offset, bytes(data)))

    def xTruncate(self, size: int) -> None:  # noqa: N802 -- the name apsw asks for
        super().xTruncate(size)
        self._operations.append(("truncate", self._name, size, b""))

    def xSync(self, flags: int) -> None:  # noqa: N802 -- the name apsw asks for
        super().xSync(flags)
        self._operations.append(("sync", self._name, 0, b""))


@pytest.fixture
def operations(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Operation]]:
    """Every operation from here on, on the database, its log and the mark."""
    recorded: list[Operation] = []
    vfs = Recording(recorded)
    real_connection, write_at, sync = apsw.Connection, high_water._write_at, high_water._sync

    def connect(path: str, **how: Any) -> apsw.Connection:
        return real_connection(path, vfs=VFS_NAME, **how)

    def note(descriptor: int, data: bytes, offset: int) -> None:
        write_at(descriptor, data, offset)
        recorded.append(("write", "journal.mark", offset, data))

    def sync_mark(descriptor: int) -> None:
        sync(descriptor)
        recorded.append(("sync", "journal.mark", 0, b""))

    monkeypatch.setattr(sqlite.apsw, "Connection", connect)
    monkeypatch.setattr(high_water, "_write_at", note)
    monkeypatch.setattr(high_water, "_sync", sync_mark)
    yield recorded
    monkeypatch.undo()
    vfs.unregister()


def put(content: bytearray, operation: Operation, length: int | None = None) -> None:
    what, _, offset, data = operation
    if what == "truncate":
        del content[offset:]
        return
    data = data[:length]
    if len(content) < offset + len(data):
        content.extend(bytes(offset + len(data) - len(content)))
    content[offset : offset + len(data)] = data


class Disk:
    """What is surely on the disk, and what may be."""

    def __init__(self, content: dict[str, bytes]) -> None:
        self.synced = {name: bytearray(data) for name, data in content.items()}
        self.pending: dict[str, list[Operation]] = {name: [] for name in content}

    def take(self, operation: Operation) -> None:
        name = operation[1]
        self.synced.setdefault(name, bytearray())
        waiting = self.pending.setdefault(name, [])
        if operation[0] != "sync":
            waiting.append(operation)
            return
        for each in waiting:
            put(self.synced[name], each)
        waiting.clear()

    def image(self, chance: random.Random, *, everything: bool = False) -> dict[str, bytes]:
        """The synced part of each file with some of the rest, in order; one of them perhaps torn."""
        made = {}
        for name, synced in self.synced.items():
            content = bytearray(synced)
            for operation in self.pending[name]:
                fate = 1.0 if everything else chance.random()
                if fate > 0.5:
                    put(content, operation)
                elif fate > 0.3:
                    put(content, operation, chance.randrange(len(operation[3]) + 1))
            made[name] = bytes(content)
        return made


def restart(directory: Path, image: dict[str, bytes]) -> tuple[int, dict]:
    """What a start on this image finds."""
    for leftover in directory.iterdir():
        leftover.unlink()
    for name, data in image.items():
        (directory / name).write_bytes(data)
    store = SqliteStore.open(directory / "journal.db")
    try:
        recovered = recover(store)
        return recovered.rows, rows_of(recovered.state)
    finally:
        store.close()


def test_no_legal_disk_image_after_a_power_cut_loses_an_acknowledged_row(
    operations: list[Operation], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
):
    (tmp_path / "made").mkdir()
    it = Journaling(tmp_path / "made" / "journal.db")
    disk = Disk({path.name: path.read_bytes() for path in it.path.parent.iterdir() if path.suffix != ".db-shm"})
    disk.synced.pop("journal.db-shm", None)
    operations.clear()
    history = {it.store.head[0]: rows_of(it.state)}
    acknowledged: list[tuple[int, int]] = [(0, it.store.head[0])]

    def step(number: int) -> None:
        if number % 7 == 6:
            it.snapshot()
        if number % 5 == 4:
            it.store.sync()
        if number == 12:
            it.store._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        it.trades(number)
        history[it.store.head[0]] = rows_of(it.state)
        acknowledged.append((len(operations), it.store.head[0]))

    for number in range(1, 19):
        step(number)
    monkeypatch.undo()
    chance = random.Random(SEED)  # noqa: S311 -- nothing secret: which writes reached the disk
    work = tmp_path / "work"
    work.mkdir()
    images, refused = 0, []
    for count, operation in enumerate(list(operations), 1):
        disk.take(operation)
        promised = max(head for at, head in acknowledged if at <= count)
        for number in range(IMAGES_PER_STEP):
            images += 1
            try:
                rows, state = restart(work, disk.image(chance, everything=number == 0))
            except StateError as error:
                refused.append(f"after operation {count} {operation[:3]}: {error}")
                continue
            assert rows >= promised, f"after operation {count}: {rows} of {promised} acknowledged rows"
            assert state == history[rows]
    with capsys.disabled():
        print(f"\ncrash images: {images} after {len(operations)} operations, refused: {len(refused)}")
    assert not refused
    assert images > 300


def test_a_store_that_does_not_sync_its_commits_would_be_found_out(
    operations: list[Operation], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The images must be able to lose rows: without the syncs of the log they do."""
    (tmp_path / "made").mkdir()
    it = Journaling(tmp_path / "made" / "journal.db")
    it.store._connection.execute("PRAGMA synchronous=OFF")
    disk = Disk({path.name: path.read_bytes() for path in it.path.parent.iterdir() if path.suffix != ".db-shm"})
    operations.clear()
    it.trades(*range(1, 6))
    promised = it.store.head[0]
    monkeypatch.undo()
    for operation in operations:
        disk.take(operation)
    chance = random.Random(SEED)  # noqa: S311 -- nothing secret: which writes reached the disk
    work = tmp_path / "work"
    work.mkdir()
    lost = 0
    for _ in itertools.repeat(None, 20):
        try:
            lost += restart(work, disk.image(chance))[0] < promised
        except StateError:
            lost += 1
    assert lost > 0
