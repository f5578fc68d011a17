"""The disk is full or turns read-only: in mid-session, while a snapshot is written, before the start.

Each time nothing that was acknowledged is lost, nothing is taken for damage of the state, and the start after the
repair is clean.
"""

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from tests.conftest import Figure
from tests.integration.daemon.programs import World, world
from tests.integration.state.faulty_disks import FAULTS, FaultyDisk, FullTmpfs, fill, full_disk, no_growth_of
from tests.integration.state.witness import acknowledged, disagreements, lost, read_journal
from tests.unit.state.journals import Journaling, rows_of

from risk_manager.errors import StoreWriteFailed
from risk_manager.sdk.simulated.ledger_view import read_ledger
from risk_manager.state.recovery import recover
from risk_manager.state.sqlite import SqliteStore


@pytest.fixture(params=FAULTS)
def disk(request: pytest.FixtureRequest, short_tmp: Path) -> Iterator[FaultyDisk]:
    with FAULTS[request.param](short_tmp / "data") as made:
        yield made


@pytest.fixture
def it(short_tmp: Path, disk: FaultyDisk) -> Iterator[World]:
    """A world whose daemon writes to that disk, gone before the disk is."""
    with world(short_tmp) as made:
        yield made


def test_in_mid_session_it_freezes_goes_on_enforcing_flattens_ends_with_1_and_starts_clean_after_the_repair(
    it: World, disk: FaultyDisk, figure: Figure
):
    figure(f"disk fault in mid-session: {disk.says}")
    journal = it.data / "state" / "SIM-50K" / "journal.db"
    it.exchange("calm", mode="free")
    daemon = it.daemon(launcher=disk.launcher)
    daemon.heard.checkpoint(6)
    it.trade("ES", "+2")
    it.until_status(lambda found: [each["net"] for each in found["positions"]] == [2])
    disk.break_it(daemon)
    promised = acknowledged(journal)

    it.trade("MNQ", "+12")  # ten are allowed
    told = daemon.heard.until(lambda heard: "store cannot be written" in heard.fields.get("STATUS", ""))
    assert "nothing that adds exposure is sent" in told.fields["STATUS"]
    found = it.until_status(lambda _: reduced(it, "MNQ"))
    assert {each["symbol"]: each["net"] for each in found["positions"]}["ES"] == 2, "what was held may stay"
    assert any("the store cannot be written" in lockout["reason"] for lockout in found["lockouts"])

    code, _, err = it.command("flatten", "--yes", "--data-dir", it.data)
    assert code == 0, err
    code, _, err = daemon.end()
    assert (code, "Traceback" in err) == (1, False), err
    assert "cannot be written" in err
    assert it.ledger()["flat"]

    disk.repair()
    again = it.daemon()
    again.heard.checkpoint(6)
    found = it.until_status(lambda found: not found["intents_under_way"])
    assert (found["positions"], found["lockouts"]) == ([], [])
    assert again.stop()[0] == 0
    told_again = read_journal(journal)
    assert lost(told_again, [promised]) == []
    assert disagreements_but_orders(told_again, it) == []


def reduced(it: World, symbol: str) -> bool:
    """Has an order of the manager filled there? To what is allowed, or wholly where it came after the freeze."""
    orders = it.ledger()["orders"]
    return any(each["origin"] == "manager" and symbol in each["contract"] and each["fill_volume"] for each in orders)


def disagreements_but_orders(told, it: World) -> list[str]:
    """What was sent while nothing could be written has no intent in the journal, and that is all that is missing."""
    return [
        each for each in disagreements(told, read_ledger(it.root / "ex")) if "without an intent of ours" not in each
    ]


def test_before_the_start_it_ends_with_3_and_says_that_it_is_the_disk(it: World, disk: FaultyDisk):
    it.exchange("calm", mode="free")
    first = it.daemon()
    first.heard.checkpoint(6)
    assert first.stop()[0] == 0
    disk.break_it(None)
    code, _, err = it.daemon().end()
    assert (code, "Traceback" in err) == (3, False)
    assert any(word in err for word in disk.words)
    assert "what to do: " in err
    for misleading in ("damaged", "recover", "aside", "--from-venue"):
        assert misleading not in err
    code, _, err = it.command("recover", "--from-venue", "--yes", "--data-dir", it.data)
    assert code == 1
    assert "the state itself is not in question: repair the disk" in err
    assert not (it.data / "state" / "SIM-50K" / "aside").exists()
    disk.repair()
    again = it.daemon()
    again.heard.checkpoint(6)
    assert again.stop()[0] == 0


def test_while_a_snapshot_is_written_nothing_is_lost_and_the_one_before_still_serves(tmp_path: Path, figure: Figure):
    with full_disk(tmp_path / "disk") as disk:
        it = Journaling(tmp_path / "disk" / "journal.db")
        it.trades(*range(1, 20))
        before = it.snapshot()
        it.trades(*range(20, 400))
        figure(f"disk fault while a snapshot is written: {disk.says}")
        if isinstance(disk, FullTmpfs):
            fill(tmp_path / "disk" / "filler", but_bytes=24 * 1024)
            it.trades(400)  # a row still fits
        kept, head = rows_of(it.state), it.store.head
        with nullcontext() if isinstance(disk, FullTmpfs) else no_growth_of(it.path.with_name("journal.db-wal")):
            for _ in range(2):
                with pytest.raises(StoreWriteFailed, match="cannot be written"):
                    it.snapshot()
            with pytest.raises(StoreWriteFailed):
                it.trades(401)
            it.store.close()
        if isinstance(disk, FullTmpfs):
            disk.repair()
        store = SqliteStore.open(it.path)
        recovered = recover(store)
        assert (store.head, recovered.snapshot_seq, recovered.notes) == (head, before, ())
        assert rows_of(recovered.state) == kept
        store.close()
