"""Speed: the times at which 10, 50 and 90 % of the eligible have adopted, in total and by region."""

from __future__ import annotations

import numpy as np

from simulation.metrics.curves import Curves, crossing_time
from simulation.metrics.metric import Metric, Undefined, require_eligible, require_synchrony
from simulation.world import Array


def regional_times(curves: Curves, level: float) -> Array:
    """Years after release at which each region's standardized share reaches a level.

    Returns
    -------
    float64, shape (R,)
        nan where the level is not reached within the common window, and for regions without eligible enterprises.
    """
    return np.where(curves.weights > 0, crossing_time(curves.regional, level, dt=curves.dt), np.nan)


def time_to(level: float, share: Array, curves: Curves) -> float:
    """Return the years after release at which a pooled share, float64 (W + 1,), reaches a level; see ``crossing_time``.

    Raises
    ------
    Undefined
        If it does not reach the level within the common window.
    """
    time = float(crossing_time(share, level, dt=curves.dt))
    if np.isnan(time):
        raise Undefined(
            f"The pooled adoption share does not reach {level:.0%} within the common window "
            f"of {curves.years[-1]:.1f} years; it ends at {np.floor(share[-1] * 1000) / 1000:.1%}."
        )
    return time


def _pooled_time(curves: Curves, level: float) -> float:
    require_eligible(curves)
    return time_to(level, curves.pooled, curves)


def regional_t50(curves: Curves) -> Array:
    """Return t50 of every region with eligible enterprises, years.

    Raises
    ------
    Undefined
        If at least one of them never reaches it.
    """
    require_synchrony(curves)
    present = np.flatnonzero(curves.weights > 0)
    times = regional_times(curves, 0.5)[present]
    never = [curves.record.regions[r] for r in present[np.isnan(times)]]
    if never:
        raise Undefined(
            f"The adoption share does not reach 50% within the common window in {', '.join(never)}."
        )
    return times


def _regions_below_half(curves: Curves) -> float:
    require_eligible(curves)
    return float(np.isnan(regional_times(curves, 0.5)[curves.weights > 0]).sum())


METRICS = (
    Metric(
        name="t10_years",
        unit="years",
        reading="Years from release until 10 % of the eligible have adopted, all technologies pooled.",
        better="lower",
        after="w1_raw_years",
        measure=lambda curves: _pooled_time(curves, 0.1),
    ),
    Metric(
        name="t50_years",
        unit="years",
        reading="Years from release until half of the eligible have adopted: the main measure of speed.",
        better="lower",
        measure=lambda curves: _pooled_time(curves, 0.5),
    ),
    Metric(
        name="t90_years",
        unit="years",
        reading="Years from release until 90 % of the eligible have adopted, all technologies pooled.",
        better="lower",
        measure=lambda curves: _pooled_time(curves, 0.9),
    ),
    Metric(
        name="t50_sd_years",
        unit="years",
        reading="Standard deviation of t50 over regions; undefined if one region never reaches half.",
        better="lower",
        measure=lambda curves: float(regional_t50(curves).std()),
    ),
    Metric(
        name="t50_range_years",
        unit="years",
        reading="Years from the first region that reaches half to the last.",
        better="lower",
        measure=lambda curves: float(np.ptp(regional_t50(curves))),
    ),
    Metric(
        name="regions_below_half",
        unit="regions",
        reading="Regions that do not reach half within the common window.",
        better="lower",
        measure=_regions_below_half,
    ),
)
