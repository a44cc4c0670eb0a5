"""The technologies of a world: the time and place of their release."""

from __future__ import annotations

import numpy as np

from simulation.data.reader import Dataset
from simulation.engine.build.institutions import institution_keys
from simulation.scenario.schema import Scenario
from simulation.settings import multiplied
from simulation.streams import exponentials, key, numbered_all, race
from simulation.world import (
    RESEARCH_KINDS,
    Array,
    Endowment,
    Technologies,
)


def build_technologies(spec: Scenario, endowment: Endowment, seed: int) -> Technologies:
    """Return the technologies that appear before the horizon, with the institution in which each originates."""
    dataset, counts = spec.dataset, endowment.counts
    region_of, capacity = endowment.institution_region, endowment.institution_capacity
    rows = dataset.technologies
    release = _release_months(spec, seed, dataset)
    within = [n for n in range(len(rows)) if release[n] < endowment.months]
    complexity = {
        "digital": spec.diffusion.complexity_digital,
        "conventional": spec.diffusion.complexity_conventional,
    }
    relevance = np.array([dataset.relevance[dataset.directions.index(rows[n].direction)] for n in within])
    relevance = relevance.reshape(len(within), len(dataset.industries)).T.astype(np.float64)
    origin = np.full(len(within), -1, dtype=np.int64)
    keys = institution_keys(endowment)
    research = np.array([kind in RESEARCH_KINDS for kind in endowment.institution_kinds], dtype=bool)
    for k, n in enumerate(within):
        share = counts @ (relevance[:, k] > 0) / np.maximum(counts.sum(axis=1), 1)
        weight = capacity * research * share[region_of]
        given = spec.technologies.origin_weights.get(rows[n].direction)
        if given:
            by_region = np.array([given.get(r.id, np.nan) for r in dataset.regions])[region_of]
            weight = _origin_weights(weight, region_of, by_region)
        origin[k] = race(key(seed, "origin", rows[n].direction, rows[n].technology), keys, weight)
    return Technologies(
        names=tuple(rows[n].technology for n in within),
        directions=tuple(rows[n].direction for n in within),
        families=tuple(rows[n].family for n in within),
        complexity=np.array([complexity[rows[n].family] for n in within], dtype=np.float64),
        relevance=multiplied(relevance, spec.world.relevance_factor),
        release_month=np.array([release[n] for n in within], dtype=np.int64),
        origin=origin,
        left_out=tuple(rows[n].technology for n in range(len(rows)) if release[n] >= endowment.months),
        environmental=np.array([rows[n].environmental for n in within], dtype=bool),
    )


def _origin_weights(weight: Array, region_of: Array, share: Array) -> Array:
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


def _release_months(spec: Scenario, seed: int, dataset: Dataset) -> list[int]:
    """Return the month at whose start each technology appears, in the order of the dataset."""
    rows, steps = dataset.technologies, spec.time.steps_per_year
    if spec.technologies.release == "at_start":
        return [0] * len(rows)
    if spec.technologies.release == "schedule":
        assert spec.technologies.schedule is not None
        return [round(spec.technologies.schedule[row.technology] * steps) for row in rows]
    n = len(rows)
    gaps, arrival = np.empty(n), np.empty(n)
    exponentials(key(seed, "release"), numbered_all(np.full(n, key("gap")), np.arange(n)), gaps)
    technology_keys = np.array(
        [key("technology", row.direction, row.technology) for row in rows], dtype=np.uint64
    )
    exponentials(key(seed, "order"), technology_keys, arrival)
    years = np.cumsum(gaps) / spec.technologies.per_year
    months = np.empty(n, dtype=np.int64)
    months[np.argsort(arrival, kind="stable")] = np.floor(years * steps)
    return [int(month) for month in months]
