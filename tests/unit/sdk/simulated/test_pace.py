"""Venue time against real time."""

import math

from risk_manager.sdk.simulated.pace import Pace

SECOND_NS = 1_000_000_000


class Watch:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_at_speed_ten_a_second_is_ten() -> None:
    watch = Watch()
    pace = Pace(10, watch)
    pace.start(5 * SECOND_NS)
    assert pace.until_ns() == 5 * SECOND_NS
    watch.seconds += 2
    assert pace.until_ns() == 25 * SECOND_NS
    assert pace.wait_s(25 * SECOND_NS) == 0.0
    assert pace.wait_s(45 * SECOND_NS) == 2.0


def test_without_a_limit_nothing_waits() -> None:
    pace = Pace(math.inf, Watch())
    pace.start(0)
    assert pace.is_unlimited
    assert pace.until_ns() is None
    assert pace.wait_s(10**30) == 0.0
