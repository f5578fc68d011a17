"""500,000 real ES trades, from a Sunday open over the Labor Day halt to a cash open, with all thirteen rules on.

`make sample` fetches them; `make test` does so before it runs the tests. They are real, so they hold what nobody would
have thought of: prints that bounce five times in 49 ms, 209 s of silence at night, a halt of six and a half hours, and
1,582 trades in one second.
"""

import gzip
import json
import re
import shutil
import sys
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from tests.conftest import PROJECT, RunProgram

from risk_manager.rules import RULES

SESSION = PROJECT / "data" / "sessions" / "es-2013-09-01.jsonl.gz"
TRADES = 500_000
DOLLARS_A_POINT = 50

LONG = ("2013-09-01T22:30:00Z", "2013-09-02T14:00:00Z")
"""From half an hour after the Sunday open until 09:00 in Chicago on Labor Day, before the halt."""
SHORT = ("2013-09-02T22:05:00Z", "2013-09-03T13:35:00Z")
"""From five minutes after the reopen until five minutes after the 08:30 open."""

WIDE = {
    "limit: -900": "limit: -5000",
    "target: 1500": "target: 5000",
    "limit: -500": "limit: -4000",
    "target: 1000": "target: 4000",
    "loss: -1000": "loss: -4500",
    "loss: -500": "loss: -4000",
    "session: day": "session: globex",
    "stop_loss_ticks: 20": "stop_loss_ticks: 400",
    "take_profit_ticks: 40": "take_profit_ticks: 400",
    "trigger_ticks: 10": "trigger_ticks: 390",
    "activation_ticks: 20": "activation_ticks: 390",
}
"""Limits that this market does not reach, so that whatever a rule still says about it is a false alarm."""


def configuration(where: Path) -> Path:
    shutil.copytree(PROJECT / "config", where)
    path = where / "risk_config.yaml"
    text = re.sub(r"(?m)^(    enabled:) false", r"\1 true", path.read_text())
    for before, after in WIDE.items():
        assert before in text, before
        text = text.replace(before, after)
    path.write_text(text)
    return path


def scripted(where: Path) -> Path:
    """The session with a trader who is long over the night and short into the open."""
    session = where / "real.jsonl.gz"
    session.symlink_to(SESSION)
    (bought, sold), (shorted, covered) = LONG, SHORT
    actions = "".join(
        f'  - at: "{at}"\n    do: {verb}\n    contract: ES\n    size: 1\n'
        for at, verb in ((bought, "buy"), (sold, "sell"), (shorted, "sell"), (covered, "buy"))
    )
    (where / "real.script.yaml").write_text(f'schema: rm.script/1\nfees_per_side:\n  ES: "0.00"\nactions:\n{actions}')
    return session


def last_price_before(moments: tuple[str, ...]) -> list[Fraction]:
    """Straight from the ticks, with nothing of ours in between: the last trade before each moment."""
    due = [int(datetime.fromisoformat(each).timestamp()) * 1_000_000_000 for each in moments]
    found: list[Fraction] = []
    last = Fraction(0)
    with gzip.open(SESSION, "rt") as lines:
        next(lines)
        for line in lines:
            tick = json.loads(line)
            while due and tick["tv"] > due[0]:
                due.pop(0)
                found.append(last)
            last = Fraction(tick["p"])
    assert not due
    return found


def replay(where: Path, run_program: RunProgram) -> dict[str, Any]:
    assert SESSION.is_file(), "make sample fetches it"
    config = configuration(where / "config")
    argv = [sys.executable, "-m", "risk_manager", "run", "--replay", scripted(where), "--speed", "max", "--json"]
    ended = run_program(
        [*argv, "--config", config, "--data-dir", where / "data", "--log-dir", where / "log"], deadline_s=120
    )
    assert ended.code == 0, ended.err
    summary: dict[str, Any] = json.loads(ended.out)
    return summary


def test_a_weekend_a_halt_and_an_open_lead_to_no_false_lockout_and_the_profit_is_that_of_the_ticks(
    tmp_path: Path, run_program: RunProgram
):
    summary = replay(tmp_path, run_program)
    bought, sold, shorted, covered = last_price_before((*LONG, *SHORT))
    gained = (sold - bought) * DOLLARS_A_POINT
    all_day = gained + (shorted - covered) * DOLLARS_A_POINT
    log = (tmp_path / "log" / "risk_manager.log").read_text()

    assert summary["market_trades"] == TRADES
    assert f"✅ Rules initialized: {len(RULES)} rules" in log
    assert summary["lockouts"] == []
    assert summary["breaches"] == 0
    assert "CRITICAL" not in log
    assert summary["flat"]
    assert bought != sold
    assert shorted != covered
    # The trading day changed at 17:00 on Labor Day: the long belongs to the day before, the short to the last one.
    assert Fraction(summary["realized"]) == all_day - gained
    realized = [Fraction(each) for each in re.findall(r"realized (-?[0-9.]+)", log)]
    assert realized == [gained, all_day - gained]
