"""The only reader of time in the daemon. Everything else is told what time it is."""

import time
from typing import Protocol


class Clock(Protocol):
    """Two clocks: one that people read and that may jump, one that only goes forward."""

    def wall_ns(self) -> int:
        """Nanoseconds since the epoch, UTC. May jump."""

    def monotonic_ns(self) -> int:
        """Nanoseconds since some fixed instant; the same for all processes of this machine. Never jumps."""


class SystemClock:
    """The machine's clocks."""

    def wall_ns(self) -> int:
        """CLOCK_REALTIME."""
        return time.time_ns()  # noqa: TID251 -- this file is the one place that reads it

    def monotonic_ns(self) -> int:
        """CLOCK_MONOTONIC."""
        return time.monotonic_ns()
