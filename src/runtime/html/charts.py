"""A line chart as inline SVG: samples over time, the part that is not judged shaded, limits, a trend with its interval.

Everything is said by shape, position and words as well as by colour, and each chart carries a sentence for readers that
cannot see it. Drawn numbers have two decimals at most, so the same samples give the same bytes.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from runtime.html.markup import Html, join, tag

Point = tuple[float, float]

_WIDTH, _HEIGHT = 560.0, 210.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 58.0, 14.0, 12.0, 26.0
_MOST_POINTS = 500
_DOTS_BELOW = 40
_TICKS = 4
_LIMIT_REACH = 1.5  # a limit farther away than this many heights of the data is told in words instead


@dataclass(frozen=True, slots=True)
class Chart:
    """What to draw.

    points: (seconds, value) in order of time. end_s: where the axis ends. shaded_s: the beginning that is not judged.
    limits: value and label. trend: two points; band: the corners of its interval, in order around it.
    """

    title: str
    unit: str
    points: Sequence[Point]
    end_s: float
    caption: str = ""
    shaded_s: float = 0.0
    shade_label: str = ""
    limits: Sequence[tuple[float, str]] = ()
    trend: Sequence[Point] = ()
    band: Sequence[Point] = ()


def line_chart(chart: Chart) -> Html:
    """The chart with its title; without a single sample it says so."""
    caption = tag("figcaption", tag("span", chart.title), tag("small", chart.caption) if chart.caption else None)
    if not chart.points:
        return tag("figure", caption, tag("p", "NO DATA"))
    return tag("figure", caption, _svg(chart))


def _svg(chart: Chart) -> Html:
    low, high, far = _range(chart)
    ticks = nice_ticks(low, high)
    low, high = min(low, ticks[0]), max(high, ticks[-1])
    end_s = max(chart.end_s, chart.points[-1][0], 1e-9)

    def x(t_s: float) -> float:
        return _LEFT + t_s / end_s * (_WIDTH - _LEFT - _RIGHT)

    def y(value: float) -> float:
        return _HEIGHT - _BOTTOM - (value - low) / (high - low) * (_HEIGHT - _TOP - _BOTTOM)

    values = [value for _, value in chart.points]
    sentence = (
        f"{chart.title}: {len(values)} samples over {end_s:.0f} s, from {short(min(values))} to {short(max(values))}"
        f" {chart.unit}, last {short(values[-1])} {chart.unit}"
    )
    parts = [
        tag("title", sentence),
        _shade(chart, x),
        *[_tick(tick, y, ticks) for tick in ticks],
        *[_second(second, x) for second in nice_ticks(0.0, end_s) if second <= end_s],
        tag("polygon", points=_path(_clipped(chart.band, low, high), x, y), class_="band") if chart.band else None,
        *_data(chart, x, y, low),
        tag("polyline", points=_path(_clipped(chart.trend, low, high), x, y), class_="trend") if chart.trend else None,
        *[_limit(value, label, x, y, end_s) for value, label in chart.limits if low <= value <= high],
        *[
            tag("text", f"limit {label} is off the chart", x=_WIDTH - _RIGHT, y=_TOP + 10, class_="end")
            for _, label in far[:1]
        ],
    ]
    return tag(
        "svg", [part for part in parts if part], viewBox=f"0 0 {_WIDTH:.0f} {_HEIGHT:.0f}", role="img",
        aria_label=sentence,
    )  # fmt: skip


def _range(chart: Chart) -> tuple[float, float, list[tuple[float, str]]]:
    """The values to show, and the limits too far away to show without flattening the data."""
    values = [value for _, value in chart.points]
    low, high = min(values), max(values)
    height = max(high - low, abs(high) * 0.02, 1e-6)
    far = []
    for value, label in chart.limits:
        if low - _LIMIT_REACH * height <= value <= high + _LIMIT_REACH * height:
            low, high = min(low, value), max(high, value)
        else:
            far.append((value, label))
    pad = max((high - low) * 0.08, abs(high) * 0.005, 1e-6)
    if all(value.is_integer() for value in map(float, values)):
        pad = max(pad, 1.0)  # a count that stands still looks like one
    return (max(0.0, low - pad) if low >= 0 else low - pad), high + pad, far


def nice_ticks(low: float, high: float) -> list[float]:
    """A few round numbers that span low to high."""
    raw = (high - low) / _TICKS
    if raw <= 0 or not math.isfinite(raw):
        return [low, low + 1.0]
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * size for factor in (1.0, 2.0, 2.5, 5.0, 10.0) if factor * size >= raw)
    first = math.floor(low / step + 1e-9)
    count = math.ceil(high / step - 1e-9) - first
    return [(first + index) * step for index in range(count + 1)]


def thinned(points: Sequence[Point], most: int = _MOST_POINTS) -> list[Point]:
    """At most about `most` points: of each part of the time its lowest and highest, so that no peak is lost."""
    if len(points) <= most:
        return list(points)
    size = math.ceil(len(points) / (most // 2))
    kept: list[Point] = []
    for start in range(0, len(points), size):
        part = points[start : start + size]
        kept += sorted({min(part, key=lambda point: point[1]), max(part, key=lambda point: point[1])})
    return kept


def short(value: float) -> str:
    """A number for an axis."""
    size = abs(value)
    for limit, divisor, suffix in ((1e9, 1e9, "G"), (1e6, 1e6, "M"), (1e4, 1e3, "k")):
        if size >= limit:
            return f"{value / divisor:.4g}{suffix}"
    return f"{value:.4g}"


_Scale = Callable[[float], float]


def _path(points: Sequence[Point], x: _Scale, y: _Scale) -> str:
    return " ".join(f"{x(t):.1f},{y(value):.1f}" for t, value in points)


def _clipped(points: Sequence[Point], low: float, high: float) -> list[Point]:
    """A wide interval must not leave the frame."""
    return [(t, min(max(value, low), high)) for t, value in points]


def _data(chart: Chart, x: _Scale, y: _Scale, low: float) -> list[Html]:
    points = thinned(chart.points)
    line = _path(points, x, y)
    area = f"{x(points[0][0]):.1f},{y(low):.1f} {line} {x(points[-1][0]):.1f},{y(low):.1f}"
    filled = [tag("polygon", points=area, class_="area")] if low == 0 else []  # an area that does not stand on 0 lies
    drawn = [*filled, tag("polyline", points=line, class_="data")]
    if len(points) < _DOTS_BELOW:
        for t, value in points:
            told = tag("title", f"{t:.1f} s: {short(value)} {chart.unit}")
            drawn.append(tag("circle", told, cx=x(t), cy=y(value), r=2.4, class_="dot"))
    return drawn


def _shade(chart: Chart, x: _Scale) -> Html | None:
    if chart.shaded_s <= 0:
        return None
    width = min(x(chart.shaded_s), _WIDTH - _RIGHT) - _LEFT
    box = tag("rect", x=_LEFT, y=_TOP, width=width, height=_HEIGHT - _TOP - _BOTTOM, class_="shade")
    return join([box, tag("text", chart.shade_label, x=_LEFT + 6, y=_TOP + 13)])


def _tick(value: float, y: _Scale, ticks: Sequence[float]) -> Html:
    line = tag("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y(value), y2=y(value), class_="grid")
    label = _axis_text(value, ticks[1] - ticks[0])
    return join([line, tag("text", label, x=_LEFT - 7, y=y(value) + 4, class_="end")])


def _axis_text(value: float, step: float) -> str:
    """As many decimals as the step needs: 44.86, 44.88, not 44.86, 44.9."""
    if abs(value) >= 1e4:  # noqa: PLR2004 -- from here on thousands are shortened
        return short(value)
    decimals = len(f"{step:.6f}".rstrip("0").partition(".")[2])
    return f"{value:.{decimals}f}"


def _second(t_s: float, x: _Scale) -> Html:
    return tag("text", f"{t_s:g} s", x=x(t_s), y=_HEIGHT - 8, class_="middle")


def _limit(value: float, label: str, x: _Scale, y: _Scale, end_s: float) -> Html:
    line = tag("line", x1=x(0.0), x2=x(end_s), y1=y(value), y2=y(value), class_="limit")
    above = y(value) - 5 if y(value) > _TOP + 16 else y(value) + 13  # room for a line of text
    return join([line, tag("text", label, x=_WIDTH - _RIGHT - 2, y=above, class_="end limit-text")])
