"""Judges a recording: each threshold PASS, FAIL or UNKNOWN. Pure.

No sample is NO DATA and so UNKNOWN, never a pass; so is a series with a hole in it. A slope whose interval reaches over
the limit is UNSURE, which is UNKNOWN too: the remedy is a longer run.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from runtime.soak.plan import OUTSIDE_UNITS, Kind, Threshold
from runtime.soak.recording import Recording
from runtime.soak.statistics import LEAST_SAMPLES, Point, Trend, trend
from runtime.verdict import Verdict

_HOLE_INTERVALS = 4
_HOLE_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one threshold.

    word: ok, FAIL, NO DATA or UNSURE. observed: the extreme value or the growth, None without data. lasted_s: how long
    the worst excess lasted. trend: of every series with enough samples, whatever was asked.
    """

    threshold: Threshold
    unit: str
    verdict: Verdict
    word: str
    detail: str
    samples: int
    observed: float | None = None
    lasted_s: float = 0.0
    trend: Trend | None = None


def judge(threshold: Threshold, recording: Recording, unit: str) -> Judged:
    """Judge one threshold on what was recorded."""
    points = recording.judged(threshold.metric)
    if recording.idle and threshold.metric not in OUTSIDE_UNITS:
        detail = "no event was dealt with, so what the service says of itself proves nothing"
        return Judged(threshold, unit, Verdict.UNKNOWN, "NO DATA", detail, 0)
    if not points:
        detail = f"no sample of {threshold.metric} in {_window_s(recording):.0f} s after warm-up"
        return Judged(threshold, unit, Verdict.UNKNOWN, "NO DATA", detail, 0)
    judged = _JUDGES[threshold.kind](threshold, recording, unit, points)
    hole = _hole(points, recording)
    if judged.verdict is Verdict.PASS and hole:
        return Judged(
            threshold, unit, Verdict.UNKNOWN, "NO DATA", hole, len(points), judged.observed, trend=judged.trend
        )
    return judged


def _window_s(recording: Recording) -> float:
    return max(0.0, recording.now_s - recording.warm_up_s)


def _hole(points: Sequence[Point], recording: Recording) -> str:
    """The longest time without a sample, where it is too long; empty where there is none."""
    times = [recording.warm_up_s, *(t for t, _ in points), recording.now_s]
    steps = [(after - before, before) for before, after in pairwise(times)]
    usual = median(step for step, _ in steps[1:-1]) if len(points) > 1 else 0.0
    allowed = max(_HOLE_INTERVALS * usual, _HOLE_SHARE * _window_s(recording))
    longest, since_s = max(steps)
    return f"no sample for {longest:.1f} s from {since_s:.1f} s on" if longest > allowed else ""


def _extreme(threshold: Threshold, recording: Recording, unit: str, points: list[Point]) -> Judged:
    """No excess lasts `for_s` or longer; with for_s 0 there is none."""
    sign = 1 if threshold.kind is Kind.AT_MOST else -1
    over = [(t, sign * value > sign * threshold.limit) for t, value in points]
    longest_s, since_s = 0.0, None
    for t, is_over in [*over, (recording.now_s, False)]:
        if is_over and since_s is None:
            since_s = t
        elif not is_over and since_s is not None:
            longest_s = max(longest_s, t - since_s)
            since_s = None
    worst = max((value for _, value in points), key=lambda value: sign * value)
    count = sum(1 for _, is_over in over if is_over)
    name = "highest" if sign > 0 else "lowest"
    detail = f"{name} {quantity(worst, unit)}"
    if count:
        detail += f", beyond the limit in {count} of {len(points)} samples"
    if count and threshold.for_s:
        detail += f", {longest_s:.1f} s on end"
    failed = count > 0 and longest_s >= threshold.for_s
    verdict, word = (Verdict.FAIL, "FAIL") if failed else (Verdict.PASS, "ok")
    return Judged(threshold, unit, verdict, word, detail, len(points), worst, longest_s, trend(points))


