"""Costs: planned and spent money, discounted to the start."""

from __future__ import annotations

from simulation.metrics.metric import Metric

METRICS = (
    Metric(
        name="planned_pv",
        unit="budget units",
        reading="Present value of the planned spending; comparisons are fair where it is equal.",
        better=None,
        after="extraction_t50_years",
        measure=lambda curves: float(curves.record.planned_pv),
    ),
    Metric(
        name="spent_pv",
        unit="budget units",
        reading="Present value of what was spent; money beyond full coverage stays unspent.",
        better=None,
        measure=lambda curves: float(curves.record.spent_pv),
    ),
)
