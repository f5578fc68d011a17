"""Every way a stored state can be read back: from which snapshot, to which row, and when it is refused."""

import shutil
from pathlib import Path
from typing import Any

import apsw
import pytest
from tests.unit.account import MORNING_NS, SECOND_NS
from tests.unit.state.journals import CONFIG_HASH, Journaling, rows_of

from risk_manager.domain.events import OperatorCommand, TimeAdvanced
from risk_manager.errors import StateCorrupt, StateError
from risk_manager.state import codec, high_water
from risk_manager.state.recompute import check_decisions
from risk_manager.state.recovery import recover
from risk_manager.state.sqlite import SqliteStore
from risk_manager.state.store import Entry


@pytest.fixture
def it(tmp_path: Path) -> Journaling:
    """Three snapshots, rows between them, and a tail."""
    it = Journaling(tmp_path / "journal.db")
    for first in (1, 11, 21):
        it.trades(*range(first, first + 5))
        it.snapshot()
    it.breach()
    return it


def damage(path: Path, statement: str, *bindings: object) -> None:
    connection = apsw.Connection(str(path))
    connection.execute(statement, bindings)
    connection.close()


def test_only_the_rows_behind_the_newest_snapshot_are_read(it: Journaling):
    damage(it.path, "UPDATE journal SET payload = x'41' WHERE seq <= 3")
    recovered = recover(it.store)
    assert rows_of(recovered.state) == rows_of(it.state)
    assert (recovered.rows, recovered.rows - recovered.snapshot_seq) == (it.store.head[0], 3)
    assert recovered.notes == ()


def test_a_snapshot_gives_the_same_state_in_the_same_order_as_the_whole_journal(it: Journaling):
    from_snapshot = list(recover(it.store).state.rows())
    life = recover(it.store).life
    damage(it.path, "DELETE FROM snapshots")
    assert list(recover(it.store).state.rows()) == from_snapshot
    assert recover(it.store).life == life


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE snapshots SET payload = substr(payload, 2) WHERE seq = {newest}", "its checksum is wrong"),
        ("UPDATE snapshots SET position = zeroblob(32) WHERE seq = {newest}", "its checksum is wrong"),
        ("UPDATE snapshots SET version = 2 WHERE seq = {newest}", "its checksum is wrong"),
        ("UPDATE snapshots SET seq = seq + 1 WHERE seq = {newest}", "its checksum is wrong"),
    ],
)
def test_a_damaged_snapshot_is_named_and_the_one_before_is_taken(it: Journaling, statement: str, says: str):
    newest, before = [snapshot.seq for snapshot in it.store.snapshots()][:2]
    damage(it.path, statement.format(newest=newest))
    recovered = recover(it.store)
    assert recovered.snapshot_seq == before
    assert says in recovered.notes[0]
    assert rows_of(recovered.state) == rows_of(it.state)


def test_a_snapshot_of_another_history_is_not_taken(it: Journaling, tmp_path: Path):
    other = Journaling(tmp_path / "other.db")
    other.trades(*range(1, 40), pnl_mils=5)
    other.snapshot()
    foreign = next(iter(other.store.snapshots()))
    damage(it.path, "DELETE FROM snapshots")
    damage(
        it.path,
        "INSERT INTO snapshots VALUES (?, ?, ?, ?, ?)",
        *(it.store.head[0] - 1, foreign.position, foreign.version, foreign.payload, foreign.digest),
    )
    recovered = recover(it.store)
    assert recovered.snapshot_seq == 0
    assert rows_of(recovered.state) == rows_of(it.state)


def test_without_any_sound_snapshot_the_journal_is_read_from_its_start(it: Journaling):
    damage(it.path, "UPDATE snapshots SET digest = zeroblob(32)")
    recovered = recover(it.store)
    assert (recovered.snapshot_seq, len(recovered.notes)) == (0, 3)
    assert rows_of(recovered.state) == rows_of(it.state)


def test_a_hole_behind_the_snapshot_is_refused_with_the_numbers_that_are_missing(it: Journaling):
    last = it.store.head[0]
    damage(it.path, "DELETE FROM journal WHERE seq = ?", last - 1)
    with pytest.raises(StateCorrupt, match=f"row {last - 1} is missing") as refused:
        recover(it.store)
    assert "risk-manager recover --from-venue" in refused.value.hint


