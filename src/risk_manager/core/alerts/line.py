"""The order and the patience of one channel: oldest first, again after growing pauses. Pure: time is handed in.

A page at the head that is not taken holds up those behind it, because a resolve must not overtake its trigger.
"""

from collections import deque

from risk_manager.core.alerts.page import Page

_SECOND_NS = 1_000_000_000
FIRST_PAUSE_NS = _SECOND_NS // 2
MOST_PAUSE_NS = 300 * _SECOND_NS


def pause_ns(failures: int, asked_ns: int | None = None) -> int:
    """How long to wait after so many failures in a row: half a second, doubled each time, five minutes at most.

    asked_ns: what the other side asked for, obeyed where it is longer and up to the same most.
    """
    own_ns = min(FIRST_PAUSE_NS << min(failures - 1, 20), MOST_PAUSE_NS)
    return max(own_ns, min(asked_ns or 0, MOST_PAUSE_NS))


class Line:
    """Pages on their way to one channel."""

    def __init__(self) -> None:
        self._pages: deque[Page] = deque()
        self._known: set[str] = set()
        self.failures = 0
        self._not_before_ns = 0

    def __len__(self) -> int:
        return len(self._pages)

    @property
    def is_settled(self) -> bool:
        """Nothing is left, or what is left was tried and has to wait."""
        return not self._pages or self.failures > 0

    def give(self, page: Page) -> None:
        """Another page; one that is in line already is not taken twice."""
        if page.uid not in self._known:
            self._known.add(page.uid)
            self._pages.append(page)

    def due(self, now_ns: int) -> Page | None:
        """The page to try now."""
        return self._pages[0] if self._pages and now_ns >= self._not_before_ns else None

    def wait_ns(self, now_ns: int) -> int | None:
        """How long until one is due; None for as long as nobody gives one."""
        return max(0, self._not_before_ns - now_ns) if self._pages else None

    def over(self, page: Page) -> None:
        """It was taken, or refused for good: the next one is due at once."""
        self._pages.popleft()
        self._known.discard(page.uid)
        self.failures = 0
        self._not_before_ns = 0

    def failed(self, now_ns: int, asked_ns: int | None = None) -> int:
        """It was not taken this time; returns the pause in nanoseconds."""
        self.failures += 1
        pause = pause_ns(self.failures, asked_ns)
        self._not_before_ns = now_ns + pause
        return pause
