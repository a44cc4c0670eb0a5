"""Exact decomposition of Phi of a replication: by region, and between and within macroregions.

Phi is a ratio of sums over cells of technology and industry. Its numerator, n (MSB - MSW), is the squared deviation of
regions from the pooled share in excess of its expectation under chance alone. Both are sums over regions, so each
region has its part, which has expectation 0 if all regions are alike:

    n [ n_r (F_r - Fbar)^2 - MSW (1 - n_r / n) ] / (R - 1)

over the denominator of Phi. The squared deviations in a macroregion split into that of its own share and those of its
regions from that share; so does the chance term. docs/comparison.md has the derivation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulation.analysis.passes import deviations_of
from simulation.metrics.curves import ROUNDING, integral
from simulation.record import technologies_first
from simulation.results.tables import Counts
from simulation.world import Array


@dataclass(frozen=True, slots=True)
class PhiParts:
    """Contributions of regions and macroregions to Phi; all nan if Phi is undefined."""

    regional: Array  # float64 (R,), sums to Phi
    between: Array  # float64 (M,), from the macroregion's own share
    within: Array  # float64 (M,), from its regions around that share; between and within together sum to Phi


def phi_parts(counts: Counts) -> PhiParts:
    """Split Phi, equation (9), of one replication up to its common window."""
    return split_phi(
        technologies_first(counts.adopters),
        counts.eligible,
        counts.release_month,
        window=counts.window,
        macroregion_of=counts.macroregion_of,
        n_macroregions=len(counts.macroregions),
    )


def split_phi(
    adopters: Array,
    eligible: Array,
    release_month: Array,
    *,
    window: int,
    macroregion_of: Array,
    n_macroregions: int,
) -> PhiParts:
    """Split Phi of counts by month.

    Parameters
    ----------
    adopters : int32, shape (K, T + 1, R, S)
    eligible : int64, shape (E, R, S, K), where E is 1 or T + 1
    release_month : int64, shape (K,), at most T - ``window``
    window : months after each release
    macroregion_of : int64, shape (R,)
    n_macroregions : M
    """
    sums = deviations_of(adopters, eligible, release_month, window, macroregion_of, n_macroregions)
    weight = float(integral(sums.total, 1.0))
    if not weight > ROUNDING:
        sizes = (len(macroregion_of), n_macroregions, n_macroregions)
        return PhiParts(*(np.full(size, np.nan) for size in sizes))
    regional, between = (integral(values, 1.0) / weight for values in (sums.regional, sums.between))
    of_macroregion = np.bincount(macroregion_of, weights=regional, minlength=n_macroregions)
    return PhiParts(regional=regional, between=between, within=of_macroregion - between)
