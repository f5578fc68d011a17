"""A configuration is loaded whole and frozen; an account's overrides are laid over it; every fault is told at once."""

import os
import shutil
from pathlib import Path

import pytest

from risk_manager.config.calendars import build
from risk_manager.config.loader import bind, load_config
from risk_manager.domain.sessions import Session
from risk_manager.errors import ConfigInvalid
from risk_manager.rules import RULES
from risk_manager.rules.example import MORNING_NS

SHIPPED = Path(__file__).resolve().parents[3] / "config"
NAMES = ("risk_config.yaml", "accounts.yaml", "instruments.yaml", "holidays.yaml")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A copy of the shipped files."""
    for name in NAMES:
        shutil.copy(SHIPPED / name, tmp_path / name)
    return tmp_path / "risk_config.yaml"


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def override(config: Path, rules: str) -> None:
    accounts = config.with_name("accounts.yaml")
    accounts.write_text(
        "default_account: SIM-50K\naccounts:\n  SIM-50K:\n    venue: simulated\n"
        f"  TIGHT:\n    venue: projectx\n    rules:\n{rules}"
    )


OFF_AS_SHIPPED = {"trade_frequency_limit", "no_stop_loss_grace", "trade_management"}
"""Their blocks say why: how often is too often is the trader's choice, and the demo's trader places no stops."""


def test_the_shipped_files_have_a_block_for_every_rule_and_say_which_are_off() -> None:
    loaded = load_config(SHIPPED / "risk_config.yaml")
    assert [rule.key for rule in loaded.rules] == [rule.key for rule in RULES]
    assert {rule.key: rule.why_off for rule in loaded.rules if not rule.enabled} == dict.fromkeys(
        OFF_AS_SHIPPED, "enabled is false"
    )
    assert (loaded.account.name, loaded.account.venue) == ("SIM-50K", "simulated")
    assert loaded.enforcement_deadline_ns == 5_000_000_000
    assert loaded.on_rule_error == "block"
    assert [file.name for file in loaded.files] == list(NAMES)


def test_enabled_rules_are_bound_in_order_of_precedence_with_values_in_units(config: Path) -> None:
    change(config, "limit: -900", "limit: -900.505")
    loaded = load_config(config)
    bound = {rule.key: params for rule, params in bind(loaded, build(loaded, MORNING_NS))}
    assert list(bound) == [rule.key for rule in RULES if rule.key not in OFF_AS_SHIPPED]
    assert bound["daily_realized_loss"].limit_mils == -900_505
    assert bound["max_contracts_per_instrument"].limits == {"ES": 3, "NQ": 2, "MES": 10, "MNQ": 10}
    session = bound["session_block_outside"].session
    assert isinstance(session, Session)
    assert session.at(MORNING_NS) is not None


def test_a_rule_that_is_off_says_why_and_is_not_bound(config: Path) -> None:
    change(config, "daily_realized_loss:\n    enabled: true", "daily_realized_loss:\n    enabled: false")
    text = config.read_text()
    start, end = text.index("  max_contracts_per_instrument:"), text.index("sessions:\n  #")
    config.write_text(text[:start] + text[end:])
    loaded = load_config(config)
    why_off = {rule.key: rule.why_off for rule in loaded.rules}
    assert (why_off["daily_realized_loss"], why_off["session_block_outside"]) == ("enabled is false", "")
    assert why_off["max_contracts_per_instrument"] == "it has no block under rules"
    bound = [rule.key for rule, _ in bind(loaded, build(loaded, MORNING_NS))]
    assert bound == [key for key, why in why_off.items() if not why]


def test_what_is_left_out_has_its_documented_default(config: Path) -> None:
    for line in ("on_rule_error: block\n", "    include_fees: true\n", "    on_breach: reduce\n"):
        change(config, line, "")
    text = config.read_text()
    config.write_text(text[: text.index("enforcement:")] + text[text.index("# Days without a close") :])
    loaded = load_config(config)
    assert loaded.on_rule_error == "block"
    assert loaded.enforcement_deadline_ns == 5_000_000_000
    assert loaded.rules == load_config(SHIPPED / "risk_config.yaml").rules


def test_an_override_is_laid_over_the_rules_key_by_key(config: Path) -> None:
    override(
        config, "      daily_realized_loss: {limit: -450}\n      max_contracts_per_instrument: {limits: {ES: 1}}\n"
    )
    tight, sim = load_config(config, account="TIGHT"), load_config(config)
    values = {rule.key: rule.values for rule in tight.rules}
    assert values["daily_realized_loss"] == {"limit_mils": -450_000, "include_fees": True, "composite": True}
    assert values["max_contracts_per_instrument"]["limits"] == {"ES": 1, "NQ": 2, "MES": 10, "MNQ": 10}
    assert {rule.key: rule.values for rule in sim.rules}["daily_realized_loss"]["limit_mils"] == -900_000


def test_an_account_may_switch_a_rule_on_that_the_file_does_not_have(config: Path) -> None:
    text = config.read_text()
    start, end = text.index("  max_contracts_per_instrument:"), text.index("sessions:\n  #")
    config.write_text(text[:start] + text[end:])
    override(config, "      max_contracts_per_instrument:\n        enabled: true\n        default_limit: 1\n")
    keys = {rule.key for rule in load_config(config, account="TIGHT").rules if rule.enabled}
    assert "max_contracts_per_instrument" in keys


def test_faults_of_all_files_and_of_every_account_come_together(config: Path) -> None:
    change(config, "limit: -900", "limit: 900")
    change(config, "enabled: true\n    session: day", "enabled: NO\n    session: day")
    change(config.with_name("instruments.yaml"), "tick_value: 12.50", "tick_value: 0")
    change(config.with_name("holidays.yaml"), 'close: "10:30"', "close: 10:30")
    override(config, "      daily_realized_loss: {composite: 1}\n")
    with pytest.raises(ConfigInvalid) as caught:
        load_config(config)
    assert [(fault.file.name, fault.key) for fault in caught.value.faults] == [
        ("risk_config.yaml", "rules.daily_realized_loss.limit"),
        ("risk_config.yaml", "rules.session_block_outside.enabled"),
        ("accounts.yaml", "accounts.TIGHT.rules.daily_realized_loss.composite"),
        ("instruments.yaml", "instruments.ES.tick_value"),
        ("holidays.yaml", "groups.equity.early_closes.0.close"),
    ]


def test_overrides_are_judged_although_their_file_has_other_faults(config: Path) -> None:
    override(config, "      daily_realized_loss: {limit: 5}\n")
    change(config.with_name("accounts.yaml"), "venue: simulated", "venue: moon")
    with pytest.raises(ConfigInvalid) as caught:
        load_config(config)
    assert [fault.key for fault in caught.value.faults] == [
        "accounts.SIM-50K.venue",
        "accounts.TIGHT.rules.daily_realized_loss.limit",
    ]


def test_a_value_that_an_override_replaces_is_still_judged_where_it_stands(config: Path) -> None:
    change(config, "limit: -900", "limit: 900")
    override(config, "      daily_realized_loss: {limit: -450}\n")
    with pytest.raises(ConfigInvalid) as caught:
        load_config(config, account="TIGHT")
    assert [fault.file.name for fault in caught.value.faults] == ["risk_config.yaml"]


def test_an_account_that_is_not_there_is_named_with_the_nearest(config: Path) -> None:
    with pytest.raises(ConfigInvalid, match="did you mean SIM-50K") as caught:
        load_config(config, account="SIM50K")
    assert caught.value.faults[0].value == "SIM50K"


def test_an_account_name_of_digits_is_accepted_in_quotes_only(config: Path) -> None:
    accounts = config.with_name("accounts.yaml")
    accounts.write_text('default_account: "123"\naccounts:\n  "123":\n    venue: simulated\n')
    assert load_config(config).account.name == "123"
    accounts.write_text('default_account: "123"\naccounts:\n  123:\n    venue: simulated\n')
    with pytest.raises(ConfigInvalid, match="not a number"):
        load_config(config)


def test_the_hash_follows_what_is_configured_and_not_how_it_is_laid_out(config: Path) -> None:
    before = load_config(config).config_hash
    config.write_text("# another comment\n" + config.read_text().replace('"17:00"', "'17:00'"))
    assert load_config(config).config_hash == before
    change(config, "limit: -900", "limit: -900.00")
    assert load_config(config).config_hash == before
    change(config, "limit: -900.00", "limit: -900.001")
    assert load_config(config).config_hash != before


@pytest.mark.parametrize("name", NAMES)
def test_the_hash_follows_every_file(config: Path, name: str) -> None:
    before = load_config(config).config_hash
    changes = {
        "risk_config.yaml": ("deadline: 5s", "deadline: 6s"),
        "accounts.yaml": ("SIM-50K", "SIM-51K"),
        "instruments.yaml": ("max_price: 100000", "max_price: 100001"),
        "holidays.yaml": ('"10:30"', '"10:31"'),
    }
    change(config.with_name(name), *changes[name])
    assert load_config(config).config_hash != before


def test_missing_files_name_their_templates(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        load_config(tmp_path / "mine.yaml")
    assert [fault.remedy for fault in caught.value.faults] == [
        f"copy config/{name}.yaml from the distribution" for name in ("risk_config", "accounts", "instruments")
    ]


def test_a_directory_or_an_oversized_file_is_refused(config: Path) -> None:
    config.write_text("#" * 1_000_001)
    config.with_name("accounts.yaml").unlink()
    config.with_name("accounts.yaml").mkdir()
    with pytest.raises(ConfigInvalid) as caught:
        load_config(config)
    assert [fault.message for fault in caught.value.faults] == [
        "is larger than 1000000 bytes",
        "is a directory, not a file",
    ]


def test_an_unreadable_file_is_refused(config: Path, short_tmp: Path) -> None:
    unreadable = short_tmp / config.name
    shutil.copytree(config.parent, short_tmp, dirs_exist_ok=True)
    short_tmp.chmod(0o755)
    unreadable.chmod(0)
    user = os.geteuid()
    if user == 0:  # root reads every file, so it looks with the eyes of nobody
        os.seteuid(65534)
    try:
        with pytest.raises(ConfigInvalid, match="cannot be read: Permission denied"):
            load_config(unreadable)
    finally:
        os.seteuid(user)


def test_files_may_stand_anywhere(config: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in ("accounts.yaml", "instruments.yaml"):
        config.with_name(name).rename(elsewhere / name)
    loaded = load_config(
        config, accounts_path=elsewhere / "accounts.yaml", instruments_path=elsewhere / "instruments.yaml"
    )
    assert loaded.account.name == "SIM-50K"
