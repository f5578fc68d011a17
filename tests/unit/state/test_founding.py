"""A journal begun with a state that did not grow in it; what stood before is never lost."""

import shutil
from contextlib import suppress
from pathlib import Path

import apsw
import pytest
from tests.unit.state.journals import Journaling, rows_of

from risk_manager.errors import StateCorrupt, StateError
from risk_manager.state import codec, founding
from risk_manager.state.founding import examine, found
from risk_manager.state.recovery import recover
from risk_manager.state.sqlite import SqliteStore
from risk_manager.state.transfer import export_state, import_record, read_export


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """A locked-out account whose journal lost its last rows."""
    it = Journaling(tmp_path / "journal.db")
    it.trades(1, 2)
    it.breach()
    it.trades(3, 4)
    it.store._connection.execute("DELETE FROM journal WHERE seq > ?", (it.store.head[0] - 1,))
    it.store.close()
    return it.path


def begin(path: Path) -> Path | None:
    record = codec.FoundingRecord("recover", "begun anew", examine(path).lockouts)
    return found(path, record, stamp="then", wall_ns=1, mono_ns=2)


def test_what_is_wrong_is_said_and_lockouts_that_can_be_believed_are_found(damaged: Path):
    findings = examine(damaged)
    assert f"{damaged}: journal row 9 was acknowledged and is missing" in findings.fault
    assert [change.key for change in findings.lockouts] == ["daily_realized_loss"]


def test_a_sound_state_has_no_fault(tmp_path: Path):
    it = Journaling(tmp_path / "journal.db")
    it.breach()
    it.store.close()
    assert examine(it.path).fault == ""


def test_begun_anew_it_is_still_locked_out_owes_a_freeze_and_the_old_files_are_kept(damaged: Path):
    before = damaged.read_bytes()
    aside = begin(damaged)
    recovered = recover(SqliteStore.open(damaged))
    assert list(recovered.state.lockouts) == ["daily_realized_loss"]
    assert recovered.life.unsettled == "begun anew"
    assert {path.name for path in aside.iterdir()} >= {"journal.db", "journal.mark"}
    assert (aside / "journal.db").read_bytes() == before
    with pytest.raises(StateCorrupt):
        recover(SqliteStore.open(aside / "journal.db"))


def what_a_start_finds(directory: Path) -> str:
    try:
        return recover(SqliteStore.open(directory / "journal.db")).life.unsettled
    except StateError:
        return "refused"


@pytest.mark.parametrize("step", range(1, 6))
def test_at_no_moment_in_between_would_a_start_find_no_state(
    damaged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
):
    """Dying after any of its renames, it leaves the old state, the new one, or a refusal."""
    left = step
    real = Path.replace, Path.rename

    def dying(move):
        def moves(self, target):
            nonlocal left
            left -= 1
            if left < 0:
                raise KeyboardInterrupt
            return move(self, target)

        return moves

    monkeypatch.setattr(Path, "replace", dying(real[0]))
    monkeypatch.setattr(Path, "rename", dying(real[1]))
    with suppress(KeyboardInterrupt):
        begin(damaged)
    monkeypatch.undo()
    copy = tmp_path / "copy"
    shutil.copytree(damaged.parent, copy, ignore=shutil.ignore_patterns("copy"))
    assert what_a_start_finds(copy) in {"refused", "begun anew"}
    again = founding.found(damaged, codec.FoundingRecord("recover", "second try"), stamp="later", wall_ns=1, mono_ns=2)
    assert again is not None
    assert recover(SqliteStore.open(damaged)).life.unsettled == "second try"


def test_an_exported_state_is_the_same_after_its_import_under_another_name(tmp_path: Path):
    it = Journaling(tmp_path / "journal.db")
    it.trades(1, 2)
    it.breach()
    recovered, file = recover(it.store), tmp_path / "state.json"
    export_state(file, recovered, account="SIM", as_account="REPLICA", position=it.store.head[1])
    body = read_export(file)
    assert (body.account, body.seq) == ("REPLICA", recovered.rows)
    target = tmp_path / "replica" / "journal.db"
    target.parent.mkdir()
    assert found(target, import_record(body, file), stamp="now", wall_ns=1, mono_ns=2) is None
    imported = recover(SqliteStore.open(target))
    expected = {key: row for key, row in rows_of(it.state).items() if key[0] != "intents"}
    assert rows_of(imported.state) == expected
    assert imported.life.unsettled == ""


def test_every_mention_of_the_account_is_replaced_and_nothing_that_only_begins_like_it(tmp_path: Path):
    it = Journaling(tmp_path / "journal.db")
    it.trades(1)
    recovered, file = recover(it.store), tmp_path / "state.json"
    export_state(file, recovered, account="ES", as_account="X-1", position=b"")
    text = file.read_text()
    assert "X-1" in text
    assert "RESERVED" not in text
    assert "TradeReport" not in text
    assert '\\"symbol\\":\\"X-1\\"' in text


def test_an_edited_export_is_refused(tmp_path: Path):
    it = Journaling(tmp_path / "journal.db")
    it.trades(1)
    file = tmp_path / "state.json"
    export_state(file, recover(it.store), account="SIM", as_account="SIM", position=b"")
    file.write_text(file.read_text().replace("1000", "9000"))
    with pytest.raises(StateCorrupt, match="does not match its checksum"):
        read_export(file)
    file.write_text("{}")
    with pytest.raises(StateCorrupt, match="is not an exported state"):
        read_export(file)
    with pytest.raises(StateError, match="cannot be read"):
        read_export(tmp_path / "nowhere.json")


def test_a_state_of_a_newer_version_is_not_taken_for_damaged(damaged: Path):
    connection = apsw.Connection(str(damaged))
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StateError, match="schema version 99") as refused:
        examine(damaged)
    assert "begin anew" not in refused.value.hint
    assert "use the version of the program that wrote it" in refused.value.hint
