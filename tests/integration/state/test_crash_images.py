"""After every storage operation the power may go: whatever the disk may then hold, no acknowledged row is lost.

After each operation of a story disk images are built (`disk.py` says which are legal) and started on. A start may find
what was promised or more, never less, and never a state that was not there. Only where a damaged state is set aside for
a new one may it also refuse. A harness that cannot fail proves nothing, so the same stories are told without one of the
syncs that they stand on, and must then be caught losing something.
"""

import math
import os
import random  # noqa: TID251 -- a seed of its own: the same in every run
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw
import pytest
from tests.conftest import Figure
from tests.integration.state.disk import Disk, Operation, RecordedFile, careless, recording
from tests.unit.state.journals import Journaling, rows_of
from tests.unit.state.version_1 import fault_of_backup, write_version_1

from risk_manager.errors import StateError
from risk_manager.state import codec, founding, schema, sqlite
from risk_manager.state.recovery import recover
from risk_manager.state.sqlite import SqliteStore
from service_contract import atomic_files
from service_contract.atomic_files import make_private_dir

SEED = 20251119
IMAGES_PER_STEP = 4
DATABASE = "state/SIM/journal.db"
Missing = Callable[[], AbstractContextManager[object]]


@dataclass
class Story:
    """Something that is done to the files of an account, with what was promised on the way.

    history: by number of rows, the states that a start may find. promised: from which operation on at least so many
    rows. may_refuse: a start may also refuse. kept: what must stand somewhere, under whatever name.
    backed_up: so many rows must be in the backup afterwards; 0 where there is none.
    """

    root: Path
    operations: list[Operation] = field(default_factory=list)
    before: dict[str, bytes] = field(default_factory=dict)
    history: dict[int, list[dict[Any, Any]]] = field(default_factory=dict)
    promised: list[tuple[int, int]] = field(default_factory=lambda: [(0, 0)])
    may_refuse: bool = False
    kept: bytes | None = None
    backed_up: int = 0

    @property
    def database(self) -> Path:
        return self.root / DATABASE

    def keep(self, it: Journaling) -> None:
        """Acknowledged."""
        self.history.setdefault(it.store.head[0], []).append(rows_of(it.state))
        self.promised.append((len(self.operations), it.store.head[0]))


def first_start(story: Story) -> None:
    """From nothing: directories, database, mark, the first rows."""
    make_private_dir(story.database.parent)
    it = Journaling(story.database)
    story.history[1] = [{}]
    story.keep(it)
    for number in range(1, 4):
        it.trades(number)
        story.keep(it)


def a_life(story: Story) -> None:
    """Rows, snapshots, syncs of the mark, a checkpoint of the log; then a clean stop and another start."""
    it = Journaling(story.database)
    story.keep(it)
    for number in range(1, 19):
        if number % 7 == 6:
            it.snapshot()
        if number % 5 == 4:
            it.store.sync()
        if number == 12:
            it.store._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        it.trades(number)
        story.keep(it)
    it.store.close()
    it.store = SqliteStore.open(story.database)
    for number in range(19, 23):
        it.trades(number)
        story.keep(it)


def a_migration(story: Story) -> None:
    """A database of version 1, which had no mark, becomes one of today, with its backup."""
    it = Journaling.__new__(Journaling)
    it.store = SqliteStore.open(story.database)
    story.promised.append((len(story.operations), it.store.head[0]))
    it.store.append([codec.entry(codec.STOP, codec.StopRecord("r", "over"), 1, 2)])
    story.history[it.store.head[0]] = story.history[it.store.head[0] - 1]
    story.promised.append((len(story.operations), it.store.head[0]))


def begun_anew(story: Story) -> None:
    """What `risk-manager recover --from-venue` does with a damaged state."""
    founding.found(story.database, codec.FoundingRecord("recover", "after damage"), stamp="then", wall_ns=1, mono_ns=2)
    story.history = {1: [{}]}
    story.may_refuse = True
    story.kept = story.before[DATABASE]
    story.promised = [(0, 1)]  # the old state is refused, so anything that starts is the new one


def of_version_1(story: Story) -> None:
    now = Journaling(story.root / "now.db")
    now.trades(1, 2, 3)
    make_private_dir(story.database.parent)
    write_version_1(story.database, list(now.store.read()))
    story.history = {now.store.head[0]: [rows_of(now.state)]}
    story.promised = [(0, now.store.head[0])]
    story.backed_up = now.store.head[0]
    now.store.close()
    for leftover in story.root.glob("now.*"):
        leftover.unlink()


def of_yesterday(story: Story) -> None:
    make_private_dir(story.database.parent)
    SqliteStore.open(story.database).close()
    story.promised = [(0, 0)]
    story.history = {0: [{}], 1: [{}]}


