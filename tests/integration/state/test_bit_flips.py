"""One flipped bit anywhere in a stored state is detected or harmless, never silently accepted."""

import random  # noqa: TID251 -- a seed of its own: the same flips in every run
import shutil
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import apsw
import pytest
from tests.conftest import Figure
from tests.integration.state.disk import careless
from tests.unit.state.journals import Journaling, rows_of

from risk_manager.errors import StateError
from risk_manager.state.recovery import recover
from risk_manager.state.sqlite import SqliteStore

FLIPS = 800
"""In each of two states: one that was killed, one that was stopped."""
SEED = 20251118
FILES = ("journal.db", "journal.db-wal", "journal.mark")
_PAGE_BYTES, _LOG_HEADER_BYTES, _FRAME_HEADER_BYTES = 4096, 32, 24


class Extent(NamedTuple):
    """Bytes that belong together."""

    file: str
    start: int
    length: int


@pytest.fixture(params=["killed", "stopped"])
def image(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, dict]:
    """The files of a process that died with much in its write-ahead log, or that stopped with all in the database."""
    (tmp_path / "made").mkdir()
    it = Journaling(tmp_path / "made" / "journal.db")
    for first in (1, 31, 61, 91):
        it.trades(*range(first, first + 12))
        it.snapshot()
        if first == 31:
            it.store._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
    it.trades(*range(121, 140))
    it.breach()
    expected = rows_of(it.state)
    if request.param == "stopped":
        it.store.close()
    target = tmp_path / "image"
    shutil.copytree(it.path.parent, target)
    (target / "journal.db-shm").unlink(missing_ok=True)
    return target, expected


def extents(directory: Path, content: Mapping[str, bytes], work: Path) -> dict[str, list[Extent]]:
    """What there is to be damaged, by what it holds: the tables, the log's own headers, the mark."""
    shutil.copytree(directory, work)
    connection = apsw.Connection(str(work / "journal.db"))
    owner = {page: name.removeprefix("sqlite_") for name, page in connection.execute("SELECT name, pageno FROM dbstat")}
    connection.close()
    shutil.rmtree(work)

    def of_page(page: int) -> str:
        name = owner.get(page, "schema").removeprefix("autoindex_").removesuffix("_1")
        return "the database's own pages" if name == "schema" else f"table {name}"

    found: dict[str, list[Extent]] = defaultdict(list)
    for at in range(0, len(content["journal.db"]), _PAGE_BYTES):
        found[of_page(at // _PAGE_BYTES + 1)].append(Extent("journal.db", at, _PAGE_BYTES))
    log = content.get("journal.db-wal", b"")
    if log:
        found["the log's headers"].append(Extent("journal.db-wal", 0, _LOG_HEADER_BYTES))
    for at in range(_LOG_HEADER_BYTES, len(log), _FRAME_HEADER_BYTES + _PAGE_BYTES):
        found["the log's headers"].append(Extent("journal.db-wal", at, _FRAME_HEADER_BYTES))
        page = int.from_bytes(log[at : at + 4], "big")
        found[of_page(page)].append(Extent("journal.db-wal", at + _FRAME_HEADER_BYTES, _PAGE_BYTES))
    for slot in (0, 1024, 2048, 3072):
        found["the mark"].append(Extent("journal.mark", slot, 80))
    return found


def outcome(directory: Path, expected: dict) -> str:
    """detected: refused, by a typed error that says why. noted: repaired by another copy, and told. harmless: equal."""
    try:
        with careless():
            store = SqliteStore.open(directory / "journal.db")
            try:
                recovered = recover(store)
            finally:
                store.close()
    except StateError as error:
        return "detected" if str(error) else "refused without a word"
    if rows_of(recovered.state) != expected:
        return "accepted"
    return "noted" if recovered.notes else "harmless"


def test_no_single_flipped_bit_changes_the_state_unnoticed(
    image: tuple[Path, dict], tmp_path: Path, figure: Figure, request: pytest.FixtureRequest
):
    directory, expected = image
    chance = random.Random(SEED)  # noqa: S311 -- nothing secret: which bits are flipped
    content = {name: (directory / name).read_bytes() for name in FILES if (directory / name).exists()}
    places = extents(directory, content, tmp_path / "work")
    work = tmp_path / "work"
    work.mkdir()
    counts: dict[str, Counter[str]] = {what: Counter() for what in places}
    failures = []
    for number in range(FLIPS):
        what = list(places)[number % len(places)]
        extent = chance.choice(places[what])
        at, bit = extent.start + chance.randrange(extent.length), chance.randrange(8)
        data = bytearray(content[extent.file])
        data[at] ^= 1 << bit
        for other in (*FILES, "journal.db-shm"):
            (work / other).unlink(missing_ok=True)
        for other, original in content.items():
            (work / other).write_bytes(data if other == extent.file else original)
        found = outcome(work, expected)
        counts[what][found] += 1
        if found not in {"detected", "noted", "harmless"}:
            failures.append(f"{what}: {extent.file} byte {at} bit {bit}: {found}")
    state = request.node.callspec.params["image"]
    for what, each in counts.items():
        accepted = each.total() - each["detected"] - each["noted"] - each["harmless"]
        figure(
            f"bit flips, {state}, {what}: {each.total()}: {each['detected']} detected, {each['noted']} repaired and"
            f" told, {each['harmless']} harmless, {accepted} accepted"
        )
    assert not failures
    assert sum(each.total() for each in counts.values()) == FLIPS
    assert {"table journal", "table snapshots", "table intents", "the mark"} <= counts.keys()
    # The state is not read from the table of intents: it repeats what the journal says.
    assert all(each["detected"] + each["noted"] for what, each in counts.items() if "intents" not in what)
