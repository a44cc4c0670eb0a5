"""Business ties: the partners that enterprises draw, and the network that these make (sections 1, 13.8 and 13.9)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulation.compiled import compiled
from simulation.engine.partners import PURPOSES, draw_partners
from simulation.engine.shared import shared
from simulation.mechanisms.mobility import Mobility, given_up
from simulation.streams import key, numbered_all, uniforms
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
    entered: Array  # int64 (R, S), those that are or have been present: the first so many numbers
    region_keys: Array  # uint64 (R,), keys of the candidates in the races
    industry_keys: Array  # uint64 (S,)
    proximity: Array  # float64 (R, R), K; its diagonal is not used
    relatedness: Array  # float64 (S, S), phi
    draws: int
    local_ties: float

    @property
    def arrays(self) -> tuple[Array, ...]:
        """All arrays, in the order above, of one type, so that the draw is compiled once for all worlds."""
        arrays = (
            *(self.identities, self.region_of, self.industry_of, self.present, self.counts, self.entered),
            *(self.region_keys, self.industry_keys, self.proximity, self.relatedness),
        )
        return tuple(np.require(array, requirements=("C", "W")) for array in arrays)


def draw_network(seed: int, rule: TieRule) -> tuple[Array, Array]:
    """Return the business network (indptr, indices) at the start, in CSR form; see :func:`network_of`.

    Read-only, because scenarios with the same seed share it.
    """
    indptr, indices = shared(_first_network, seed, rule)
    return indptr, indices


def _first_network(seed: int, rule: TieRule) -> tuple[Array, Array]:
    return network_of(first_partners(seed, rule))


def first_partners(seed: int, rule: TieRule) -> Array:
    """Return the partners that each enterprise draws at the start, int32 (N, draws); -1 if no candidate is left."""
    n = rule.identities.size
    chosen = np.full((n, rule.draws), -1, dtype=np.int32)
    on_none, order = np.zeros(n, dtype=np.uint64), np.arange(n, dtype=np.int32)
    everything = np.ones(chosen.shape, dtype=bool)
    draw_partners(
        _streams(seed, "ties"), *rule.arrays, rule.local_ties, 0.0, on_none, order, everything, chosen
    )
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
    chosen : int32, shape (N, draws)
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
    int32, shape (N, draws)
        -1 if no candidate is left, and for absent enterprises.
    """
    n, draws = chosen.shape
    leave, stream = np.empty((draws, n)), key(seed, "mobility", "leave", year)
    for d in range(draws):
        uniforms(stream, numbered_all(rule.identities, np.full(n, d)), leave[d])
    gone = np.ascontiguousarray(given_up(leave, rate=mobility.rate).T)
    gone |= (chosen < 0) | ~rule.present[chosen] | ~rule.present[:, None]
    moved = np.where(gone, -1, chosen)
    order = np.argsort(mask_of, kind="stable").astype(np.int32)
    draw_partners(
        _streams(seed, "mobility", year), *rule.arrays, rule.local_ties, mobility.across_platforms, mask_of, order,
        gone, moved,
    )  # fmt: skip
    return moved


@compiled
def network_of(chosen: Array) -> tuple[Array, Array]:
    """Return the network of drawn partners in CSR form; ties are mutual, doubles merged, partners increasing.

    Parameters
    ----------
    chosen : int32, shape (N, draws)
        Distinct partners of each enterprise; -1 for none.

    Returns
    -------
    indptr : int64, shape (N + 1,)
    indices : int32, shape (ties * 2,)
    """
    n, draws = chosen.shape
    end = np.zeros(n, dtype=np.int64)
    for i in range(n):
        for j in chosen[i]:
            if j >= 0:
                end[j] += 1
    total = 0
    for j in range(n):
        end[j], total = total, total + end[j]
    drawn_by = np.empty(total, dtype=np.int32)  # those who have drawn j end at end[j], and increase
    for i in range(n):
        for j in chosen[i]:
            if j >= 0:
                drawn_by[end[j]] = i
                end[j] += 1
    indptr, indices = np.empty(n + 1, dtype=np.int64), np.empty(2 * total, dtype=np.int32)
    own = np.empty(draws, dtype=np.int32)
    t = b = 0
    for i in range(n):
        indptr[i] = t
        count = _sorted_into(own, chosen[i])
        a = 0
        while a < count or b < end[i]:  # merge those whom i has drawn with those who have drawn it
            if b == end[i] or (a < count and own[a] <= drawn_by[b]):
                partner = own[a]
                b += b < end[i] and drawn_by[b] == partner
                a += 1
            else:
                partner = drawn_by[b]
                b += 1
            indices[t] = partner
            t += 1
    indptr[n] = t
    return indptr, indices[:t]


@compiled
def _sorted_into(row: Array, chosen: Array) -> int:
    """Write the partners of one enterprise into ``row``, increasing, and return their number."""
    count = 0
    for partner in chosen:
        if partner >= 0:
            place = count
            while place > 0 and row[place - 1] > partner:
                row[place] = row[place - 1]
                place -= 1
            row[place] = partner
            count += 1
    return count


def _streams(seed: int, *labels: str | int) -> Array:
    return np.array([key(seed, labels[0], purpose, *labels[1:]) for purpose in PURPOSES], dtype=np.uint64)
