"""Greening: the extent and speed of the adoption of environmental technologies (section 13.6)."""

from __future__ import annotations

import numpy as np

from simulation.metrics.curves import Curves, ratio
from simulation.metrics.metric import Metric, Undefined, require_eligible
from simulation.metrics.participation import share_at_horizon
from simulation.metrics.times import time_to


def _require_environmental(curves: Curves) -> None:
    require_eligible(curves)
    if not curves.record.environmental.any():
        raise Undefined("No environmental technology was released before the horizon.")
    if not curves.eligible[curves.record.environmental].any():
        raise Undefined("No enterprise is eligible for any environmental technology.")


def environmental_share(curves: Curves) -> float:
    """Return the adopters of environmental technologies at the horizon over their eligible."""
    _require_environmental(curves)
    return share_at_horizon(curves, curves.record.environmental)


def environmental_t50(curves: Curves) -> float:
    """Return the years after release at which half of the eligible have adopted; in the window of all technologies."""
    _require_environmental(curves)
    green = curves.record.environmental
    share = ratio(np.einsum("ktr->t", curves.by_region[green]), curves.eligible[green].sum(axis=(0, 2, 3)))
    return time_to(0.5, share, curves)


METRICS = (
    Metric(
        name="environmental_share",
        unit="share",
        reading="Adopters among the eligible at the horizon, environmental technologies only.",
        better="higher",
        after="member_share",
        measure=environmental_share,
    ),
    Metric(
        name="environmental_t50_years",
        unit="years",
        reading="Years from release until half of the eligible have adopted, environmental technologies only.",
        better="lower",
        measure=environmental_t50,
    ),
)
