"""The HTML report of a soak: the verdict, the numbers, what was found, each threshold, a chart per metric."""

from collections.abc import Sequence

from runtime.html import page as html
from runtime.html.charts import Chart, line_chart
from runtime.html.markup import Child, Html, tag
from runtime.soak.plan import Kind
from runtime.soak.result import SoakResult
from runtime.soak.statistics import Point, Trend, trend
from runtime.soak.thresholds import claim, quantity, slope_text
from runtime.verdict import Verdict

_MOODS = {Verdict.PASS: "good", Verdict.UNKNOWN: "doubt", Verdict.FAIL: "bad"}
_HEADLINES = {
    Verdict.PASS: "held up: every threshold holds and has data",
    Verdict.UNKNOWN: "is not proven to hold up",
    Verdict.FAIL: "did not hold up",
}
_WORDS = {Verdict.PASS: "PASS", Verdict.UNKNOWN: "UNKNOWN", Verdict.FAIL: "FAIL"}


def page(result: SoakResult) -> str:
    """The whole page."""
    request = result.request
    service = request.run.contract.name
    mood = _MOODS[result.verdict]
    chosen = ", ".join(f"{name} {value}" for name, value in request.run.chosen.items())
    when = f"{result.started_at}, run {request.run.places.run}" + (f", {chosen}" if chosen else "")
    exit_line = f"exit code {int(result.exit_code)}: {result.exit_code.meaning}"
    headline = f"Soak of {service}: it {_HEADLINES[result.verdict]}"
    return html.document(
        f"soak {service} {_WORDS[result.verdict]}",
        html.banner(_WORDS[result.verdict], mood, headline, when, exit_line),
        html.tiles(_numbers(result)),
        _findings(result),
        html.section("Thresholds", _thresholds(result)),
        _allocations(result),
        html.section(
            "Limited metrics", tag("div", [_chart(name, result) for name in _limited(result)], class_="charts")
        ),
        _others(result),
        _comparison(result),
        html.section("Checks of the service", _checks(result)),
        _footer(result),
    )


def _numbers(result: SoakResult) -> list[tuple[str, str]]:
    memory = result.memory_mb
    shown = [f"{value:.1f} MB" for value in memory] if memory else ["NO DATA"] * 3
    grown = "NO DATA" if result.grown_mb is None else f"{result.grown_mb:+.1f} MB"
    return [
        ("Start memory", shown[0]),
        ("End memory", shown[1]),
        ("Peak memory", shown[2]),
        ("Memory growth", grown),
        ("Events processed", f"{result.recording.events:,.0f}"),
        ("Events per second", f"{result.events_per_s:.1f}"),
        ("Observed", f"{result.recording.now_s:.0f} s"),
        ("Ready after", "never" if result.boot_s is None else f"{result.boot_s:.2f} s"),
    ]


def _findings(result: SoakResult) -> Html | None:
    if not result.findings:
        return None
    notes = []
    for finding in result.findings:
        mood = "bad" if finding.severity.value == "error" else "doubt"
        facts = [(str(name), _text(value)) for name, value in finding.evidence.items()]
        notes.append(html.note(finding.id, mood, finding.what, facts, list(finding.next)))
    return html.section("Findings", notes)


def _text(value: object) -> str:
    return "; ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _thresholds(result: SoakResult) -> Html:
    rows: list[Sequence[Child]] = [
        (
            html.badge(judged.word, _MOODS[judged.verdict]),
            tag("code", judged.threshold.metric),
            tag("span", claim(judged.threshold, judged.unit), class_="whole"),
            judged.detail,
            str(judged.samples),
        )
        for judged in result.thresholds
    ]
    return html.table(("result", "metric", "limit", "after warm-up", "samples"), rows, frozenset({4}))


def _limited(result: SoakResult) -> list[str]:
    return list(dict.fromkeys(threshold.metric for threshold in result.request.plan.thresholds))


