"""Two logs of the same life as one: each line once, with what its twin knows besides.

Both files are nearly in order. Twins are looked for within a short window, because two processes that write at the same
moment need not reach both files in the same order.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import replace

from runtime.logs.entries import LogEntry

WINDOW = 64


def pair(text: LogEntry, event: LogEntry) -> LogEntry:
    """The text line, with the fields and the stack trace of its twin."""
    return replace(text, fields=event.fields, exception=event.exception, twin="both")


def merge(text: Iterable[LogEntry], events: Iterable[LogEntry], *, newest_first: bool) -> Iterator[LogEntry]:
    """Both, in order of time; a line and its twin come as one."""
    return _Merger(iter(text), iter(events), newest_first=newest_first).run()


class _Side:
    """One of the two, with a window of what comes next; how often each key stands in it is counted."""

    def __init__(self, entries: Iterator[LogEntry]) -> None:
        self._entries = entries
        self.window: deque[LogEntry] = deque()
        self.keys: Counter[tuple[str, str, str]] = Counter()

    def fill(self) -> None:
        while len(self.window) < WINDOW:
            entry = next(self._entries, None)
            if entry is None:
                return
            self.window.append(entry)
            self.keys[entry.key] += 1

    def first(self) -> LogEntry:
        entry = self.window.popleft()
        self.keys[entry.key] -= 1
        return entry

    def take(self, key: tuple[str, str, str]) -> LogEntry | None:
        """Take the next entry with this key out of the window."""
        if not self.keys[key]:
            del self.keys[key]
            return None
        found = next(entry for entry in self.window if entry.key == key)
        self.window.remove(found)
        self.keys[key] -= 1
        return found


class _Merger:
    def __init__(self, text: Iterator[LogEntry], events: Iterator[LogEntry], *, newest_first: bool) -> None:
        self._text = _Side(text)
        self._events = _Side(events)
        self._newest_first = newest_first

    def run(self) -> Iterator[LogEntry]:
        text, events = self._text, self._events
        while True:
            text.fill()
            events.fill()
            if not text.window or not events.window:
                break
            head = text.window[0]
            if self._comes_first(events.window[0], head) and not text.keys[events.window[0].key]:
                yield events.first()
                continue
            text.first()
            twin = events.take(head.key)
            yield pair(head, twin) if twin is not None else head
        yield from self._rest(text)
        yield from self._rest(events)

    @staticmethod
    def _rest(side: _Side) -> Iterator[LogEntry]:
        while side.window:
            yield side.first()
            side.fill()

    def _comes_first(self, event: LogEntry, text: LogEntry) -> bool:
        """Is the event's turn before the text's? What has no time stays where it stands."""
        if event.t_s is None or text.t_s is None:
            return event.t_s is None
        return event.t_s > text.t_s if self._newest_first else event.t_s < text.t_s
