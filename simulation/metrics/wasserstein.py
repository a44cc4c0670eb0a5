"""W1: the mean time lag between regions, years."""

from __future__ import annotations

import numpy as np

from simulation.metrics.curves import Curves, dot, integral
from simulation.metrics.metric import Metric, Undefined, require_synchrony
from simulation.metrics.passes import differences_of
from simulation.world import Array


def w1(shares: Array, dt: float) -> float:
    """Mean over pairs of regions of the area between their curves: Wasserstein's distance of order 1; equation (11).

    Parameters
    ----------
    shares : float64, shape (months + 1, R)
        F_r, adoption shares.
    dt : float
        Years between two rows.

    Returns
    -------
    float
        Years: the lag, where curves are shifted copies of each other; nan for fewer than two regions.

    References
    ----------
    Vallender (1974), Theory of Probability and its Applications 18: 784-786.
    """
    regions = shares.shape[1]
    if regions < 2:
        return np.nan
    return float(integral(differences(shares), dt) / (regions * (regions - 1) / 2))


def differences(shares: Array) -> Array:
    """Return the sum over pairs of regions of the distance between their shares; float64 (...) of float64 (..., R)."""
    out = np.empty(shares.shape[:-1])
    differences_of(np.ascontiguousarray(shares).reshape(-1, shares.shape[-1]), out.reshape(-1))
    return out


def _mean_over_technologies(curves: Curves, by_technology: Array) -> float:
    require_synchrony(curves)
    has_eligible = curves.eligible.sum(axis=(1, 3)) > 0
    compared = np.flatnonzero(has_eligible.sum(axis=1) >= 2)
    if not compared.size:
        raise Undefined("No technology has eligible enterprises in two regions.")
    lags = [w1(by_technology[k][:, has_eligible[k]], curves.dt) for k in compared]
    weights = curves.technology_weights[compared]
    return float(dot(np.array(lags), weights) / weights.sum())


METRICS = (
    Metric(
        name="w1_years",
        unit="years",
        reading="Mean area between two regions' curves up to the common window, industries standardized: a lag, but "
        "small too if few have adopted; compare with a fully mixed world, not with 0.",
        better="lower",
        after="variance_micro",
        measure=lambda curves: _mean_over_technologies(curves, curves.by_technology),
    ),
    Metric(
        name="w1_raw_years",
        unit="years",
        reading="Mean area between two regions' curves up to the common window, mixes of industries included.",
        better="lower",
        measure=lambda curves: _mean_over_technologies(curves, curves.raw_by_technology),
    ),
)
