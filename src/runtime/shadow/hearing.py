"""What one side of a shadow run says over its notify socket: how far it got, what was lost, how much it dealt with."""

from collections import deque

from runtime.contract.model import Contract
from service_contract.messages import Notification


class Hearing:
    """Fed with every message of one life of a service."""

    def __init__(self, contract: Contract, events: str | None) -> None:
        self._first_event = contract.first_event
        self._events = events
        self._seq = 0
        self.has_input = False
        self.dealt_with: float | None = None
        self.news: deque[str] = deque()
        """What is wrong with what was said, since it was last taken away."""

    def take(self, said: Notification | None) -> None:
        """One datagram; None where it could not be read."""
        if said is None:
            self.news.append("a message that is not the notify protocol")
            return
        seq = said.seq
        if seq is not None:
            if seq > self._seq + 1:
                self.news.append(f"messages {self._seq + 1} to {seq - 1} were lost")
            self._seq = max(self._seq, seq)
        if said.checkpoint is not None and self._first_event is not None:
            self.has_input = self.has_input or said.checkpoint.n >= self._first_event.n
        if said.metrics is not None and self._events is not None:
            self.dealt_with = said.metrics.values.get(self._events, self.dealt_with)

    def take_news(self) -> list[str]:
        """What went wrong since the last call."""
        news = list(self.news)
        self.news.clear()
        return news


class InputGap:
    """Finds a side whose input stands still while the other's goes on. Times in nanoseconds."""

    def __init__(self, silent_ns: int) -> None:
        self._silent_ns = silent_ns
        self._last: dict[str, tuple[float, int]] = {}
        self._told: set[str] = set()

    def look(self, counts: dict[str, float | None], now_ns: int) -> tuple[list[str], str]:
        """counts: side -> how much it has dealt with. Returns the sides with a new gap, and why nothing can be told."""
        still = {}
        for side, count in counts.items():
            if count is None:
                return [], f"{side} has not said how many events it has dealt with"
            known = self._last.get(side)
            if known is None or known[0] != count:
                self._last[side] = (count, now_ns)
                self._told.discard(side)
            still[side] = now_ns - self._last[side][1] > self._silent_ns
        if all(still.values()):
            return [], f"no events on either side for {self._silent_ns / 1e9:g} s: there is no input"
        new = [side for side, is_still in still.items() if is_still and side not in self._told]
        self._told.update(new)
        return new, ""
