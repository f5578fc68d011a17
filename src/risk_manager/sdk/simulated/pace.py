"""How fast venue time may go on against real time."""

import math
from collections.abc import Callable

_NS = 1_000_000_000


class Pace:
    """`speed` times real time, or without limit (infinity). `seconds` is the clock it is measured by."""

    def __init__(self, speed: float, seconds: Callable[[], float]) -> None:
        self._speed = speed
        self._seconds = seconds
        self._from_s = 0.0
        self._from_ns = 0

    @property
    def is_unlimited(self) -> bool:
        """As fast as it goes?"""
        return math.isinf(self._speed)

    def start(self, venue_ns: int) -> None:
        """From now on count from this venue time."""
        self._from_s = self._seconds()
        self._from_ns = venue_ns

    def until_ns(self) -> int | None:
        """How far venue time may have come by now; None for no limit."""
        if self.is_unlimited:
            return None
        return self._from_ns + int((self._seconds() - self._from_s) * self._speed * _NS)

    def wait_s(self, venue_ns: int) -> float:
        """How long until venue time may reach this; 0 where it may already."""
        if self.is_unlimited:
            return 0.0
        due_s = self._from_s + (venue_ns - self._from_ns) / _NS / self._speed
        return max(0.0, due_s - self._seconds())
