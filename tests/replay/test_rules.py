"""Every rule at work on a session made for it: what was asked of the venue, and what the account looks like afterwards.

A scenario is a folder beside this file (see build.py). `expected.yaml` was written by hand, with its arithmetic; it is
never written by the code under test.

    intents     in order; do: close | reduce | close_unprotected | cancel | place | modify, contract: root symbol,
                size: contracts, side, type, stop, limit: of an order, order: its number at the venue, rule: for which
    end         positions: symbol to signed size; lockouts: rule to its end (UTC, or null) and its kind;
                realized: gross, fees: beside it; working_orders: numbers
"""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.conftest import PROJECT, RunProgram
from tests.replay import build

from risk_manager.config import instruments
from risk_manager.rules import BY_KEY
from risk_manager.sdk.normalise import iso, time_ns

SHARED_FILES = ("accounts.yaml", "instruments.yaml", "holidays.yaml")
INSTRUMENTS = instruments.load(PROJECT / "config" / "instruments.yaml")
WORDS = {
    "ClosePosition": "close",
    "CloseUnprotected": "close_unprotected",
    "ReducePosition": "reduce",
    "CancelOrder": "cancel",
    "PlaceOrder": "place",
    "ModifyOrder": "modify",
}
EXTRA_SCENARIOS = {"composite"}
"""Scenarios that are not named after a rule."""


def _folders(names: set[str] | None = None) -> list[Any]:
    return [pytest.param(each, id=each.name) for each in build.folders() if names is None or each.name in names]


@pytest.mark.parametrize("folder", _folders())
def test_the_session_is_what_its_prices_say(folder: Path, tmp_path: Path) -> None:
    """`python tests/replay/build.py` writes it anew."""
    build.build(folder, tmp_path / build.SESSION)
    assert (folder / build.SESSION).read_bytes() == (tmp_path / build.SESSION).read_bytes()


def test_every_rule_has_a_scenario_and_every_scenario_a_rule() -> None:
    assert {folder.name for folder in build.folders()} - EXTRA_SCENARIOS == set(BY_KEY)


@pytest.mark.parametrize("folder", _folders())
def test_a_breach_in_the_market_leads_to_these_orders_and_this_account(
    folder: Path, tmp_path: Path, run_program: RunProgram
) -> None:
    expected = yaml.safe_load((folder / "expected.yaml").read_text())
    summary, decisions = _replay(folder, tmp_path, run_program)
    intents = [_told(intent) for decision in decisions for intent in decision.get("intents", [])]
    assert intents == expected["intents"]
    assert _end(summary, decisions) == expected["end"]
    assert summary["confirmed"] == len(intents), "the venue confirmed each of them"
    assert (summary["failed"], summary["refused"]) == (0, 0)


def _replay(folder: Path, tmp_path: Path, run_program: RunProgram) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    config = tmp_path / "config"
    config.mkdir()
    for name in SHARED_FILES:
        shutil.copy(PROJECT / "config" / name, config / name)
    shutil.copy(folder / "config.yaml", config / "risk_config.yaml")
    data = tmp_path / "data"
    manager = [sys.executable, "-m", "risk_manager"]
    places = ["--data-dir", data, "--log-dir", tmp_path / "logs", "--config", config / "risk_config.yaml"]
    ran = run_program([*manager, "run", "--replay", folder / build.SESSION, "--speed", "max", "--json", *places])
    assert ran.code == 0, ran.err
    told = run_program([*manager, "journal", "--decisions", "--data-dir", data])
    assert told.code == 0, told.err
    return json.loads(ran.out), [json.loads(line)["decision"] for line in told.out.splitlines()]


def _told(intent: dict[str, Any]) -> dict[str, Any]:
    """An intent in the words of expected.yaml."""
    command = intent["command"]
    contract = command["contract"]
    told = {"do": WORDS[command["is"]], "contract": INSTRUMENTS.symbol_of(contract), "rule": intent["rule"]}
    if "assumed_net" in command:
        told["size"] = command.get("size", abs(command["assumed_net"]))
    if "order_id" in command:
        told["order"] = command["order_id"]
    if told["do"] == "place":
        told |= {"side": "buy" if command["side"] > 0 else "sell", "type": command["type"]}
    if told["do"] in {"place", "modify"}:
        told |= {key: command[key] for key in ("size", "trail_ticks") if command[key] is not None}
        told |= {
            key: _price(contract, command[f"{key}_ticks"])
            for key in ("limit", "stop")
            if command[f"{key}_ticks"] is not None
        }
    return told


def _price(contract: str, ticks: int) -> str:
    instrument = INSTRUMENTS.of_contract(contract)
    assert instrument is not None
    return instrument.price_text(ticks)


def _end(summary: dict[str, Any], decisions: list[dict[str, Any]]) -> dict[str, Any]:
    """The account in the words of expected.yaml."""
    working: dict[str, Any] = {}
    for change in (change for decision in decisions for change in decision.get("changes", [])):
        if change["table"] == "orders":
            working[change["key"]] = change["after"]
    return {
        "positions": {each["symbol"]: each["net"] for each in summary["positions"]},
        "lockouts": {
            each["rule"]: {"kind": each["kind"], "until": each["until_ns"] and iso(each["until_ns"])}
            for each in summary["lockouts"]
        },
        "realized": summary["realized"],
        "fees": summary["fees"],
        "working_orders": sorted(int(key) for key, after in working.items() if after is not None),
    }


@pytest.mark.parametrize("folder", _folders())
def test_every_expectation_names_only_what_is_looked_at(folder: Path) -> None:
    """A key that is misspelled would be a claim that nobody checks."""
    expected = yaml.safe_load((folder / "expected.yaml").read_text())
    assert set(expected) == {"intents", "end"}
    assert set(expected["end"]) == {"positions", "lockouts", "realized", "fees", "working_orders"}
    for lockout in expected["end"]["lockouts"].values():
        assert set(lockout) == {"kind", "until"}
        assert lockout["until"] is None or time_ns(lockout["until"]) > 0
