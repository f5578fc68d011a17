"""What a soak has recorded so far: series of (seconds since the service was ready, value), and where warm-up ends."""

import math
from dataclasses import dataclass, field

from runtime.soak.statistics import Point


@dataclass(slots=True)
class Recording:
    """Grows while the soak runs.

    now_s: how far it has come; asked_s: how long it was meant to be. idle: at its end, no event has been dealt with.
    """

    asked_s: float
    warm_up_s: float
    now_s: float = 0.0
    series: dict[str, list[Point]] = field(default_factory=dict)
    events: float = 0.0
    heartbeats: int = 0
    idle: bool = False

    def add(self, metric: str, t_s: float, value: float) -> None:
        """Take a sample. What is no finite number is no data."""
        if math.isfinite(value) and t_s >= 0:
            self.series.setdefault(metric, []).append((t_s, value))

    def all_of(self, metric: str) -> list[Point]:
        """Every sample of a metric."""
        return self.series.get(metric, [])

    def judged(self, metric: str) -> list[Point]:
        """The samples after warm-up."""
        return [point for point in self.all_of(metric) if point[0] >= self.warm_up_s]

    def last(self, metric: str) -> float | None:
        """The newest value."""
        points = self.series.get(metric)
        return points[-1][1] if points else None
