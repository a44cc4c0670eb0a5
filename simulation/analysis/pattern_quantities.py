"""What the patterns of ``simulation/data/patterns.toml`` are about: pure functions of a world or of a record.

Each returns the values of one run as float64, shape (N,): one number, or one for each technology. A time that is never
reached is nan, so that it lies in no range. A record should reach far enough beyond the last release for that not to
be the horizon's doing: ``patterns.toml`` says how far.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

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


def t50_of_all(record: Record) -> Array:
    """Return the years from release until half of the eligible have adopted, all technologies pooled."""
    curves = Curves(released(record))
    if not curves.record.technologies:
        return np.array([np.nan])
    return np.atleast_1d(crossing_time(curves.pooled, 0.5, dt=curves.dt))


def t50_by_technology(record: Record) -> Array:
    """Return the same for each technology, all regions pooled, as long as it was observed."""
    dt = 1.0 / record.steps_per_year
    return np.array(
        [
            float(crossing_time(_share(adopters.sum(axis=1), eligible.sum(axis=1)), 0.5, dt=dt))
            for adopters, eligible in _by_technology(record)
        ]
    )


def share_before_fastest_year(record: Record) -> Array:
    """Return the share that has adopted when the fastest 12 months begin, all technologies pooled.

    An S-shaped curve is convex before and concave after its fastest year. The share is 0 for a curve that is concave
    throughout, such as that of enterprises that adopt without contact, just below 1/2 for a logistic one, and nan if
    the last year is the fastest, because such a curve has not bent yet.
    """
    curves = Curves(released(record))
    year = record.steps_per_year
    if not curves.record.technologies or curves.window <= year:
        return np.array([np.nan])
    gained = curves.pooled[year:] - curves.pooled[:-year]
    fastest = int(gained.argmax())
    return np.array([np.nan if fastest == gained.size - 1 else curves.pooled[fastest]])


def spread_of_10_percent_dates(record: Record) -> Array:
    """Return the years from the first region in which 10 % have adopted to the last, the median over technologies.

    A technology that a region has not taken up to 10 % has no end to its spread, and stands above all others in the
    median; nan if that makes half of them. Regions with fewer than ``LEAST_ELIGIBLE`` eligible do not count.
    """
    spreads = []
    for adopters, eligible in _by_technology(record):
        large = eligible.min(axis=0) >= LEAST_ELIGIBLE
        if large.sum() >= 2:
            dates = crossing_time(
                _share(adopters[:, large], eligible[:, large]), 0.1, dt=1.0 / record.steps_per_year
            )
            spreads.append(np.inf if np.isnan(dates).any() else np.ptp(dates))
    ordered = np.sort(spreads)
    middle = ordered[(ordered.size - 1) // 2 : ordered.size // 2 + 1]
    return np.array([middle.mean() if middle.size and np.isfinite(middle).all() else np.nan])


def _by_technology(record: Record) -> Iterator[tuple[Array, Array]]:
    """Yield adopters and eligible enterprises of each technology, (months + 1, R) and (E, R), from its release on."""
    record = released(record)
    for k, release in enumerate(record.release_month):
        adopters = record.adopters[release:, :, :, k].sum(axis=2)
        eligible = record.eligible[..., k].sum(axis=2)
        yield adopters, eligible if len(eligible) == 1 else eligible[release:]


def _share(adopters: Array, eligible: Array) -> Array:
    adopters, eligible = np.broadcast_arrays(adopters, eligible)
    return np.divide(adopters, eligible, out=np.zeros(adopters.shape), where=eligible > 0)


OF_A_WORLD: Mapping[str, Callable[[World], Array]] = {
    function.__name__: function for function in (spatial_contacts_across, ties_across)
}
"""Quantities that need no run, by name."""

OF_A_RECORD: Mapping[str, Callable[[Record], Array]] = {
    function.__name__: function
    for function in (
        t50_of_all,
        t50_by_technology,
        share_before_fastest_year,
        spread_of_10_percent_dates,
    )
}
"""Quantities of a run, by name."""