def _slope(threshold: Threshold, recording: Recording, unit: str, points: list[Point]) -> Judged:
    """FAIL where growth beyond the limit is proven, PASS where it is excluded, UNSURE between."""
    line = trend(points)
    if line is None:
        detail = f"{len(points)} samples in {_window_s(recording):.1f} s; a slope needs {LEAST_SAMPLES}"
        return Judged(threshold, unit, Verdict.UNKNOWN, "NO DATA", detail, len(points))
    detail = f"{slope_text(line, unit)}, {signed(line.grown(line.slope_per_h))}{_of(unit)} in {line.span_s:.0f} s"
    bound = max(threshold.limit, _resolution_per_h(threshold, line))
    verdict, word = Verdict.UNKNOWN, "UNSURE"
    if line.high_per_h <= bound:
        verdict, word = Verdict.PASS, "ok"
        if line.high_per_h > threshold.limit:
            detail += f"; below what a run of this length can tell ({quantity(bound, unit)}/h)"
    elif line.low_per_h > bound:
        verdict, word = Verdict.FAIL, "FAIL"
    else:
        detail += "; the interval reaches over the limit: run longer"
    return Judged(threshold, unit, verdict, word, detail, len(points), line.slope_per_h, trend=line)


def _resolution_per_h(threshold: Threshold, line: Trend) -> float:
    """The slope at which the growth over this run would be worth speaking of."""
    return threshold.least_growth * 3600.0 / line.span_s if line.span_s > 0 else 0.0


def _growth(threshold: Threshold, recording: Recording, unit: str, points: list[Point]) -> Judged:
    """The outer bound: the end against the start, warm-up included."""
    everything = recording.all_of(threshold.metric)
    grown = everything[-1][1] - everything[0][1]
    failed = grown > threshold.limit
    verdict, word = (Verdict.FAIL, "FAIL") if failed else (Verdict.PASS, "ok")
    detail = f"{signed(grown)}{_of(unit)} from start to end"
    return Judged(threshold, unit, verdict, word, detail, len(points), grown, trend=trend(points))


_JUDGES = {
    Kind.AT_MOST: _extreme,
    Kind.AT_LEAST: _extreme,
    Kind.SLOPE: _slope,
    Kind.GROWTH: _growth,
}


def claim(threshold: Threshold, unit: str) -> str:
    """The threshold as people read it."""
    limit = quantity(threshold.limit, unit)
    if threshold.kind is Kind.SLOPE:
        return f"slope ≤ {limit}/h"
    if threshold.kind is Kind.GROWTH:
        return f"growth ≤ {limit}"
    relation = "≤" if threshold.kind is Kind.AT_MOST else "≥"
    return f"{relation} {limit}" + (f" (for {threshold.for_s:g} s)" if threshold.for_s else "")


def slope_text(line: Trend, unit: str) -> str:
    """A slope with its interval."""
    low, high = signed(line.low_per_h), signed(line.high_per_h)
    return f"{signed(line.slope_per_h)}{_of(unit)}/h (95 % CI {low} to {high})"


def quantity(value: float, unit: str) -> str:
    """A number with its unit; what is only counted has none."""
    return number(value) + _of(unit)


def _of(unit: str) -> str:
    return "" if unit in {"", "count"} else f" {unit}"


def number(value: float) -> str:
    """A number as people read it: three significant digits or so, thousands apart."""
    size = abs(value)
    if size >= 1000:  # noqa: PLR2004 -- from here on decimals say nothing
        return f"{value:,.0f}"
    if size >= 100 or value == int(value):  # noqa: PLR2004 -- one decimal less per digit
        return f"{value:.0f}"
    return f"{value:.1f}" if size >= 10 else f"{value:.2f}"  # noqa: PLR2004 -- as above


def signed(value: float) -> str:
    """A number with its sign."""
    text = number(value)
    return text if text.startswith("-") else f"+{text}"
