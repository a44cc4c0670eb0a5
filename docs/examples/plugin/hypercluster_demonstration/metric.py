"""The region that has adopted least."""

from __future__ import annotations

from simulation.metrics import Curves, Metric, Undefined


def slowest_region_share(curves: Curves) -> float:
    """Return the smallest adoption share of a region at the end of the common window."""
    present = curves.weights > 0
    if not present.any():
        raise Undefined("No enterprise is eligible for any technology.")
    return float(curves.regional[-1, present].min())


METRICS = (
    Metric(
        name="slowest_region_share",
        unit="share",
        reading="Adoption share, at the end of the common window, of the region that has adopted least.",
        better="higher",
        measure=slowest_region_share,
    ),
)
