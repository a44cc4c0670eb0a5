"""Phi without correction for chance, for checks and mean fields."""

from __future__ import annotations

import numpy as np

from simulation.metrics.curves import ROUNDING, Curves, dot, integral
from simulation.metrics.metric import Metric, Undefined, require_synchrony
from simulation.world import Array


def phi_simple(shares: Array, weights: Array, *, dt: float) -> float:
    """Variance between regions over the variance of a pooled enterprise, both integrated over time; equation (10).

    Parameters
    ----------
    shares : float64, shape (months + 1, R)
        F_r, adoption shares.
    weights : float64, shape (R,)
        w_r, summing to 1.
    dt : float
        Years between two rows.

    Returns
    -------
    float
        0 to 1; nan where the pooled share is 0 or 1 all the time.
    """
    pooled = dot(shares, weights)
    between = integral(dot((shares - pooled[:, None]) ** 2, weights), dt)
    total = integral(pooled * (1 - pooled), dt)
    return float(between / total) if total > ROUNDING else np.nan


def _phi_simple(curves: Curves) -> float:
    require_synchrony(curves)
    value = phi_simple(curves.regional, curves.weights, dt=curves.dt)
    if np.isnan(value):
        raise Undefined("All eligible enterprises adopt at once: the pooled share is never between 0 and 1.")
    return value


METRICS = (
    Metric(
        name="phi_simple",
        unit="share",
        reading="Phi of the standardized curves, not corrected for chance: small regions raise it.",
        better="lower",
        after="phi_macro",
        measure=_phi_simple,
    ),
)
