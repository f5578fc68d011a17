"""Sessions and trading days as spans of UTC: zones, daylight saving, weekends and holidays end here.

Local times that a clock change makes ambiguous mean the first of the two; those that it skips move forward with the
clock (02:30 becomes 03:30). Both follow from reading local times with `fold=0`, and are the same on every machine.

`days` are the weekdays on which a session opens. A holiday or an early close belongs to the date on which the session
would close, in the exchange's zone: Globex opens on the evening before a holiday only if the holiday has a close.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from risk_manager.config.model import Calendar, HolidayGroup, RiskConfig, SessionHours
from risk_manager.domain.sessions import Session, Span, TradingDay, TradingDays

_SECOND_NS = 1_000_000_000
_DAY_S = 86_400
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_ONE_DAY = timedelta(days=1)


def build(config: RiskConfig, around_ns: int, *, back_days: int = 40, ahead_days: int = 400) -> Calendar:
    """The trading days and sessions around a moment: what lies further away is unknown, not closed."""
    center = datetime.fromtimestamp(around_ns // _SECOND_NS, UTC).date()
    first, last = center - back_days * _ONE_DAY, center + ahead_days * _ONE_DAY
    sessions = {
        name: session(
            hours,
            first,
            last,
            around=center,
            holidays=config.holidays[hours.holidays] if hours.holidays else None,
            early_closes=config.holidays[hours.early_closes] if hours.early_closes else None,
        )
        for name, hours in config.sessions.items()
    }
    return Calendar(trading_days(config.daily_reset.zone, config.daily_reset.minute, first, last), sessions)


def utc_ns(zone: ZoneInfo, day: date, minute: int) -> int:
    """The instant of a local time, `minute` minutes after midnight of `day`."""
    local = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=zone)
    offset = local.utcoffset()
    if offset is None:
        raise ValueError(f"{zone} has no offset on {day}")
    offset_s = offset.days * _DAY_S + offset.seconds
    return ((day.toordinal() - _EPOCH_ORDINAL) * _DAY_S + minute * 60 - offset_s) * _SECOND_NS


def trading_days(zone: ZoneInfo, reset_minute: int, first: date, last: date) -> TradingDays:
    """The trading days that end with the resets of `first` to `last`, one for each local date that exists.

    A day is named by the date on which it ends, which is the date of its last moment: with a reset at midnight, the
    day that is then over.
    """
    back = timedelta(days=0 if reset_minute else 1)
    days: list[TradingDay] = []
    start_ns = utc_ns(zone, first - _ONE_DAY, reset_minute)
    for day in _dates(first, last):
        end_ns = utc_ns(zone, day, reset_minute)
        name = (day - back).isoformat()
        if end_ns <= start_ns:  # a zone that crossed the date line skipped a date: both resets are one
            days[-1:] = [before._replace(name=name) for before in days[-1:]]
            continue
        days.append(TradingDay(name, start_ns, end_ns))
        start_ns = end_ns
    return TradingDays(days)


def session(
    hours: SessionHours,
    first: date,
    last: date,
    *,
    around: date,
    holidays: HolidayGroup | None = None,
    early_closes: HolidayGroup | None = None,
) -> Session:
    """The spans of a session whose local opening is between `first` and `last`.

    It is known only while its holidays are: the horizon ends where the lists around `around` do.
    """
    horizon = Span(utc_ns(hours.zone, first, 0), utc_ns(hours.zone, last + _ONE_DAY, 0))
    for group in (holidays, early_closes):
        horizon = _common(horizon, _covered(group, around)) if group else horizon
    spans: list[Span] = []
    for span in _regular(hours, first - _ONE_DAY, last):  # one more day: an overnight session may reach into `first`
        kept = _with_holidays(span, holidays, early_closes)
        if kept is None:
            continue
        start_ns = max(kept.start_ns, horizon.start_ns, spans[-1].end_ns if spans else 0)
        if start_ns < horizon.end_ns and start_ns < kept.end_ns:
            spans.append(Span(start_ns, kept.end_ns))
    if spans and spans[-1].end_ns > horizon.end_ns:
        # Its end is not known (or not asked about): what is not known entirely is not known.
        horizon = Span(horizon.start_ns, spans.pop().start_ns)
    return Session(hours.name, spans, horizon)


def _regular(hours: SessionHours, first: date, last: date) -> Iterator[Span]:
    overnight = _ONE_DAY if hours.close_minute <= hours.open_minute else timedelta()
    for day in _dates(first, last):
        if day.weekday() in hours.days:
            yield Span(
                utc_ns(hours.zone, day, hours.open_minute), utc_ns(hours.zone, day + overnight, hours.close_minute)
            )


def _with_holidays(span: Span, holidays: HolidayGroup | None, early_closes: HolidayGroup | None) -> Span | None:
    if holidays and _closing_date(span, holidays.zone) in holidays.closed:
        return None
    if early_closes:
        closing = _closing_date(span, early_closes.zone)
        minute = early_closes.early_closes.get(closing)
        if minute is not None:
            span = Span(span.start_ns, min(span.end_ns, utc_ns(early_closes.zone, closing, minute)))
    return span if span.start_ns < span.end_ns else None


def _closing_date(span: Span, zone: ZoneInfo) -> date:
    """The date, in the exchange's zone, of the last moment of a span."""
    return datetime.fromtimestamp(span.end_ns // _SECOND_NS - 1, zone).date()


def _covered(group: HolidayGroup, around: date) -> Span:
    """From when until when the group's lists are complete; nothing where they say nothing about `around`."""
    for first, last in group.covers:
        if first <= around <= last:
            return Span(utc_ns(group.zone, first, 0), utc_ns(group.zone, last + _ONE_DAY, 0))
    middle_ns = utc_ns(group.zone, around, 0)
    return Span(middle_ns, middle_ns)


def _common(one: Span, other: Span) -> Span:
    start_ns = max(one.start_ns, other.start_ns)
    return Span(start_ns, max(start_ns, min(one.end_ns, other.end_ns)))


def _dates(first: date, last: date) -> Iterator[date]:
    for offset in range((last - first).days + 1):
        yield first + offset * _ONE_DAY
