"""The compiled arithmetic of the decomposition of Phi: one pass over the counts of a replication.

Every sum adds its terms in the order of their index, so that no vector unit or thread changes a bit.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simulation.compiled import compilable, compiled
from simulation.world import Array


class Deviations(NamedTuple):
    """Sums over the cells of technology and industry, by month after release. W is the common window."""

    total: Array  # float64 (W + 1,), variance in all: the denominator of equation (9)
    regional: Array  # float64 (W + 1, R), squared deviation of each region in excess of chance
    between: Array  # float64 (W + 1, M), likewise of the own share of each macroregion


@compiled
def deviations_of(
    counts: Array,
    eligible: Array,
    release_month: Array,
    window: int,
    macroregion_of: Array,
    n_macroregions: int,
) -> Deviations:
    """Pass once over the counts of a replication.

    Parameters
    ----------
    counts : int32, shape (K, T + 1, R, S)
    eligible : int64, shape (E, R, S, K), where E is 1 or T + 1
    release_month : int64, shape (K,), at most T - ``window``
    macroregion_of : int64, shape (R,)
    """
    technologies, _, regions, industries = counts.shape
    total = np.zeros(window + 1)
    regional = np.zeros((window + 1, regions))
    between = np.zeros((window + 1, n_macroregions))
    present, present_macro = np.empty((regions, industries)), np.empty((n_macroregions, industries))
    share, share_macro = np.empty_like(present), np.empty_like(present_macro)
    chance, chance_macro = np.empty_like(present), np.empty_like(present_macro)
    # Of each industry: all eligible, degrees of freedom between and within regions, and n0, which change only where the
    # eligible do; then, in each month, the pooled share, the sum of squares, and the variance within regions.
    n, free_between, free_within, n0 = (
        np.empty(industries),
        np.empty(industries),
        np.empty(industries),
        np.empty(industries),
    )
    pooled, squares, within = np.empty(industries), np.empty(industries), np.empty(industries)
    for k in range(technologies):
        for tau in range(window + 1):
            month = release_month[k] + tau
            if tau == 0 or len(eligible) > 1:
                present_macro[:] = 0.0
                for r in range(regions):
                    for s in range(industries):
                        present[r, s] = eligible[month if len(eligible) > 1 else 0, r, s, k]
                        present_macro[macroregion_of[r], s] += present[r, s]
                sizes_of(present, n, free_between, free_within, n0)
                chances_of(present, n, chance)
                chances_of(present_macro, n, chance_macro)
            pooled[:] = 0.0
            squares[:] = 0.0
            share_macro[:] = 0.0
            for r in range(regions):
                for s in range(industries):
                    adopted = float(counts[k, month, r, s])
                    share[r, s] = adopted / max(present[r, s], 1.0)
                    pooled[s] += adopted
                    squares[s] += adopted * share[r, s]
                    share_macro[macroregion_of[r], s] += adopted
            for s in range(industries):
                within[s] = 0.0
                if free_between[s] > 0.0:
                    msb = (squares[s] - pooled[s] * pooled[s] / n[s]) / free_between[s]
                    within[s] = (pooled[s] - squares[s]) / free_within[s]
                    total[tau] += n[s] * (msb + (n0[s] - 1.0) * within[s])
                    pooled[s] /= n[s]
            for m in range(n_macroregions):
                for s in range(industries):
                    share_macro[m, s] /= max(present_macro[m, s], 1.0)
            for s in range(industries):
                # Without comparison nothing is added.
                factor = n[s] / free_between[s] if free_between[s] > 0.0 else 0.0
                for r in range(regions):
                    deviation = share[r, s] - pooled[s]
                    regional[tau, r] += factor * (
                        present[r, s] * deviation * deviation - chance[r, s] * within[s]
                    )
                for m in range(n_macroregions):
                    deviation = share_macro[m, s] - pooled[s]
                    between[tau, m] += factor * (
                        present_macro[m, s] * deviation * deviation - chance_macro[m, s] * within[s]
                    )
    return Deviations(total, regional, between)


@compilable
def sizes_of(present: Array, n: Array, free_between: Array, free_within: Array, n0: Array) -> None:
    """Set what the comparison of groups in each industry needs of their sizes; degrees between are 0 if it has none.

    Parameters
    ----------
    present : float64, shape (groups, S)
    n, free_between, free_within, n0 : float64, shape (S,)
    """
    for s in range(n.size):
        n[s], squares, groups = 0.0, 0.0, 0
        for r in range(len(present)):
            if present[r, s] > 0.0:
                groups += 1
                n[s] += present[r, s]
                squares += present[r, s] * present[r, s]
        free_between[s], free_within[s], n0[s] = 0.0, 0.0, 0.0
        if groups >= 2 and n[s] > groups:
            free_between[s], free_within[s] = groups - 1.0, n[s] - groups
            n0[s] = (n[s] - squares / n[s]) / (groups - 1.0)


@compilable
def chances_of(present: Array, n: Array, chance: Array) -> None:
    """Set the expectation of squared deviations among like groups, over the variance within; float64 (groups, S)."""
    for g in range(len(present)):
        for s in range(n.size):
            chance[g, s] = 1.0 - present[g, s] / n[s] if present[g, s] > 0.0 else 0.0
