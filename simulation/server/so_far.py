"""Phi, W1 and t50 of a run that ended in each month, kept up month by month at a small part of their cost at the end.

Variances, distances and shares of a month never change again; which months count, and from where, does, with every
release. So the parts are computed once, by the functions of ``simulation.metrics``, and only added up anew.
"""

from __future__ import annotations

import numpy as np

from simulation.metrics.curves import ROUNDING, crossing_time, integral, ratio, standardized
from simulation.metrics.metric import MINIMUM_SHARE
from simulation.metrics.wasserstein import differences
from simulation.metrics.weir_cockerham import comparable, variance_components
from simulation.world import Array


class SoFar:
    """Letters as in ``simulation.world``, T months until the horizon.

    Parameters
    ----------
    eligible : int64, shape (R, S, K)
    release_month : int64, shape (K,)
    months : T.
    dt : years in a month.
    """

    def __init__(self, eligible: Array, release_month: Array, *, months: int, dt: float) -> None:
        self._release_month = release_month
        self._dt = dt
        self._eligible = np.ascontiguousarray(np.moveaxis(eligible, 2, 0))  # (K, R, S)
        self._cells = self._eligible.swapaxes(1, 2)  # (K, S, R)
        technologies = len(release_month)
        technology_of_cell, _ = np.nonzero(comparable(self._cells))
        self._belongs = (technology_of_cell == np.arange(technologies)[:, None]).astype(np.float64)
        self._weights = self._eligible.sum(axis=(1, 2))  # (K,)
        self._present = self._eligible.sum(axis=2) > 0  # (K, R)
        shape = (months + 1, technologies)
        self._between, self._total, self._lag = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        self._adopters = np.zeros(shape)
        self.phi = np.full(months + 1, np.nan)
        self.w1_years = np.full(months + 1, np.nan)
        self.t50_years = np.full(months + 1, np.nan)

    def note(self, first: int, adopters: Array) -> None:
        """Take the months from ``first`` on: int32, shape (months, R, S, K). None may be left out."""
        if not self._weights.size:
            return
        counts = np.ascontiguousarray(adopters.transpose(3, 0, 1, 2), dtype=np.float64)  # (K, months, R, S)
        rows = slice(first, first + len(adopters))
        between, total = variance_components(np.moveaxis(counts, 3, 1), self._cells)
        self._between[rows], self._total[rows] = (between.T @ self._belongs.T, total.T @ self._belongs.T)
        shares = standardized(counts, self._eligible)
        for present in np.unique(self._present, axis=0):
            regions = int(present.sum())
            if regions < 2:
                continue
            alike = (self._present == present).all(axis=1)
            pairs = regions * (regions - 1) / 2
            self._lag[rows, alike] = differences(shares[alike][:, :, present]).T / pairs
        self._adopters[rows] = counts.sum(axis=(2, 3)).T
        every = np.ones(len(self._release_month), dtype=bool)
        for month in range(rows.start, rows.stop):
            self.phi[month], self.w1_years[month], self.t50_years[month] = self.at(month, every)

    def series(self, month: int, technologies: Array) -> Array:
        """Phi, W1 and t50 of some technologies for each month up to this one; float64 (3, month + 1)."""
        if technologies.all():  # known already
            return np.array([part[: month + 1] for part in (self.phi, self.w1_years, self.t50_years)])
        return np.array([self.at(m, technologies) for m in range(month + 1)]).T

    def at(self, month: int, technologies: Array) -> tuple[float, float, float]:
        """Phi, W1 and t50 (years) of a run that ended in this month, nan where undefined.

        Parameters
        ----------
        technologies : bool, shape (K,)
            Those to look at; as in ``metrics.released``, one that is due in this month does not count yet.
        """
        seen = np.flatnonzero(technologies & (self._release_month < month))
        eligible = self._weights[seen].sum()
        if not seen.size or not eligible:
            return np.nan, np.nan, np.nan
        release = self._release_month[seen]
        window = month - int(release.max())
        at = (release + np.arange(window + 1)[:, None], seen)  # (W + 1, technologies seen)
        pooled = ratio(self._adopters[at].sum(axis=1), eligible)
        t50 = float(crossing_time(pooled, 0.5, dt=self._dt))
        if pooled[-1] < MINIMUM_SHARE or self._present[seen].any(axis=0).sum() < 2:
            return np.nan, np.nan, t50
        between, total = (integral(part[at].sum(axis=1), 1.0) for part in (self._between, self._total))
        phi = float(between / total) if total > ROUNDING else np.nan
        weight = np.where(self._present[seen].sum(axis=1) >= 2, self._weights[seen], 0)
        lags = integral(self._lag[at], self._dt)
        w1 = float(lags @ weight / weight.sum()) if weight.any() else np.nan
        return phi, w1, t50
