"""The eligible pairs of enterprise and technology, and their adoption thresholds."""

from __future__ import annotations

import numpy as np

from simulation.engine.kernels.network import eligible_partners
from simulation.streams import exponentials, key
from simulation.world import (
    Array,
    Enterprises,
    Pairs,
    Technologies,
)


def build_pairs(seed: int, enterprises: Enterprises, technologies: Technologies) -> Pairs:
    """Return the eligible pairs; technologies with the same eligible industries share index arrays."""
    eligible_industry = technologies.relevance > 0  # (S, K)
    patterns, pattern_of = np.unique(eligible_industry.T, axis=0, return_inverse=True)
    pattern_of = pattern_of.ravel().astype(np.int64)
    slot = np.full((len(patterns), enterprises.region_of.size), -1, dtype=np.int32)
    members = [
        np.flatnonzero(industries[enterprises.industry_of]).astype(np.int32) for industries in patterns
    ]
    start = np.cumsum([0, *(members[g].size for g in pattern_of)], dtype=np.int64)
    enterprise = np.empty(start[-1], dtype=np.int32)
    threshold = np.empty(start[-1])
    for g, eligible in enumerate(members):
        slot[g, eligible] = np.arange(eligible.size, dtype=np.int32)
        keys = enterprises.identities[eligible]
        for k in np.flatnonzero(pattern_of == g):
            here = slice(start[k], start[k + 1])
            enterprise[here] = eligible
            stream = key(seed, "adoption", technologies.directions[k], technologies.names[k])
            exponentials(stream, keys, threshold[here])
    partners = partners_by_pattern(enterprises, patterns)
    return Pairs(start, enterprise, pattern_of, slot, partners, threshold)


def partners_by_pattern(enterprises: Enterprises, patterns: Array) -> Array:
    """Return the eligible partners of each enterprise, int32 (patterns, N); ``patterns``, bool (patterns, S)."""
    partners = np.zeros((len(patterns), enterprises.region_of.size), dtype=np.int32)
    for industries, out in zip(np.ascontiguousarray(patterns), partners, strict=True):
        eligible_partners(enterprises.indptr, enterprises.indices, enterprises.industry_of, industries, out)
    return partners
