"""What simpler models expect: Bass, a logistic hazard of time without contacts, and no change.

Either of the periods that follow, or of a region that is left out, from what the others show.

Each has two numbers at most, whose posterior is taken on a grid, so that their forecasts hold what they do not know, as
ours do. A period of a rival is a period of the data.

References
----------
Bass (1969), A new product growth model for consumer durables, Management Science 15: 215-227.
"""

from __future__ import annotations

import numpy as np

from simulation.fit.counts import Counts
from simulation.fit.counts_predictive import by_region
from simulation.fit.observed import Observed
from simulation.world import Array

_POINTS = 60
"""Points of each side of a grid."""


def counts(observed: Observed | Counts) -> tuple[Array, Array, Array]:
    """Return by region: new adopters of each period, int64 (R, T), eligible pairs, and initial adopters, int64 (R,)."""
    if isinstance(observed, Counts):
        stock = by_region(observed, observed.stock.T).T
        return np.diff(stock, axis=1), by_region(observed, observed.eligible), stock[:, 0]
    region = observed.world.enterprises.region_of[observed.world.pairs.enterprise]
    n = len(observed.world.regions.ids)
    new = np.zeros((n, observed.periods + 2), dtype=np.int64)
    np.add.at(new, (region, observed.period), 1)
    return new[:, 1 : observed.periods + 1], new.sum(axis=1), new[:, 0]


def bass_by_region(observed: Observed | Counts, *, until: int, draws: int, seed: int) -> Array:
    """Return how many adopt in each region after the last period and by another, int64 (draws, R).

    The probability to adopt in a period is 1 - exp(-(p + q F)), with F the share of adopters at its start; p is spread
    evenly over its logarithm from 1e-5 to 1, q evenly from 0 to 2, in each region by itself.
    """
    new, size, first = counts(observed)
    logs = _bass_logs(new, size, first)
    found = np.zeros((draws, len(size)), dtype=np.int64)
    for r in range(len(size)):
        draw = np.random.default_rng([seed, 5, r])
        chosen = _drawn(logs[r], draws, draw)
        had = int(first[r] + new[r].sum())
        found[:, r] = _bass_forward(chosen, had, int(size[r]), until - observed.periods, draw)
    return found


def bass_of_others(observed: Observed | Counts, *, draws: int, seed: int) -> Array:
    """Return how many adopt in each region in all periods, from its initial adopters, int64 (draws, R).

    As :func:`bass_by_region`, with p and q that all regions share, known from the other regions.
    """
    new, size, first = counts(observed)
    logs = _bass_logs(new, size, first)
    found = np.zeros((draws, len(size)), dtype=np.int64)
    for r in range(len(size)):
        draw = np.random.default_rng([seed, 7, r])
        chosen = _drawn(logs.sum(axis=0) - logs[r], draws, draw)
        found[:, r] = _bass_forward(chosen, int(first[r]), int(size[r]), observed.periods, draw)
    return found


def logistic_hazard(observed: Observed | Counts, *, until: int, draws: int, seed: int) -> Array:
    """Return what :func:`bass_by_region` returns for a hazard without contacts that all regions share.

    The probability to adopt in period t is the logistic function of a + b t: a hazard of ln(1 + exp(a + b t)). a is
    spread evenly from -8 to 2, the change over all periods that were observed from -6 to 6.
    """
    new, size, first = counts(observed)
    draw = np.random.default_rng([seed, 6])
    chosen = _drawn(_logistic_logs(new, size, first).sum(axis=0), draws, draw)
    begin = np.tile(size - first - new.sum(axis=1), (draws, 1))
    left = begin
    for t in range(observed.periods, until):
        left = left - draw.binomial(left, -np.expm1(-_logistic(t, observed.periods)[chosen])[:, None])
    return begin - left


def logistic_hazard_of_others(observed: Observed | Counts, *, draws: int, seed: int) -> Array:
    """Return what :func:`bass_of_others` returns, for :func:`logistic_hazard` known from the other regions."""
    new, size, first = counts(observed)
    logs = _logistic_logs(new, size, first)
    found = np.zeros((draws, len(size)), dtype=np.int64)
    for r in range(len(size)):
        draw = np.random.default_rng([seed, 8, r])
        chosen = _drawn(logs.sum(axis=0) - logs[r], draws, draw)
        left = np.full(draws, size[r] - first[r])
        for t in range(observed.periods):
            left = left - draw.binomial(left, -np.expm1(-_logistic(t, observed.periods)[chosen]))
        found[:, r] = size[r] - first[r] - left
    return found


def no_change(observed: Observed | Counts, *, draws: int) -> Array:
    """Return the same where nobody adopts any more."""
    return np.zeros((draws, len(observed.world.regions.ids)), dtype=np.int64)


def _bass_grid() -> tuple[Array, Array]:
    p, q = np.meshgrid(np.geomspace(1e-5, 1.0, _POINTS), np.linspace(0.0, 2.0, _POINTS), indexing="ij")
    return p.ravel(), q.ravel()


def _bass_logs(new: Array, size: Array, first: Array) -> Array:
    """Return the logarithm of the likelihood of each region at the points of the grid, float64 (R, points)."""
    p, q = _bass_grid()
    logs = np.zeros((size.size, p.size))
    for r in range(size.size):
        had = first[r] + np.concatenate([[0], np.cumsum(new[r])])
        for t, came in enumerate(new[r]):
            logs[r] += _log_binomial(int(came), int(size[r] - had[t]), p + q * had[t] / size[r])
    return logs


def _bass_forward(chosen: Array, had: int, size: int, periods: int, draw: np.random.Generator) -> Array:
    """Return how many adopt in so many periods at these points of the grid, int64 (draws,)."""
    p, q = _bass_grid()
    now = np.full(chosen.size, had)
    for _ in range(periods):
        now = now + draw.binomial(size - now, -np.expm1(-(p[chosen] + q[chosen] * now / size)))
    return now - had


def _logistic(t: int, periods: int) -> Array:
    """Return the hazard of a period, counted from 0, at the points of the grid."""
    a, b = np.meshgrid(
        np.linspace(-8.0, 2.0, _POINTS), np.linspace(-6.0, 6.0, _POINTS) / periods, indexing="ij"
    )
    hazard: Array = np.logaddexp(0.0, a.ravel() + b.ravel() * (t - periods / 2))
    return hazard


def _logistic_logs(new: Array, size: Array, first: Array) -> Array:
    """Return the logarithm of the likelihood of each region at the points of the grid, float64 (R, points)."""
    periods = new.shape[1]
    logs = np.zeros((size.size, _POINTS**2))
    had = first[:, None] + np.cumsum(new, axis=1) - new
    for t in range(periods):
        hazard = _logistic(t, periods)
        logs += _log_binomial(new[:, t, None], (size - had[:, t])[:, None], hazard[None])
    return logs


def _log_binomial(came: Array | int, left: Array | int, hazard: Array) -> Array:
    """Return the logarithm of the probability, without what does not depend on the hazard."""
    log: Array = came * np.log(-np.expm1(-hazard)) - (left - came) * hazard
    return log


def _drawn(log: Array, n: int, draw: np.random.Generator) -> Array:
    weight = np.exp(log - log.max())
    return draw.choice(log.size, size=n, p=weight / weight.sum())
