"""Variance, inequality and t50 at three levels: enterprises (micro), regions (meso), macroregions (macro).

Variance and Theil's index are decomposed into parts between macroregions, between the regions of a macroregion, and
between the enterprises of a region. The spread of t50 is that over macroregions, that over regions and, within a
region, the time from a quarter to half.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simulation.metrics.curves import ROUNDING, Curves, crossing_time, dot, integral, ratio
from simulation.metrics.inequality import stage_month
from simulation.metrics.metric import Metric, Undefined, require_synchrony
from simulation.metrics.passes import divergence
from simulation.metrics.times import regional_t50, regional_times
from simulation.world import Array


class Variance(NamedTuple):
    """Shares of the variance of adoption over time, summing to 1; macro and meso add up to Phi_simple."""

    macro: float
    meso: float
    micro: float


def macro_curves(curves: Curves) -> tuple[Array, Array]:
    """Return the curves of macroregions, float64 (W + 1, M), and their shares of the eligible, float64 (M,).

    A macroregion's curve is the mean of those of its regions, by their eligible.
    """
    macroregion_of = curves.record.macroregion_of
    members = (
        np.equal.outer(macroregion_of, np.arange(len(curves.record.macroregions))) * curves.weights[:, None]
    )
    weights = members.sum(axis=0)
    return ratio(dot(curves.regional, members), weights), weights


def variance_parts(curves: Curves) -> Variance:
    """Decompose the variance, integrated over the common window, without correction for small numbers."""
    require_synchrony(curves)
    macro, weights = macro_curves(curves)
    mean = dot(curves.regional, curves.weights)
    total = integral(mean * (1.0 - mean), curves.dt)
    between = integral(dot((macro - mean[:, None]) ** 2, weights), curves.dt)
    apart = curves.regional - macro[:, curves.record.macroregion_of]
    within = integral(dot(apart**2, curves.weights), curves.dt)
    if total <= ROUNDING:
        raise Undefined("All eligible enterprises adopt at once: the pooled share is never between 0 and 1.")
    macro_part, meso_part = float(between / total), float(within / total)
    return Variance(macro_part, meso_part, 1.0 - macro_part - meso_part)


def _macro_t50(curves: Curves) -> float:
    require_synchrony(curves)
    macro, weights = macro_curves(curves)
    present = np.flatnonzero(weights > 0)
    times = crossing_time(macro[:, present], 0.5, dt=curves.dt)
    never = [curves.record.macroregions[m] for m in present[np.isnan(times)]]
    if never:
        raise Undefined(
            f"The adoption share does not reach 50% within the common window in {', '.join(never)}."
        )
    return float(times.std())


def _micro_t50(curves: Curves) -> float:
    """Return the years between a quarter and half of a region's share, mean over regions by their eligible.

    This measures the spread of adoption times within a region; later adoptions may lie beyond the horizon.
    """
    half = regional_t50(curves)
    present = curves.weights > 0
    quarter = regional_times(curves, 0.25)[present]
    return float(dot(half - quarter, curves.weights[present]))


def _theil_micro(curves: Curves) -> float:
    """Return Theil's index among the enterprises of a region, -ln F_r: adopters have equal shares, others nothing.

    It and the index between regions sum to that among all enterprises, -ln of the pooled share.
    """
    month = stage_month(curves, 0.5)
    shares = curves.regional[month]
    adopters = curves.weights_in(month) * shares
    s = adopters / adopters.sum()
    return divergence(s, np.where(s > 0, s * shares, 1.0))


METRICS = (
    Metric(
        name="variance_macro",
        unit="share",
        reading="Share of the variance of adoption over time that lies between macroregions, uncorrected.",
        better="lower",
        after="phi_simple",
        measure=lambda curves: variance_parts(curves).macro,
    ),
    Metric(
        name="variance_meso",
        unit="share",
        reading="Share that lies between the regions of a macroregion.",
        better="lower",
        measure=lambda curves: variance_parts(curves).meso,
    ),
    Metric(
        name="variance_micro",
        unit="share",
        reading="Share that lies between the enterprises of a region; the three sum to 1.",
        better="higher",
        measure=lambda curves: variance_parts(curves).micro,
    ),
    Metric(
        name="t50_macro_sd_years",
        unit="years",
        reading="Standard deviation of t50 over macroregions; undefined if one never reaches half.",
        better="lower",
        after="restricted_time_years",
        measure=_macro_t50,
    ),
    Metric(
        name="t50_micro_years",
        unit="years",
        reading="Years from a quarter to half of a region's eligible, mean over regions; undefined if t50_sd_years is.",
        better=None,
        measure=_micro_t50,
    ),
    Metric(
        name="theil_50_micro",
        unit="nats",
        reading="Inequality between the enterprises of a region when half of the eligible have adopted.",
        better=None,
        after="theil_75_within",
        measure=_theil_micro,
    ),
)
