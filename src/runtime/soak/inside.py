"""What a service says of itself while it is soaked: metrics and heartbeats, turned into samples."""

from collections.abc import Iterable

from runtime.observing.timeline import Entry
from runtime.soak.recording import Recording

_NS_PER_S = 1e9


class Listener:
    """Takes entries of the timeline in order and fills a recording. ready_s: when the recording begins."""

    def __init__(self, recording: Recording, *, ready_s: float, events: str | None, event_n: int | None) -> None:
        self._recording = recording
        self._ready_s = ready_s
        self._events = events
        self._event_n = event_n
        self._heartbeat_s: float | None = None
        self._counted: tuple[int, float] | None = None
        self._moved = False

    def hear(self, entries: Iterable[Entry]) -> None:
        """Take what is new."""
        for entry in entries:
            if entry.said is None:
                continue
            t_s = entry.t_s - self._ready_s
            if entry.said.fields.get("WATCHDOG") == "1":
                self._heartbeat(t_s)
            if entry.said.metrics is not None:
                for name, value in entry.said.metrics.values.items():
                    self._recording.add(name, t_s, value)
                self._count(entry.said.metrics.values, entry.said.metrics.t_ns, t_s)
            elif self._events is None and entry.checkpoint is not None and entry.checkpoint.n == self._event_n:
                self._recording.events += 1

    def finish(self, now_s: float) -> None:
        """The end: silence since the last heartbeat is a gap as well, if it is the longest yet."""
        self._recording.idle = self._events is not None and not self._moved
        if self._heartbeat_s is not None and now_s > self._heartbeat_s:
            gaps = [gap for _, gap in self._recording.all_of("heartbeat_gap_s")]
            silence_s = now_s - self._heartbeat_s
            if silence_s > max(gaps, default=0.0):
                self._recording.add("heartbeat_gap_s", now_s, silence_s)

    def _heartbeat(self, t_s: float) -> None:
        if self._heartbeat_s is not None:
            self._recording.add("heartbeat_gap_s", t_s, t_s - self._heartbeat_s)
        self._heartbeat_s = t_s
        self._recording.heartbeats += 1

    def _count(self, values: dict[str, float], t_ns: int, t_s: float) -> None:
        """The counter of events and its rate, by the sender's clock.

        While it has not moved it has no rate: what a service counts at boot is no sign that events arrive.
        """
        if self._events is None or self._events not in values:
            return
        count = values[self._events]
        before, self._counted = self._counted, (t_ns, count)
        self._recording.events = count
        if before is None or t_ns <= before[0] or count < before[1]:
            return
        self._moved = self._moved or count > before[1]
        if not self._moved:
            return
        self._recording.add("events_per_s", t_s, (count - before[1]) / (t_ns - before[0]) * _NS_PER_S)
