"""What an operator can do to a running manager, and what even he cannot."""

import json
import shutil
import signal
import stat
from pathlib import Path
from typing import Any

from tests.integration.daemon.phones import Phone, configured
from tests.integration.daemon.programs import PROJECT, Program, World


def guarded(it: World, scenario: str = "calm", *more: str | Path) -> Program:
    """A manager in free mode that has heard the venue."""
    it.exchange(scenario, mode="free")
    daemon = it.daemon(*more)
    daemon.heard.checkpoint(6)
    return daemon


def asked(it: World, *argv: str | Path) -> tuple[int, str, str]:
    return it.command(*argv, "--data-dir", it.data)


def status(it: World) -> dict[str, Any]:
    code, out, err = asked(it, "status", "--json")
    assert code == 0, err
    found: dict[str, Any] = json.loads(out)
    return found


def test_flatten_closes_everything_until_the_venue_confirms(it: World):
    daemon = guarded(it)
    it.trade("ES", "+2")
    it.trade("MNQ", "-1")
    code, out, _ = asked(it, "flatten", "--yes", "--reason", "lunch")
    assert code == 0
    assert "journaled" in out
    for contract in ("EP", "MNQ"):
        daemon.heard.until(lambda heard, c=contract: f".{c}." in str(heard.checkpoint and heard.checkpoint.detail))
    daemon.stop()
    assert it.ledger()["flat"]
    assert '"reason":"lunch"' in it.decisions()


def test_without_the_venue_nothing_is_called_flat_and_flatten_says_what_it_cannot_know(it: World):
    exchange = it.exchange("calm", mode="free")
    it.daemon().heard.checkpoint(6)
    exchange.kill()
    lost = it.until_status(lambda status: bool(status["doubt"]))
    assert lost["doubt"] == "the connection to the venue is lost"
    _, out, _ = asked(it, "status")
    assert "NOT CERTAIN" in out
    assert "flat, as last heard" in out
    code, _, err = asked(it, "flatten", "--yes")
    assert code == 1
    assert "taken and journaled" in err
    assert "what it holds besides is not known" in err
    it.exchange("calm", mode="free")
    it.until_status(lambda status: not status["doubt"])
    assert asked(it, "flatten", "--yes")[0] == 0


def test_a_request_longer_than_any_is_refused_with_its_reason(it: World):
    guarded(it)
    code, _, err = asked(it, "freeze", "--yes", "--reason", "x" * 100_000)
    assert code == 1
    assert "give a shorter reason" in err
    assert status(it)["lockouts"] == []


def test_frozen_means_no_new_exposure_until_it_is_lifted_with_a_reason(it: World):
    daemon = guarded(it)
    asked(it, "freeze", "--yes", "--reason", "news")
    it.trade("ES", "+1")
    daemon.heard.checkpoint(8, phase="confirmed", rule="operator")
    assert status(it)["lockouts"][0]["lifted_by"].startswith("an operator")
    code, _, _ = asked(it, "unfreeze", "operator", "--yes", "--reason", "news is out")
    assert code == 0
    assert status(it)["lockouts"] == []


def test_a_hard_lockout_is_not_lifted_by_hand(it: World):
    it.exchange("breach")
    daemon = it.daemon()
    daemon.heard.checkpoint(8, phase="confirmed")
    daemon.heard.until(lambda heard: "cancel" in str(heard.checkpoint and heard.checkpoint.detail.get("action")))
    code, _, err = asked(it, "unfreeze", "daily_realized_loss", "--yes", "--reason", "please")
    assert code == 1
    assert "not lifted by hand" in err
    (lockout,) = status(it)["lockouts"]
    assert (lockout["id"], lockout["lifted_by"], lockout["liftable"]) == (
        "daily_realized_loss", "the daily reset", False,
    )  # fmt: skip


def test_an_unknown_lockout_is_named_and_nothing_happens(it: World):
    guarded(it)
    code, _, err = asked(it, "unfreeze", "nothing", "--yes", "--reason", "x")
    assert code == 1
    assert "no lockout 'nothing'" in err


def test_status_of_a_stopped_manager_says_so_and_shows_what_the_journal_knows(it: World):
    daemon = guarded(it)
    running = status(it)
    daemon.stop()
    stopped = status(it)
    assert (running["running"], running["pid"]) == (True, daemon.process.pid)
    assert (stopped["running"], stopped["pid"]) == (False, None)
    assert stopped["trading_day"] == running["trading_day"]
    code, out, _ = asked(it, "status")
    assert code == 0
    assert "NOT running" in out


