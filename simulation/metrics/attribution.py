"""Attribution of adoptions: the share of all adoptions due to each term of the hazard; equation (15), section 5.

Every adoption counts, also those of enterprises that have left since.
"""

from __future__ import annotations

from collections.abc import Callable

from simulation.channels import Channel
from simulation.metrics.curves import Curves
from simulation.metrics.metric import Metric, Undefined


def _share_of(channel: Channel) -> Callable[[Curves], float]:
    def measure(curves: Curves) -> float:
        attribution = curves.record.attribution.sum(axis=(0, 1))
        if not attribution.sum() > 0:
            raise Undefined("Nobody adopts anything, so there is nothing to attribute.")
        return float(attribution[channel] / attribution.sum())

    return measure


METRICS = tuple(
    Metric(
        name=f"attributed_{channel.label}",
        unit="share",
        reading=f"Share of all adoptions attributed to {channel.attributed_to}.",
        better=None,
        measure=_share_of(channel),
        after="extraction_t50_years" if channel == 0 else None,
    )
    for channel in Channel
)
