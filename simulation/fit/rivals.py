"""What simpler models expect of the periods that follow: Bass by region, a hazard of time alone, and no change.

Each has two numbers at most, whose posterior is taken on a grid, so that their forecasts hold what they do not know, as
ours do. A period of a rival is a period of the data.

References
----------
Bass (1969), A new product growth model for consumer durables, Management Science 15: 215-227.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from simulation.fit.observed import Observed
from simulation.world import Array

_POINTS = 60
"""Points of each side of a grid."""


def counts(observed: Observed) -> tuple[Array, Array, Array]:
    """Return by region: new adopters of each period, int64 (R, T), eligible pairs, and initial adopters, int64 (R,)."""
    region = observed.world.enterprises.region_of[observed.world.pairs.enterprise]
    n = len(observed.world.regions.ids)
    new = np.zeros((n, observed.periods + 2), dtype=np.int64)
    np.add.at(new, (region, observed.period), 1)
    return new[:, 1 : observed.periods + 1], new.sum(axis=1), new[:, 0]


def bass_by_region(observed: Observed, *, until: int, draws: int, seed: int) -> Array:
    """Return how many adopt in each region after the last period and by another, int64 (draws, R).

    The probability to adopt in a period is 1 - exp(-(p + q F)), with F the share of adopters at its start; p is spread
    evenly over its logarithm from 1e-5 to 1, q evenly from 0 to 2, in each region by itself.
    """
    new, size, first = counts(observed)
    p, q = np.geomspace(1e-5, 1.0, _POINTS), np.linspace(0.0, 2.0, _POINTS)
    p, q = (grid.ravel() for grid in np.meshgrid(p, q, indexing="ij"))
    found = np.zeros((draws, len(size)), dtype=np.int64)
    for r in range(len(size)):
        draw = np.random.default_rng([seed, 5, r])
        had = first[r] + np.concatenate([[0], np.cumsum(new[r])])
        log = np.zeros(p.size)
        for t, came in enumerate(new[r]):
            log += _log_binomial(int(came), int(size[r] - had[t]), p + q * had[t] / size[r])
        chosen = _drawn(log, draws, draw)
        now = np.full(draws, had[-1])
        for _ in range(observed.periods, until):
            hazard = p[chosen] + q[chosen] * now / size[r]
            now = now + draw.binomial(size[r] - now, -np.expm1(-hazard))
        found[:, r] = now - had[-1]
    return found


def hazard_of_time(observed: Observed, *, until: int, draws: int, seed: int) -> Array:
    """Return the same for a hazard that all share and that depends on time alone: logit of a + b t.

    a is spread evenly from -8 to 2, the change over all periods that were observed from -6 to 6.
    """
    new, size, first = counts(observed)
    a, b = np.linspace(-8.0, 2.0, _POINTS), np.linspace(-6.0, 6.0, _POINTS) / observed.periods
    a, b = (grid.ravel() for grid in np.meshgrid(a, b, indexing="ij"))
    had = first.sum() + np.concatenate([[0], np.cumsum(new.sum(axis=0))])

    def hazard(t: int) -> Callable[[Array], Array]:
        return lambda chosen: np.logaddexp(0.0, a[chosen] + b[chosen] * (t - observed.periods / 2))

    everywhere = np.arange(a.size)
    log = np.zeros(a.size)
    for t, came in enumerate(new.sum(axis=0)):
        log += _log_binomial(int(came), int(size.sum() - had[t]), hazard(t)(everywhere))
    draw = np.random.default_rng([seed, 6])
    chosen = _drawn(log, draws, draw)
    left = np.tile(size - first - new.sum(axis=1), (draws, 1))
    begin = left.copy()
    for t in range(observed.periods, until):
        left = left - draw.binomial(left, -np.expm1(-hazard(t)(chosen))[:, None])
    return begin - left


def no_change(observed: Observed, *, draws: int) -> Array:
    """Return the same where nobody adopts any more."""
    return np.zeros((draws, len(observed.world.regions.ids)), dtype=np.int64)


def _log_binomial(came: int, left: int, hazard: Array) -> Array:
    """Return the logarithm of the probability, without what does not depend on the hazard."""
    log: Array = came * np.log(-np.expm1(-hazard)) - (left - came) * hazard
    return log


def _drawn(log: Array, n: int, draw: np.random.Generator) -> Array:
    weight = np.exp(log - log.max())
    return draw.choice(log.size, size=n, p=weight / weight.sum())
