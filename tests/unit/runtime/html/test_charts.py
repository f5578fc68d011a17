"""Charts: what is in the samples is in the picture, inside its frame, and said in words."""

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.html.charts import Chart, line_chart, nice_ticks, short, thinned

VALUES = st.floats(-1e9, 1e9, allow_nan=False)


def drawn(chart):
    return ET.fromstring(line_chart(chart))  # noqa: S314 -- our own drawing, which must be well-formed


def test_a_chart_without_samples_says_so():
    figure = drawn(Chart("rss_mb", "MB", [], 60))
    assert figure.find("svg") is None
    assert "NO DATA" in "".join(figure.itertext())


def test_what_is_drawn_is_said_in_words_for_those_who_cannot_see_it():
    figure = drawn(Chart("rss_mb", "MB", [(0, 40), (30, 42.5), (60, 41)], 60, caption="slope +1"))
    assert figure.find("svg").get("aria-label") == "rss_mb: 3 samples over 60 s, from 40 to 42.5 MB, last 41 MB"
    assert "slope +1" in "".join(figure.itertext())


@given(st.lists(VALUES, min_size=1, max_size=60), st.floats(0, 1e9), VALUES)
def test_nothing_leaves_the_frame_whatever_the_values(values, shaded_s, limit):
    points = [(float(index), value) for index, value in enumerate(values)]
    band = [(0.0, limit * 2), (1.0, limit), (0.0, -limit)]
    chart = Chart(
        "m", "u", points, 60.0, shaded_s=min(shaded_s, 60), limits=[(limit, "limit")], trend=band[:2], band=band
    )
    svg = drawn(chart).find("svg")
    width, height = (float(part) for part in svg.get("viewBox").split()[2:])
    for element in svg.iter():
        for x, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", element.get("points") or ""):
            assert 0 <= float(x) <= width
            assert -0.1 <= float(y) <= height + 0.1


def test_a_limit_near_the_data_is_drawn_and_one_far_away_is_told():
    points = [(float(index), 10.0 + index) for index in range(10)]
    near = line_chart(Chart("m", "u", points, 10, limits=[(22.0, "at most 22")]))
    far = line_chart(Chart("m", "u", points, 10, limits=[(5000.0, "at most 5000")]))
    assert 'class="limit"' in near
    assert 'class="limit"' not in far
    assert "at most 5000 is off the chart" in far


@given(VALUES, st.floats(1e-6, 1e9))
def test_ticks_are_few_and_enclose_the_range(low, height):
    high = low + height
    if high <= low:
        return
    ticks = nice_ticks(low, high)
    assert 2 <= len(ticks) <= 8
    slack = height * 1e-6 + abs(low) * 1e-9
    assert ticks[0] <= low + slack
    assert ticks[-1] >= high - slack


@given(st.lists(VALUES, min_size=1, max_size=3000))
def test_thinning_keeps_the_highest_and_the_lowest(values):
    points = [(float(index), value) for index, value in enumerate(values)]
    kept = thinned(points)
    assert len(kept) <= 600
    assert (min(v for _, v in kept), max(v for _, v in kept)) == (min(values), max(values))
    assert [t for t, _ in kept] == sorted(t for t, _ in kept)


def test_the_same_samples_give_the_same_bytes():
    points = [(index / 3, (index * 7919) % 101 / 7) for index in range(100)]
    assert line_chart(Chart("m", "u", points, 40)) == line_chart(Chart("m", "u", points, 40))


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (44.86, "44.86"), (12_345, "12.35k"), (2.5e6, "2.5M"), (3e9, "3G")]
)
def test_axis_numbers_are_short(value, text):
    assert short(value) == text
