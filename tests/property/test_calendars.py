"""Whatever the zone and the hours: exactly one reset for each local date, days that touch, sessions in order."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk_manager.config.calendars import session, trading_days, utc_ns
from risk_manager.config.model import HolidayGroup, SessionHours
from risk_manager.domain.sessions import Session, Span, TradingDay, TradingDays

HOUR_NS = 3_600_000_000_000
EARLY = 630  # 10:30
ZONES = ("America/Chicago", "Europe/Berlin", "Australia/Sydney", "Australia/Lord_Howe", "Asia/Kolkata", "UTC")
MINUTES = st.integers(0, 24 * 60 - 1)


def days_of(found: TradingDays, start_ns: int, end_ns: int) -> list[TradingDay]:
    """Every trading day from `start_ns` on, found the way the domain finds them."""
    days = []
    while start_ns < end_ns:
        day = found.at(start_ns)
        assert day is not None
        days.append(day)
        start_ns = day.end_ns
    return days


@pytest.mark.parametrize("zone_name", ["America/Chicago", "Europe/Berlin", "Australia/Sydney"])
@given(year=st.integers(2008, 2035), minute=MINUTES)
def test_a_year_has_one_reset_for_each_local_date(zone_name: str, year: int, minute: int) -> None:
    zone = ZoneInfo(zone_name)
    first, last = date(year, 1, 1), date(year, 12, 31)
    found = trading_days(zone, minute, first, last)
    days = days_of(found, utc_ns(zone, first - timedelta(days=1), minute), utc_ns(zone, last, minute))

    resets = [datetime.fromtimestamp(day.end_ns // 10**9, zone) for day in days]
    assert [reset.date() for reset in resets] == [first + timedelta(days=n) for n in range((last - first).days + 1)]
    lengths = [(day.end_ns - day.start_ns) / HOUR_NS for day in days]
    assert sorted(set(lengths)) == [23, 24, 25]
    assert (lengths.count(23), lengths.count(25)) == (1, 1)
    assert len({day.name for day in days}) == len(days)


@given(zone_name=st.sampled_from(ZONES), minute=MINUTES, t_s=st.integers(1_200_000_000, 2_000_000_000))
def test_every_moment_belongs_to_one_trading_day_that_has_the_name_of_its_last_moment(
    zone_name: str, minute: int, t_s: int
) -> None:
    zone = ZoneInfo(zone_name)
    today = datetime.fromtimestamp(t_s, UTC).date()
    day = trading_days(zone, minute, today - timedelta(days=3), today + timedelta(days=3)).at(t_s * 10**9)
    assert day is not None
    assert day.start_ns <= t_s * 10**9 < day.end_ns
    assert day.name == datetime.fromtimestamp(day.end_ns // 10**9 - 1, zone).date().isoformat()


class Case(NamedTuple):
    """Hours with the holidays of a month."""

    hours: SessionHours
    group: HolidayGroup
    first: date
    last: date

    def session(self) -> Session:
        return session(
            self.hours, self.first, self.last, around=self.first, holidays=self.group, early_closes=self.group
        )


@st.composite
def cases(draw: st.DrawFn, zones: tuple[str, ...] = ZONES) -> Case:
    zone = ZoneInfo(draw(st.sampled_from(zones)))
    first = draw(st.dates(date(2010, 1, 1), date(2034, 1, 1)))
    last = first + timedelta(days=30)
    some_days = st.frozensets(st.dates(first, last), max_size=5)
    closed = draw(some_days)
    early = dict.fromkeys(draw(some_days) - closed, EARLY)
    opens, closes = draw(st.tuples(MINUTES, MINUTES).filter(lambda pair: pair[0] != pair[1]))
    weekdays = draw(st.frozensets(st.integers(0, 6), min_size=1))
    return Case(
        SessionHours("s", zone, opens, closes, weekdays, "g", "g"),
        HolidayGroup("g", zone, ((first, last),), closed, early),
        first,
        last,
    )


def spans_of(found: Session) -> list[Span]:
    t_ns: int | None = found.horizon.start_ns
    spans = []
    while t_ns is not None:
        span = found.at(t_ns)
        spans += [span] if span else []
        t_ns = found.next_start_ns(t_ns)
    return spans


@given(cases())
def test_sessions_are_in_order_open_on_their_weekdays_and_keep_to_holidays(case: Case) -> None:
    found, zone = case.session(), case.hours.zone
    spans = spans_of(found)
    assert all(before.end_ns <= after.start_ns for before, after in pairwise(spans))
    for span in spans:
        opened = datetime.fromtimestamp(span.start_ns // 10**9, zone)
        shut = datetime.fromtimestamp(span.end_ns // 10**9 - 1, zone)
        assert opened.weekday() in case.hours.days or span.start_ns == found.horizon.start_ns
        assert shut.date() not in case.group.closed
        assert shut.date() not in case.group.early_closes or span.end_ns <= utc_ns(zone, shut.date(), EARLY)
        assert found.horizon.start_ns <= span.start_ns < span.end_ns <= found.horizon.end_ns


@given(cases(zones=("UTC",)))
def test_no_session_is_lost_that_plain_arithmetic_gives_where_clocks_do_not_change(case: Case) -> None:
    found, hours = case.session(), case.hours
    expected = []
    for offset in range(-1, 31):
        day = case.first + timedelta(days=offset)
        if day.weekday() not in hours.days:
            continue
        midnight_s = int(datetime.combine(day, time(), UTC).timestamp())
        start_s = midnight_s + 60 * hours.open_minute
        end_s = midnight_s + 60 * hours.close_minute + (86_400 if hours.close_minute < hours.open_minute else 0)
        shut = datetime.fromtimestamp(end_s - 1, UTC).date()
        if shut in case.group.early_closes:
            early_s = int(datetime.combine(shut, time(), UTC).timestamp()) + 60 * EARLY
            end_s = min(end_s, early_s)
        if shut in case.group.closed or start_s >= end_s:
            continue
        span = Span(max(start_s * 10**9, found.horizon.start_ns), end_s * 10**9)
        expected += [span] if span.start_ns < span.end_ns <= found.horizon.end_ns else []
    assert spans_of(found) == expected
