"""The institutions of a world: their attributes, and their thresholds for mastering a technology."""

from __future__ import annotations

import numpy as np

from simulation.engine.build.frame import Frame
from simulation.streams import exponentials, key
from simulation.world import Array, Institutions, Technologies


def build_institutions(seed: int, frame: Frame, technologies: Technologies) -> Institutions:
    """Return the institutions of a scenario with their thresholds."""
    endowment = frame.endowment
    return Institutions(
        names=endowment.institution_names,
        kinds=endowment.institution_kinds,
        region_of=endowment.institution_region,
        capacity=endowment.institution_capacity,
        threshold=thresholds(seed, "mastery", technologies, frame.institution_keys),
    )


def thresholds(seed: int, purpose: str, technologies: Technologies, keys: Array) -> Array:
    """Return Exponential(1) thresholds, float64 (agents, K)."""
    out = np.empty((len(technologies.names), keys.size))
    for k, name in enumerate(technologies.names):
        exponentials(key(seed, purpose, technologies.directions[k], name), keys, out[k])
    return np.ascontiguousarray(out.T)