def test_rows_that_were_acknowledged_and_are_gone_from_the_end_are_missed(it: Journaling):
    last = it.store.head[0]
    damage(it.path, "DELETE FROM journal WHERE seq > ?", last - 2)
    with pytest.raises(StateCorrupt, match=f"rows {last - 1} to {last} were acknowledged and are missing"):
        recover(it.store)


def test_a_damaged_row_that_was_acknowledged_is_refused(it: Journaling):
    last = it.store.head[0]
    damage(it.path, "UPDATE journal SET payload = x'41' WHERE seq = ?", last)
    with pytest.raises(StateCorrupt, match=f"row {last} does not match its hash"):
        recover(it.store)


def unacknowledged(it: Journaling, monkeypatch: pytest.MonkeyPatch) -> None:
    """A last transaction that is there and was never acknowledged: the process died before it could note the mark."""
    monkeypatch.setattr(high_water, "_write_at", lambda *_: None)
    it.trades(91)


def test_a_last_transaction_that_was_never_acknowledged_is_taken_where_it_is_whole(
    it: Journaling, monkeypatch: pytest.MonkeyPatch
):
    unacknowledged(it, monkeypatch)
    recovered = recover(it.store)
    assert (recovered.rows, recovered.torn_after) == (it.store.head[0], None)
    assert ("trades", "91") in rows_of(recovered.state)


def test_a_torn_last_transaction_is_cut_with_a_note_and_the_journal_goes_on(
    it: Journaling, monkeypatch: pytest.MonkeyPatch
):
    before, acknowledged = rows_of(it.state), it.store.head[0]
    unacknowledged(it, monkeypatch)
    damage(it.path, "UPDATE journal SET payload = x'41' WHERE seq > ?", acknowledged)
    recovered = recover(it.store)
    assert rows_of(recovered.state) == before
    assert recovered.torn_after == acknowledged
    assert "never acknowledged" in recovered.notes[0]
    monkeypatch.undo()
    it.store.cut(acknowledged, list(recovered.state.intents.values()))
    it.store.append([codec.entry(codec.STOP, codec.StopRecord("r", "over"), 1, 2)])
    assert recover(it.store).rows == acknowledged + 1
    assert len(it.store.intents(live_only=True)) == 2


def test_after_a_new_start_of_the_machine_a_damaged_end_is_not_taken_for_unacknowledged(
    it: Journaling, monkeypatch: pytest.MonkeyPatch
):
    """The mark is synced once a second only, so after a power cut what lies behind it may have been acknowledged."""
    acknowledged = it.store.head[0]
    unacknowledged(it, monkeypatch)
    damage(it.path, "UPDATE journal SET payload = x'41' WHERE seq > ?", acknowledged)
    it.store.close()
    monkeypatch.setattr(high_water, "machine_start", lambda: bytes(range(16)))
    with pytest.raises(StateCorrupt, match="does not match its hash"):
        recover(SqliteStore.open(it.path))


def test_an_older_copy_of_the_database_is_recognised_by_the_mark(it: Journaling, tmp_path: Path):
    it.store.close()
    kept = tmp_path / "kept.db"
    shutil.copy(it.path, kept)
    again = SqliteStore.open(it.path)
    again.append([codec.entry(codec.STOP, codec.StopRecord("r", "over"), 1, 2)])
    again.close()
    shutil.copy(kept, it.path)
    with pytest.raises(StateCorrupt, match=r"acknowledged and (is|are) missing"):
        recover(SqliteStore.open(it.path))


@pytest.mark.parametrize("how", ["gone", "empty"])
def test_a_journal_that_is_gone_or_empty_beside_its_mark_is_not_a_first_start(it: Journaling, how: str):
    last = it.store.head[0]
    it.store.close()
    it.path.unlink()
    if how == "empty":
        it.path.touch()
    with pytest.raises(StateCorrupt, match=f"rows 1 to {last} were acknowledged"):
        SqliteStore.open(it.path)


def test_without_its_mark_a_journal_is_refused(it: Journaling):
    it.store.close()
    it.path.with_suffix(".mark").unlink()
    with pytest.raises(StateCorrupt, match="what was acknowledged is not known"):
        recover(SqliteStore.open(it.path))


