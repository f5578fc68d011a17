"""Somebody is told: a breach with its numbers, its end, through a channel that fails, hangs, is away or is killed."""

import socket

from tests.integration.daemon.phones import Phone, about, configured, guarded, ringing
from tests.integration.daemon.programs import Program, World


def ended(daemon: Program) -> None:
    """The recorded session is over, and everything that followed from it is done."""
    daemon.heard.until(lambda heard: heard.fields.get("STATUS") == "session ended")


def freeze(it: World) -> None:
    assert it.command("freeze", "--yes", "--reason", "a pause", "--data-dir", it.data)[0] == 0


def everything_written(it: World) -> str:
    """All files of the state and the log, as text."""
    files = [path for path in (*it.data.rglob("*"), *it.log.parent.rglob("*")) if path.is_file()]
    return "".join(path.read_bytes().decode("utf-8", "replace") for path in files)


def test_a_breach_is_paged_with_its_numbers_and_the_end_of_the_freeze_is_too(it: World, phone: Phone):
    config = configured(it)
    it.exchange("calm", mode="free")
    daemon = guarded(it, config, phone)
    daemon.heard.checkpoint(6)

    freeze(it)
    phone.until(lambda it: bool(about(it, "lockout:operator", "trigger")))
    (frozen,) = about(phone, "lockout:operator", "trigger")
    assert frozen["key"] == "risk-manager/SIM-50K/lockout:operator"
    assert "SIM-50K: the account is locked out by operator: a pause" in frozen["subject"]
    assert "Blocked: the whole account: new exposure; reducing and closing stay possible" in frozen["text"]
    assert "Until: an operator: risk-manager unfreeze operator" in frozen["text"]
    (open_alert,) = it.until_status(lambda found: bool(found["alerts"]))["alerts"]
    assert (open_alert["key"], open_alert["id"]) == ("lockout:operator", "OPERATOR-001")

    assert it.command("unfreeze", "operator", "--yes", "--reason", "x", "--data-dir", it.data)[0] == 0
    phone.until(lambda it: bool(about(it, "lockout:operator", "resolve")))
    assert it.until_status(lambda found: not found["alerts"])["undelivered"] == {}
    code, out, err = daemon.stop()
    assert code == 0
    assert "s3cr3t" not in everything_written(it) + out + err, "the address is a secret"


def test_a_breach_in_a_session_says_what_is_blocked_and_shows_the_arithmetic(it: World, phone: Phone):
    config = configured(it)
    it.exchange("breach")
    daemon = guarded(it, config, phone)
    ended(daemon)
    phone.until(lambda it: bool(about(it, "lockout:daily_realized_loss", "trigger")))
    (page,) = about(phone, "lockout:daily_realized_loss", "trigger")
    assert page["severity"] == "critical"
    assert "every position is closed" in page["text"]
    assert "<= limit -900" in page["arithmetic"]
    assert "the daily reset; nobody can lift it" in page["text"]
    phone.until(lambda it: bool(about(it, "exposure", "resolve")))
    assert "How: the venue says that it is flat" in about(phone, "exposure", "resolve")[0]["text"]
    assert daemon.stop()[0] == 0
    assert it.ledger()["flat"]


def test_a_phone_that_is_down_at_first_is_rung_until_it_takes_the_page_once(it: World, phone: Phone):
    phone.answers = [503, 500, 202]
    config = configured(it)
    it.exchange("calm", mode="free")
    daemon = guarded(it, config, phone)
    daemon.heard.checkpoint(6)
    freeze(it)
    phone.until(lambda it: len(it.taken) == 1)
    assert it.until_status(lambda found: not found["undelivered"])["alerts"]
    assert [call.body["key"].rpartition("/")[2] for call in phone.calls] == ["lockout:operator"] * 3
    assert daemon.stop()[0] == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_a_page_that_waits_when_the_daemon_is_killed_is_delivered_after_the_restart(it: World):
    phone = Phone(port=free_port())
    config = configured(it)
    it.exchange("calm", mode="free")
    daemon = guarded(it, config, phone)
    daemon.heard.checkpoint(6)
    freeze(it)
    it.until_status(lambda found: found["undelivered"] == {"phone": 1})
    daemon.kill()
    assert (it.data / "state" / "SIM-50K" / "pages.json").stat().st_mode & 0o777 == 0o600
    code, out, _ = it.command("page", "--queue", "--data-dir", it.data)
    assert code == 0
    assert "trigger warning for phone" in out

    with ringing(phone):
        again = guarded(it, config, phone)
        phone.until(lambda it: bool(about(it, "lockout:operator", "trigger")) and bool(about(it, "service", "resolve")))
        assert it.until_status(lambda found: not found["undelivered"])["lockouts"]
        assert len(about(phone, "lockout:operator", "trigger")) == 1, "an open key is not paged again"
        (back,) = about(phone, "service", "resolve")
        assert "it ended without a clean stop" in back["text"]
        assert again.stop()[0] == 0


def test_a_phone_that_hangs_neither_hinders_the_flattening_nor_the_stop(it: World, phone: Phone):
    phone.hangs = True
    config = configured(it, timeout="60s")
    it.exchange("breach")
    daemon = guarded(it, config, phone)
    ended(daemon)
    phone.until(lambda it: bool(it.calls))
    assert daemon.stop()[0] == 0, "it did not wait for an answer, which has not come yet"
    assert it.ledger()["flat"]
    assert not phone._released.is_set()
    code, out, _ = it.command("page", "--queue", "--data-dir", it.data)
    assert code == 0
    assert "lockout:daily_realized_loss" in out or "locked out by daily_realized_loss" in out


def test_a_boot_that_is_refused_is_paged_because_nothing_guards(it: World, phone: Phone):
    config = configured(it, severity="critical")
    daemon = guarded(it, config, phone, "--scenario", "refuse")
    code, _, _ = daemon.end()
    assert code == 4
    (page,) = about(phone, "service", "trigger")
    assert "nothing guards the account" in page["subject"]


def test_the_pages_of_the_simulated_venue_stay_in_the_log_unless_they_are_asked_for(it: World, phone: Phone):
    config = configured(it)
    config.write_text(config.read_text().replace("page_simulated: true", "page_simulated: false"))
    it.exchange("breach")
    daemon = guarded(it, config, phone)
    ended(daemon)
    assert daemon.stop()[0] == 0
    assert "alert RULE-daily_realized_loss, critical: SIM-50K: the account is locked out" in it.log.read_text()
    assert phone.calls == []


def test_a_connection_that_stays_lost_is_paged_by_a_limit_that_was_reloaded_and_its_return_is_too(
    it: World, phone: Phone
):
    config = configured(it)
    exchange = it.exchange("calm", mode="free")
    daemon = guarded(it, config, phone)
    daemon.heard.checkpoint(6)
    config.write_text(config.read_text().replace("page_simulated:", "connection_lost_after: 1s\n  page_simulated:"))
    assert it.command("reload", "--data-dir", it.data)[0] == 0
    exchange.kill()
    phone.until(lambda it: bool(about(it, "connection", "trigger")))
    (page,) = about(phone, "connection", "trigger")
    assert page["arithmetic"] == "lost for longer than connection_lost_after 1 s"
    it.exchange("calm", mode="free")
    phone.until(lambda it: bool(about(it, "connection", "resolve")))
    assert daemon.stop()[0] == 0
