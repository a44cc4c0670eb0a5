"""Simulation-based calibration: are the intervals of fits as often right as they say?

Values are drawn from the ranges, the engine simulates a small world with them, and the world is fitted. If simulator,
likelihood and sampler agree, the rank of the true value among the draws is uniform for every parameter, and an interval
of 90 % holds it in 90 % of the fits.

References
----------
Talts et al. (2018), Validating Bayesian inference algorithms with simulation-based calibration, arXiv:1804.06788.
Holm (1979), A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6: 65-70.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import binom, chisquare

from simulation.engine.month import Engine
from simulation.fit import posterior
from simulation.fit.likelihood import Likelihood
from simulation.fit.maximum import Search
from simulation.fit.observed import Observed
from simulation.fit.ranges import Range, spec_with, values_at
from simulation.world import Array

DRAWS = 99
"""Draws among which a true value has a rank: 0 to 99."""

COVERAGE = 0.9

_EFFECTIVE = 3 * DRAWS
"""Effective sample size of a fit: then the draws that are kept are nearly independent."""

_MOST_BLOCKS = 16


@dataclass(frozen=True, slots=True)
class Verdict:
    """What many fits say of one parameter."""

    name: str
    p_value: float  # chi-square test of uniform ranks, corrected by Holm for the number of parameters
    coverage: float  # share of the fits whose 90 % interval holds the true value
    low: float  # binomial band of 99.9 % of that share
    high: float

    @property
    def passes(self) -> bool:
        """Whether ranks and coverage are as they should be, at a level of .1 %."""
        return self.p_value > 0.001 and self.low <= self.coverage <= self.high


def rank_of(observed: Observed, ranges: Sequence[Range], *, seed: int) -> Array:
    """Return the rank of the true value of each range among the draws of one fit, int64 (d,), from 0 to ``DRAWS``.

    Parameters
    ----------
    observed : the world; what was observed in it is replaced by a simulation.
    """
    draw = np.random.default_rng([seed, 3])
    truth = draw.random(len(ranges))
    simulated = _simulated(observed, ranges, truth, seed=seed)
    likelihood = Likelihood(simulated, [each.key for each in ranges])
    maximum = Search(likelihood, ranges).maximum(2, seed=seed)
    density = posterior.log_density(likelihood, ranges)
    chain = posterior.sampled(
        density, maximum.places, seed=seed, effective=_EFFECTIVE, most_blocks=_MOST_BLOCKS
    )
    z = posterior.draws(chain, DRAWS, seed=seed)
    return (posterior.places_of(z) < truth).sum(axis=0)


def _simulated(observed: Observed, ranges: Sequence[Range], places: Array, *, seed: int) -> Observed:
    """Return what the engine simulates at these places."""
    engine = Engine(spec_with(observed.spec, ranges, values_at(ranges, places)[0]), seed)
    engine.run_for(observed.periods)
    month = engine.state.adopted_month.astype(np.int64)
    return replace(observed, period=np.where(month < 0, observed.periods + 1, month))


def judged(ranks: Array, names: Sequence[str]) -> list[Verdict]:
    """Return the verdict on each parameter; ranks, int64 (fits, d)."""
    n, d = ranks.shape
    bins = 20 if n >= 500 else 10
    place = ranks * bins // (DRAWS + 1)
    p_values = np.array([chisquare(np.bincount(place[:, k], minlength=bins)).pvalue for k in range(d)])
    order = np.argsort(p_values)
    corrected = np.empty(d)
    corrected[order] = np.minimum(np.maximum.accumulate(p_values[order] * np.arange(d, 0, -1)), 1.0)
    tail = (1.0 - COVERAGE) / 2
    inside = (ranks >= tail * (DRAWS + 1)) & (ranks < (1.0 - tail) * (DRAWS + 1))
    low, high = (float(binom.ppf(q, n, COVERAGE)) / n for q in (0.0005, 0.9995))
    return [
        Verdict(name, float(corrected[k]), float(inside[:, k].mean()), low, high)
        for k, name in enumerate(names)
    ]