def test_damaged_notes_of_the_mark_are_told_and_without_any_it_is_refused(it: Journaling):
    it.store.close()
    mark = it.path.with_suffix(".mark")
    content = bytearray(mark.read_bytes())
    content[9] ^= 1
    mark.write_bytes(content)
    recovered = recover(SqliteStore.open(it.path))
    assert rows_of(recovered.state) == rows_of(it.state)
    assert "1 of its 4 notes damaged" in recovered.notes[0]
    for offset in (1024, 2048, 3072):
        content[offset + 9] ^= 1
    mark.write_bytes(content)
    with pytest.raises(StateCorrupt, match="none of its notes"):
        recover(SqliteStore.open(it.path))


def test_the_same_version_and_configuration_decide_the_same_again(it: Journaling):
    result = check_decisions(recover(it.store), it.decide, config_hash=CONFIG_HASH, decider_version=1)
    assert (result.compared, result.across) == (3, 0)
    damage(it.path, "DELETE FROM snapshots")
    result = check_decisions(recover(it.store), it.decide, config_hash=CONFIG_HASH, decider_version=1)
    assert result.compared == it.store.head[0] - 1


def test_decisions_that_come_out_differently_are_refused_within_a_version_and_told_across_versions(it: Journaling):
    recovered = recover(it.store)
    other = Journaling(it.path.with_name("other.db"))
    other.account.policy.rules = ()
    other.account.policy._hearing.clear()
    with pytest.raises(StateCorrupt, match=f"row {it.store.head[0]} .TradeReport.: the same version") as refused:
        check_decisions(recovered, other.decide, config_hash=CONFIG_HASH, decider_version=1)
    assert "DECIDER_VERSION" in refused.value.hint
    for config_hash, version in (("another", 1), (CONFIG_HASH, 2)):
        result = check_decisions(recovered, other.decide, config_hash=config_hash, decider_version=version)
        assert (result.compared, result.different, result.first_different_seq) == (0, 1, it.store.head[0])


def test_state_never_goes_back(it: Journaling):
    newest, older = list(it.store.snapshots())[:2]
    for snapshot in (newest, older):
        with pytest.raises(StateError, match="is not newer than the stored one"):
            it.store.write_snapshot(snapshot)
    assert next(iter(it.store.snapshots())) == newest


def config_row(config_hash: str, before: str, **more: Any) -> Entry:
    return codec.entry(codec.CONFIG, codec.ConfigRecord(config_hash, before, (), **more), 1, 2)


def test_what_was_applied_is_what_decisions_went_by_not_what_a_boot_only_read(tmp_path: Path):
    it = Journaling(tmp_path / "journal.db", config_hash="strict")
    assert recover(it.store).life.applied_hash == "strict"
    boot = codec.BootRecord("r", 1, "0", 1, "loose", "SIM", "simulated")
    it.store.append([codec.entry(codec.BOOT, boot, 1, 2)])
    assert recover(it.store).life.applied_hash == "strict", "a boot that ended before anything was decided"
    it.store.append([config_row("loose", "strict", refused=("a limit",))])
    assert recover(it.store).life.applied_hash == "strict"
    it.store.append([config_row("tighter", "strict")])
    assert recover(it.store).life.applied_hash == "tighter"


def test_the_configuration_a_trading_day_went_by_is_known_until_that_day_ends(it: Journaling):
    it.store.append([config_row("tighter", CONFIG_HASH)])
    recovered = recover(it.store)
    assert recovered.state.today is not None
    end_ns = recovered.state.today.end_ns
    assert recovered.day_hash(end_ns - 1) == "tighter"
    assert recovered.day_hash(end_ns) is None
    assert recover(SqliteStore.open(it.path.with_name("new.db"))).day_hash(end_ns) == ""


def test_limits_that_are_not_known_stay_to_be_settled_until_the_account_was_frozen_for_them(tmp_path: Path):
    it = Journaling(tmp_path / "journal.db", config_hash="strict")
    it.store.append([config_row("loose", "strict", unknown="the copy is gone")])
    it.take(TimeAdvanced(MORNING_NS + SECOND_NS))
    assert recover(it.store).life.unsettled == "the copy is gone", "also after a crash on the way to the freeze"
    it.take(OperatorCommand(MORNING_NS + SECOND_NS, "freeze", "", "the copy is gone"))
    assert recover(it.store).life.unsettled == ""
