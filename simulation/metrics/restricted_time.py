"""Speed, also if few adopt: the mean time to adoption, restricted to the common window."""

from __future__ import annotations

from simulation.metrics.curves import Curves, integral
from simulation.metrics.metric import Metric, Undefined, require_eligible


def restricted_time(curves: Curves) -> float:
    """Return the mean years from release to adoption; non-adopters count with the full window.

    This is the area above the pooled curve, which in each month refers to the enterprises present. It is defined if
    there are eligible enterprises in every month, even if t50 is not.
    """
    require_eligible(curves)
    if not curves.pairs.any(axis=1).all():
        raise Undefined("In some months of the common window no eligible enterprise is present.")
    return float(integral(1.0 - curves.pooled, curves.dt))


METRICS = (
    Metric(
        name="restricted_time_years",
        unit="years",
        reading="Mean years from release to adoption; non-adopters count with the full common window.",
        better="lower",
        after="regions_below_half",
        measure=restricted_time,
    ),
)
