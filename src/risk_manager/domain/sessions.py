"""Sessions and trading days, as spans of UTC nanoseconds that the configuration computed.

Zones, daylight saving, weekends, holidays and early closes are gone by the time a span arrives here: what is left is
"from this instant until that one". A span contains its start and not its end. What lies outside the computed horizon
is unknown, which is not the same as closed.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple


class Span(NamedTuple):
    """From `start_ns` until just before `end_ns`."""

    start_ns: int
    end_ns: int


class TradingDay(NamedTuple):
    """The span between two resets, named by the date on which it ends (`2025-11-18`)."""

    name: str
    start_ns: int
    end_ns: int


class Session:
    """When a session is open, within a horizon.

    spans: in order, not overlapping. horizon: the time for which they are complete.
    Raises ValueError where they are not in order.
    """

    def __init__(self, name: str, spans: Sequence[Span], horizon: Span) -> None:
        previous_end_ns = horizon.start_ns
        for span in spans:
            if not previous_end_ns <= span.start_ns < span.end_ns:
                message = f"session {name}: span {span} is not after {previous_end_ns}"
                raise ValueError(message)
            previous_end_ns = span.end_ns
        self.name = name
        self.horizon = horizon
        self._spans = tuple(spans)
        self._starts = [span.start_ns for span in spans]

    def at(self, t_ns: int) -> Span | None:
        """The span that is open at `t_ns`; None where the session is closed then."""
        index = bisect_right(self._starts, t_ns) - 1
        return self._spans[index] if index >= 0 and t_ns < self._spans[index].end_ns else None

    def next_start_ns(self, t_ns: int) -> int | None:
        """The first opening after `t_ns`; None where the horizon ends before it."""
        index = bisect_right(self._starts, t_ns)
        return self._starts[index] if index < len(self._starts) else None

    def next_boundary_ns(self, t_ns: int) -> int | None:
        """The next opening or closing after `t_ns`."""
        span = self.at(t_ns)
        return span.end_ns if span else self.next_start_ns(t_ns)

    def knows(self, t_ns: int) -> bool:
        """Is `t_ns` inside the horizon, so that "closed" may be believed?"""
        return self.horizon.start_ns <= t_ns < self.horizon.end_ns


class TradingDays:
    """Consecutive trading days."""

    def __init__(self, days: Sequence[TradingDay]) -> None:
        for before, after in pairwise(days):
            if before.end_ns != after.start_ns:
                message = f"trading day {after.name} does not begin where {before.name} ends"
                raise ValueError(message)
        self._days = tuple(days)
        self._starts = [day.start_ns for day in days]

    def at(self, t_ns: int) -> TradingDay | None:
        """The trading day of an instant; None outside the computed horizon."""
        index = bisect_right(self._starts, t_ns) - 1
        if index < 0 or t_ns >= self._days[index].end_ns:
            return None
        return self._days[index]
