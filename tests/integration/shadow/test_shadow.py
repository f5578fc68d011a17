"""Two versions on the same input: what is the same is not reported, what differs is, and nothing is sent."""

import json
import os
import shutil
import signal
import stat
from pathlib import Path
from typing import Any

import pytest
from tests.integration.exchange.programs import ledger
from tests.integration.shadow.shadowing import PROJECT, Shadow

pytestmark = pytest.mark.integration

BREACH = ("--scenario", "breach", "--for", "3s", "--eligible-after", "1s")
FAST = {"RISK_SPEED": "200"}
STAFF = """\
schema: rm.script/1
account: {balance: "50000.00"}
fees_per_side: {ES: "1.40"}
actions:
  - {at: "+100s", do: buy, contract: ES, size: 1}
  - {at: "+150s", do: can_trade, value: false}
  - {at: "+250s", do: refuse_logins, value: true}
  - {at: "+251s", do: disconnect}
  - {at: "+300s", do: refuse_logins, value: false}
"""


def booked(result: dict[str, Any]) -> dict[str, Any]:
    """The venue's own ledger of a run."""
    return ledger(Path(result["artifacts"]["dir"]) / "live" / "state" / "exchange")


def counts(result: dict[str, Any], side: str) -> dict[str, int | None]:
    return {name: signal["count"] for name, signal in result[side]["signals"].items()}


def test_the_same_version_twice_differs_in_nothing_and_becomes_eligible(shadow: Shadow) -> None:
    result = shadow.begin(*BREACH, **FAST).end()
    assert result["exit_code"] == 0, shadow.words
    assert result["verdict"] == "PASS"
    assert result["decisions"]["differences"] == []
    assert result["decisions"]["compared"] >= 16
    assert result["decisions"]["pending"] == 0
    assert result["cutover"]["eligible"]
    for side in ("live", "candidate"):
        assert set(counts(result, side).values()) == {0}
        assert set(counts(result, side)) == {
            "auth", "disabled_account", "crashes", "heartbeats_missed", "restarts", "event_gaps",
        }  # fmt: skip
        assert result[side]["healthy_s"] > 2
    books = booked(result)
    mine = {line["id"] for line in decided(result, "live") if line["phase"] == "begin"}
    sent = [order["custom_tag"] for order in books["orders"] if order["origin"] == "manager"]
    assert sent
    assert set(sent) <= mine
    assert books["turned_away"] == []
    assert books["flat"]
    clock = shadow.root / "clock.json"
    assert stat.S_IMODE(clock.stat().st_mode) == 0o600


def decided(result: dict[str, Any], side: str) -> list[dict[str, Any]]:
    path = Path(result["artifacts"]["dir"]) / side / "decisions.stdout.log"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_one_other_limit_is_found_and_shown_with_its_arithmetic_and_nothing_else(shadow: Shadow) -> None:
    config = shadow.root / "config"
    shutil.copytree(PROJECT / "config", config)
    rules = config / "risk_config.yaml"
    text = rules.read_text(encoding="utf-8")
    assert text.count("      ES: 3\n") == 1
    rules.write_text(text.replace("      ES: 3\n", "      ES: 2\n"), encoding="utf-8")
    result = shadow.begin(*BREACH, "--candidate-env", f"RISK_CONFIG={rules}", **FAST).end()
    assert (result["exit_code"], result["verdict"]) == (1, "FAIL")
    (difference,) = result["decisions"]["differences"]
    assert (difference["side"], difference["rule"]) == ("candidate", "max_contracts_per_instrument")
    assert [each["key"] for each in difference["decided"]] == [
        "alert RULE-max_contracts_per_instrument",
        "reduce position:CON.F.US.EP.Z25 for max_contracts_per_instrument",
    ]
    for each in difference["decided"]:
        assert "long 3 > limit 2" in each["words"]
        assert each["event"] == "PositionReport ES long 3"
        assert each["t_ns"] == 1_763_476_500_000_000_000  # 14:35:00, when he buys three
    assert any("difference" in reset["why"] for reset in result["cutover"]["resets"])
    assert "max_contracts_per_instrument" in "".join(shadow.words)
    assert {finding["id"] for finding in result["diagnosis"]} == {"SHADOW-001"}


