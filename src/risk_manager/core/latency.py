"""Latencies of the last few moments, for the metrics: bounded, cheap to add to, exact percentiles of what it holds."""

_KEEP = 2048


class Latencies:
    """The last 2048 latencies in microseconds."""

    def __init__(self) -> None:
        self._values: list[int] = []
        self._next = 0

    def add(self, latency_us: int) -> None:
        """Remember one."""
        if len(self._values) < _KEEP:
            self._values.append(latency_us)
        else:
            self._values[self._next] = latency_us
            self._next = (self._next + 1) % _KEEP

    def percentile_us(self, percent: int) -> int | None:
        """The nearest-rank percentile; None where there is no data, which is not the same as 0."""
        if not self._values:
            return None
        ordered = sorted(self._values)
        return ordered[max(0, -(-percent * len(ordered) // 100) - 1)]
