"""The institutions of a world: their attributes, and their thresholds for mastering a technology."""

from __future__ import annotations

import numpy as np

from simulation.streams import exponentials, key
from simulation.world import (
    Array,
    Endowment,
    Institutions,
    Technologies,
)


def build_institutions(seed: int, endowment: Endowment, technologies: Technologies) -> Institutions:
    """Return the institutions of an endowment with their thresholds."""
    names, region_of = endowment.institution_names, endowment.institution_region
    return Institutions(
        names=names,
        kinds=endowment.institution_kinds,
        region_of=region_of,
        capacity=endowment.institution_capacity,
        threshold=thresholds(seed, "mastery", technologies, institution_keys(endowment)),
    )


def institution_keys(endowment: Endowment) -> Array:
    """Return the identities of the institutions, uint64 (J,)."""
    of = zip(endowment.institution_region, endowment.institution_names, strict=True)
    return np.array([key("institution", endowment.regions.ids[r], name) for r, name in of], dtype=np.uint64)


def thresholds(seed: int, purpose: str, technologies: Technologies, keys: Array) -> Array:
    """Return Exponential(1) thresholds, float64 (agents, K)."""
    out = np.empty((len(technologies.names), keys.size))
    for k, name in enumerate(technologies.names):
        exponentials(key(seed, purpose, technologies.directions[k], name), keys, out[k])
    return np.ascontiguousarray(out.T)
