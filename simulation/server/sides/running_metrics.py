"""Incremental Phi, W1 and t50 of a run as if it had ended in each month.

Variances, distances and shares of a month never change, but the months that count do with every release. So the parts
are computed once, by the functions of ``simulation.metrics``, and only summed again.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from simulation.metrics.curves import ROUNDING, crossing_time, ratio, standardized
from simulation.metrics.metric import MINIMUM_SHARE
from simulation.metrics.phi import comparable, variance_components
from simulation.metrics.wasserstein import differences
from simulation.world import Array


class RunningMetrics:
    """Letters as in ``simulation.world``, T months until the horizon, E as in ``simulation.record``: 1 or T + 1.

    Parameters
    ----------
    adopters : int32, shape (T + 1, R, S, K)
    eligible : int64, shape (E, R, S, K)
        Not copied, like ``adopters``: a month may be filled in until it is noted.
    release_month : int64, shape (K,)
    dt : years in a month.
    """

    def __init__(self, adopters: Array, eligible: Array, release_month: Array, *, dt: float) -> None:
        self._counts = adopters
        self._counted = eligible
        self._release_month = release_month
        self._dt = dt
        self._noted = 0
        months, regions, _, technologies = adopters.shape
        self._changing = len(eligible) > 1
        self._weights = np.zeros((len(eligible), technologies), dtype=np.int64)
        self._present = np.zeros((len(eligible), technologies, regions), dtype=bool)
        self._compared = np.zeros((technologies, regions), dtype=bool)
        shape = (months, technologies)
        self._between, self._total, self._lag = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        self._adopters = np.zeros(shape)
        self.phi = np.full(months, np.nan)
        self.w1_years = np.full(months, np.nan)
        self.t50_years = np.full(months, np.nan)

    def note(self, month: int) -> None:
        """Process all months up to this one that have not been processed."""
        rows = slice(self._noted, month + 1)
        if month < self._noted or not self._release_month.size:
            return
        if self._changing or not self._noted:
            self._eligible = _Eligible(self._counted[self._held(rows)])
        eligible = self._eligible
        self._weights[self._held(rows)] = eligible.weights
        self._present[self._held(rows)] = eligible.present
        if not self._noted:
            self._compared = eligible.present.any(axis=0)
        self._noted = rows.stop
        counts = _by_technology(self._counts[rows]).astype(np.float64)
        between, total = variance_components(np.moveaxis(counts, 3, 1), eligible.by_cell)
        self._between[rows], self._total[rows] = (
            between.T @ eligible.belongs.T,
            total.T @ eligible.belongs.T,
        )
        self._lag[rows] = _lags(counts, eligible.by_technology, self._compared)
        self._adopters[rows] = counts.sum(axis=(2, 3)).T
        every = np.ones(len(self._release_month), dtype=bool)
        self.phi[rows], self.w1_years[rows], self.t50_years[rows] = self._measured(rows, every)

    def series(self, month: int, technologies: Array) -> Array:
        """Phi, W1 and t50 of some technologies for each month up to this one; float64 (3, month + 1)."""
        if technologies.all():  # known already
            return np.array([part[: month + 1] for part in (self.phi, self.w1_years, self.t50_years)])
        return self._measured(slice(0, month + 1), technologies)

    def _measured(self, months: slice, technologies: Array) -> Array:
        """Phi, W1 and t50 (years) of runs that ended in these months, nan where undefined; float64 (3, months).

        Parameters
        ----------
        technologies : bool, shape (K,)
            Those to include; as in ``metrics.released``, one that is due in this month does not count yet.
        """
        found = np.full((3, months.stop - months.start), np.nan)
        # Between two releases the technologies that count are the same: only the window grows.
        starts = self._release_month[technologies] + 1
        within = starts[(starts > months.start) & (starts < months.stop)]
        for first, last in pairwise([months.start, *np.unique(within).tolist(), months.stop]):
            seen = np.flatnonzero(technologies & (self._release_month < first))
            if seen.size:
                found[:, first - months.start : last - months.start] = self._grown(first, last, seen)
        return found

    def _grown(self, first: int, last: int, seen: Array) -> Array:
        """Phi, W1 and t50 of runs that ended in months ``first`` to ``last - 1``; float64 (3, months).

        Parameters
        ----------
        seen : int64, rows of the technologies that count in all of these months.
        """
        release = self._release_month[seen]
        latest = int(release.max())
        at = (release + np.arange(last - latest)[:, None], seen)  # (longest window + 1, technologies seen)
        held = at if self._changing else ([[0]], seen)
        windows = np.arange(first - latest, last - latest)  # of each month, in months
        found = np.full((3, windows.size), np.nan)
        pooled = ratio(self._adopters[at].sum(axis=1), self._weights[held].sum(axis=1))
        half = pooled >= 0.5
        if half.any():
            found[2, windows >= half.argmax()] = crossing_time(pooled, 0.5, dt=self._dt)
        between, total = (_integrals(part[at].sum(axis=1), 1.0) for part in (self._between, self._total))
        weights = self._weights[held].cumsum(axis=0)
        compared = self._present[held].cumsum(axis=0) > 0  # (1 or longest window + 1, technologies seen, R)
        # Where enterprises stay, there is one row for all windows; else the regions compared rarely change.
        row_of = windows if self._changing else np.zeros_like(windows)
        turns = np.flatnonzero((compared[row_of[1:]] != compared[row_of[:-1]]).any(axis=(1, 2))) + 1
        for start, stop in pairwise([0, *turns.tolist(), windows.size]):
            grown, present = windows[start:stop], compared[row_of[start]]
            if present.any(axis=0).sum() < 2:
                continue
            whole = np.where(total[grown] > ROUNDING, total[grown], 0.0)
            found[0, start:stop] = ratio(between[grown], whole, otherwise=np.nan)
            if self._changing:
                self._compare(seen, present)
            lags = _integrals(self._lag[at], self._dt)[grown]
            weight = np.where(present.sum(axis=1) >= 2, weights[row_of[start:stop]], 0)
            found[1, start:stop] = ratio((lags * weight).sum(axis=1), weight.sum(axis=1), otherwise=np.nan)
        found[:2, pooled[windows] < MINIMUM_SHARE] = np.nan
        return found

    def _held(self, rows: slice) -> slice:
        """Rows of what has one for all months, or one a month."""
        return rows if self._changing else slice(0, 1)

    def _compare(self, technologies: Array, present: Array) -> None:
        """Let the lags of technologies be those between the regions that their window has; bool (technologies, R).

        Regions without enterprises come and go with few of them, if at all, so that this is rarely work.
        """
        for k in technologies[(self._compared[technologies] != present).any(axis=1)].tolist():
            self._compared[k] = present[technologies == k]
            rows = slice(0, self._noted)
            counts, eligible = self._counts[rows, ..., [k]], self._counted[self._held(rows), ..., [k]]
            self._lag[rows, [k]] = _lags(
                _by_technology(counts), _by_technology(eligible), self._compared[[k]]
            )


class _Eligible:
    """The eligible of some months, arranged for the functions of ``simulation.metrics``."""

    def __init__(self, counted: Array) -> None:
        self.by_technology = _by_technology(counted)  # (K, E, R, S)
        self.by_cell = np.moveaxis(self.by_technology, 3, 1)  # (K, S, E, R)
        self.weights = counted.sum(axis=(1, 2))  # (E, K)
        self.present = counted.sum(axis=2).swapaxes(1, 2) > 0  # (E, K, R)
        technology_of_cell, _ = np.nonzero(comparable(self.by_cell).any(axis=2))
        # (K, cells), of the cells that have a variance
        self.belongs = (technology_of_cell == np.arange(counted.shape[3])[:, None]).astype(np.float64)


def _integrals(values: Array, dt: float) -> Array:
    """``integral`` of the first 1, 2, ... rows."""
    return (values.cumsum(axis=0) - (values[0] + values) / 2) * dt


def _by_technology(counts: Array) -> Array:
    """(K, months, R, S) of (months, R, S, K)."""
    return np.ascontiguousarray(np.moveaxis(counts, 3, 0))


def _lags(adopters: Array, eligible: Array, compared: Array) -> Array:
    """Return the mean distance over pairs of regions, 0 if there are fewer than two; float64 (months, K).

    Parameters
    ----------
    adopters, eligible : shapes as in ``standardized``
    compared : bool, shape (K, R)
    """
    shares = standardized(adopters, eligible)
    lags = np.zeros(shares.shape[:2])
    for regions in np.unique(compared, axis=0):
        n = int(regions.sum())
        if n >= 2:
            alike = (compared == regions).all(axis=1)
            lags[alike] = differences(shares[alike][:, :, regions]) / (n * (n - 1) / 2)
    return lags.T
