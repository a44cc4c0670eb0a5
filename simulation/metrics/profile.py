"""The technological profile of regions: its diversity, and its relatedness to the technologies that are missing.

The relatedness of two technologies is the cosine of their eligible enterprises by industry. Both measures are taken
when half of all eligible have adopted, so that scenarios are compared at the same stage.

References
----------
Hidalgo, Klinger, Barabasi & Hausmann (2007), The product space conditions the development of nations, Science 317:
482-487, for relatedness density. Shannon (1948), for entropy.
"""

from __future__ import annotations

import numpy as np

from simulation.metrics.curves import Curves, dot, ratio
from simulation.metrics.inequality import stage_month
from simulation.metrics.metric import Metric, Undefined
from simulation.metrics.passes import entropies
from simulation.world import Array

STAGE = 0.5


def relatedness(curves: Curves) -> Array:
    """float64 (K, K), 0 to 1: cosine of the eligible enterprises by industry; 0 on the diagonal."""
    eligible = curves.eligible_in(_stage(curves)).sum(axis=1).astype(np.float64)
    length = np.sqrt(np.einsum("ks,ks->k", eligible, eligible))
    cosine = ratio(np.einsum("ks,qs->kq", eligible, eligible), np.outer(length, length))
    np.fill_diagonal(cosine, 0.0)
    return cosine


def entropy(curves: Curves) -> Array:
    """float64 (R,), 0 to 1: evenness over technologies of what a region has adopted, entropy over its maximum.

    nan for a region without adopters.
    """
    month = _stage(curves)
    eligible = curves.eligible_in(month).sum(axis=(1, 2))
    weighted = curves.by_technology[:, month] * ratio(eligible, eligible.sum())[:, None]
    p = ratio(weighted, weighted.sum(axis=0))
    return np.where(weighted.sum(axis=0) > 0, entropies(p), np.nan)


def density(curves: Curves) -> Array:
    """Relatedness density, float64 (R,), 0 to 1: adopted share of the technologies related to the missing ones.

    The mean over technologies, weighted by the share that has not adopted; 0 if none is related or none is missing.
    """
    shares, related = curves.by_technology[:, _stage(curves)], relatedness(curves)
    around = ratio(dot(related, shares), related.sum(axis=1)[:, None])
    return ratio(((1.0 - shares) * around).sum(axis=0), (1.0 - shares).sum(axis=0))


def _stage(curves: Curves) -> int:
    """Return the month after release at which profiles are compared.

    Raises
    ------
    Undefined
        If the stage is not reached, or there are fewer than two technologies.
    """
    month = stage_month(curves, STAGE)
    if len(curves.record.technologies) < 2:
        raise Undefined("A profile compares technologies, and there are fewer than two.")
    return month


def _mean(curves: Curves, values: Array) -> float:
    """Mean over regions by their eligible at the stage; regions without a value do not count."""
    weights = curves.weights_in(_stage(curves))
    defined = ~np.isnan(values) & (weights > 0)
    return float(dot(values[defined], weights[defined]) / weights[defined].sum())


METRICS = (
    Metric(
        name="profile_entropy",
        unit="share",
        reading="Evenness of regional profiles over technologies when half have adopted; 1 if all are adopted equally.",
        better=None,
        after="kuramoto",
        measure=lambda curves: _mean(curves, entropy(curves)),
    ),
    Metric(
        name="profile_density",
        unit="share",
        reading="Adopted share of the technologies related to those that a region lacks, when half have adopted.",
        better=None,
        measure=lambda curves: _mean(curves, density(curves)),
    ),
)
