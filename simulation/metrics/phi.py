"""Phi and its variants: the share of the variance of adoption over time that lies between regions.

Wright's F_ST, with the correction of Weir & Cockerham for the finite number of enterprises, integrated over time. E is
the time axis of the eligible, 1 or as long as that of the adopters; see ``simulation.metrics.curves``.

References
----------
Wright (1951), Annals of Eugenics 15: 323-354. Weir & Cockerham (1984), Evolution 38: 1358-1370.
"""

from __future__ import annotations

import numpy as np

from simulation.metrics.curves import ROUNDING, Curves, crossing_time, integral, ratio
from simulation.metrics.metric import Metric, Undefined, require_regions, require_synchrony
from simulation.metrics.passes import variances_of
from simulation.world import Array


def comparable(eligible: Array) -> Array:
    """Return which cells have two groups, and two enterprises in one of them; bool (...) of int64 (..., R)."""
    return ((eligible > 0).sum(axis=-1) >= 2) & (eligible.sum(axis=-1) > (eligible > 0).sum(axis=-1))


def variance_components(adopters: Array, eligible: Array) -> tuple[Array, Array]:
    """Return variance between regions and total variance, by cell and month; the parts of equation (9), section 5.

    A cell is a technology in an industry, or as defined by the caller; groups are regions or macroregions.
    A cell has no variance in a month in which it is not :func:`comparable`, and is omitted if it never is.

    Parameters
    ----------
    adopters : float64, shape (..., months, R)
        May be fractional, where shares are interpolated between months.
    eligible : int64, shape (..., E, R)
        E is 1 or the number of months. May be fractional too.

    Returns
    -------
    between, total : float64, shape (cells, months)
        N (MSB - MSW) and N (MSB + (n0 - 1) MSW); both 0 with N in a month without comparison.
    """
    some = comparable(eligible).any(axis=-1)
    counts, present = (
        np.ascontiguousarray(values[some], dtype=np.float64) for values in (adopters, eligible)
    )
    between, total = np.empty(counts.shape[:2]), np.empty(counts.shape[:2])
    variances_of(counts, present, between, total)
    return between, total


def phi(adopters: Array, eligible: Array) -> float:
    """Phi of counts on an even time grid, equation (9): variance between groups over all, summed over cells and time.

    Parameters
    ----------
    adopters : float64, shape (..., months, R)
    eligible : int64, shape (..., E, R)

    Returns
    -------
    float
        At most 1; slightly negative if groups differ less than by chance; nan if nothing varies.
    """
    return _share(*(part.sum(axis=0) for part in variance_components(adopters, eligible)))


def _share(between: Array, total: Array) -> float:
    """Return Phi of both parts by month, float64 (months,)."""
    of_groups, of_all = integral(between, 1.0), integral(total, 1.0)
    return float(of_groups / of_all) if of_all > ROUNDING else np.nan


def _defined(value: float) -> float:
    if np.isnan(value):
        raise Undefined(
            "Where regions can be compared, no month has both adopters and potential adopters, so nothing varies."
        )
    return value


def _phi(curves: Curves) -> float:
    require_synchrony(curves)
    return _defined(_share(*curves.sums.between_regions))


def _phi_half(curves: Curves) -> float:
    """Return Phi at the moment at which each cell first reaches half, up to the horizon, without truncation."""
    require_regions(curves)
    adopters, eligible = curves.record.adopters, curves.record.eligible
    adopted = np.einsum("trsk->tsk", adopters)  # in any order of memory
    months = crossing_time(ratio(adopted, eligible.sum(axis=1)), 0.5, dt=1.0)
    industry, technology = np.nonzero(np.isfinite(months))
    if not industry.size:
        raise Undefined(
            "No technology reaches half of the eligible enterprises of an industry before the horizon."
        )

    months = months[industry, technology]
    before = np.floor(months).astype(np.int64)
    after = np.minimum(before + 1, curves.record.months)
    part = (months - before)[:, None]
    at_half = (1 - part) * adopters[before, :, industry, technology] + part * adopters[
        after, :, industry, technology
    ]
    monthly = np.broadcast_to(eligible, adopters.shape)
    n_before, n_after = (monthly[month, :, industry, technology] for month in (before, after))
    n_half = n_before + part * (n_after - n_before)
    between, total = variance_components(at_half[:, None, :], n_half[:, None, :])
    return _defined(float(between.sum() / total.sum()) if total.sum() > ROUNDING else np.nan)


def _phi_raw(curves: Curves) -> float:
    require_synchrony(curves)
    return _defined(phi(curves.by_region, curves.eligible.sum(axis=3)))


def _phi_macro(curves: Curves) -> float:
    require_synchrony(curves)
    record = curves.record
    belongs = record.macroregion_of[:, None] == np.arange(len(record.macroregions))
    if belongs[curves.weights > 0].any(axis=0).sum() < 2:
        raise Undefined("Only one macroregion has eligible enterprises.")
    return _defined(_share(*curves.sums.between_macroregions))


METRICS = (
    Metric(
        name="phi",
        unit="share",
        reading="Share of the variance of adoption over time that lies between regions.",
        better="lower",
        measure=_phi,
    ),
    Metric(
        name="synchronization",
        unit="share",
        reading="1 - Phi: 1 if all regions adopt at the same time, apart from chance.",
        better="higher",
        measure=lambda curves: 1.0 - _phi(curves),
    ),
    Metric(
        name="phi_half",
        unit="share",
        reading="Phi at the moment at which half of the eligible have adopted; free of truncation by the horizon.",
        better="lower",
        measure=_phi_half,
    ),
    Metric(
        name="phi_raw",
        unit="share",
        reading="Phi with the industries of a region pooled: differences in the mix of industries count too.",
        better="lower",
        measure=_phi_raw,
    ),
    Metric(
        name="phi_macro",
        unit="share",
        reading="Phi between macroregions.",
        better="lower",
        measure=_phi_macro,
    ),
)
