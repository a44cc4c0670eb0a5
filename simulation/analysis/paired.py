"""The difference of two paired samples: interval, test, effect size, replications needed.

The interval of a mean is Student's with Hall's correction for the skewness of the differences. docs/comparison.md
compares its coverage with that of Student's own and of a bias-corrected and accelerated bootstrap of pairs.

References
----------
Hall (1992), On the removal of skewness by transformation, Journal of the Royal Statistical Society B 54: 221-228.
Holm (1979), A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6: 65-70.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import stdtr, stdtrit

from simulation.world import Array

LEVEL = 0.95
PRECISION = 0.1
"""Desired half-width of the interval, as a share of the difference."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Scenario minus reference, over the n of N pairs in which both are defined; nan if n is too small."""

    scenario_mean: float
    reference_mean: float
    difference: float
    low: float  # ends of the 95 % interval; nan with fewer than two pairs
    high: float
    # Share of pairs in which the scenario is better, ties count half; nan if the metric has no better direction.
    superiority: float
    n: int
    pairs: int
    only_scenario: int  # pairs in which only the scenario is defined
    only_reference: int
    neither: int  # pairs in which both have run and neither is defined
    sd: float  # standard deviation of the differences; nan with fewer than two pairs
    effect: float  # Cohen's d_z, the difference over that standard deviation; nan if that is 0
    needed: float  # pairs for an interval of the desired half-width; nan if no number suffices
    p: float  # two-sided, for the hypothesis of no difference
    p_holm: float = math.nan  # the same, corrected for the metrics of the verdict; nan for all others


def paired_difference(
    values: Array,
    reference: Array,
    *,
    better: Literal["higher", "lower"] | None,
    precision: float = PRECISION,
) -> Difference:
    """Compare two samples pair by pair.

    Parameters
    ----------
    values, reference : float64, shape (N,)
        Members of a pair have the same position; nan where undefined.
    better : the better direction, if there is one.
    precision : desired half-width, as a share of the difference.
    """
    here, there = ~np.isnan(values), ~np.isnan(reference)
    first, second = values[here & there], reference[here & there]
    differences = first - second
    n = differences.size
    mean = float(differences.mean()) if n else math.nan
    sd = float(differences.std(ddof=1)) if n > 1 else math.nan
    low, high = interval(differences)
    larger = float(((differences > 0) + 0.5 * (differences == 0)).mean()) if n else math.nan
    return Difference(
        scenario_mean=float(first.mean()) if n else math.nan,
        reference_mean=float(second.mean()) if n else math.nan,
        difference=mean,
        low=low,
        high=high,
        superiority={"higher": larger, "lower": 1 - larger}.get(better or "", math.nan),
        n=n,
        pairs=values.size,
        only_scenario=int((here & ~there).sum()),
        only_reference=int((there & ~here).sum()),
        neither=int((~here & ~there).sum()),
        sd=sd,
        effect=mean / sd if sd > 0 else math.nan,
        needed=replications_needed(sd, half_width=precision * abs(mean)),
        p=p_value(differences),
    )


def interval(differences: Array, *, level: float = LEVEL) -> tuple[float, float]:
    """Return the ends of the interval of a mean: nan with fewer than two values, the mean itself if all are equal.

    With t Student's statistic and g the skewness over sqrt(n), T = t + g t^2 / 3 + g^2 t^3 / 27 + g / 6 follows
    Student's distribution more closely than t does. T rises with t, so the interval is found by inverting it.
    """
    n = differences.size
    if n < 2:
        return math.nan, math.nan
    mean, error, g = _moments(differences)
    ends = []
    for quantile in (stdtrit(n - 1, (1 + level) / 2), stdtrit(n - 1, (1 - level) / 2)):
        # 1 + g (T - g / 6) = (1 + g t / 3)^3; without skewness t is T.
        t = 3 * (np.cbrt(1 + g * (quantile - g / 6)) - 1) / g if abs(g) > 1e-9 else quantile
        ends.append(mean - float(t) * error)
    return ends[0], ends[1]


def p_value(differences: Array) -> float:
    """Return the two-sided p of no difference in the mean: at most 1 - level if the interval excludes zero."""
    n = differences.size
    if n < 2:
        return math.nan
    mean, error, g = _moments(differences)
    if error == 0:
        return 1.0 if mean == 0 else 0.0
    t = mean / error
    transformed = t + g * t**2 / 3 + g**2 * t**3 / 27 + g / 6
    return float(2 * stdtr(n - 1, -abs(transformed)))


def _moments(differences: Array) -> tuple[float, float, float]:
    """Return mean, its standard error, and skewness over sqrt(n) of at least two values."""
    n = differences.size
    mean = float(differences.mean())
    deviations = differences - mean
    variance = float((deviations**2).mean())
    error = math.sqrt(variance / (n - 1))
    if error == 0:
        return mean, 0.0, 0.0
    return mean, error, float((deviations**3).mean()) / variance**1.5 / math.sqrt(n)


def replications_needed(sd: float, *, half_width: float) -> float:
    """Return the number of pairs for which Student's interval has this half-width, at the present standard deviation.

    At least 2; nan if the half-width is 0, the standard deviation is unknown, or more than 10^12 pairs are needed.
    """
    if not half_width > 0 or math.isnan(sd):
        return math.nan

    def is_enough(n: int) -> bool:
        return float(stdtrit(n - 1, (1 + LEVEL) / 2)) * sd <= half_width * math.sqrt(n)

    root = 1.959964 * sd / half_width  # by the normal quantile, which gives slightly too few
    if root > 1e6:  # the square of a larger ratio may overflow
        return math.nan
    n = max(2, math.ceil(root**2))
    while not is_enough(n):
        n += 1
    return float(n)


def holm(p: Array) -> Array:
    """Return Holm's adjusted p of a family of tests, float64 of the same shape; nan does not belong to the family."""
    adjusted = np.full(p.shape, math.nan)
    defined = np.flatnonzero(~np.isnan(p))
    order = defined[np.argsort(p[defined], kind="stable")]
    steps = p[order] * np.arange(order.size, 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted
