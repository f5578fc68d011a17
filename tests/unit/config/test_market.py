"""`risk-manager market`: open, closed or unknown, and never open where the calendar does not reach."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from risk_manager.cli.market import session_state
from risk_manager.cli.root import root
from risk_manager.config.calendars import build
from risk_manager.config.loader import load_config

SHIPPED = Path(__file__).resolve().parents[3] / "config" / "risk_config.yaml"


def at(moment: str, session: str = "globex") -> tuple[str | None, str | None]:
    """What is said of a session at a moment (UTC): its state, and until when."""
    now_ns = int(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()) * 1_000_000_000
    config = load_config(SHIPPED)
    found = session_state(build(config, now_ns).sessions[session], config.sessions[session].zone, now_ns)
    return found["state"], found["until"]


@pytest.mark.parametrize(
    ("moment", "state", "until"),
    [
        ("2026-11-20T18:00:00", "open", "2026-11-20T22:00:00Z"),  # a Friday noon in Chicago
        ("2026-11-20T22:00:00", "closed", "2026-11-22T23:00:00Z"),  # its close, until Sunday evening
        ("2026-11-22T23:00:00", "open", "2026-11-23T22:00:00Z"),  # the very second of the opening
        ("2026-07-01T12:00:00", "open", "2026-07-01T21:00:00Z"),  # 16:00 in Chicago in summer
        ("2026-12-24T23:30:00", "closed", "2026-12-27T23:00:00Z"),  # no evening session before a closed day
    ],
)
def test_a_session_is_open_or_closed_until_its_next_change(moment: str, state: str, until: str) -> None:
    assert at(moment) == (state, until)


def test_where_no_holidays_are_listed_the_answer_is_unknown_and_not_closed() -> None:
    assert at("2031-06-03T15:00:00") == ("unknown", None)


def run(*args: str) -> Result:
    return CliRunner().invoke(root, ["market", "--config", str(SHIPPED), *args])


def test_it_lists_every_session_of_the_configuration() -> None:
    result = run()
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()] == list(load_config(SHIPPED).sessions)


def test_json_of_one_session_is_that_session() -> None:
    every, one = json.loads(run("--json").stdout), json.loads(run("globex", "--json").stdout)
    assert set(every["sessions"]) == {"day", "globex"}
    assert one["session"] == "globex"
    assert one.items() >= every["sessions"]["globex"].items()
    assert one["state"] in {"open", "closed", "unknown"}


def test_an_unknown_session_is_wrong_usage_and_names_those_there_are() -> None:
    result = run("moon")
    assert result.exit_code == 64
    assert "it has: day, globex" in result.output


def test_a_broken_configuration_is_told_and_exits_3(tmp_path: Path) -> None:
    result = run("--config", str(tmp_path / "none.yaml"))
    assert result.exit_code == 3
