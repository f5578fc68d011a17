"""Replays a session as a process of its own, and tells in few words what was asked of the venue and what it came to."""

import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.conftest import PROJECT, RunProgram
from tests.replay.build import SESSION

from risk_manager.config import instruments
from risk_manager.sdk.normalise import iso

Decisions = list[dict[str, Any]]
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


def replay(
    folder: Path, place: Path, run_program: RunProgram, *, account: Sequence[str] = ()
) -> tuple[dict[str, Any], Decisions]:
    """Replay a scenario's folder with its config.yaml; state and logs go to `place`, and stay there for the next one.

    Returns what `run --json` printed, and every decision of the journal.
    """
    config = place / "config"
    config.mkdir(exist_ok=True)
    for name in SHARED_FILES:
        if not (config / name).exists():
            shutil.copy(PROJECT / "config" / name, config / name)
    shutil.copy(folder / "config.yaml", config / "risk_config.yaml")
    data = place / "data"
    manager = [sys.executable, "-m", "risk_manager"]
    places = ["--data-dir", data, "--log-dir", place / "logs", "--config", config / "risk_config.yaml"]
    ran = run_program([*manager, "run", "--replay", folder / SESSION, "--speed", "max", "--json", *places, *account])
    assert ran.code == 0, ran.err
    journal = run_program([*manager, "journal", "--decisions", "--data-dir", data, *account])
    assert journal.code == 0, journal.err
    return json.loads(ran.out), [json.loads(line)["decision"] for line in journal.out.splitlines()]


def told(intent: dict[str, Any]) -> dict[str, Any]:
    """An intent in the words of expected.yaml."""
    command = intent["command"]
    contract = command["contract"]
    words = {"do": WORDS[command["is"]], "contract": INSTRUMENTS.symbol_of(contract), "rule": intent["rule"]}
    if "assumed_net" in command:
        words["size"] = command.get("size", abs(command["assumed_net"]))
    if "order_id" in command:
        words["order"] = command["order_id"]
    if words["do"] == "place":
        words |= {"side": "buy" if command["side"] > 0 else "sell", "type": command["type"]}
    if words["do"] in {"place", "modify"}:
        words |= {key: command[key] for key in ("size", "trail_ticks") if command[key] is not None}
        words |= {
            key: _price(contract, command[f"{key}_ticks"])
            for key in ("limit", "stop")
            if command[f"{key}_ticks"] is not None
        }
    return words


def _price(contract: str, ticks: int) -> str:
    instrument = INSTRUMENTS.of_contract(contract)
    assert instrument is not None
    return instrument.price_text(ticks)


def end(summary: dict[str, Any], decisions: Decisions) -> dict[str, Any]:
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


def asked(decisions: Decisions) -> list[dict[str, Any]]:
    """Every intent, in order, in the words of expected.yaml."""
    return [told(intent) for decision in decisions for intent in decision.get("intents", [])]
