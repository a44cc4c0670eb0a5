"""The compiled arithmetic of metrics: each equation for one month, and one pass over the counts of a record.

Every sum adds its terms in the order of their index, so that no vector unit or thread changes a bit.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simulation.compiled import compilable, compiled
from simulation.elementary import log, sine_and_cosine
from simulation.world import Array


@compiled
def since_release(counts: Array, release_month: Array, window: int) -> Array:
    """Return the counts tau months after the release of each technology.

    Parameters
    ----------
    counts : int32, shape (K, T + 1, R, S)
    release_month : int64, shape (K,), at most T - ``window``
    window : months to take

    Returns
    -------
    float64, shape (K, window + 1, R, S)
    """
    technologies, _, regions, industries = counts.shape
    taken = np.empty((technologies, window + 1, regions, industries), dtype=np.float64)
    for k in range(technologies):
        taken[k] = counts[k, release_month[k] : release_month[k] + window + 1]
    return taken


class Sums(NamedTuple):
    """What the metrics take of the counts of a record. W is the common window."""

    by_region: Array  # float64 (K, W + 1, R), adopters of all industries
    by_industry: Array  # float64 (K, W + 1, S), adopters of all regions
    standardized: Array  # float64 (K, W + 1, R), adoption shares; equation (8)
    between_regions: (
        Array  # float64 (2, W + 1), variance between regions and in all, summed over cells; equation (9)
    )
    between_macroregions: Array  # float64 (2, W + 1), likewise


@compiled
def sums_of(
    counts: Array,
    eligible: Array,
    release_month: Array,
    window: int,
    macroregion_of: Array,
    n_macroregions: int,
) -> Sums:
    """Pass once over the counts of a record.

    Parameters
    ----------
    counts : int32, shape (K, T + 1, R, S)
    eligible : int64, shape (E, R, S, K), where E is 1 or T + 1
    release_month : int64, shape (K,), at most T - ``window``
    macroregion_of : int64, shape (R,)
    """
    technologies, _, regions, industries = counts.shape
    by_region = np.zeros((technologies, window + 1, regions))
    by_industry = np.zeros((technologies, window + 1, industries))
    shares = np.empty((technologies, window + 1, regions))
    variance = np.zeros((2, window + 1))
    variance_macro = np.zeros((2, window + 1))
    adopted, present = np.empty((industries, regions)), np.empty((industries, regions))
    adopted_macro, present_macro = np.empty(n_macroregions), np.empty(n_macroregions)
    for k in range(technologies):
        for tau in range(window + 1):
            month = release_month[k] + tau
            there = eligible[month if len(eligible) > 1 else 0]
            for r in range(regions):
                for s in range(industries):
                    adopted[s, r] = counts[k, month, r, s]
                    present[s, r] = there[r, s, k]
                    by_region[k, tau, r] += adopted[s, r]
                    by_industry[k, tau, s] += adopted[s, r]
            standardized_month(adopted, present, shares[k, tau])
            for s in range(industries):
                between, total = variance_of(adopted[s], present[s])
                variance[0, tau] += between
                variance[1, tau] += total
                adopted_macro[:] = 0.0
                present_macro[:] = 0.0
                for r in range(regions):
                    adopted_macro[macroregion_of[r]] += adopted[s, r]
                    present_macro[macroregion_of[r]] += present[s, r]
                between, total = variance_of(adopted_macro, present_macro)
                variance_macro[0, tau] += between
                variance_macro[1, tau] += total
    return Sums(by_region, by_industry, shares, variance, variance_macro)


@compilable
def standardized_month(adopters: Array, eligible: Array, shares: Array) -> None:
    """Set the directly standardized adoption shares of regions in one month, float64 (R,); equation (8).

    Parameters
    ----------
    adopters, eligible : float64, shape (S, R)
    """
    everybody = 0.0
    for s in range(eligible.shape[0]):
        for r in range(eligible.shape[1]):
            everybody += eligible[s, r]
    shares[:] = 0.0
    if everybody == 0.0:
        return
    for s in range(eligible.shape[0]):
        national, pooled = 0.0, 0.0
        for r in range(eligible.shape[1]):
            national += eligible[s, r]
            pooled += adopters[s, r]
        if national == 0.0:
            continue
        weight, pooled = national / everybody, pooled / national
        for r in range(eligible.shape[1]):
            # An industry that a region lacks takes the pooled share.
            shares[r] += weight * (adopters[s, r] / eligible[s, r] if eligible[s, r] > 0.0 else pooled)


@compilable
def variance_of(adopters: Array, eligible: Array) -> tuple[float, float]:
    """Return the variance between the groups of one cell in one month and all of it; the parts of equation (9).

    Parameters
    ----------
    adopters, eligible : float64, shape (groups,)
        Counts A_r and n_r, possibly fractional.

    Returns
    -------
    between, total : N (MSB - MSW) and N (MSB + (n0 - 1) MSW)
        Both 0 without two groups that have enterprises, and two enterprises in one of them.
    """
    n, squares_of_n, adopted, squares = 0.0, 0.0, 0.0, 0.0
    groups = 0
    for r in range(eligible.size):
        if eligible[r] > 0.0:
            groups += 1
            n += eligible[r]
            squares_of_n += eligible[r] * eligible[r]
            # In counts, sum n_r F_r^2 = sum A_r F_r and sum n_r F_r (1 - F_r) = sum A_r - sum A_r F_r.
            adopted += adopters[r]
            squares += adopters[r] * (adopters[r] / eligible[r])
    if groups < 2 or not n > groups:
        return 0.0, 0.0
    n0 = (n - squares_of_n / n) / (groups - 1)
    msb = (squares - adopted * adopted / n) / (groups - 1)
    msw = (adopted - squares) / (n - groups)
    return n * (msb - msw), n * (msb + (n0 - 1.0) * msw)


@compiled
def standardized_months(adopters: Array, eligible: Array, shares: Array) -> None:
    """Set shares, float64 (K, M, R), from adopters, float64 (K, M, S, R), and eligible, (K, E, S, R); E is 1 or M."""
    for k in range(shares.shape[0]):
        for month in range(shares.shape[1]):
            here = month if eligible.shape[1] > 1 else 0
            standardized_month(adopters[k, month], eligible[k, here], shares[k, month])


@compiled
def variances_of(adopters: Array, eligible: Array, between: Array, total: Array) -> None:
    """Set both parts, float64 (C, M), from adopters, float64 (C, M, R), and eligible, (C, E, R); E is 1 or M."""
    for cell in range(between.shape[0]):
        for month in range(between.shape[1]):
            here = month if eligible.shape[1] > 1 else 0
            between[cell, month], total[cell, month] = variance_of(
                adopters[cell, month], eligible[cell, here]
            )


@compiled
def differences_of(shares: Array, out: Array) -> None:
    """Set out[i] to the sum over pairs of columns of their distances in row i; shares, float64 (rows, R).

    Sorted, the i-th smallest of R shares is the larger of i pairs and the smaller of R - 1 - i. The order of one row is
    nearly that of the next, so that sorting by insertion takes little more than one step a share.
    """
    regions = shares.shape[1]
    order = np.arange(regions)
    for row in range(shares.shape[0]):
        for place in range(1, regions):
            r, to = order[place], place
            while to > 0 and shares[row, order[to - 1]] > shares[row, r]:
                order[to] = order[to - 1]
                to -= 1
            order[to] = r
        out[row] = 0.0
        for place in range(regions):
            out[row] += (2.0 * place - (regions - 1)) * shares[row, order[place]]


@compiled
def product(a: Array, b: Array) -> Array:
    """Return the matrix product of float64 (I, J) and float64 (J, N), its sums in the order of J."""
    out = np.zeros((a.shape[0], b.shape[1]))
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            for n in range(b.shape[1]):
                out[i, n] += a[i, j] * b[j, n]
    return out


@compiled
def divergence(s: Array, w: Array) -> float:
    """Return the sum of s ln(s / w), with 0 ln 0 = 0; both float64 (N,)."""
    total = 0.0
    for i in range(s.size):
        if s[i] > 0.0:
            total += s[i] * log(s[i] / w[i])
    return total


@compiled
def entropies(p: Array) -> Array:
    """Return -sum p ln p over the first axis, with 0 ln 0 = 0, over its maximum; float64 (N,) of float64 (K, N)."""
    out = np.zeros(p.shape[1])
    for k in range(p.shape[0]):
        for r in range(p.shape[1]):
            if p[k, r] > 0.0:
                out[r] -= p[k, r] * log(p[k, r])
    return out / log(float(p.shape[0]))


@compiled
def phase_order(shares: Array, weights: Array) -> Array:
    """Return the length of the weighted mean of exp(i pi F_r); float64 (months,) of float64 (months, R) and (R,)."""
    out = np.empty(shares.shape[0])
    for month in range(out.size):
        x, y = 0.0, 0.0
        for r in range(weights.size):
            sine, cosine = sine_and_cosine(shares[month, r])
            x += weights[r] * cosine
            y += weights[r] * sine
        out[month] = np.sqrt(x * x + y * y)
    return out
