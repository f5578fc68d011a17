"""A damaged state as an operator meets it: refused with words, recovered on his word, frozen until he has looked."""

import json
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest
from tests.integration.daemon.programs import World, world


@pytest.fixture
def it(short_tmp: Path) -> Iterator[World]:
    with world(short_tmp) as made:
        yield made


def stopped_while_locked_out(it: World) -> Path:
    it.exchange("breach")
    daemon = it.daemon()
    daemon.heard.checkpoint(8, phase="confirmed", action="close CON.F.US.MNQ.Z25 (+5) for daily_realized_loss")
    daemon.stop()
    return it.data / "state" / "SIM-50K" / "journal.db"


def test_lost_rows_are_refused_and_the_documented_way_out_leads_to_a_frozen_account(it: World):
    journal = stopped_while_locked_out(it)
    connection = apsw.Connection(str(journal))
    connection.execute("DELETE FROM snapshots")
    connection.execute("DELETE FROM journal WHERE seq > (SELECT max(seq) - 2 FROM journal)")
    connection.close()
    code, _, err = it.daemon().end()
    assert (code, "Traceback" in err) == (1, False)
    assert "were acknowledged and are missing" in err
    assert "risk-manager recover --from-venue" in err

    assert it.command("recover", "--data-dir", it.data)[0] == 1
    assert it.command("recover", "--from-venue", "--data-dir", it.data)[0] == 64
    code, out, err = it.command("recover", "--from-venue", "--yes", "--data-dir", it.data)
    assert code == 0, err
    assert "lockouts except: daily_realized_loss" in err
    assert "aside" in out

    daemon = it.daemon()
    daemon.heard.checkpoint(5)
    status = json.loads(it.command("status", "--json", "--data-dir", it.data)[1])
    assert {each["id"] for each in status["lockouts"]} == {"daily_realized_loss", "operator"}
    assert "STATE-003" in it.log.read_text()
    code, _, err = it.command("unfreeze", "operator", "--reason", "looked", "--yes", "--data-dir", it.data)
    assert code == 0, err
    daemon.kill()
    again = it.daemon()
    again.heard.checkpoint(5)
    assert [e["id"] for e in json.loads(it.command("status", "--json", "--data-dir", it.data)[1])["lockouts"]] == [
        "daily_realized_loss"
    ]


def test_a_sound_state_is_left_alone_and_can_be_carried_to_another_account(it: World, tmp_path: Path):
    stopped_while_locked_out(it)
    code, out, _ = it.command("recover", "--from-venue", "--yes", "--data-dir", it.data)
    assert (code, "sound" in out) == (0, True)
    code, out, _ = it.command("journal", "--verify", "--data-dir", it.data)
    assert (code, "each as it was written" in out) == (0, True)
    file = tmp_path / "state.json"
    assert it.command("snapshot", "export", file, "--account-as", "REPLICA", "--data-dir", it.data)[0] == 0
    other = tmp_path / "other"
    assert it.command("snapshot", "import", file, "--yes", "--data-dir", other)[0] == 0
    code, _, err = it.command("snapshot", "import", file, "--yes", "--data-dir", other)
    assert (code, "--replace" in err) == (1, True)
    code, out, _ = it.command("snapshot", "import", file, "--yes", "--replace", "--data-dir", other)
    assert (code, "aside" in out) == (0, True)
    before = json.loads(it.command("status", "--json", "--data-dir", it.data)[1])
    after = json.loads(it.command("status", "--json", "--data-dir", other)[1])
    same = ("realized", "fees", "trades", "lockouts", "positions", "trading_day")
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert after["account"] == "REPLICA"
