"""What a soak says about thresholds that did not hold: the metric, its growth with the interval, and what to do."""

from collections.abc import Sequence

from runtime.soak.allocations import Site
from runtime.soak.compare import Comparison
from runtime.soak.plan import Kind
from runtime.soak.thresholds import Judged, claim, number, slope_text
from runtime.verdict import Verdict
from service_contract.findings import Finding, Severity

LEAK, GROWTH, EXCESS, NO_DATA, UNSURE, SILENT, WORSE = (f"SOAK-00{number}" for number in range(1, 8))
_MEMORY = ("rss_mb", "uss_mb")
_KIB = 1024
_LONG_S = 300.0


def findings_of(
    thresholds: Sequence[Judged], sites: Sequence[Site], again: str, report: str, *, asked_s: float, traced: bool
) -> list[Finding]:
    """One finding per cause, failures first.

    again: the command that runs this soak; asked_s: how long it was; traced: tracemalloc was on.
    """
    found = [
        _failed(judged, sites, again, report, traced=traced) for judged in thresholds if judged.verdict is Verdict.FAIL
    ]
    unsure = [judged for judged in thresholds if judged.word == "UNSURE"]
    if unsure:
        found.append(_unsure(unsure, again, asked_s))
    empty = [judged for judged in thresholds if judged.word == "NO DATA"]
    if empty:
        found.append(_no_data(empty, again))
    return found


def _failed(judged: Judged, sites: Sequence[Site], again: str, report: str, *, traced: bool) -> Finding:
    threshold, metric = judged.threshold, judged.threshold.metric
    grows = threshold.kind in (Kind.SLOPE, Kind.GROWTH)
    leaks = grows and metric in _MEMORY
    evidence: dict[str, object] = {
        "metric": metric,
        "limit": claim(threshold, judged.unit),
        "observed": judged.detail,
        "samples": judged.samples,
    }
    if judged.trend is not None and threshold.kind is not Kind.SLOPE:
        evidence["slope"] = slope_text(judged.trend, judged.unit)
    if leaks and sites:
        evidence["growing"] = [
            f"{site.where} +{site.grown_bytes / _KIB:.0f} KiB in {site.grown_blocks} blocks" for site in sites
        ]
    next_ = [f"open {report}"]
    if leaks and not traced:
        next_.insert(0, f"{again} --tracemalloc")
    what = f"{metric} grows" if grows else f"{metric} is beyond its limit"
    if metric == "heartbeat_gap_s":
        what = "heartbeat_gap_s: the heartbeat was silent for too long"
    named = f", most at {sites[0].where}" if leaks and sites else ""
    text = f"{what}: {judged.detail}; the limit is {claim(threshold, judged.unit)}{named}"
    cause = LEAK if leaks else SILENT if metric == "heartbeat_gap_s" else GROWTH if grows else EXCESS
    return Finding(cause, text, evidence, next=next_)


def _unsure(unsure: Sequence[Judged], again: str, asked_s: float) -> Finding:
    names = ", ".join(judged.threshold.metric for judged in unsure)
    evidence = {judged.threshold.name: judged.detail for judged in unsure}
    what = f"growth can neither be shown nor excluded in a run of this length: {names}"
    return Finding(UNSURE, what, evidence, next=[f"{again} --duration {max(asked_s * 2, _LONG_S):g}s"])


def _no_data(empty: Sequence[Judged], again: str) -> Finding:
    names = ", ".join(dict.fromkeys(judged.threshold.metric for judged in empty))
    evidence = {judged.threshold.name: judged.detail for judged in empty}
    what = f"NO DATA for {names}, so nothing is proven about it"
    short = any(judged.samples for judged in empty)
    next_ = [f"{again} --duration 60s"] if short else ["risk-runtime explain SOAK-004"]
    return Finding(NO_DATA, what, evidence, next=next_)


def worse_than_before(comparison: Comparison) -> Finding | None:
    """A warning where the last good run was clearly better."""
    if not comparison.worse:
        return None
    rows = {row.metric: f"{number(row.before)} -> {number(row.now)} {row.unit}" for row in comparison.worse}
    what = f"worse than the last good run {comparison.against}: {', '.join(rows)}"
    return Finding(WORSE, what, rows, severity=Severity.WARNING)