def test_a_candidate_of_another_checkout_runs_the_code_that_is_there(shadow: Shadow) -> None:
    """Its rule 002 takes "at the limit" for "over the limit"."""
    tree = shadow.root / "checkout"
    for folder in ("src", "config"):
        shutil.copytree(PROJECT / folder, tree / folder, ignore=shutil.ignore_patterns("__pycache__"))
    rule = tree / "src" / "risk_manager" / "rules" / "max_contracts_per_instrument.py"
    text = rule.read_text(encoding="utf-8")
    assert text.count("if size <= limit:") == 1
    rule.write_text(text.replace("if size <= limit:", "if size < limit:"), encoding="utf-8")
    result = shadow.begin(*BREACH, "--candidate-tree", tree, **FAST).end()
    (difference,) = result["decisions"]["differences"]
    assert (difference["side"], difference["rule"]) == ("candidate", "max_contracts_per_instrument")
    assert "long 3 > limit 3" in difference["decided"][0]["words"]
    assert result["live"]["version"] != result["candidate"]["version"]


def test_without_input_nothing_is_known_and_the_exit_code_is_two(shadow: Shadow) -> None:
    result = shadow.begin("--scenario", "silent", "--for", "1s").end()
    assert (result["exit_code"], result["verdict"]) == (2, "UNKNOWN")
    assert any("no input" in why for why in result["why"])
    assert result["cutover"]["healthy_s"] == 0
    assert result["cutover"]["stands_because"]


def test_refused_logins_a_disabled_account_and_a_kill_are_counted_and_set_the_clock_back(shadow: Shadow) -> None:
    script = shadow.root / "staff.yaml"
    script.write_text(STAFF, encoding="utf-8")
    shadow.begin("--scenario", "calm", "--for", "6s", RISK_SPEED="100", RISK_SCRIPT=str(script))
    pid = int(shadow.until(r"candidate started, pid (\d+)")[1])
    shadow.until(r"candidate auth: ")
    os.kill(pid, signal.SIGKILL)
    result = shadow.end()
    assert (result["exit_code"], result["verdict"]) == (1, "FAIL")
    live, candidate = counts(result, "live"), counts(result, "candidate")
    assert (live["crashes"], live["restarts"]) == (0, 0)
    assert (candidate["crashes"], candidate["restarts"]) == (1, 1)
    for name in ("auth", "disabled_account"):
        assert live[name]
        assert candidate[name]
    resets = "\n".join(reset["why"] for reset in result["cutover"]["resets"])
    for words in ("live auth: ", "disabled_account: ", "candidate crashes: WATCH-003"):
        assert words in resets + "".join(shadow.words)
    assert not result["cutover"]["eligible"]
    assert result["decisions"]["differences"] == []


def test_a_candidate_that_sends_anyway_is_refused_by_the_venue_and_reported(shadow: Shadow) -> None:
    contract = (PROJECT / "config" / "service.yaml").read_text(encoding="utf-8")
    mutant = PROJECT / "tests" / "mutants" / "sends_anyway.py"
    started = '["{python}", -m, risk_manager, run, --canary'
    assert contract.count(started) == 1
    candidate = shadow.root / "service.yaml"
    candidate.write_text(contract.replace(started, f'["{{python}}", "{mutant}", run, --canary'), encoding="utf-8")
    result = shadow.begin(*BREACH, "--candidate", candidate, **FAST).end()
    assert result["exit_code"] == 1
    assert result["candidate_sent"]["count"]
    assert "SHADOW-002" in {finding["id"] for finding in result["diagnosis"]}
    assert not result["cutover"]["eligible"] or result["cutover"]["resets"]
    books = booked(result)
    assert books["turned_away"]
    mine = {line["id"] for line in decided(result, "live") if line["phase"] == "begin"}
    assert {order["custom_tag"] for order in books["orders"] if order["origin"] == "manager"} <= mine


def test_a_live_version_that_never_gets_in_ends_the_run_with_the_reason(shadow: Shadow) -> None:
    result = shadow.begin("--scenario", "refuse", "--for", "5s").end()
    assert result["exit_code"] == 1
    assert counts(result, "live")["auth"] == 1
    assert "never got ready" in "".join(result["why"])
    assert counts(result, "candidate")["auth"] is None  # it was never asked: unknown, not 0
    assert result["candidate_sent"]["count"] is None
