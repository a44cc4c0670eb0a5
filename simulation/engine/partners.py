"""The draw of partners: who is next in the business network of an enterprise (sections 1 and 13.8)."""

from __future__ import annotations

import numpy as np

from simulation.compiled import compiled
from simulation.elementary import log
from simulation.streams import member, mix, numbered, uniform
from simulation.world import Array

PURPOSES = ("place", "region", "industry", "partner", "across", "fellow")
"""The streams of :func:`draw_partners`, in the order in which it takes them."""
_PLACE, _REGION, _INDUSTRY, _PARTNER, _ACROSS, _FELLOW = range(len(PURPOSES))

ATTEMPTS = 64
"""Attempts to draw a number that can be taken, before a race decides.

The number must not depend on who is there, or else a newcomer could change the draws of everybody.
"""


@compiled
def draw_partners(
    streams: Array,
    identities: Array,
    region_of: Array,
    industry_of: Array,
    present: Array,
    counts: Array,
    entered: Array,
    region_keys: Array,
    industry_keys: Array,
    proximity: Array,
    relatedness: Array,
    local_ties: float,
    across: float,
    mask_of: Array,
    order: Array,
    wanted: Array,
    chosen: Array,
) -> None:
    """Set chosen[i, d] to the d-th partner of i, if i is present, where wanted[i, d]; -1 if no candidate is left.

    With probability ``across`` the partner is any remaining enterprise on a platform with i, instead of one drawn by
    the usual rule.

    Parameters
    ----------
    streams : uint64, shape (6,)
        Streams of PURPOSES.
    identities, region_of, industry_of, present, counts, entered, region_keys, industry_keys, proximity, relatedness, \
local_ties
        See :class:`simulation.engine.ties.TieRule`.
    across : float
        0 to 1.
    mask_of : uint64, shape (N,)
        Bit h is set where the enterprise is on platform h; 0 for absent enterprises.
    order : int32, shape (N,)
        The order in which enterprises draw. It has no effect on who draws whom; those with one mask should follow
        each other, because the list of their fellow members is made once.
    wanted : bool, shape (N, draws)
    chosen : int32, shape (N, draws)
        Partners so far, -1 where there are none; written.
    """
    size = np.zeros(counts.shape, dtype=np.int64)  # including absent enterprises
    for i in range(identities.size):
        size[region_of[i], industry_of[i]] += 1
    first = (np.cumsum(size.ravel()) - size.ravel()).reshape(counts.shape)
    entered_in = entered.sum(axis=1)
    left, left_in = (
        counts.astype(np.int64),
        counts.sum(axis=1),
    )  # those whom the present enterprise can still draw
    by_region, by_industry = np.empty(region_keys.size), np.empty(industry_keys.size)
    fellows, mask_of_fellows = np.empty(0, dtype=np.int32), np.uint64(0)
    for i in order:
        if not present[i]:
            continue
        own, kind = region_of[i], industry_of[i]
        left[own, kind] -= 1
        left_in[own] -= 1
        for j in chosen[i]:
            if j >= 0:
                left[region_of[j], industry_of[j]] -= 1
                left_in[region_of[j]] -= 1
        for d in range(chosen.shape[1]):
            if not wanted[i, d]:
                continue
            draw = numbered(identities[i], d)
            partner = -1
            if mask_of[i] != 0 and uniform(streams[_ACROSS], draw) < across:
                race = mix(streams[_FELLOW] ^ draw)
                for attempt in range(ATTEMPTS):
                    word = numbered(race, attempt)
                    by_region[:] = entered_in
                    region = _first_of(streams[_REGION], word, region_keys, by_region)
                    by_industry[:] = entered[region]
                    industry = _first_of(streams[_INDUSTRY], word, industry_keys, by_industry)
                    j = first[region, industry] + member(word, entered[region, industry])
                    if mask_of[j] & mask_of[i] and j != i and not _holds(chosen[i], j):
                        partner = j
                        break
                if partner < 0:
                    if mask_of_fellows != mask_of[i]:
                        fellows, mask_of_fellows = _on_a_platform_of(mask_of, mask_of[i]), mask_of[i]
                    partner = _first_enterprise(race, i, fellows, identities, chosen[i])
            if partner < 0:
                region = own
                if uniform(streams[_PLACE], draw) >= local_ties or left_in[own] == 0:
                    for q in range(by_region.size):
                        by_region[q] = proximity[own, q] * left_in[q] if q != own else 0.0
                    region = _first_of(streams[_REGION], draw, region_keys, by_region)
                    if region < 0:
                        region = own  # no other candidate is in reach
                for u in range(by_industry.size):
                    by_industry[u] = relatedness[kind, u] * left[region, u]
                industry = _first_of(streams[_INDUSTRY], draw, industry_keys, by_industry)
                if industry < 0:
                    continue
                race, start = mix(streams[_PARTNER] ^ draw), first[region, industry]
                for attempt in range(ATTEMPTS):
                    j = start + member(numbered(race, attempt), entered[region, industry])
                    if present[j] and j != i and not _holds(chosen[i], j):
                        partner = j
                        break
                if partner < 0:
                    here = np.arange(start, start + entered[region, industry])
                    partner = _first_enterprise(race, i, here[present[here]], identities, chosen[i])
            chosen[i, d] = partner
            left[region_of[partner], industry_of[partner]] -= 1
            left_in[region_of[partner]] -= 1
        left[own, kind] += 1
        left_in[own] += 1
        for j in chosen[i]:
            if j >= 0:
                left[region_of[j], industry_of[j]] += 1
                left_in[region_of[j]] += 1


@compiled
def _first_of(stream: np.uint64, draw: np.uint64, keys: Array, weights: Array) -> int:
    """Return the region or industry that wins the race of a draw, with these weights; -1 if none is positive."""
    winner, earliest = -1, np.inf
    for c in range(keys.size):
        if weights[c] > 0.0:
            u = uniform(stream, mix(draw ^ keys[c]))
            # -log(u) is at least 1 - u, so whoever cannot win with that needs no logarithm.
            if 1.0 - u < earliest * weights[c]:
                arrival = -log(u) / weights[c]
                if arrival < earliest:
                    winner, earliest = c, arrival
    return winner


@compiled
def _first_enterprise(race: np.uint64, i: int, candidates: Array, identities: Array, chosen: Array) -> int:
    """Return the candidate that wins a race of equal weights; not i, nor one of ``chosen``; -1 if there is none."""
    winner, earliest = -1, np.uint64(0xFFFFFFFFFFFFFFFF)
    for j in candidates:
        arrival = mix(
            race ^ identities[j]
        )  # with equal weights the order of the bits is that of the arrivals
        if arrival <= earliest and j != i and not _holds(chosen, j):
            winner, earliest = j, arrival
    return winner


@compiled
def _on_a_platform_of(mask_of: Array, mask: np.uint64) -> Array:
    """Return the enterprises that share a platform with an enterprise of this mask, int32, increasing."""
    count = 0
    for other in mask_of:
        count += other & mask != 0
    found = np.empty(count, dtype=np.int32)
    count = 0
    for j in range(mask_of.size):
        if mask_of[j] & mask != 0:
            found[count] = j
            count += 1
    return found


@compiled
def _holds(row: Array, value: int) -> bool:
    for item in row:  # noqa: SIM110 - compiled: any() of a generator is not
        if item == value:
            return True
    return False