def damaged(story: Story) -> None:
    make_private_dir(story.database.parent)
    it = Journaling(story.database)
    it.trades(1, 2, 3)
    it.store.close()
    connection = apsw.Connection(str(story.database))
    connection.execute("DELETE FROM journal WHERE seq = 3")
    connection.close()


def nothing(_story: Story) -> None:
    pass


STORIES: dict[str, tuple[Callable[[Story], None], Callable[[Story], None]]] = {
    "first start": (nothing, first_start),
    "a life": (of_yesterday, a_life),
    "migration": (of_version_1, a_migration),
    "begun anew": (damaged, begun_anew),
}


def told(name: str, root: Path, missing: Missing = nullcontext) -> Story:
    """Tell a story, with what is `missing` from the program meanwhile."""
    root.mkdir()
    story = Story(root)
    prepare, tell = STORIES[name]
    prepare(story)
    story.before = {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    with recording(root) as operations, missing():
        story.operations = operations
        tell(story)
    return story


def judged(story: Story, work: Path, *, enough: float = math.inf) -> tuple[Counter[str], list[str]]:
    """Start on the images after every operation: how often each outcome, and what must not be, until it is enough."""
    chance = random.Random(SEED)  # noqa: S311 -- nothing secret: what reached the disk
    disk = Disk(story.before)
    outcomes: Counter[str] = Counter()
    faults = []
    for count, operation in enumerate([None, *story.operations]):
        if len(faults) >= enough:
            break
        if operation is not None:
            disk.take(operation)
        promised = max(rows for at, rows in story.promised if at <= count)
        for number in range(IMAGES_PER_STEP):
            image = disk.image(chance, everything=number == 0)
            outcome, words = started(work, image, story, promised)
            if story.kept is not None and story.kept not in image.values():
                outcome, words = "lost", "the damaged files"
            outcomes[outcome] += 1
            if outcome == "lost" or (outcome == "refused" and not story.may_refuse):
                faults.append(f"after operation {count} {operation and operation[:3]}: {outcome}: {words}")
    return outcomes, faults


def started(work: Path, image: dict[str, bytes], story: Story, promised: int) -> tuple[str, str]:
    """What a start on this image finds: kept, refused, or lost."""
    shutil.rmtree(work, ignore_errors=True)
    for name, data in image.items():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).write_bytes(data)
    (work / DATABASE).parent.mkdir(parents=True, exist_ok=True)
    try:
        with careless():
            store = SqliteStore.open(work / DATABASE)
            try:
                recovered = recover(store)
            finally:
                store.close()
    except StateError as error:
        return "refused", str(error)
    state = rows_of(recovered.state)
    if recovered.rows < promised:
        return "lost", f"{recovered.rows} of {promised} acknowledged rows"
    if recovered.rows and state not in story.history.get(recovered.rows, []):
        return "lost", f"the state of {recovered.rows} rows is not the one that was"
    backup = fault_of_backup(work / f"{DATABASE}.v1.bak", story.backed_up) if story.backed_up else ""
    return ("lost", backup) if backup else ("kept", "")


@pytest.mark.parametrize("name", STORIES)
def test_no_legal_disk_image_after_a_power_cut_loses_an_acknowledged_row(name: str, tmp_path: Path, figure: Figure):
    story = told(name, tmp_path / "made")
    outcomes, faults = judged(story, tmp_path / "work")
    figure(
        f"crash images, {name}: {outcomes.total()} after {len(story.operations)} operations,"
        f" {outcomes['lost']} silently accepted, {outcomes['refused']} refused"
    )
    assert not faults
    assert outcomes["kept"] + outcomes["refused"] == IMAGES_PER_STEP * (len(story.operations) + 1)
    assert outcomes["kept"] >= IMAGES_PER_STEP, "after the last operation at the latest"


@contextmanager
def without_sync_of_names() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for module in (atomic_files, sqlite, schema, founding):
            patch.setattr(module, "sync_directory", lambda _path: None)
        yield


@contextmanager
def without_sync_of_the_log() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RecordedFile, "xSync", lambda _self, _flags: None)
        yield


@contextmanager
def without_sync_of_new_files() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _descriptor: None)
        yield


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("a life", without_sync_of_the_log),
        ("first start", without_sync_of_names),
        ("first start", without_sync_of_new_files),
        ("migration", without_sync_of_new_files),
        ("migration", without_sync_of_the_log),
        ("begun anew", without_sync_of_names),
    ],
    ids=lambda each: each if isinstance(each, str) else each.__name__,
)
def test_a_store_that_leaves_out_a_sync_is_found_out(name: str, missing: Missing, tmp_path: Path):
    _, faults = judged(told(name, tmp_path / "made", missing), tmp_path / "work", enough=1)
    assert faults
