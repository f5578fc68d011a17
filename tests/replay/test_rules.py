"""Every rule at work on a session made for it: what was asked of the venue, and what the account looks like afterwards.

A scenario is a folder beside this file (see build.py). `expected.yaml` was written by hand, with its arithmetic; it is
never written by the code under test.

    intents     in order; do: close | reduce | close_unprotected | cancel | place | modify, contract: root symbol,
                size: contracts, side, type, stop, limit: of an order, order: its number at the venue, rule: for which
    end         positions: symbol to signed size; lockouts: rule to its end (UTC, or null) and its kind;
                realized: gross, fees: beside it; working_orders: numbers
"""

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.conftest import RunProgram
from tests.replay import build
from tests.replay.replaying import asked, end, replay

from risk_manager.rules import BY_KEY
from risk_manager.sdk.normalise import time_ns

EXTRA_SCENARIOS = {"breaker", "composite"}
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
    summary, decisions = replay(folder, tmp_path, run_program)
    intents = asked(decisions)
    assert intents == expected["intents"]
    assert end(summary, decisions) == expected["end"]
    assert summary["confirmed"] == len(intents), "the venue confirmed each of them"
    assert (summary["failed"], summary["refused"]) == (0, 0)


@pytest.mark.parametrize("folder", _folders())
def test_every_expectation_names_only_what_is_looked_at(folder: Path) -> None:
    """A key that is misspelled would be a claim that nobody checks."""
    expected = yaml.safe_load((folder / "expected.yaml").read_text())
    assert set(expected) == {"intents", "end"}
    assert set(expected["end"]) == {"positions", "lockouts", "realized", "fees", "working_orders"}
    for lockout in expected["end"]["lockouts"].values():
        assert set(lockout) == {"kind", "until"}
        assert lockout["until"] is None or time_ns(lockout["until"]) > 0
