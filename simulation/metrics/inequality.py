"""Theil's index: inequality of adopters between regions at an equal stage of adoption."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from simulation.metrics.curves import ROUNDING, Curves
from simulation.metrics.metric import Metric, Undefined, require_synchrony
from simulation.metrics.passes import divergence
from simulation.world import Array


class Theil(NamedTuple):
    """Theil's index in nats, 0 where all regions have the same share, and its two parts, which add up to it."""

    total: float
    between: float  # between macroregions
    within: float  # between the regions of a macroregion


def theil(shares: Array, weights: Array, *, macroregion_of: Array) -> Theil:
    """Theil's index of the adopters' distribution over regions, T = sum s_r ln(s_r / w_r); equation (13), section 5.

    Parameters
    ----------
    shares : float64, shape (R,)
        F_r at one moment.
    weights : float64, shape (R,)
        w_r, share of the eligible, summing to 1.
    macroregion_of : int64, shape (R,)

    Returns
    -------
    Theil
        All nan if there are no adopters.

    References
    ----------
    Theil (1967), Economics and Information Theory, North-Holland.
    """
    adopters = weights * shares
    if adopters.sum() <= ROUNDING:
        return Theil(np.nan, np.nan, np.nan)
    s = adopters / adopters.sum()
    s_macro = np.bincount(macroregion_of, weights=s)
    w_macro = np.bincount(macroregion_of, weights=weights)
    # The share that a region would have if the adopters of its macroregion were spread evenly over the eligible.
    even = weights * (s_macro / np.where(w_macro > 0, w_macro, 1.0))[macroregion_of]
    return Theil(divergence(s, weights), between=divergence(s_macro, w_macro), within=divergence(s, even))


def stage_month(curves: Curves, level: float) -> int:
    """Return the first month after release in which a share of all eligible has adopted; regions are compared there.

    Raises
    ------
    Undefined
        If there is none within the common window, or there is nothing to compare.
    """
    require_synchrony(curves)
    reached = curves.pooled >= level
    if not reached.any():
        raise Undefined(
            f"The pooled adoption share does not reach {level:.0%} within the common window "
            f"of {curves.years[-1]:.1f} years; it ends at {curves.pooled[-1]:.1%}."
        )
    return int(reached.argmax())


def _theil_at(curves: Curves, level: float) -> Theil:
    month = stage_month(curves, level)
    return theil(
        curves.regional[month], curves.weights_in(month), macroregion_of=curves.record.macroregion_of
    )


def _part(level: float, part: int) -> Callable[[Curves], float]:
    return lambda curves: _theil_at(curves, level)[part]


def _metrics() -> Iterator[Metric]:
    whose = ("between regions", "between macroregions", "between the regions of a macroregion")
    for stage, percent in enumerate((25, 50, 75)):
        for part, suffix in enumerate(("", "_between", "_within")):
            yield Metric(
                name=f"theil_{percent}{suffix}",
                unit="nats",
                reading=f"Inequality {whose[part]} in the first month in which {percent} % of eligible have adopted.",
                better="lower",
                measure=_part(percent / 100, part),
                after=None if stage or part else "t50_micro_years",
            )


METRICS = tuple(_metrics())
