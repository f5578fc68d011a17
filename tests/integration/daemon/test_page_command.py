"""`risk-manager page`: what each channel answered, and what a supervisor has to say."""

from tests.integration.daemon.phones import Phone, configured, ringing
from tests.integration.daemon.programs import PROJECT, World


def page(it: World, config, *argv: str, **env: str) -> tuple[int, str, str]:
    return it.start("page", *argv, "--config", config, env=env).end()


def test_every_channel_takes_the_test_and_its_end_or_the_exit_code_is_4(it: World, phone: Phone):
    config = configured(it)
    code, out, _ = page(it, config, "--test", ALERT_PHONE_URL=phone.url)
    assert code == 0
    assert "phone: trigger: taken: 127.0.0.1: 202 Accepted" in out
    assert "phone: resolve: taken" in out
    assert [call.body["action"] for call in phone.calls] == ["trigger", "resolve"]

    phone.answers = [403]
    code, out, _ = page(it, config, "--test", ALERT_PHONE_URL=phone.url)
    assert code == 4
    assert "phone: trigger: NOT TAKEN: 127.0.0.1: 403 Forbidden" in out
    assert "s3cr3t" not in out


def test_a_channel_without_its_address_is_not_taken_and_says_what_is_missing(it: World):
    code, out, _ = page(it, configured(it), "--test")
    assert code == 4
    assert "phone: NOT TAKEN: ALERT_PHONE_URL is not set" in out


def test_the_log_alone_is_no_failure_and_is_said_to_call_nobody(it: World):
    code, out, _ = page(it, PROJECT / "config" / "risk_config.yaml", "--test")
    assert code == 0
    assert "nobody is called: only the log is configured" in out


def test_what_a_supervisor_says_is_relayed_through_the_same_channels(it: World):
    config = configured(it, severity="critical")
    with ringing(Phone()) as phone:
        said = {"RUNTIME_PAGE_ID": "WATCH-004", "RUNTIME_PAGE_TEXT": "it is not restarted any more"}
        code, _, _ = page(it, config, "--relay", ALERT_PHONE_URL=phone.url, **said)
        assert code == 0
        (call,) = phone.calls
    assert call.body["subject"] == "SIM-50K: it is not restarted any more"
    assert call.body["key"] == "risk-manager/SIM-50K/watch:WATCH-004"


def test_a_supervisor_of_the_simulated_venue_calls_nobody_unless_that_is_asked_for(it: World, phone: Phone):
    config = configured(it)
    config.write_text(config.read_text().replace("page_simulated: true", "page_simulated: false"))
    said = {"RUNTIME_PAGE_ID": "WATCH-001", "RUNTIME_PAGE_TEXT": "it died"}
    code, out, _ = page(it, config, "--relay", ALERT_PHONE_URL=phone.url, **said)
    assert (code, phone.calls) == (0, [])
    assert "nobody is called: the venue is simulated" in out


def test_without_saying_which_way_the_usage_is_wrong(it: World):
    code, _, err = it.command("page")
    assert code == 64
    assert "--test, --queue or --relay" in err
    code, _, err = it.command("page", "--queue", "--account", "nobody", "--data-dir", it.data)
    assert code == 1
    assert "there is no state of this account" in err
    code, _, err = it.command("page", "--relay")
    assert code == 64
    assert "RUNTIME_PAGE_TEXT" in err
