"""Who takes part at the horizon: adopters among the eligible, members among the enterprises."""

from __future__ import annotations

from simulation.metrics.curves import Curves
from simulation.metrics.metric import Metric, Undefined, require_eligible


def _final_share(curves: Curves) -> float:
    require_eligible(curves)
    return float(curves.record.adopters[-1].sum() / curves.eligible.sum())


def _member_share(curves: Curves) -> float:
    if not curves.record.enterprises:
        raise Undefined("There is no enterprise.")
    return float(curves.record.members_anywhere[-1] / curves.record.enterprises)


METRICS = (
    Metric(
        name="final_share",
        unit="share",
        reading="Adopters among the eligible at the horizon; late releases had little time.",
        better="higher",
        place=60,
        measure=_final_share,
    ),
    Metric(
        name="member_share",
        unit="share",
        reading="Enterprises on at least one platform at the horizon.",
        better=None,
        place=61,
        measure=_member_share,
    ),
)
