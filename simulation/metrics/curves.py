"""Adoption curves of a run: counts aligned at release, shares by region, and the arithmetic that metrics share.

Letters as in ``simulation.world``; W is the common window, the number of months from the latest release to the
horizon, so that every technology is observed equally long. E is the time axis of the eligible: 1 if the enterprises
stay the same, and as long as that of the adopters if enterprises enter and leave. A share refers to the enterprises
present in its month, so it can fall. The functions act on plain arrays of counts or shares, with the time axis before
the regions. ``Curves`` computes each array of a record once, when a metric first needs it, most of them in one
compiled pass. ``einsum`` adds only whole numbers, whose sums are exact in any order; others are added by functions of
``passes``, in the order of their index.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from simulation.metrics.passes import Sums, product, since_release, standardized_months, sums_of
from simulation.record import Record, technologies_first
from simulation.world import Array

ROUNDING = 1e-12
"""A weight below this is zero up to rounding; one enterprise in a million for a month has a weight of 1e-7 years."""


def ratio(numerator: Array, denominator: Array, *, otherwise: Array | float = 0.0) -> Array:
    """Divide elementwise with broadcasting; ``otherwise`` where the denominator is 0."""
    out = np.full(
        np.broadcast_shapes(np.shape(numerator), np.shape(denominator)), otherwise, dtype=np.float64
    )
    return np.divide(numerator, denominator, out=out, where=np.asarray(denominator) > 0)


def integral(values: Array, dt: float) -> Array:
    """Integrate over time, the first axis, by the trapezoid rule on the monthly grid; ``dt`` in years."""
    return (values.sum(axis=0) - (values[0] + values[-1]) / 2) * dt


def crossing_time(shares: Array, level: float, *, dt: float) -> Array:
    """First time at which adoption shares reach a level, by linear interpolation between months; equation (12).

    Shares may fall afterwards.

    Parameters
    ----------
    shares : float64, shape (months + 1, ...)
        Adoption shares at the ends of months, from release.
    level : float
        0 to 1.
    dt : float
        Years between two rows.

    Returns
    -------
    float64, shape (...)
        Years after release; nan where the level is never reached, never the horizon.
    """
    reached = shares >= level
    after = reached.argmax(axis=0)[None]
    before = np.maximum(after - 1, 0)
    low, high = (np.take_along_axis(shares, month, axis=0)[0] for month in (before, after))
    position = before[0] + ratio(level - low, high - low)
    return np.where(reached.any(axis=0), np.where(after[0] > 0, position, 0.0) * dt, np.nan)


def aligned(adopters: Array, release_month: Array, *, window: int) -> Array:
    """Take the counts of every technology from its release on.

    Parameters
    ----------
    adopters : int32, shape (T + 1, R, S, K)
        Adopters at the end of each calendar month.
    release_month : int64, shape (K,)
        Month at whose start a technology appears; its row ``release_month`` is the state before any adoption.
    window : int
        Months to take; no technology may be released later than T - window.

    Returns
    -------
    float64, shape (K, window + 1, R, S)
        Adopters tau months after release.
    """
    assert release_month.max(initial=0) + window < len(adopters), "a technology is released too late"
    return since_release(technologies_first(adopters), release_month, window)


def aligned_eligible(eligible: Array, release_month: Array, *, window: int) -> Array:
    """Take the eligible of every technology in the months of :func:`aligned`.

    Parameters
    ----------
    eligible : int64, shape (1 or T + 1, R, S, K)
    release_month : int64, shape (K,)
    window : int

    Returns
    -------
    int64, shape (K, E, R, S)
    """
    if len(eligible) == 1:
        return np.ascontiguousarray(np.moveaxis(eligible, 3, 0))
    return _from_release(eligible, release_month, window=window)


def _from_release(counts: Array, release_month: Array, *, window: int) -> Array:
    months = release_month[:, None] + np.arange(window + 1)
    technologies = np.arange(release_month.size)[:, None]
    return counts[months, :, :, technologies]


def standardized(adopters: Array, eligible: Array) -> Array:
    """Regional curves of each technology, directly standardized over industries; equation (8), section 5.

    Industries have the national eligible weights of the month; an industry that a region lacks takes the pooled share,
    so that a region differs from the others by its adoption and never by its mix of industries.

    Parameters
    ----------
    adopters : float64, shape (K, W + 1, R, S)
    eligible : int64, shape (K, E, R, S)

    Returns
    -------
    float64, shape (K, W + 1, R)
        Adoption shares; the pooled share in a month in which a region has no eligible enterprise, 0 where none has.
    """
    by_industry, present = (
        np.ascontiguousarray(np.moveaxis(counts, 3, 2), dtype=np.float64) for counts in (adopters, eligible)
    )
    shares = np.empty(adopters.shape[:3])
    standardized_months(by_industry, present, shares)
    return shares


def dot(a: Array, b: Array) -> Array:
    """Return ``a @ b`` of vectors or matrices, with sums in the order of the index; float64."""
    left, right = np.atleast_2d(a), b if b.ndim == 2 else b[:, None]
    found = product(
        np.ascontiguousarray(left, dtype=np.float64), np.ascontiguousarray(right, dtype=np.float64)
    )
    return np.asarray(found.reshape(a.shape[:-1] + b.shape[1:]))


def select(record: Record, technologies: Array) -> Record:
    """Keep some technologies of a record, for instance those of one direction.

    Parameters
    ----------
    technologies : bool, shape (K,), or int64
        Mask or positions. The common window becomes that of the technologies kept.
    """
    kept = np.arange(len(record.technologies))[technologies]
    return replace(
        record,
        technologies=tuple(record.technologies[k] for k in kept),
        directions=tuple(record.directions[k] for k in kept),
        environmental=record.environmental[kept],
        release_month=record.release_month[kept],
        eligible=record.eligible[..., kept],
        adopters=record.adopters[:, :, :, kept],
        mastered=record.mastered[:, kept],
        attribution=record.attribution[:, kept],
    )


def released(record: Record) -> Record:
    """Leave out technologies due at or after the last month: a run observed half-way has its horizon there."""
    in_time = record.release_month < record.months
    return record if in_time.all() else select(record, in_time)


@dataclass(frozen=True, eq=False)
class Curves:
    """The adoption curves of one record, up to the common window; all arrays are read-only by agreement.

    Every technology of the record is released before its last month: see ``released``.
    """

    record: Record  # of the replication

    @property
    def dt(self) -> float:
        """Years in a month."""
        return 1.0 / self.record.steps_per_year

    @property
    def window(self) -> int:
        """W, months from the latest release to the horizon."""
        return self.record.months - int(self.record.release_month.max(initial=0))

    @cached_property
    def years(self) -> Array:
        """float64 (W + 1,): years after release of each row of the curves."""
        return np.arange(self.window + 1) * self.dt

    @cached_property
    def adopters(self) -> Array:
        """float64 (K, W + 1, R, S): adopters tau months after release."""
        return aligned(self.record.adopters, self.record.release_month, window=self.window)

    @cached_property
    def sums(self) -> Sums:
        """What one pass over the counts gives."""
        record = self.record
        return sums_of(
            technologies_first(record.adopters),
            # Whatever made the record, the same compiled function takes it.
            np.ascontiguousarray(record.eligible, dtype=np.int64),
            np.ascontiguousarray(record.release_month, dtype=np.int64),
            self.window,
            np.ascontiguousarray(record.macroregion_of, dtype=np.int64),
            len(record.macroregions),
        )

    @property
    def by_region(self) -> Array:
        """float64 (K, W + 1, R): adopters of all industries."""
        return self.sums.by_region

    @property
    def by_industry(self) -> Array:
        """float64 (K, W + 1, S): adopters of all regions."""
        return self.sums.by_industry

    @cached_property
    def eligible(self) -> Array:
        """int64 (K, E, R, S)."""
        return aligned_eligible(self.record.eligible, self.record.release_month, window=self.window)

    @cached_property
    def pairs(self) -> Array:
        """int64 (E, R): eligible pairs of enterprise and technology."""
        return self.eligible.sum(axis=(0, 3))

    @cached_property
    def weights(self) -> Array:
        """float64 (R,): w_r, share of the eligible pairs, all months together."""
        return ratio(self.pairs.sum(axis=0), self.pairs.sum())

    @cached_property
    def technology_weights(self) -> Array:
        """float64 (K,): share of the eligible pairs, all months together."""
        return ratio(self.eligible.sum(axis=(1, 2, 3)), self.pairs.sum())

    def eligible_in(self, month: int) -> Array:
        """int64 (K, R, S): the eligible of one month after release, where regions are compared at a moment."""
        return self.eligible[:, min(month, self.eligible.shape[1] - 1)]

    def weights_in(self, month: int) -> Array:
        """float64 (R,): w_r in one month after release."""
        return self._monthly_weights[min(month, len(self.pairs) - 1)]

    @cached_property
    def _monthly_weights(self) -> Array:
        """float64 (E, R)."""
        return ratio(self.pairs, self.pairs.sum(axis=1, keepdims=True))

    @cached_property
    def pooled(self) -> Array:
        """float64 (W + 1,): adopters of all technologies and regions over all eligible pairs."""
        return ratio(np.einsum("ktr->t", self.by_region), self.pairs.sum(axis=1))

    @property
    def by_technology(self) -> Array:
        """float64 (K, W + 1, R): regional curves of each technology, standardized over industries."""
        return self.sums.standardized

    @cached_property
    def regional(self) -> Array:
        """float64 (W + 1, R): regional curves standardized over technologies and industries; equation (8)."""
        shares = self.by_technology
        return dot(self.technology_weights, shares.reshape(len(shares), -1)).reshape(shares.shape[1:])

    @cached_property
    def raw_by_technology(self) -> Array:
        """float64 (K, W + 1, R): adopters over eligible of each region, not standardized over industries.

        The pooled share in a month in which a region has no eligible enterprise.
        """
        adopters, eligible = self.by_region, self.eligible.sum(axis=3)
        pooled = ratio(np.einsum("ktr->kt", adopters), eligible.sum(axis=2))
        return ratio(adopters, eligible, otherwise=pooled[:, :, None])

    @cached_property
    def raw(self) -> Array:
        """float64 (W + 1, R): adopters over eligible of each region, not standardized.

        The pooled share in a month in which a region has no eligible enterprise.
        """
        return ratio(np.einsum("ktr->tr", self.by_region), self.pairs, otherwise=self.pooled[:, None])