def _others(result: SoakResult) -> Html | None:
    names = [name for name in sorted(result.recording.series) if name not in _limited(result)]
    if not names:
        return None
    charts = tag("div", [_chart(name, result) for name in names], class_="charts")
    return html.section("Everything else that was recorded", charts)


def _chart(metric: str, result: SoakResult) -> Html:
    recording, unit = result.recording, result.units.get(metric, "")
    mine = [each for each in result.request.plan.thresholds if each.metric == metric]
    line = trend(recording.judged(metric))
    about_growth = any(each.kind is Kind.SLOPE for each in mine)
    drawn = line if line is not None and about_growth else None
    return line_chart(
        Chart(
            title=metric,
            unit=unit,
            points=recording.all_of(metric),
            end_s=recording.now_s,
            caption=_caption(metric, result, line if about_growth else None),
            shaded_s=recording.warm_up_s,
            shade_label="warm-up",
            limits=[(each.limit, claim(each, unit)) for each in mine if each.kind in (Kind.AT_MOST, Kind.AT_LEAST)],
            trend=_ends(drawn, recording.warm_up_s, recording.now_s) if drawn else (),
            band=_band(drawn, recording.warm_up_s, recording.now_s) if drawn else (),
        )
    )


def _caption(metric: str, result: SoakResult, line: Trend | None) -> str:
    unit = result.units.get(metric, "")
    if line is not None:
        return slope_text(line, unit)
    last = result.recording.last(metric)
    return "" if last is None else f"last {quantity(last, unit)}"


def _ends(line: Trend, from_s: float, to_s: float) -> list[Point]:
    return [(from_s, line.value_at(from_s)), (to_s, line.value_at(to_s))]


def _band(line: Trend, from_s: float, to_s: float) -> list[Point]:
    """Where the line may lie: it turns around the means by the half width of the slope's interval."""

    def at(t_s: float, sign: int) -> Point:
        return t_s, line.value_at(t_s) + sign * line.half_width_per_s * (t_s - line.at_s)

    return [
        at(from_s, 1),
        (line.at_s, line.at_value),
        at(to_s, 1),
        at(to_s, -1),
        (line.at_s, line.at_value),
        at(from_s, -1),
    ]


def _allocations(result: SoakResult) -> Html | None:
    if not result.sites:
        return None
    rows = [
        (tag("code", site.where), f"{site.grown_bytes / 1024:,.1f} KiB", f"{site.grown_blocks:,}")
        for site in result.sites
    ]
    table = html.table(("line", "holds more", "blocks"), rows, frozenset({1, 2}))
    return html.section("Lines that hold more than in the middle of warm-up", table)


def _comparison(result: SoakResult) -> Html | None:
    comparison = result.comparison
    if comparison is None:
        return None
    if comparison.problem:
        return html.section("Against the last good run", tag("p", f"Not compared: {comparison.problem}."))
    rows = [
        (tag("code", row.metric), quantity(row.before, row.unit), quantity(row.now, row.unit),
         html.badge("worse", "doubt") if row.worse else "")
        for row in comparison.rows
    ]  # fmt: skip
    title = f"Against the last good run {comparison.against}"
    return html.section(title, html.table(("median of", "then", "now", ""), rows, frozenset({1, 2})))


def _checks(result: SoakResult) -> Html:
    rows = [
        (html.badge(_WORDS[each.verdict], _MOODS[each.verdict]), each.check, each.summary) for each in result.judgements
    ]
    return html.table(("result", "check", "evidence"), rows)


def _footer(result: SoakResult) -> Html:
    recording = result.recording
    return tag(
        "footer",
        tag(
            "p",
            f"Judged from {recording.warm_up_s:.1f} s on (the first quarter, at most 15 s, is warm-up). A slope is the "
            "least-squares line through the samples; its 95 % interval counts neighbouring samples that resemble each "
            "other as fewer. A threshold without data is not a pass. docs/reference/soak.md has the formulas.",
        ),
    )
