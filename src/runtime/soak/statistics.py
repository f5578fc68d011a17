"""Trends with their uncertainty: least squares on (time, value), honest about samples that depend on each other.

With n samples, mean time T and mean value V, the slope is b = S_tv / S_tt, where S_tv = sum (t - T)(v - V) and
S_tt = sum (t - T)^2. The residuals e give s^2 = sum e^2 / (n - 2), and the plain standard error s / sqrt(S_tt).

That error is right for independent residuals only. Memory goes up in steps and stays there, so neighbours resemble
each other; with their lag-1 correlation r (taken between 0 and 0.99), n samples are worth n' = n (1 - r) / (1 + r), the
variance of b is s^2 / S_tt * n / n', and the interval is b +- t(0.975, n' - 2) * sqrt(variance). One step in the middle
of a run therefore gives a wide interval, a steady leak a narrow one.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Point = tuple[float, float]
"""Seconds, value."""

LEAST_SAMPLES = 6
_S_PER_H = 3600.0
_MOST_CORRELATION = 0.99
_Z = 1.959963984540054  # the 97.5 % quantile of the normal distribution
# The 97.5 % quantile of Student's t for 1 to 6 degrees of freedom; from 7 on the expansion below is good to 0.001.
_T_FEW = (12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469)


@dataclass(frozen=True, slots=True)
class Trend:
    """A straight line through samples, with the 95 % confidence interval of its slope.

    at_s, at_value: the point it goes through (the means). span_s: from the first sample to the last.
    worth: how many independent samples they are worth.
    """

    slope_per_s: float
    half_width_per_s: float
    at_s: float
    at_value: float
    span_s: float
    samples: int
    worth: float

    @property
    def slope_per_h(self) -> float:
        """Growth an hour."""
        return self.slope_per_s * _S_PER_H

    @property
    def low_per_h(self) -> float:
        """The lower end of the interval."""
        return (self.slope_per_s - self.half_width_per_s) * _S_PER_H

    @property
    def high_per_h(self) -> float:
        """The upper end of the interval."""
        return (self.slope_per_s + self.half_width_per_s) * _S_PER_H

    def grown(self, slope_per_h: float) -> float:
        """What a slope comes to over the samples' span."""
        return slope_per_h / _S_PER_H * self.span_s

    def value_at(self, t_s: float) -> float:
        """The line."""
        return self.at_value + self.slope_per_s * (t_s - self.at_s)


def trend(points: Sequence[Point]) -> Trend | None:
    """The trend of some samples; None where there are too few to say anything."""
    n = len(points)
    if n < LEAST_SAMPLES:
        return None
    at_s = math.fsum(t for t, _ in points) / n
    at_value = math.fsum(v for _, v in points) / n
    spread = math.fsum((t - at_s) ** 2 for t, _ in points)
    if spread <= 0:
        return None
    slope = math.fsum((t - at_s) * (v - at_value) for t, v in points) / spread
    residuals = [v - at_value - slope * (t - at_s) for t, v in points]
    square = math.fsum(e * e for e in residuals)
    noise = (abs(at_value) + abs(slope) * (points[-1][0] - points[0][0])) * 1e-12  # what rounding leaves of a true line
    correlation = 0.0
    if square > n * noise * noise:
        shared = math.fsum(a * b for a, b in pairwise(residuals))
        correlation = min(max(shared / square, 0.0), _MOST_CORRELATION)
    worth = n * (1 - correlation) / (1 + correlation)
    error = math.sqrt(square / (n - 2) / spread * n / worth)
    half_width = student_t(max(worth - 2, 1.0)) * error
    return Trend(slope, half_width, at_s, at_value, points[-1][0] - points[0][0], n, worth)


def student_t(freedom: float) -> float:
    """The 97.5 % quantile of Student's t; degrees of freedom are rounded down, which widens the interval."""
    whole = int(freedom)
    if whole <= len(_T_FEW):
        return _T_FEW[max(whole, 1) - 1]
    z = _Z  # the Cornish-Fisher expansion around the normal quantile
    first = (z**3 + z) / (4 * whole)
    second = (5 * z**5 + 16 * z**3 + 3 * z) / (96 * whole**2)
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * whole**3)
    return z + first + second + third


def percentile(values: Sequence[float], percent: int) -> float:
    """The nearest-rank percentile. Raises ValueError for no values: no data is not a number."""
    if not values:
        raise ValueError("no values, so no percentile")
    ordered = sorted(values)
    return ordered[max(0, -(-percent * len(ordered) // 100) - 1)]
