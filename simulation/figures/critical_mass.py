"""Equilibria of a platform's membership in a study, and the critical mass between them."""

from __future__ import annotations

from simulation.analysis.membership_levels import Fold, fold_of
from simulation.figures.drawing.study import Platforms
from simulation.metrics.curves import ratio

__all__ = ["Fold", "fold"]


def fold(platforms: Platforms, number: int) -> Fold:
    """Return the mean field of one platform, as :func:`simulation.analysis.membership_levels.fold_of`.

    Parameters
    ----------
    number : position of the platform.
    """
    assert platforms.readiness is not None, "levels of membership need the readiness of regions"
    may_join = platforms.may_join[0, 0, number]  # at the start all replications have the same
    return fold_of(
        ratio(may_join, may_join.sum()),
        platforms.readiness,
        base=platforms.base,
        network_effect=platforms.network_effect,
        readiness_effect=platforms.readiness_effect,
        kept=platforms.kept,
    )
