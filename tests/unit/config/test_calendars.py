"""Sessions and trading days on days that are known: clock changes, holidays, early closes, weekends."""

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from risk_manager.config.calendars import build, session, trading_days, utc_ns
from risk_manager.config.loader import load_config
from risk_manager.config.model import Calendar, SessionHours

CONFIG = load_config(Path(__file__).resolve().parents[3] / "config" / "risk_config.yaml")
CHICAGO = ZoneInfo("America/Chicago")
WEEK = frozenset(range(7))


def ns(local: str, zone: str = "America/Chicago") -> int:
    return int(datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).timestamp()) * 1_000_000_000


def around(local: str) -> Calendar:
    return build(CONFIG, ns(local))


def hours(name: str, zone: str, open_minute: int, close_minute: int) -> SessionHours:
    return SessionHours(name, ZoneInfo(zone), open_minute, close_minute, WEEK, None, None)


@pytest.mark.parametrize(
    ("at", "day", "globex"),
    [
        ("2025-11-18T08:30", True, True),  # an ordinary Tuesday, the demo's
        ("2025-11-18T15:10", False, True),  # a close is not part of the session
        ("2025-11-18T16:30", False, False),  # the daily pause
        ("2025-11-18T17:00", False, True),
        ("2025-11-21T16:00", False, False),  # Friday afternoon
        ("2025-11-22T12:00", False, False),  # Saturday
        ("2025-11-23T16:59", False, False),
        ("2025-11-23T17:00", False, True),  # Sunday evening
        ("2025-11-27T11:59", True, True),  # Thanksgiving closes at noon
        ("2025-11-27T12:00", False, False),
        ("2025-11-27T17:00", False, True),  # and opens again for Friday
        ("2025-12-24T12:15", False, False),
        ("2025-12-24T17:30", False, False),  # no session has its close on Christmas
        ("2025-12-25T10:00", False, False),
        ("2025-12-25T17:00", False, True),
        ("2026-04-03T08:14", True, True),  # Good Friday of 2026
        ("2026-04-03T08:15", False, False),
        ("2013-09-01T17:00", False, True),  # the recorded Labor Day weekend
        ("2013-09-02T10:29:59", True, True),
        ("2013-09-02T10:30", False, False),
        ("2013-09-02T17:00", False, True),
        ("2013-09-03T13:51", True, True),
    ],
)
def test_the_shipped_sessions_are_open_when_the_exchange_was(at: str, day: bool, globex: bool) -> None:  # noqa: FBT001 -- pytest passes them by name
    sessions = around(at).sessions
    assert (sessions["day"].at(ns(at)) is not None, sessions["globex"].at(ns(at)) is not None) == (day, globex)
    assert sessions["day"].knows(ns(at))
    assert sessions["globex"].knows(ns(at))


def test_hours_are_unknown_where_no_holidays_are_listed() -> None:
    calendar = around("2020-06-01T10:00")
    assert calendar.trading_days.at(ns("2020-06-01T10:00")) is not None
    assert not calendar.sessions["day"].knows(ns("2020-06-01T10:00"))
    assert calendar.sessions["day"].next_start_ns(ns("2020-06-01T10:00")) is None


def test_the_horizon_ends_before_a_session_whose_close_is_not_covered() -> None:
    calendar = around("2027-12-01T10:00")
    globex = calendar.sessions["globex"]
    assert globex.knows(ns("2027-12-31T15:59"))
    assert globex.horizon.end_ns <= ns("2028-01-01T00:00")
    assert globex.at(ns("2027-12-31T15:59")) is not None


@pytest.mark.parametrize(
    ("at", "name", "hours_long"),
    [
        ("2025-11-18T08:30", "2025-11-18", 24),
        ("2025-11-18T17:00", "2025-11-19", 24),  # the reset itself begins the next day
        ("2025-11-01T18:00", "2025-11-02", 25),
        ("2026-03-07T18:00", "2026-03-08", 23),
    ],
)
def test_a_trading_day_is_named_by_the_date_on_which_it_ends(at: str, name: str, hours_long: int) -> None:
    found = around(at).trading_days.at(ns(at))
    assert found is not None
    assert found.name == name
    assert found.end_ns - found.start_ns == hours_long * 3_600_000_000_000
    assert found.end_ns == ns(f"{name}T17:00")


def test_with_a_reset_at_midnight_a_trading_day_has_the_name_of_its_date() -> None:
    days = trading_days(CHICAGO, 0, date(2025, 11, 18), date(2025, 11, 19))
    found = days.at(ns("2025-11-17T12:00"))
    assert found is not None
    assert found.name == "2025-11-17"


def test_a_local_time_that_is_skipped_moves_forward_with_the_clock() -> None:
    assert utc_ns(CHICAGO, date(2026, 3, 8), 150) == ns("2026-03-08T03:30")  # 02:30 does not exist


def test_a_local_time_that_comes_twice_means_the_first() -> None:
    first = utc_ns(CHICAGO, date(2025, 11, 2), 90)  # 01:30 comes twice
    assert utc_ns(CHICAGO, date(2025, 11, 2), 180) - first == 2.5 * 3_600_000_000_000


def test_a_date_that_a_zone_skipped_has_no_trading_day() -> None:
    apia = ZoneInfo("Pacific/Apia")
    days = trading_days(apia, 1020, date(2011, 12, 28), date(2012, 1, 2))
    found = days.at(utc_ns(apia, date(2011, 12, 29), 1020))
    assert found is not None
    assert found.name == "2011-12-31"
    assert days.at(found.end_ns) is not None


def test_a_session_that_a_clock_change_makes_overlap_itself_is_cut() -> None:
    found = session(
        hours("x", "America/Chicago", 180, 165), date(2026, 3, 6), date(2026, 3, 10), around=date(2026, 3, 8)
    )
    before, after = found.at(ns("2026-03-08T03:10")), found.at(ns("2026-03-08T03:50"))
    assert before is not None
    assert after is not None
    assert before.end_ns == after.start_ns == ns("2026-03-08T03:45")


def test_a_session_that_a_clock_change_swallows_is_not_held() -> None:
    found = session(
        hours("x", "America/Chicago", 150, 180), date(2026, 3, 7), date(2026, 3, 10), around=date(2026, 3, 8)
    )
    assert found.at(ns("2026-03-08T03:15")) is None
    assert found.next_start_ns(ns("2026-03-08T00:00")) == ns("2026-03-09T02:30")


def test_an_early_close_counts_in_the_zone_of_the_exchange() -> None:
    berlin = SessionHours("eu", ZoneInfo("Europe/Berlin"), 480, 1320, WEEK, "equity", "equity")  # 08:00 to 22:00
    equity = CONFIG.holidays["equity"]
    found = session(
        berlin, date(2025, 11, 20), date(2025, 12, 30), around=date(2025, 11, 25), holidays=equity, early_closes=equity
    )
    assert found.next_boundary_ns(ns("2025-11-27T09:00", "Europe/Berlin")) == ns("2025-11-27T12:00")
    assert found.at(ns("2025-12-25T09:00", "Europe/Berlin")) is None
