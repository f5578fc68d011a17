"""Conditions, pages, clocks and channels for the tests of paging."""

import threading
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from risk_manager.config.alerts import ChannelConfig
from risk_manager.core.alerts.channel import Outcome
from risk_manager.core.alerts.page import Condition, Page
from risk_manager.core.alerts.wording import Writer

NOW_NS = 1_763_476_507_736_000_000  # 2025-11-18 14:35:07.736 UTC
SECOND_NS = 1_000_000_000
LOCKED = Condition(
    key="lockout:daily_realized_loss",
    id="RULE-daily_realized_loss",
    severity="critical",
    what="the account is locked out by daily_realized_loss: the day's loss",
    blocked="the whole account",
    why="the day's loss",
    arithmetic="realized -907.10 <= limit -900.00",
    since_ns=NOW_NS,
    until_ns=NOW_NS + 3600 * SECOND_NS,
    ends="the daily reset; nobody can lift it",
)
HELD = msgspec.structs.replace(LOCKED, key="exposure", id="ENF-011", severity="warning", until_ns=None)


def writer() -> Writer:
    """Names its pages p1, p2, ..."""
    count = iter(range(1, 100_000))
    return Writer("SIM-50K", ZoneInfo("America/Chicago"), name=lambda: f"p{next(count)}")


def page(action: str = "trigger", **changes: Any) -> Page:
    made = writer().trigger(LOCKED, NOW_NS) if action == "trigger" else writer().resolve(LOCKED, NOW_NS)
    return msgspec.structs.replace(made, **changes)


def phone(name: str = "phone", **settings: Any) -> ChannelConfig:
    return ChannelConfig(**{"name": name, "type": "command", "argv": ("true",), **settings})


class StandingClock:
    """Both clocks stand until a test moves them."""

    def __init__(self, now_ns: int = NOW_NS) -> None:
        self.now_ns = now_ns

    def wall_ns(self) -> int:
        return self.now_ns

    def monotonic_ns(self) -> int:
        return self.now_ns


class Recorder:
    """A channel that keeps what it is sent and answers as told; the last answer goes on."""

    def __init__(self, name: str = "phone", *results: str) -> None:
        self.name = name
        self._results = list(results) or ["taken"]
        self.sent: list[Page] = []
        self.abandoned = False
        self._news = threading.Condition()

    def send(self, page: Page) -> Outcome:
        with self._news:
            self.sent.append(page)
            result = self._results[min(len(self.sent), len(self._results)) - 1]
            self._news.notify_all()
        if result == "raises":
            raise RuntimeError("a channel with a fault of its own")
        return Outcome(result, "as told")  # type: ignore[arg-type]  # tests write the three words

    def abandon(self) -> None:
        self.abandoned = True

    def until(self, count: int) -> None:
        with self._news:
            assert self._news.wait_for(lambda: len(self.sent) >= count, 10), f"only {len(self.sent)} came"
