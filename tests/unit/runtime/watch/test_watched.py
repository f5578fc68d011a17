"""What is wrong with a life, from how it stands: a table of everything that can be seen."""

import pytest

from runtime.watch.watched import Limits, Vitals, trouble

LIMITS = Limits(ready_s=10, heartbeat_s=2)


def vitals(**changed):
    usual = {
        "up_s": 60.0, "code": None, "ready_s": 59.0, "beat_s": 0.5, "beats": 100, "state": "sleeping",
        "cpu_share": 0.01, "said_stopping": False,
    }  # fmt: skip
    return Vitals(**{**usual, **changed})


@pytest.mark.parametrize(
    ("changed", "cause", "word"),
    [
        ({"code": 0}, "WATCH-003", "exit code 0"),
        ({"code": -9}, "WATCH-003", "signal 9"),
        ({"beat_s": 2.5}, "WATCH-001", "idle"),
        ({"beat_s": 2.5, "cpu_share": 0.9}, "WATCH-001", "busy"),
        ({"beat_s": 2.5, "cpu_share": 0.07, "state": "running"}, "WATCH-001", "busy"),  # on a crowded machine
        ({"beat_s": 2.5, "cpu_share": 0.07}, "WATCH-001", "idle"),
        ({"beat_s": 2.5, "state": "stopped"}, "WATCH-002", "is stopped"),
        ({"beat_s": 2.5, "state": "tracing-stop"}, "WATCH-002", "is stopped"),
        ({"beat_s": None, "beats": 0, "ready_s": 3.0}, "WATCH-001", "never sent WATCHDOG=1"),
        ({"ready_s": None, "beat_s": None, "beats": 0, "up_s": 11.0}, "WATCH-005", "within 10 s"),
        ({"ready_s": None, "beat_s": None, "up_s": 11.0, "state": "stopped"}, "WATCH-002", "never ready"),
    ],
)
def test_each_way_of_being_dead_has_its_own_cause(changed, cause, word):
    found = trouble(vitals(**changed), LIMITS)
    assert found is not None
    assert found[0] == cause
    assert word in found[1]


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"beat_s": 1.9},
        {"ready_s": None, "beat_s": None, "up_s": 9.0},
        {"beat_s": None, "beats": 0, "ready_s": 1.0},
        {"beat_s": 0.1, "state": "stopped"},
    ],
)
def test_a_life_within_its_limits_is_left_alone(changed):
    assert trouble(vitals(**changed), LIMITS) is None
