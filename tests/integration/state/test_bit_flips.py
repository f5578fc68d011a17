"""One flipped bit anywhere in a stored state is detected or harmless, never silently accepted."""

import random  # noqa: TID251 -- a seed of its own: the same flips in every run
import shutil
from collections import Counter
from pathlib import Path

import pytest
from tests.unit.state.journals import Journaling, rows_of

from risk_manager.errors import StateError
from risk_manager.state.recovery import recover
from risk_manager.state.sqlite import SqliteStore

FLIPS = 1_600
SEED = 20251118
FILES = ("journal.db", "journal.db-wal", "journal.mark")


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


def outcome(directory: Path, expected: dict) -> str:
    """detected: refused, by a typed error that says why. noted: repaired by another copy, and told. harmless: equal."""
    try:
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
    image: tuple[Path, dict], tmp_path: Path, capsys, record_property
):
    directory, expected = image
    chance = random.Random(SEED)  # noqa: S311 -- nothing secret: which bits are flipped
    content = {name: (directory / name).read_bytes() for name in FILES if (directory / name).exists()}
    work = tmp_path / "work"
    work.mkdir()
    counts: dict[str, Counter[str]] = {name: Counter() for name in content}
    failures = []
    for number in range(FLIPS // 2):
        name = list(content)[number % len(content)]
        data = bytearray(content[name])
        at, bit = flip_of(name, data, chance)
        data[at] ^= 1 << bit
        for other in (*FILES, "journal.db-shm"):
            (work / other).unlink(missing_ok=True)
        for other, original in content.items():
            (work / other).write_bytes(data if other == name else original)
        found = outcome(work, expected)
        counts[name][found] += 1
        if found not in {"detected", "noted", "harmless"}:
            failures.append(f"{name} byte {at} bit {bit}")
    record_property("bit_flips", {name: dict(each) for name, each in counts.items()})
    with capsys.disabled():
        print("\n" + "\n".join(f"bit flips in {name}: {dict(sorted(each.items()))}" for name, each in counts.items()))
    assert not failures
    assert sum(sum(each.values()) for each in counts.values()) == FLIPS // 2
    assert sum(each["detected"] + each["noted"] for each in counts.values()) > FLIPS // 20


def flip_of(name: str, data: bytearray, chance: random.Random) -> tuple[int, int]:
    """Where to flip: in the mark mostly in what is used of its preallocated bytes."""
    if name.endswith(".mark"):
        at = chance.choice([0, 1024, 2048, 3072]) + chance.randrange(80)
    else:
        at = chance.randrange(len(data))
    return at, chance.randrange(8)