def test_commands_to_a_manager_that_does_not_run_say_so(it: World):
    guarded(it).stop()
    code, _, err = asked(it, "flatten", "--yes")
    assert code == 4
    assert "no risk manager is running" in err


def test_the_door_is_for_its_owner_only(it: World):
    guarded(it)
    door = it.data / "state" / "SIM-50K" / "operator.sock"
    assert stat.S_IMODE(door.stat().st_mode) == 0o600


def test_without_a_terminal_a_command_needs_yes(it: World):
    guarded(it)
    code, _, err = asked(it, "flatten")
    assert code == 64
    assert "--yes" in err


def own_config(it: World) -> Path:
    shutil.copytree(PROJECT / "config", it.root / "config")
    return it.root / "config" / "risk_config.yaml"


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


def test_a_tighter_limit_is_applied_between_two_events_and_journaled(it: World):
    config = own_config(it)
    daemon = guarded(it, "calm", "--config", config)
    before = status(it)["config_hash"]
    edit(config, "      ES: 3", "      ES: 1")
    code, out, err = asked(it, "reload")
    assert code == 0, err
    assert "applied" in out
    assert status(it)["config_hash"] != before
    it.trade("ES", "+2")
    daemon.heard.checkpoint(8, phase="confirmed", rule="max_contracts_per_instrument")
    code, out, _ = asked(it, "journal")
    assert '"kind":"config"' in out


def test_a_broken_file_changes_nothing(it: World):
    config = own_config(it)
    guarded(it, "calm", "--config", config)
    before = status(it)["config_hash"]
    edit(config, "limit: -900", "limit: 900")
    code, _, err = asked(it, "reload")
    assert code == 1
    assert f"{config}:" in err
    assert status(it)["config_hash"] == before


def test_a_hard_limit_is_not_loosened_within_the_day_by_reload_signal_or_restart(it: World):
    config = own_config(it)
    daemon = guarded(it, "calm", "--config", config)
    before = status(it)["config_hash"]
    edit(config, "limit: -900", "limit: -2000")
    code, _, err = asked(it, "reload")
    assert code == 1
    assert "daily_realized_loss.limit: was -900.00, now it is -2000.00" in err

    daemon.process.send_signal(signal.SIGHUP)
    assert status(it)["config_hash"] == before
    daemon.stop()

    again = it.daemon("--config", config)
    again.heard.checkpoint(5)
    held = status(it)
    assert held["config_hash"] == before
    assert "was -900.00, now it is -2000.00" in held["held_back"][0]


def test_without_the_applied_copy_a_looser_limit_freezes_the_account_until_an_operator_has_looked(
    it: World, phone: Phone
):
    config = configured(it)
    applied = it.data / "state" / "SIM-50K" / "applied"

    def start() -> Program:
        daemon = it.daemon("--config", config, env={"ALERT_PHONE_URL": phone.url})
        daemon.heard.checkpoint(5)
        return daemon

    it.exchange("calm", mode="free")
    start().stop()
    shutil.rmtree(applied)
    daemon = start()
    assert status(it)["lockouts"] == [], "the files are what was applied"
    daemon.stop()

    shutil.rmtree(applied)
    edit(config, "limit: -900", "limit: -2000")
    daemon = start()
    (lockout,) = status(it)["lockouts"]
    assert (lockout["id"], lockout["liftable"]) == ("operator", True)
    assert "whether a hard limit is looser now is not known" in lockout["reason"]
    phone.until(lambda rung: any("STATE-003" in body["key"] for body in rung.taken))
    daemon.kill()
    start()
    assert [each["id"] for each in status(it)["lockouts"]] == ["operator"], "no restart lifts it"
    code, _, err = asked(it, "unfreeze", "operator", "--reason", "compared", "--yes")
    assert code == 0, err
    assert status(it)["lockouts"] == []


def test_what_if_judges_a_trade_that_is_not_made(it: World):
    daemon = guarded(it)
    code, out, _ = asked(it, "what-if", "ES", "+4", "--price", "6650")
    assert code == 1
    assert "long 4 > limit 3" in out
    code, out, _ = asked(it, "what-if", "ES", "-1", "--price", "6650", "--json")
    assert (code, json.loads(out)["allowed"]) == (0, True)
    daemon.stop()
    assert not [order for order in it.ledger()["orders"] if order["origin"] == "manager"]
