"""Kuramoto's order parameter: the degree to which regions are in the same phase of adoption."""

from __future__ import annotations

import numpy as np

from simulation.metrics.curves import ROUNDING, Curves, dot
from simulation.metrics.metric import Metric, Undefined, require_synchrony
from simulation.metrics.passes import phase_order
from simulation.world import Array


def kuramoto(shares: Array, weights: Array) -> float:
    """Order of the phases pi F_r, averaged over time with weight Fbar (1 - Fbar); equation (14), section 5.

    A full turn would be 2 pi; with pi, a region without adopters is opposite to one where all have adopted.

    Parameters
    ----------
    shares : float64, shape (months + 1, R)
        F_r, adoption shares on an even time grid.
    weights : float64, shape (R,)
        w_r, summing to 1.

    Returns
    -------
    float
        0 to 1; nan where the pooled share is 0 or 1 all the time.

    References
    ----------
    Kuramoto (1984), Chemical Oscillations, Waves, and Turbulence, Springer.
    """
    pooled = dot(shares, weights)
    order = phase_order(np.ascontiguousarray(shares), np.ascontiguousarray(weights))
    importance = pooled * (1 - pooled)
    importance[[0, -1]] /= 2  # trapezoid rule
    total = importance.sum()
    return float(dot(order, importance) / total) if total > ROUNDING else np.nan


def _kuramoto(curves: Curves) -> float:
    require_synchrony(curves)
    value = kuramoto(curves.regional, curves.weights)
    if np.isnan(value):
        raise Undefined("All eligible enterprises adopt at once: the pooled share is never between 0 and 1.")
    return value


METRICS = (
    Metric(
        name="kuramoto",
        unit="0 to 1",
        reading="1 where all regions are in the same phase of adoption, 0 where they cancel out.",
        better="higher",
        after="theil_50_micro",
        measure=_kuramoto,
    ),
)
