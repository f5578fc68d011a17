"""What came out of a soak, as one value, and the JSON it prints (docs/reference/schemas/soak.schema.json)."""

from collections.abc import Mapping
from dataclasses import dataclass

from runtime.observing.observation import Observation
from runtime.observing.progress import progress
from runtime.smoke_test import SmokeRequest
from runtime.soak.allocations import Site
from runtime.soak.compare import Comparison
from runtime.soak.plan import SoakPlan
from runtime.soak.recording import Recording
from runtime.soak.statistics import Point, Trend, percentile, trend
from runtime.soak.thresholds import Judged
from runtime.verdict import Judgement, Verdict
from service_contract.exit_codes import ExitCode
from service_contract.findings import Finding

SCHEMA = "runtime.soak/1"
_P99 = 99


@dataclass(frozen=True, slots=True)
class SoakRequest:
    """What to run. run: the service, its places and options; its limit is that of the boot.

    allocations: launch the service under tracemalloc, to name the lines that allocate.
    """

    run: SmokeRequest
    plan: SoakPlan
    duration_s: float
    compare: bool = False
    allocations: bool = False


@dataclass(frozen=True, slots=True)
class SoakResult:
    """What came out. boot_s: until the service was ready, None where it never was."""

    request: SoakRequest
    started_at: str
    boot_s: float | None
    recording: Recording
    observation: Observation
    thresholds: tuple[Judged, ...]
    judgements: tuple[Judgement, ...]
    verdict: Verdict
    exit_code: ExitCode
    findings: tuple[Finding, ...]
    units: Mapping[str, str]
    comparison: Comparison | None = None
    sites: tuple[Site, ...] = ()

    @property
    def memory_mb(self) -> tuple[float, float, float] | None:
        """Resident memory at the start, at the end, and its peak; None where it was never seen."""
        values = [value for _, value in self.recording.all_of("rss_mb")]
        return (values[0], values[-1], max(values)) if values else None

    @property
    def grown_mb(self) -> float | None:
        """End minus start."""
        memory = self.memory_mb
        return memory[1] - memory[0] if memory else None

    @property
    def events_per_s(self) -> float:
        """Over the whole run."""
        return self.recording.events / self.recording.now_s if self.recording.now_s > 0 else 0.0


def as_json(result: SoakResult, artifacts: Mapping[str, str]) -> dict[str, object]:
    """The object that `--json` prints and `soak_test` returns."""
    request, memory = result.request, result.memory_mb
    return {
        "schema": SCHEMA,
        "service": request.run.contract.name,
        "run": request.run.places.run,
        "options": dict(request.run.chosen),
        "started_at": result.started_at,
        "verdict": result.verdict.name,
        "exit_code": int(result.exit_code),
        "duration_seconds": round(result.recording.now_s, 3),
        "duration_s": round(result.recording.now_s, 3),
        "asked_s": request.duration_s,
        "warm_up_s": round(result.recording.warm_up_s, 3),
        "boot_s": result.boot_s,
        "start_memory_mb": _rounded(memory[0]) if memory else None,
        "end_memory_mb": _rounded(memory[1]) if memory else None,
        "peak_memory_mb": _rounded(memory[2]) if memory else None,
        "memory_leak_mb": _rounded(result.grown_mb) if result.grown_mb is not None else None,
        "events_processed": int(result.recording.events),
        "events_per_second": _rounded(result.events_per_s),
        "heartbeats": result.recording.heartbeats,
        "thresholds": [_judged(judged) for judged in result.thresholds],
        "metrics": {name: _metric(name, result) for name in sorted(result.recording.series)},
        "checks": [
            {"check": each.check, "verdict": each.verdict.name, "summary": each.summary} for each in result.judgements
        ],
        "checkpoints": [
            {"n": item.step.n, "name": item.step.name, "t_s": item.first_s, "complete_s": item.complete_s}
            for item in progress(result.observation)
        ],
        "allocations": [site.as_json() for site in result.sites],
        "comparison": None if result.comparison is None else result.comparison.as_json(),
        "diagnosis": [finding.as_json() for finding in result.findings],
        "artifacts": dict(artifacts),
    }


def _judged(judged: Judged) -> dict[str, object]:
    threshold = judged.threshold
    return {
        "name": threshold.name,
        "metric": threshold.metric,
        "kind": threshold.kind.value,
        "limit": threshold.limit,
        "unit": judged.unit,
        "for_s": threshold.for_s,
        "least_growth": threshold.least_growth,
        "verdict": judged.verdict.name,
        "word": judged.word,
        "samples": judged.samples,
        "observed": None if judged.observed is None else _rounded(judged.observed),
        "lasted_s": round(judged.lasted_s, 3),
        "trend": None if judged.trend is None else trend_json(judged.trend),
        "detail": judged.detail,
    }


def _metric(name: str, result: SoakResult) -> dict[str, object]:
    points = result.recording.judged(name)
    line = trend(points)
    return {
        "unit": result.units.get(name, ""),
        "samples": len(result.recording.all_of(name)),
        "judged": len(points),
        **summary(points),
        "trend": None if line is None else trend_json(line),
    }


def summary(points: list[Point]) -> dict[str, float | None]:
    """Smallest, middle, 99th percentile, largest and last of some samples; None of none."""
    values = [value for _, value in points]
    if not values:
        return dict.fromkeys(("least", "p50", "p99", "most", "last"))
    return {
        "least": _rounded(min(values)),
        "p50": _rounded(percentile(values, 50)),
        "p99": _rounded(percentile(values, _P99)),
        "most": _rounded(max(values)),
        "last": _rounded(values[-1]),
    }


def trend_json(line: Trend) -> dict[str, object]:
    """A trend with its 95 % confidence interval, per hour."""
    return {
        "slope_per_h": _rounded(line.slope_per_h),
        "low_per_h": _rounded(line.low_per_h),
        "high_per_h": _rounded(line.high_per_h),
        "span_s": round(line.span_s, 3),
        "samples": line.samples,
        "worth": round(line.worth, 1),
    }


def _rounded(value: float) -> float:
    return round(value, 4)
