"""The institutions of a world: their attributes, and their thresholds for mastering a technology."""

from __future__ import annotations

import numpy as np

from simulation.data.reader import InstitutionRow, institution_references
from simulation.scenario.schema import Scenario
from simulation.streams import exponentials, key
from simulation.world import (
    Array,
    Institutions,
    Technologies,
)


def build_institutions(
    seed: int, rows: list[InstitutionRow], region_of: Array, capacity: Array, technologies: Technologies
) -> Institutions:
    """Return the institutions, in the order of the rows."""
    keys = np.array([key("institution", row.region_id, row.name) for row in rows], np.uint64)
    return Institutions(
        names=tuple(row.name for row in rows),
        kinds=tuple(row.kind for row in rows),
        region_of=region_of,
        capacity=capacity,
        threshold=thresholds(seed, "mastery", technologies, keys),
    )


def capacity_of(spec: Scenario, rows: list[InstitutionRow]) -> Array:
    given = spec.world.capacity
    if not isinstance(given, dict):
        return np.full(len(rows), float(given))
    capacity = np.ones(len(rows))
    references = institution_references(tuple(rows))
    for name, value in given.items():
        capacity[list(references[name])] = value
    return capacity


def thresholds(seed: int, purpose: str, technologies: Technologies, keys: Array) -> Array:
    """Return Exponential(1) thresholds, float64 (agents, K)."""
    out = np.empty((len(technologies.names), keys.size))
    for k, name in enumerate(technologies.names):
        exponentials(key(seed, purpose, technologies.directions[k], name), keys, out[k])
    return np.ascontiguousarray(out.T)
