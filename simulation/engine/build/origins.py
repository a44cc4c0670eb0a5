"""Where technologies may originate: the weights of institutions in the draw of section 2.1."""

from __future__ import annotations

import numpy as np

from simulation.data.reader import Dataset
from simulation.scenario.schema import Scenario
from simulation.world import RESEARCH_KINDS, Array, Endowment


def origin_weights(spec: Scenario, dataset: Dataset, endowment: Endowment) -> Array:
    """Return the weight of each institution as origin, float64 (technologies of the dataset, J)."""
    counts, region_of = endowment.counts, endowment.institution_region
    research = np.array([kind in RESEARCH_KINDS for kind in endowment.institution_kinds], dtype=bool)
    out = np.empty((len(dataset.technologies), region_of.size))
    for weights, row in zip(out, dataset.technologies, strict=True):
        relevance = np.asarray(dataset.relevance[dataset.directions.index(row.direction)])
        share = counts @ (relevance > 0) / np.maximum(counts.sum(axis=1), 1)
        weights[:] = endowment.institution_capacity * research * share[region_of]
        given = spec.technologies.origin_weights.get(row.direction)
        if given:
            by_region = np.array([given.get(r.id, np.nan) for r in dataset.regions])[region_of]
            weights[:] = _with_shares(weights, region_of, by_region)
    return out


def _with_shares(weight: Array, region_of: Array, share: Array) -> Array:
    """Return weights of origins that give each named region its share and distribute the rest over the others.

    Parameters
    ----------
    weight : float64, shape (J,)
        Weights without the scenario's shares; they apply within a region and among regions that are not named.
    region_of : int32, shape (J,)
    share : float64, shape (J,)
        Share of the institution's region, NaN where the scenario does not name it.
    """
    out = np.zeros_like(weight)
    for r in np.unique(region_of[~np.isnan(share)]):
        here = region_of == r
        if weight[here].sum() > 0:
            out[here] = share[here] * weight[here] / weight[here].sum()
    others = np.isnan(share)
    named = sum(share[region_of == r][0] for r in np.unique(region_of[~others]))
    if weight[others].sum() > 0:
        out[others] = max(0.0, 1.0 - named) * weight[others] / weight[others].sum()
    return out
