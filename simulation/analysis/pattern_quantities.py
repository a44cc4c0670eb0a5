"""What the patterns of ``simulation/data/patterns.toml`` are about: pure functions of a world or of what was observed.

Each returns the values of one run as float64, shape (N,): one number, or one for each technology. A time that is never
reached is nan, so that it lies in no range. A record should reach far enough beyond the last release for that not to
be the horizon's doing: ``patterns.toml`` says how far.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

import numpy as np

from simulation.metrics import Curves, crossing_time, released
from simulation.record import Record
from simulation.world import Array, World

LEAST_ELIGIBLE = 10
"""A region with fewer eligible enterprises has no date of 10 %: its first adopter would be more than that."""


def spatial_contacts_across(world: World) -> Array:
    """Return the share of spatial contacts that cross the border of a region, without platforms or policy.

    That of an enterprise of region r is 1 - K_rr n_r / sum_q K_rq n_q, with n all enterprises (section 1); this is
    the mean over enterprises. Regions out of all contact, such as those without enterprises, do not count.
    """
    enterprises = world.enterprises.counts.sum(axis=1)
    reached = world.regions.proximity @ enterprises
    counts = np.where(reached > 0, enterprises, 0)
    if not counts.any():
        return np.array([np.nan])
    own = np.diag(world.regions.proximity) * enterprises / np.where(reached > 0, reached, 1.0)
    return np.array([1.0 - own @ counts / counts.sum()])


def ties_across(world: World) -> Array:
    """Return the share of business ties between enterprises of two regions, at the start; nan if there are no ties."""
    enterprises = world.enterprises
    owner = np.repeat(np.arange(enterprises.region_of.size), np.diff(enterprises.indptr))
    across = enterprises.region_of[owner] != enterprises.region_of[enterprises.indices]
    return np.array([across.mean() if across.size else np.nan])


class Observed:
    """What the quantities of a run take of its record, each computed once for all of them.

    Arrays begin at the release of each technology; what lies beyond the horizon is nan.
    """

    def __init__(self, record: Record) -> None:
        self.curves = Curves(released(record))
        self.dt = self.curves.dt

    @cached_property
    def adopters(self) -> Array:
        """float64 (T + 1, R, K): adopters of all industries."""
        return self._from_release(self.curves.record.adopters)

    @cached_property
    def eligible(self) -> Array:
        """float64 (E, R, K): the eligible of all industries; E is 1 if the enterprises stay the same, or T + 1."""
        return self._from_release(self.curves.record.eligible)

    def _from_release(self, counts: Array) -> Array:
        by_region = np.einsum("trsk->trk", counts, dtype=np.int64)
        if len(by_region) == 1:
            return by_region.astype(np.float64)
        aligned = np.full(by_region.shape, np.nan)
        for k, release in enumerate(self.curves.record.release_month):
            aligned[: len(by_region) - release, :, k] = by_region[release:, :, k]
        return aligned

    @cached_property
    def pooled(self) -> Array:
        """float64 (W + 1,): share that has adopted of all pairs of enterprise and technology, in the common window."""
        window = slice(0, self.curves.window + 1)
        return _share(self.adopters[window].sum(axis=(1, 2)), self.eligible[window].sum(axis=(1, 2)))


def t50_of_all(observed: Observed) -> Array:
    """Return the years from release until half of the eligible have adopted, all technologies pooled."""
    if not observed.curves.record.technologies:
        return np.array([np.nan])
    return np.atleast_1d(crossing_time(observed.pooled, 0.5, dt=observed.dt))


def t50_by_technology(observed: Observed) -> Array:
    """Return the same for each technology, all regions pooled, as long as it was observed."""
    shares = _share(observed.adopters.sum(axis=1), observed.eligible.sum(axis=1))
    return crossing_time(shares, 0.5, dt=observed.dt)


def share_before_fastest_year(observed: Observed) -> Array:
    """Return the share that has adopted when the fastest 12 months begin, all technologies pooled.

    An S-shaped curve is convex before and concave after its fastest year. The share is 0 for a curve that is concave
    throughout, such as that of enterprises that adopt without contact, just below 1/2 for a logistic one, and nan if
    the last year is the fastest, because such a curve has not bent yet.
    """
    curves, shares = observed.curves, observed.pooled
    year = curves.record.steps_per_year
    if not curves.record.technologies or curves.window <= year:
        return np.array([np.nan])
    gained = shares[year:] - shares[:-year]
    fastest = int(gained.argmax())
    return np.array([np.nan if fastest == gained.size - 1 else shares[fastest]])


def spread_of_10_percent_dates(observed: Observed) -> Array:
    """Return the years from the first region in which 10 % have adopted to the last, the median over technologies.

    A technology that a region has not taken up to 10 % has no end to its spread, and stands above all others in the
    median; nan if that makes half of them. Regions with fewer than ``LEAST_ELIGIBLE`` eligible do not count.
    """
    dates_of_all = crossing_time(_share(observed.adopters, observed.eligible), 0.1, dt=observed.dt)
    spreads = []
    for of_technology, is_large in zip(dates_of_all.T, _always_large(observed.eligible).T, strict=True):
        dates = of_technology[is_large]
        if dates.size >= 2:
            spreads.append(np.inf if np.isnan(dates).any() else np.ptp(dates))
    ordered = np.sort(spreads)
    middle = ordered[(ordered.size - 1) // 2 : ordered.size // 2 + 1]
    return np.array([middle.mean() if middle.size and np.isfinite(middle).all() else np.nan])


def _always_large(eligible: Array) -> Array:
    """Return whether a region never has fewer than ``LEAST_ELIGIBLE`` eligible after release, bool (R, K)."""
    return ~(eligible < LEAST_ELIGIBLE).any(axis=0)


def _share(adopters: Array, eligible: Array) -> Array:
    adopters, eligible = np.broadcast_arrays(adopters, eligible)
    return np.divide(adopters, eligible, out=np.zeros(adopters.shape), where=eligible > 0)


OF_A_WORLD: Mapping[str, Callable[[World], Array]] = {
    function.__name__: function for function in (spatial_contacts_across, ties_across)
}
"""Quantities that need no run, by name."""

OF_A_RECORD: Mapping[str, Callable[[Observed], Array]] = {
    function.__name__: function
    for function in (
        t50_of_all,
        t50_by_technology,
        share_before_fastest_year,
        spread_of_10_percent_dates,
    )
}
"""Quantities of a run, by name."""
