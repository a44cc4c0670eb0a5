"""Why enterprises adopted: the share of all adoptions owed to each term of the hazard; equation (15), section 5.

Every adoption counts, also those of enterprises that have left since.
"""

from __future__ import annotations

from collections.abc import Callable

from simulation.metrics.curves import Curves
from simulation.metrics.metric import Metric, Undefined
from simulation.world import CHANNELS


def _share_of(channel: int) -> Callable[[Curves], float]:
    def measure(curves: Curves) -> float:
        attribution = curves.record.attribution.sum(axis=(0, 1))
        if not attribution.sum() > 0:
            raise Undefined("Nobody adopts anything, so there is nothing to attribute.")
        return float(attribution[channel] / attribution.sum())

    return measure


_OWED_TO = {
    "spontaneous": "enterprises' own initiative",
    "spatial": "adopters nearby",
    "network": "business partners",
    "institutional": "research and infrastructure in reach without a platform",
    "digital": "platforms, remote institutions included",
    "incentive": "incentives",
}

METRICS = tuple(
    Metric(
        name=f"attributed_{channel}",
        unit="share",
        reading=f"Share of all adoptions whose last step is owed to {_OWED_TO[channel]}.",
        better=None,
        measure=_share_of(index),
        after=None if index else "extraction_t50_years",
    )
    for index, channel in enumerate(CHANNELS)
)
