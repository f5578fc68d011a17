"""What a soak measures and what must hold: the `soak` section of service.yaml as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

# What the pack measures itself, of every service: name -> unit.
OUTSIDE_UNITS: Mapping[str, str] = {
    "rss_mb": "MB",
    "uss_mb": "MB",
    "cpu_percent": "%",
    "fds": "count",
    "threads": "count",
    "processes": "count",
    "log_mb": "MB",
    "heartbeat_gap_s": "s",
    "events_per_s": "1/s",
}
WARM_UP_SHARE = 0.25
WARM_UP_MOST_S = 15.0


class Kind(Enum):
    """What a threshold limits."""

    AT_MOST = "at_most"
    AT_LEAST = "at_least"
    SLOPE = "slope_at_most"
    GROWTH = "growth_at_most"


@dataclass(frozen=True, slots=True)
class Threshold:
    """One claim about one metric.

    AT_MOST, AT_LEAST: no excess lasts `for_s` or longer. SLOPE: it does not grow by more than `limit` an hour; a
    growth below `least_growth` in the whole run counts as none. GROWTH: end minus start, the outer bound.
    """

    metric: str
    kind: Kind
    limit: float
    for_s: float = 0.0
    least_growth: float = 0.0

    @property
    def name(self) -> str:
        """Its name in reports."""
        return f"{self.metric} {self.kind.value}"


# What any service must keep to that says nothing of its own: memory, files and threads do not grow.
DEFAULT_THRESHOLDS = (
    Threshold("rss_mb", Kind.SLOPE, 60.0, least_growth=2.0),
    Threshold("rss_mb", Kind.GROWTH, 50.0),
    Threshold("fds", Kind.SLOPE, 0.0, least_growth=4.0),
    Threshold("threads", Kind.SLOPE, 0.0, least_growth=4.0),
)


@dataclass(frozen=True, slots=True)
class SoakPlan:
    """How a service is soaked.

    options: what is chosen where the user chose nothing. sample_s: how often the process is looked at. events: the
    metric that counts what the service has dealt with.
    """

    options: Mapping[str, str] = field(default_factory=dict)
    duration_s: float = 60.0
    sample_s: float = 0.5
    events: str | None = None
    thresholds: tuple[Threshold, ...] = DEFAULT_THRESHOLDS


def warm_up_s(duration_s: float) -> float:
    """How much of a run is left out of every judgement but the outer bounds: a quarter, at most 15 s."""
    return min(duration_s * WARM_UP_SHARE, WARM_UP_MOST_S)
