"""The eligible pairs of enterprise and technology, and their adoption thresholds."""

from __future__ import annotations

import numpy as np

from simulation.engine.kernels.network import eligible_partners
from simulation.engine.shared import shared
from simulation.streams import exponentials, key
from simulation.world import (
    Array,
    Enterprises,
    Pairs,
    Technologies,
)


def build_pairs(seed: int, enterprises: Enterprises, technologies: Technologies) -> Pairs:
    """Return the eligible pairs; technologies with the same eligible industries share index arrays.

    Read-only, because scenarios with the same seed share them.
    """
    return Pairs(
        *shared(
            _drawn,
            seed,
            enterprises.identities,
            enterprises.industry_of,
            enterprises.indptr,
            enterprises.indices,
            technologies.relevance > 0,
            technologies.directions,
            technologies.names,
        )
    )


def _drawn(
    seed: int,
    identities: Array,
    industry_of: Array,
    indptr: Array,
    indices: Array,
    eligible_industry: Array,  # bool (S, K)
    directions: tuple[str, ...],
    names: tuple[str, ...],
) -> tuple[Array, ...]:
    """Return what :class:`simulation.world.Pairs` consists of."""
    patterns, pattern_of = np.unique(eligible_industry.T, axis=0, return_inverse=True)
    pattern_of = pattern_of.ravel().astype(np.int64)
    slot = np.full((len(patterns), identities.size), -1, dtype=np.int32)
    members = [np.flatnonzero(industries[industry_of]).astype(np.int32) for industries in patterns]
    start = np.cumsum([0, *(members[g].size for g in pattern_of)], dtype=np.int64)
    enterprise = np.empty(start[-1], dtype=np.int32)
    threshold = np.empty(start[-1])
    for g, eligible in enumerate(members):
        slot[g, eligible] = np.arange(eligible.size, dtype=np.int32)
        keys = identities[eligible]
        for k in np.flatnonzero(pattern_of == g):
            here = slice(start[k], start[k + 1])
            enterprise[here] = eligible
            exponentials(key(seed, "adoption", directions[k], names[k]), keys, threshold[here])
    partners = partners_by_pattern(indptr, indices, industry_of, patterns)
    return start, enterprise, pattern_of, slot, partners, threshold


def partners_by_pattern(indptr: Array, indices: Array, industry_of: Array, patterns: Array) -> Array:
    """Return the eligible partners of each enterprise, int32 (patterns, N); ``patterns``, bool (patterns, S)."""
    partners = np.zeros((len(patterns), industry_of.size), dtype=np.int32)
    for industries, out in zip(np.ascontiguousarray(patterns), partners, strict=True):
        eligible_partners(indptr, indices, industry_of, industries, out)
    return partners
