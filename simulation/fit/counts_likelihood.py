"""The likelihood of how many adopted, with its gradient: binomial, with the hazard of those who are left.

All enterprises of a region and industry have the same spatial exposure, and of the business network the exposure that
their partners have on average. Then the cumulated hazard over absorptive capacity is the same H for all, and of the m
that have not adopted by the end of period t - 1 each adopts in period t with probability

    q = 1 - S(H(t)) / S(H(t - 1)),        S(H) = E[exp(-alpha H)] = (1 + v H)^(-1 / v),

independently given what was before. So the hazard of those who are left falls as H grows: those with high absorptive
capacity go first. Without network contact the number that adopts is binomial, exactly. What partners add, who are not
the average, makes it vary more: then it is beta-binomial with mean q and the correlation ``OVERDISPERSION`` of any two
adoptions, q itself varying with variance q (1 - q) times that correlation. Where industries are counted together, S is
the mean of theirs.

References
----------
Skellam (1948), A probability distribution derived from the binomial distribution, JRSS B 10: 257-261.
Vaupel, Manton & Stallard (1979), The impact of heterogeneity in individual frailty, Demography 16: 439-454.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.special import digamma, gammaln, xlogy

from simulation.fit.counts import Counts
from simulation.fit.exposures import RATES, SHAPES, SpatialExposures
from simulation.fit.likelihood import KEYS, VARIATION, Likelihood
from simulation.fit.survival import log_survival
from simulation.world import Array, World

OVERDISPERSION = "overdispersion"
"""Correlation of any two adoptions of one group in one period; a key of fits, not of scenarios."""

LEAST_OVERDISPERSION = 1e-4
"""The lowest end of its range: below it, numbers are binomial to what double precision tells of the derivative."""


class CountsLikelihood:
    """The logarithm of the probability of the counts, at values of some keys; the scenario has the others.

    Overdispersion is 0 unless it is one of the keys.

    Parameters
    ----------
    only : bool, shape (G,)
        Groups whose probability is meant, given all that was observed of others; by default all.
    """

    def __init__(self, observed: Counts, keys: Sequence[str], *, only: Array | None = None) -> None:
        unknown = set(keys) - {*KEYS, OVERDISPERSION}
        assert not unknown, f"no likelihood for {sorted(unknown)}"
        self.observed, self.keys = observed, tuple(keys)
        diffusion = observed.spec.diffusion
        self._given = {key: float(getattr(diffusion, key.split(".")[1])) for key in KEYS} | {
            OVERDISPERSION: 0.0
        }
        self._shapes = [key for key in keys if key in SHAPES]
        self._exposures = _CellExposures(observed)
        self._unmoved = None if self._shapes else self._exposures.at(self._given, ())[0]
        # Cells by group, so that those of a group are neighbours.
        self._order = np.argsort(observed.group, kind="stable")
        self._first = np.searchsorted(observed.group[self._order], np.arange(observed.eligible.size))
        n = observed.world.enterprises.counts[observed.region, observed.industry].astype(np.float64)
        total = np.bincount(observed.group, weights=n)
        self._log_share = np.log(n / total[observed.group])[self._order]
        at_risk = np.arange(observed.periods) >= observed.released[:, None]
        if only is not None:
            at_risk &= only[:, None]
        self._new = np.where(at_risk, np.diff(observed.stock, axis=1), 0).astype(np.float64)
        self._left = np.where(at_risk, observed.eligible[:, None] - observed.stock[:, :-1], 0).astype(
            np.float64
        )
        self._ways = float(
            (gammaln(self._left + 1) - gammaln(self._new + 1) - gammaln(self._left - self._new + 1)).sum()
        )

    def logs(self, values: Array) -> Array:
        """Return the logarithms at several points.

        Parameters
        ----------
        values : float64, shape (W, keys)

        Returns
        -------
        float64, shape (W,)
            -inf where something that happened is impossible.
        """
        return np.array([self._log(row)[0] for row in values])

    def with_gradient(self, values: Array) -> tuple[float, Array]:
        """Return the logarithm at one point, float64 (keys,), and its gradient; the gradient is 0 where it is -inf."""
        log, parts = self._log(values)
        if not np.isfinite(log):
            return -np.inf, np.zeros(len(self.keys))
        given = self.given(values)
        rates, v = np.array([given[key] for key in RATES]), given[VARIATION] ** 2
        exposures, slopes = parts.exposures, []
        if self._shapes:
            slopes = self._exposures.at(given, self._shapes)[1]
        by_fall, by_correlation = _slopes(self._new, self._left, parts.fall, given[OVERDISPERSION])
        by_group = np.zeros(parts.of_group.shape)
        by_group[:, 1:] += by_fall
        by_group[:, :-1] -= by_fall
        group = self.observed.group[self._order]
        weight = by_group[group] * np.exp(self._log_share[:, None] + parts.of_cell - parts.of_group[group])
        _, by_h, by_v = log_survival((exposures @ rates)[self._order], v)
        by_hazard = np.empty_like(weight)
        by_hazard[self._order] = weight * by_h
        by = dict(zip(RATES, np.einsum("ct,ctk->k", by_hazard, exposures), strict=True))
        by |= {
            key: float((by_hazard * (slope @ rates)).sum())
            for key, slope in zip(self._shapes, slopes, strict=True)
        }
        by[VARIATION] = 2.0 * np.sqrt(v) * float((weight * by_v).sum())
        by[OVERDISPERSION] = by_correlation
        return log, np.array([by[key] for key in self.keys])

    def given(self, values: Array) -> dict[str, float]:
        """Return the value of each key, those that are not fitted as the scenario has them."""
        return {**self._given, **dict(zip(self.keys, values.tolist(), strict=True))}

    def expected(self, values: Array) -> Array:
        """Return the probability to adopt in each period of those who are left, float64 (G, T)."""
        q: Array = -np.expm1(self._log(values)[1].fall)
        return q

    def forward(self, values: Array, *, until: int, draw: np.random.Generator) -> Array:
        """Return how many adopt after the last period and by another in one simulation, int64 (G,).

        Each period is drawn given what was drawn before it; the hazard of those who are left falls on.

        Parameters
        ----------
        values : float64, shape (keys,)
        """
        given, observed = self.given(values), self.observed
        rates, v, correlation = (
            np.array([given[key] for key in RATES]),
            given[VARIATION] ** 2,
            given[OVERDISPERSION],
        )
        exposures = self._exposures.at(given, ())[0] if self._unmoved is None else self._unmoved
        hazard = exposures[:, -1] @ rates
        stock = observed.stock[:, -1].copy()
        for t in range(observed.periods, until):
            before = self._of_groups(hazard, v)
            share = (stock / observed.eligible)[observed.group]
            hazard = hazard + self._exposures.step(given, share, period=t) @ rates
            q = -np.expm1(np.minimum(self._of_groups(hazard, v) - before, 0.0))
            if correlation > 0:
                width = (1.0 - correlation) / correlation
                certain = (q <= 0) | (q >= 1)
                inside = np.where(certain, 0.5, q)
                q = np.where(certain, q, draw.beta(inside * width, (1.0 - inside) * width))
            stock += draw.binomial(observed.eligible - stock, q)
        found: Array = stock - observed.stock[:, -1]
        return found

    def _of_groups(self, hazard: Array, v: float) -> Array:
        """Return ln S of each group, float64 (G,), of the cumulated hazard of each cell, float64 (C,)."""
        return self._together(log_survival(hazard[self._order], v)[0][:, None])[:, 0]

    def _together(self, of_cell: Array) -> Array:
        """Return ln S of each group, float64 (G, ...), of that of its cells, in the order of their groups."""
        number = self.observed.group[self._order]
        if self._first.size == number.size:  # exactly, where no industries are together
            return of_cell
        shared = self._log_share[:, None] + of_cell
        top = np.maximum.reduceat(shared, self._first, axis=0)
        found: Array = top + np.log(np.add.reduceat(np.exp(shared - top[number]), self._first, axis=0))
        return found

    def _log(self, values: Array) -> tuple[float, _Parts]:
        given = self.given(values)
        rates = np.array([given[key] for key in RATES])
        exposures = self._exposures.at(given, ())[0] if self._unmoved is None else self._unmoved
        of_cell = log_survival((exposures @ rates)[self._order], given[VARIATION] ** 2)[0]
        of_group = self._together(of_cell)
        fall = np.diff(of_group, axis=1)
        log = _log_probability(self._new, self._left, fall, given[OVERDISPERSION])
        return log + self._ways, _Parts(exposures, of_cell, of_group, fall)


AnyLikelihood = Likelihood | CountsLikelihood


@dataclass(frozen=True, slots=True)
class _Parts:
    """What the logarithm is made of: C cells, in the order of their groups but for the exposures; G groups."""

    exposures: Array  # float64 (C, T + 1, 3)
    of_cell: Array  # float64 (C, T + 1), ln S
    of_group: Array  # float64 (G, T + 1), ln S
    fall: Array  # float64 (G, T), logarithm of the probability not to adopt in the period


def _log_probability(new: Array, left: Array, fall: Array, correlation: float) -> float:
    """Return the sum of the logarithms of the probabilities, but for the number of ways."""
    q = -np.expm1(np.minimum(fall, 0.0))
    if ((q <= 0) & (new > 0)).any():
        return -np.inf
    stay = left - new
    if correlation == 0:
        return float((xlogy(new, q) + stay * fall).sum())
    width = (1.0 - correlation) / correlation
    a, b = np.maximum(q * width, 1e-300), np.maximum(np.exp(fall) * width, 1e-300)
    terms = gammaln(a + new) - gammaln(a) + gammaln(b + stay) - gammaln(b)
    return float((terms - gammaln(width + left) + gammaln(width)).sum())


def _slopes(new: Array, left: Array, fall: Array, correlation: float) -> tuple[Array, float]:
    """Return the derivatives of :func:`_log_probability` by each fall, and by the correlation."""
    fall = np.minimum(fall, 0.0)
    q, p, stay = -np.expm1(fall), np.exp(fall), left - new
    if correlation == 0:
        return stay - np.divide(new * p, q, out=np.zeros_like(q), where=q > 0), 0.0
    width = (1.0 - correlation) / correlation
    a, b = np.maximum(q * width, 1e-300), np.maximum(p * width, 1e-300)
    by_a = np.where(new > 0, digamma(a + new) - digamma(a), 0.0)
    by_b = np.where(stay > 0, digamma(b + stay) - digamma(b), 0.0)
    by_width = q * by_a + p * by_b - digamma(width + left) + digamma(width)
    return (by_b - by_a) * width * p, -float(by_width.sum()) / correlation**2


class _CellExposures:
    """Cumulated exposures of cells; what does not depend on ``SHAPES`` is computed once."""

    def __init__(self, observed: Counts) -> None:
        world = observed.world
        technologies, of = world.technologies, world.enterprises
        self._place = k, s, r = observed.technology, observed.industry, observed.region
        self._years = technologies.relevance[s, k] / world.steps_per_year
        self._near = 1.0 - technologies.complexity[k] ** 2
        share = observed.stock[:, :-1] / observed.eligible[:, None]
        n_regions, n_industries, n_technologies, _, _ = world.shape
        shares = np.zeros((n_technologies, observed.periods, n_industries, n_regions))
        shares[k, :, s, r] = share[observed.group]
        self._adopters = np.ascontiguousarray(shares * of.counts.T)
        self._spatial = SpatialExposures(world)
        spontaneous = np.maximum(
            np.arange(observed.periods + 1) - technologies.release_month[k][:, None], 0
        ).astype(np.float64)
        met = np.zeros((k.size, observed.periods))
        self._alone = np.zeros(k.size)
        self._release = technologies.release_month[k]
        self._cell = cell = r * n_industries + s
        flat = shares.transpose(0, 1, 3, 2).reshape(n_technologies, observed.periods, -1)  # (K, T, R * S)
        self._mixed = [_mixing(observed.worlds, rho > 0) for rho in technologies.relevance.T]
        self._counts = of.counts.T
        for technology, (weights, alone) in enumerate(self._mixed):
            own = k == technology
            met[own] = (weights @ flat[technology].T)[cell[own]]
            self._alone[own] = alone[cell[own]]
        met[np.arange(observed.periods) < technologies.release_month[k][:, None]] = 0.0
        columns = [spontaneous, np.zeros_like(spontaneous), self._near[:, None] * _cumulated(met)]
        self._known = self._years[:, None, None] * np.stack(columns, axis=-1)

    def at(self, shape: dict[str, float], wanted: Sequence[str]) -> tuple[Array, list[Array]]:
        """Return what has cumulated by the end of each period, float64 (C, T + 1, 3), and derivatives by ``wanted``."""
        spatial, slopes = self._spatial.at(shape, self._adopters, wanted=wanted)
        return self._known + self._of_cells(spatial), [self._of_cells(slope) for slope in slopes]

    def step(self, shape: dict[str, float], share: Array, *, period: int) -> Array:
        """Return what a period adds, float64 (C, 3), if this share of each cell, float64 (C,), has adopted before."""
        k, s, r = self._place
        shares = np.zeros((len(self._mixed), *self._counts.shape))
        shares[k, s, r] = share
        near = self._near * self._spatial.of(shape, np.ascontiguousarray(shares * self._counts))[k, s, r]
        met = np.zeros(k.size)
        for technology, (weights, _) in enumerate(self._mixed):
            own = k == technology
            met[own] = (weights @ shares[technology].T.ravel())[self._cell[own]]
        found = self._years[:, None] * np.column_stack(
            [np.ones(k.size), near, self._near * met + self._alone * near]
        )
        found[period < self._release] = 0.0
        return found

    def _of_cells(self, spatial: Array) -> Array:
        k, s, r = self._place
        found = np.zeros(self._known.shape)
        found[:, :, 1] = (self._years * self._near)[:, None] * _cumulated(spatial[k, :, s, r])
        found[:, :, 2] = self._alone[:, None] * found[:, :, 1]
        return found


def _cumulated(exposures: Array) -> Array:
    """Return the sums before each period and at the end, float64 (C, T + 1)."""
    total = np.zeros((exposures.shape[0], exposures.shape[1] + 1))
    np.cumsum(exposures, axis=1, out=total[:, 1:])
    return total


def _mixing(worlds: Sequence[World], able: Array) -> tuple[csr_array, Array]:
    """Return where the partners of an enterprise of each cell are, and the share of those that have no partner.

    Parameters
    ----------
    able : bool, shape (S,)
        Industries that can use the technology; others are no partners here.

    Returns
    -------
    (R * S, R * S), the mean share of its partners that is in each cell; float64 (R * S,).
        A share of a cell's adopters times this is the expected share of partners that have adopted. Whoever has not
        adopted is itself not among those of its own cell, hence n / (n - 1).
    """
    n_industries = able.size
    n = worlds[0].enterprises.counts.ravel()
    total, alone = csr_array((n.size, n.size)), np.zeros(n.size)
    for world in worlds:
        of = world.enterprises
        cell = of.region_of.astype(np.int64) * n_industries + of.industry_of
        one = np.repeat(np.arange(cell.size), np.diff(of.indptr))
        two = of.indices
        both = able[of.industry_of[one]] & able[of.industry_of[two]]
        one, two = one[both], two[both]
        partners = np.bincount(one, minlength=cell.size)
        weight = 1.0 / partners[one] / n[cell[one]]
        own = cell[one] == cell[two]
        weight[own] *= (n / np.maximum(n - 1, 1))[cell[one[own]]]
        total = total + csr_array((weight, (cell[one], cell[two])), shape=(n.size, n.size))
        alone += np.bincount(cell, weights=partners == 0, minlength=n.size) / np.maximum(n, 1)
    return total / len(worlds), alone / len(worlds)
