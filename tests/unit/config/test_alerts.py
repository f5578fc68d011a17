"""The block `alerts`: what it makes of the shipped file and of others; its faults are goldens."""

import shutil
from pathlib import Path

import pytest

from risk_manager.config.alerts import AlertsConfig, ChannelConfig
from risk_manager.config.loader import load_config
from risk_manager.config.secrets import alert_variables

PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture
def config(tmp_path):
    shutil.copytree(PROJECT / "config", tmp_path / "config")
    return tmp_path / "config" / "risk_config.yaml"


def test_as_shipped_it_writes_to_the_log_and_wakes_nobody(config):
    alerts = load_config(config).alerts
    assert alerts == AlertsConfig()
    assert [(each.name, each.type, each.min_severity) for each in alerts.channels] == [("log", "log", "warning")]


def test_without_the_block_the_log_is_what_there_is(config):
    config.write_text(config.read_text().partition("\nalerts:")[0])
    assert load_config(config).alerts == AlertsConfig()


def test_every_example_that_the_shipped_file_comments_out_is_valid(config):
    head, found, tail = config.read_text().partition("\nalerts:")
    lines = tail.splitlines()
    shown = [line.replace("    # ", "    ", 1) for line in lines if not _is_prose(line)]
    config.write_text(f"{head}{found}" + "\n".join(shown) + "\n")
    channels = {each.name: each for each in load_config(config).alerts.channels}
    assert list(channels) == ["log", "pagerduty", "discord", "ntfy", "telegram", "pager"]
    assert channels["ntfy"].header_envs == {"Authorization": "ALERT_NTFY_AUTH"}
    assert all(each.template for each in channels.values() if each.type == "webhook")
    assert channels["pager"].argv == ("/usr/local/bin/page-me", "--loud")


def _is_prose(line: str) -> bool:
    """A comment that is a sentence, not an example."""
    return line.lstrip().startswith("#") and line.endswith(".")


def test_the_template_of_a_channel_counts_as_configuration_and_is_listed_with_its_files(config):
    text = config.read_text() + (
        "    phone:\n      type: webhook\n      url_env: ALERT_X\n      template: alerts/ntfy.yaml\n"
    )
    config.write_text(text)
    before = load_config(config)
    assert config.parent / "alerts" / "ntfy.yaml" in before.files
    template = config.parent / "alerts" / "ntfy.yaml"
    template.write_text(template.read_text().replace("rotating_light", "skull"))
    assert load_config(config).config_hash != before.config_hash


def test_a_channel_gets_what_is_at_least_as_severe_as_it_asks_for():
    channel = ChannelConfig(name="x", type="log", min_severity="warning")
    assert [channel.wants(each) for each in ("info", "warning", "critical")] == [False, True, True]


def test_secrets_come_from_the_environment_before_the_file_and_a_faulty_file_gives_none(tmp_path):
    file = tmp_path / ".env"
    file.write_text("ALERT_A=from the file\nALERT_B=from the file\nPROJECT_X_API_KEY=k\n")
    file.chmod(0o600)
    found = alert_variables(file, {"ALERT_B": "from outside"})
    assert found == {"ALERT_A": "from the file", "ALERT_B": "from outside"}
    file.chmod(0o644)
    assert alert_variables(file, {"ALERT_B": "from outside"}) == {"ALERT_B": "from outside"}
