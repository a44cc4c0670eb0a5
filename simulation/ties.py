"""Business ties between enterprises, drawn by keyed exponential races (section 1)."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from simulation.streams import key, mix, numbered, uniform
from simulation.world import Array


def draw_network(
    seed: int,
    *,
    identities: Array,
    region_of: Array,
    industry_of: Array,
    counts: Array,
    region_keys: Array,
    industry_keys: Array,
    proximity: Array,
    relatedness: Array,
    draws: int,
    local_ties: float,
) -> tuple[Array, Array]:
    """Return the business network (indptr, indices) in CSR form: mutual, no self-ties, doubles merged.

    Each enterprise draws ``draws`` distinct partners: with probability ``local_ties`` in its own region, else in
    another region with weight K_rq n_q; within the region an industry with weight phi_su n_su, and in it any
    enterprise.

    Parameters
    ----------
    identities : uint64, shape (N,)
        Keys of the enterprises, which are sorted by region and industry.
    region_of, industry_of : int32, shape (N,)
    counts : int64, shape (R, S)
        Enterprises by region and industry.
    region_keys : uint64, shape (R,); industry_keys : uint64, shape (S,)
        Keys of the candidates in the races.
    proximity : float64, shape (R, R)
        K; its diagonal is not used.
    relatedness : float64, shape (S, S)
        phi.

    Returns
    -------
    indptr int64 (N + 1,), indices int32; not to be written to, because scenarios of one seed share them.
    """
    arrays = (
        *(identities, region_of, industry_of, counts, region_keys, industry_keys),
        *(proximity, relatedness),
    )
    known = (
        seed,
        draws,
        local_ties,
        *(array.shape for array in arrays),
        *(array.tobytes() for array in arrays),
    )
    if known not in _drawn:
        while len(_drawn) >= KEPT:
            _drawn.pop(next(iter(_drawn)), None)
        _drawn[known] = _draw(seed, arrays, draws=draws, local_ties=local_ties)
    return _drawn[known]


KEPT = 8
"""Networks that are kept: two scenarios that are watched side by side, by many at once, most often have the same."""

_drawn: dict[tuple[Any, ...], tuple[Array, Array]] = {}


def _draw(seed: int, arrays: tuple[Array, ...], *, draws: int, local_ties: float) -> tuple[Array, Array]:
    identities, region_of, industry_of, counts, region_keys, industry_keys, proximity, relatedness = arrays
    n = identities.size
    chosen = np.full((n, draws), -1, dtype=np.int64)
    first = np.concatenate([[0], np.cumsum(counts.ravel())[:-1]]).reshape(counts.shape)
    streams = np.array(
        [key(seed, "ties", what) for what in ("place", "region", "industry", "partner")], dtype=np.uint64
    )
    _draw_partners(
        streams, identities, region_of, industry_of, counts, first, region_keys, industry_keys, proximity,
        relatedness, local_ties, chosen,
    )  # fmt: skip
    origin = np.repeat(np.arange(n), draws)
    target = chosen.ravel()
    drawn = target >= 0
    origin, target = origin[drawn], target[drawn]
    both_ways = np.sort(np.concatenate([origin * n + target, target * n + origin]))
    both_ways = both_ways[np.diff(both_ways, prepend=-1) > 0]
    indptr = np.searchsorted(both_ways, np.arange(n + 1) * n)
    return indptr.astype(np.int64), (both_ways % max(n, 1)).astype(np.int32)


@nb.njit(cache=True, error_model="numpy")
def _draw_partners(
    streams: Array,
    identities: Array,
    region_of: Array,
    industry_of: Array,
    counts: Array,
    first: Array,
    region_keys: Array,
    industry_keys: Array,
    proximity: Array,
    relatedness: Array,
    local_ties: float,
    chosen: Array,
) -> None:
    """Set chosen[i, d] to the d-th partner of i, -1 where nobody is left to choose."""
    n_regions, n_industries = counts.shape
    left = np.empty((n_regions, n_industries), dtype=np.int64)
    for i in range(identities.size):
        own = region_of[i]
        left[:] = counts
        left[own, industry_of[i]] -= 1
        for d in range(chosen.shape[1]):
            draw = numbered(identities[i], d)
            at_home = uniform(streams[0], draw) < local_ties
            region = own
            if not at_home or left[own].sum() == 0:
                region = _race_of_regions(streams[1], draw, own, left, region_keys, proximity)
            if region < 0:
                region = own  # nobody else is in reach
            if left[region].sum() == 0:
                continue
            industry = _race_of_industries(
                streams[2], draw, left[region], industry_keys, relatedness[industry_of[i]]
            )
            if industry < 0:
                continue
            # All candidates weigh the same, so the order of their bits is the order of their arrivals.
            race = mix(streams[3] ^ identities[i])
            partner, earliest = -1, np.uint64(0xFFFFFFFFFFFFFFFF)
            for j in range(first[region, industry], first[region, industry] + counts[region, industry]):
                arrival = mix(race ^ identities[j])
                if arrival <= earliest and j != i and not _holds(chosen[i], j):
                    partner, earliest = j, arrival
            chosen[i, d] = partner
            left[region, industry] -= 1


@nb.njit(cache=True, error_model="numpy")
def _race_of_regions(
    stream: np.uint64, draw: np.uint64, own: int, left: Array, region_keys: Array, proximity: Array
) -> int:
    """Return another region than ``own``, with weight K times the enterprises still to choose from; -1 if none."""
    winner, earliest = -1, np.inf
    for q in range(region_keys.size):
        weight = proximity[own, q] * left[q].sum() if q != own else 0.0
        if weight > 0.0:
            arrival = -np.log(uniform(stream, mix(draw ^ region_keys[q]))) / weight
            if arrival < earliest:
                winner, earliest = q, arrival
    return winner


@nb.njit(cache=True, error_model="numpy")
def _race_of_industries(
    stream: np.uint64, draw: np.uint64, left: Array, industry_keys: Array, relatedness: Array
) -> int:
    """Return an industry with weight phi times the enterprises still to choose from; -1 if none is related."""
    winner, earliest = -1, np.inf
    for u in range(industry_keys.size):
        weight = relatedness[u] * left[u]
        if weight > 0.0:
            arrival = -np.log(uniform(stream, mix(draw ^ industry_keys[u]))) / weight
            if arrival < earliest:
                winner, earliest = u, arrival
    return winner


@nb.njit(cache=True, error_model="numpy")
def _holds(row: Array, value: int) -> bool:
    for item in row:  # noqa: SIM110 - compiled: any() of a generator is not
        if item == value:
            return True
    return False
