"""The thread of one channel: takes pages from its line, tries, waits, tries again. It can only ever hold up itself."""

import logging
import threading
from collections.abc import Callable

from risk_manager.clock import Clock
from risk_manager.core.alerts.channel import Channel, Outcome
from risk_manager.core.alerts.line import Line
from risk_manager.core.alerts.page import Page

_log = logging.getLogger("risk_manager.page")
_SECOND_NS = 1_000_000_000


class Courier:
    """Delivers to one channel.

    over: told of each page that was taken or is refused for good, from this thread.
    """

    def __init__(self, channel: Channel, clock: Clock, over: Callable[[str, Page, Outcome], None]) -> None:
        self.name = channel.name
        self._channel = channel
        self._clock = clock
        self._over = over
        self._line = Line()
        self._wakes = threading.Condition()
        self._ends = False
        self._thread = threading.Thread(target=self._run, name=f"page {channel.name}", daemon=True)
        self._thread.start()

    def give(self, page: Page) -> None:
        """Another page; returns at once."""
        with self._wakes:
            self._line.give(page)
            self._wakes.notify_all()

    @property
    def is_settled(self) -> bool:
        """Everything was tried at least once since it last worked."""
        with self._wakes:
            return self._line.is_settled

    def close(self) -> None:
        """End now; what is under way is abandoned. The thread is not waited for: it may hang in somebody's DNS."""
        with self._wakes:
            self._ends = True
            self._wakes.notify_all()
        self._channel.abandon()

    def _run(self) -> None:
        while True:
            with self._wakes:
                page = self._line.due(self._clock.monotonic_ns())
                while page is None and not self._ends:
                    wait_ns = self._line.wait_ns(self._clock.monotonic_ns())
                    self._wakes.wait(None if wait_ns is None else wait_ns / _SECOND_NS)
                    page = self._line.due(self._clock.monotonic_ns())
                if self._ends or page is None:
                    return
            self._try(page)

    def _try(self, page: Page) -> None:
        try:
            outcome = self._channel.send(page)
        except Exception as error:  # noqa: BLE001 -- whatever a channel does wrong must not end its thread
            outcome = Outcome("never", f"the channel failed: {type(error).__name__}")
        if outcome.result == "later":
            self._postpone(outcome)
            return
        with self._wakes:
            if self._ends:
                return
            self._line.over(page)
        self._over(self.name, page, outcome)

    def _postpone(self, outcome: Outcome) -> None:
        """The first failure of a row is logged, not each of them."""
        with self._wakes:
            is_first = self._line.failures == 0
            pause_s = self._line.failed(self._clock.monotonic_ns(), outcome.asked_ns) / _SECOND_NS
        if is_first and not self._ends:
            _log.error("channel %s did not take a page: %s; next try in %g s", self.name, outcome.detail, pause_s)
