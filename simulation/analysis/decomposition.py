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

from simulation.metrics.curves import ROUNDING, aligned, aligned_eligible, integral
from simulation.metrics.phi import compared, variance_components
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
    window = counts.adopters.shape[0] - 1 - int(counts.release_month.max())
    adopters = aligned(counts.adopters, counts.release_month, window=window)
    eligible = aligned_eligible(counts.eligible, counts.release_month, window=window)
    belongs = counts.macroregion_of[:, None] == np.arange(len(counts.macroregions))
    return split_phi(np.moveaxis(adopters, 3, 1), np.moveaxis(eligible, 3, 1), belongs=belongs)


def split_phi(adopters: Array, eligible: Array, *, belongs: Array) -> PhiParts:
    """Split Phi of counts on an even time grid.

    Parameters
    ----------
    adopters : float64, shape (..., months, R)
    eligible : int64, shape (..., E, R)
        E is 1 or the number of months.
    belongs : bool, shape (R, M)
        The macroregion of each region.
    """
    _, total = variance_components(adopters, eligible)
    weight = float(integral(total.sum(axis=0), 1.0))
    if not weight > ROUNDING:
        regions, macroregions = belongs.shape
        return PhiParts(*(np.full(size, np.nan) for size in (regions, macroregions, macroregions)))
    adopters, eligible, n, df_between, df_within = compared(adopters, eligible)
    squares = np.einsum("cmr,cmr->cm", adopters, adopters / np.maximum(eligible, 1))
    within_groups = (adopters.sum(axis=-1) - squares) / df_within
    factor = n / df_between / weight  # 0 in a month without comparison
    divisor = np.maximum(n, 1)[:, :, None]

    def parts(adopters: Array, eligible: Array) -> Array:
        """Return the contribution of each group's own deviation in excess of chance, float64 (groups,)."""
        pooled = adopters.sum(axis=-1, keepdims=True) / divisor
        share = adopters / np.maximum(eligible, 1)
        chance = np.where(eligible > 0, 1 - eligible / divisor, 0.0) * within_groups[:, :, None]
        beyond = eligible * (share - pooled) ** 2 - chance
        return integral(np.einsum("cm,cmr->mr", factor, beyond), 1.0)

    regional = parts(adopters, eligible)
    between = parts(adopters @ belongs.astype(np.float64), eligible @ belongs.astype(np.int64))
    return PhiParts(regional=regional, between=between, within=regional @ belongs - between)
