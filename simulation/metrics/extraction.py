"""Innovation in the extracting industries, without mining services (section 13.7)."""

from __future__ import annotations

import numpy as np

from simulation.metrics.curves import Curves, ratio
from simulation.metrics.metric import Metric, Undefined, require_eligible
from simulation.metrics.participation import share_at_horizon
from simulation.metrics.times import time_to
from simulation.world import SERVICES, Array


def _extracts(curves: Curves) -> Array:
    """The extracting industries, bool (S,)."""
    require_eligible(curves)
    extracts = np.array([name != SERVICES for name in curves.record.industries])
    if not curves.eligible.any(axis=(0, 1, 2), where=extracts).any():
        raise Undefined("No enterprise of an extracting industry is eligible for any technology.")
    return extracts


def extraction_share(curves: Curves) -> float:
    """Return the adopters among extracting enterprises at the horizon over their eligible."""
    return share_at_horizon(curves, _extracts(curves)[:, None])


def extraction_t50(curves: Curves) -> float:
    """Return the years after release at which half of the eligible extracting enterprises have adopted."""
    extracts = _extracts(curves).astype(np.int64)
    adopters = np.einsum("kts,s->t", curves.by_industry, extracts)
    return time_to(0.5, ratio(adopters, np.einsum("ktrs,s->t", curves.eligible, extracts)), curves)


METRICS = (
    Metric(
        name="extraction_share",
        unit="share",
        reading="Adopters among the eligible at the horizon, extracting industries only.",
        better="higher",
        after="environmental_t50_years",
        measure=extraction_share,
    ),
    Metric(
        name="extraction_t50_years",
        unit="years",
        reading="Years from release until half of the eligible have adopted, extracting industries only.",
        better="lower",
        measure=extraction_t50,
    ),
)
