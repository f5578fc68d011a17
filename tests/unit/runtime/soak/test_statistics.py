"""Trends: exact on a true line, wide where samples depend on each other, silent where there are too few."""

import math
from random import Random  # noqa: TID251 -- a seeded generator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.soak.statistics import LEAST_SAMPLES, percentile, student_t, trend

# From tables of Student's t, 97.5 %.
KNOWN_T = {1: 12.706, 2: 4.303, 5: 2.571, 6: 2.447, 7: 2.365, 10: 2.228, 20: 2.086, 30: 2.042, 60: 2.000, 120: 1.980}


def noisy(rng, slope_per_s, *, samples=60, noise=0.1, every_s=0.5):
    return [(index * every_s, 50 + slope_per_s * index * every_s + rng.gauss(0, noise)) for index in range(samples)]


@pytest.mark.parametrize("freedom", KNOWN_T)
def test_the_t_quantile_agrees_with_the_tables(freedom):
    assert student_t(freedom) == pytest.approx(KNOWN_T[freedom], abs=0.002)


def test_more_freedom_never_widens_the_interval_and_half_a_degree_counts_as_none():
    values = [student_t(freedom) for freedom in range(1, 300)]
    assert values == sorted(values, reverse=True)
    assert student_t(9.9) == student_t(9)


@given(st.floats(-5, 5), st.floats(-100, 100), st.integers(LEAST_SAMPLES, 100), st.floats(0.05, 5), st.floats(0, 1000))
def test_a_true_line_has_its_slope_and_no_width(slope, start, samples, every_s, from_s):
    points = [(from_s + index * every_s, start + slope * index * every_s) for index in range(samples)]
    line = trend(points)
    assert line.slope_per_s == pytest.approx(slope, abs=1e-6)
    assert line.half_width_per_s == pytest.approx(0, abs=1e-6)
    assert line.grown(line.slope_per_h) == pytest.approx(points[-1][1] - points[0][1], abs=1e-3)
    assert line.value_at(points[0][0]) == pytest.approx(start, abs=1e-3)


def test_the_interval_holds_the_truth_about_nineteen_times_in_twenty():
    """The claim of a 95 % interval, counted on five hundred noisy lines of known slope."""
    rng = Random(4711)  # noqa: S311 -- noise, no secret
    held = 0
    for _ in range(500):
        line = trend(noisy(rng, 0.02))
        held += line.low_per_h <= 0.02 * 3600 <= line.high_per_h
    assert 455 <= held <= 495


def test_one_step_is_no_trend_but_a_steady_growth_of_the_same_size_is():
    """Memory that rises once and stays: neighbours resemble each other, so few samples are few witnesses."""
    step = [(index * 0.5, 50.0 if index < 30 else 51.0) for index in range(60)]
    steady = [(index * 0.5, 50.0 + index / 60) for index in range(60)]
    once, always = trend(step), trend(steady)
    assert once.worth < 10
    assert once.low_per_h < 0 < once.high_per_h
    assert always.low_per_h > 0


def test_too_few_samples_or_samples_of_one_moment_have_no_trend():
    assert trend([(float(index), 1.0) for index in range(LEAST_SAMPLES - 1)]) is None
    assert trend([(3.0, float(index)) for index in range(20)]) is None


def test_a_constant_has_the_slope_zero_and_no_doubt():
    line = trend([(index * 0.5, 23.0) for index in range(20)])
    assert (line.slope_per_h, line.low_per_h, line.high_per_h) == (0, 0, 0)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200), st.integers(1, 100))
def test_a_percentile_is_one_of_the_values_with_enough_of_them_below(values, percent):
    found = percentile(values, percent)
    assert found in values
    assert sum(1 for value in values if value <= found) >= math.ceil(percent * len(values) / 100)


def test_the_percentile_of_nothing_is_refused():
    with pytest.raises(ValueError, match="no values"):
        percentile([], 50)
