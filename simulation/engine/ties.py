"""Business ties between enterprises, drawn by keyed exponential races (sections 1, 13.8 and 13.9)."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulation.compiled import compiled
from simulation.elementary import log
from simulation.mechanisms.mobility import Mobility, given_up
from simulation.streams import key, mix, numbered, numbered_all, uniform, uniforms
from simulation.world import Array


@dataclass(frozen=True, slots=True)
class TieRule:
    """The input of the draw of partners.

    Each enterprise draws ``draws`` distinct partners: with probability ``local_ties`` in its own region, else in
    another region with weight K_rq n_q; within the region an industry with weight phi_su n_su, and in it any
    enterprise.
    """

    identities: Array  # uint64 (N,), keys of the enterprises, which are sorted by region and industry
    region_of: Array  # int32 (N,)
    industry_of: Array  # int32 (N,)
    present: Array  # bool (N,), enterprises that draw and can be drawn
    counts: Array  # int64 (R, S), enterprises present by region and industry
    region_keys: Array  # uint64 (R,), keys of the candidates in the races
    industry_keys: Array  # uint64 (S,)
    proximity: Array  # float64 (R, R), K; its diagonal is not used
    relatedness: Array  # float64 (S, S), phi
    draws: int
    local_ties: float

    @property
    def arrays(self) -> tuple[Array, ...]:
        """All arrays, in the order above."""
        return (
            *(self.identities, self.region_of, self.industry_of, self.present, self.counts),
            *(self.region_keys, self.industry_keys, self.proximity, self.relatedness),
        )


def draw_network(seed: int, rule: TieRule) -> tuple[Array, Array]:
    """Return the business network (indptr, indices) at the start, in CSR form; see :func:`network_of`.

    Read-only, because scenarios with the same seed share it.
    """
    known = (
        seed,
        rule.draws,
        rule.local_ties,
        *(array.shape for array in rule.arrays),
        *(array.tobytes() for array in rule.arrays),
    )
    network = _drawn.get(known)
    if network is None:
        network = network_of(first_partners(seed, rule))
        with _changing:  # executors may be threads
            _drawn[known] = network
            while len(_drawn) > KEPT:
                del _drawn[next(iter(_drawn))]
    return network


KEPT = 8
"""Number of networks kept: scenarios that are watched side by side usually have the same one."""

_drawn: dict[tuple[Any, ...], tuple[Array, Array]] = {}
_changing = threading.Lock()


def first_partners(seed: int, rule: TieRule) -> Array:
    """Return the partners that each enterprise draws at the start, int64 (N, draws); -1 if no candidate is left."""
    chosen = np.full((rule.identities.size, rule.draws), -1, dtype=np.int64)
    everything = np.ones(chosen.shape, dtype=bool)
    on_none = np.zeros(rule.identities.size, dtype=np.uint64)
    _draw_partners(_streams(seed, "ties"), *rule.arrays, rule.local_ties, 0.0, on_none, everything, chosen)
    return chosen


def redraw_partners(
    seed: int, rule: TieRule, chosen: Array, *, year: int, mobility: Mobility, mask_of: Array
) -> Array:
    """Return the partners after one year: ties that are dissolved, or whose partner has left, are redrawn.

    Draws that found no candidate, or have not been made yet, are made as well. Whether a tie is dissolved,
    and its replacement, are keyed by enterprise, draw and year, so that a higher rate dissolves the same ties
    and more.

    Parameters
    ----------
    chosen : int64, shape (N, draws)
        Partners so far; not written.
    year : int
        Year of the run, from 1.
    mobility : Mobility
        Rate and share across platforms. An enterprise without candidates on its platforms draws by the usual
        rule.
    mask_of : uint64, shape (N,)
        Bit h is set where the enterprise is on platform h.

    Returns
    -------
    int64, shape (N, draws)
        -1 if no candidate is left, and for absent enterprises.
    """
    n, draws = chosen.shape
    uniform_draws = np.empty(chosen.size)
    identities = numbered_all(np.repeat(rule.identities, draws), np.tile(np.arange(draws), n))
    uniforms(key(seed, "mobility", "leave", year), identities, uniform_draws)
    gone = given_up(uniform_draws, rate=mobility.rate).reshape(chosen.shape)
    gone |= (chosen < 0) | ~rule.present[chosen] | ~rule.present[:, None]
    moved = np.where(gone, -1, chosen)
    _draw_partners(
        _streams(seed, "mobility", year), *rule.arrays, rule.local_ties, mobility.across_platforms, mask_of, gone,
        moved,
    )  # fmt: skip
    return moved


def network_of(chosen: Array) -> tuple[Array, Array]:
    """Return the network of drawn partners: indptr int64 (N + 1,), indices int32; mutual, doubles merged."""
    n, draws = chosen.shape
    origin = np.repeat(np.arange(n), draws)
    target = chosen.ravel()
    drawn = target >= 0
    origin, target = origin[drawn], target[drawn]
    both_ways = np.sort(np.concatenate([origin * n + target, target * n + origin]))
    both_ways = both_ways[np.diff(both_ways, prepend=-1) > 0]
    indptr = np.searchsorted(both_ways, np.arange(n + 1) * n)
    return indptr.astype(np.int64), (both_ways % max(n, 1)).astype(np.int32)


def _streams(seed: int, *labels: str | int) -> Array:
    purposes = ("place", "region", "industry", "partner", "across", "fellow")
    return np.array([key(seed, labels[0], what, *labels[1:]) for what in purposes], dtype=np.uint64)


@compiled
def _draw_partners(
    streams: Array,
    identities: Array,
    region_of: Array,
    industry_of: Array,
    present: Array,
    counts: Array,
    region_keys: Array,
    industry_keys: Array,
    proximity: Array,
    relatedness: Array,
    local_ties: float,
    across: float,
    mask_of: Array,
    wanted: Array,
    chosen: Array,
) -> None:
    """Set chosen[i, d] to the d-th partner of i, if i is present, where wanted[i, d]; -1 if no candidate is left.

    With probability ``across`` the partner is any remaining enterprise on a platform with i, instead of one drawn by
    the usual rule.
    """
    size = np.zeros(counts.shape, dtype=np.int64)  # including absent enterprises
    for i in range(identities.size):
        size[region_of[i], industry_of[i]] += 1
    first = (np.cumsum(size.ravel()) - size.ravel()).reshape(counts.shape)
    left = np.empty(counts.shape, dtype=np.int64)
    for i in range(identities.size):
        if not present[i]:
            continue
        own = region_of[i]
        left[:] = counts
        left[own, industry_of[i]] -= 1
        for j in chosen[i]:
            if j >= 0:
                left[region_of[j], industry_of[j]] -= 1
        for d in range(chosen.shape[1]):
            if not wanted[i, d]:
                continue
            draw = numbered(identities[i], d)
            if mask_of[i] != 0 and uniform(streams[4], draw) < across:
                fellow = _race_of_fellows(streams[5], i, identities, mask_of, chosen[i])
                if fellow >= 0:
                    chosen[i, d] = fellow
                    left[region_of[fellow], industry_of[fellow]] -= 1
                    continue
            at_home = uniform(streams[0], draw) < local_ties
            region = own
            if not at_home or left[own].sum() == 0:
                region = _race_of_regions(streams[1], draw, own, left, region_keys, proximity)
            if region < 0:
                region = own  # no other candidate is in reach
            if left[region].sum() == 0:
                continue
            industry = _race_of_industries(
                streams[2], draw, left[region], industry_keys, relatedness[industry_of[i]]
            )
            if industry < 0:
                continue
            # All candidates have the same weight, so the order of their bits is the order of their arrivals.
            race = mix(streams[3] ^ identities[i])
            partner, earliest = -1, np.uint64(0xFFFFFFFFFFFFFFFF)
            for j in range(first[region, industry], first[region, industry] + size[region, industry]):
                arrival = mix(race ^ identities[j])
                if arrival <= earliest and present[j] and j != i and not _holds(chosen[i], j):
                    partner, earliest = j, arrival
            chosen[i, d] = partner
            left[region, industry] -= 1


@compiled
def _race_of_regions(
    stream: np.uint64, draw: np.uint64, own: int, left: Array, region_keys: Array, proximity: Array
) -> int:
    """Return another region than ``own``, with weight K times the enterprises still to choose from; -1 if none."""
    winner, earliest = -1, np.inf
    for q in range(region_keys.size):
        weight = proximity[own, q] * left[q].sum() if q != own else 0.0
        if weight > 0.0:
            arrival = -log(uniform(stream, mix(draw ^ region_keys[q]))) / weight
            if arrival < earliest:
                winner, earliest = q, arrival
    return winner


@compiled
def _race_of_industries(
    stream: np.uint64, draw: np.uint64, left: Array, industry_keys: Array, relatedness: Array
) -> int:
    """Return an industry with weight phi times the enterprises still to choose from; -1 if none is related."""
    winner, earliest = -1, np.inf
    for u in range(industry_keys.size):
        weight = relatedness[u] * left[u]
        if weight > 0.0:
            arrival = -log(uniform(stream, mix(draw ^ industry_keys[u]))) / weight
            if arrival < earliest:
                winner, earliest = u, arrival
    return winner


@compiled
def _race_of_fellows(stream: np.uint64, i: int, identities: Array, mask_of: Array, chosen: Array) -> int:
    """Return any enterprise on a platform with i that is not among ``chosen``; -1 if there is none."""
    race = mix(stream ^ identities[i])
    fellow, earliest = -1, np.uint64(0xFFFFFFFFFFFFFFFF)
    for j in range(identities.size):
        if mask_of[j] & mask_of[i] and j != i:
            arrival = mix(race ^ identities[j])
            if arrival <= earliest and not _holds(chosen, j):
                fellow, earliest = j, arrival
    return fellow


@compiled
def _holds(row: Array, value: int) -> bool:
    for item in row:  # noqa: SIM110 - compiled: any() of a generator is not
        if item == value:
            return True
    return False
