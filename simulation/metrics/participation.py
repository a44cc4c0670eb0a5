"""Participation at the horizon: adopters among the eligible, members among the enterprises."""

from __future__ import annotations

import numpy as np

from simulation.metrics.curves import Curves
from simulation.metrics.metric import Metric, Undefined, require_eligible
from simulation.world import Array


def share_at_horizon(curves: Curves, cells: Array) -> float:
    """Return adopters over eligible at the horizon, in some cells of industry and technology.

    Parameters
    ----------
    cells : bool, broadcast to (S, K)

    Raises
    ------
    Undefined
        If there are no eligible enterprises.
    """
    adopters, eligible = (
        counts[-1].sum(axis=0, where=cells).sum()
        for counts in (curves.record.adopters, curves.record.eligible)
    )
    if not eligible:
        raise Undefined("No eligible enterprise is present at the horizon.")
    return float(adopters / eligible)


def _final_share(curves: Curves) -> float:
    require_eligible(curves)
    return share_at_horizon(curves, np.array(True))


def _member_share(curves: Curves) -> float:
    if not curves.record.enterprises[-1]:
        raise Undefined("There is no enterprise.")
    return float(curves.record.members_anywhere[-1] / curves.record.enterprises[-1])


METRICS = (
    Metric(
        name="final_share",
        unit="share",
        reading="Adopters among the eligible at the horizon; late releases had little time.",
        better="higher",
        after="profile_density",
        measure=_final_share,
    ),
    Metric(
        name="member_share",
        unit="share",
        reading="Enterprises on at least one platform at the horizon.",
        better=None,
        measure=_member_share,
    ),
)
