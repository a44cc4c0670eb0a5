"""What a fitted model expects of the periods that follow, and how well rivals and it foretold what came.

Adoption is simulated forward from the observed state, once for each draw from the posterior. Absorptive capacity is
Gamma with shape and rate 1 / v; given that an enterprise has not adopted while its hazard over it cumulated to H, it is
Gamma with the same shape and rate 1 / v + H, so that those who are left are slower than all were. What institutions
master and who is on which platform stay as they were: what comes of them is not foretold.

References
----------
Gneiting & Raftery (2007), Strictly proper scoring rules, prediction, and estimation, JASA 102: 359-378.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from simulation.errors import HyperclusterError
from simulation.fit.exposures import SHAPES, Exposures
from simulation.fit.likelihood import VARIATION, Likelihood
from simulation.fit.observed import Observed
from simulation.fit.survival import LEAST_VARIANCE
from simulation.world import Array

INTERVAL = 0.9


def simulated_forward(likelihood: Likelihood, draws: Array, *, until: int, seed: int) -> Array:
    """Return the period of adoption of every pair in one simulation for each draw, int64 (M, P).

    Parameters
    ----------
    likelihood : of what was observed by its last period T.
    draws : float64, shape (M, keys)
        Values of what was fitted.
    until : the last period to simulate; those who have not adopted by its end have ``until + 1``.

    Raises
    ------
    HyperclusterError
        If an enterprise can use several technologies: its absorptive capacity then depends on all of them.
    """
    observed = likelihood.observed
    world = observed.world
    enterprise, k = world.pairs.enterprise, observed.technology_of
    if np.bincount(enterprise).max(initial=0) > 1:
        raise HyperclusterError(
            "a forecast needs one technology an enterprise: several share absorptive capacity"
        )
    draw = np.random.default_rng([seed, 4])
    exposures, of = Exposures(observed), world.enterprises
    industry, region = of.industry_of[enterprise], of.region_of[enterprise]
    place = (k, industry, region)
    relevance = world.technologies.relevance[industry, k] / world.steps_per_year
    near_factor = 1.0 - world.technologies.complexity[k] ** 2
    ties = csr_array(
        (np.ones(of.indices.size), of.indices, of.indptr), shape=(of.region_of.size, of.region_of.size)
    )
    partners = world.pairs.partners[world.pairs.pattern_of[k], enterprise]
    factor, spontaneous = exposures.factors(observed.periods)
    periods = np.empty((len(draws), enterprise.size), dtype=np.int64)
    shape_of_adopters = (len(world.technologies.names), len(of.industries), len(world.regions.ids))
    for m, values in enumerate(draws):
        given = likelihood.given(values)
        rates, v = np.array([given[key] for key in likelihood.rates]), given[VARIATION] ** 2
        shape = {key: given[key] for key in SHAPES}
        passed = likelihood.hazards(values)
        capacity = np.ones(enterprise.size)
        if v >= LEAST_VARIANCE:
            capacity = draw.gamma(1.0 / v, size=enterprise.size) / (1.0 / v + passed)
        left = draw.exponential(size=enterprise.size) / np.maximum(capacity, 1e-300)
        period = np.where(observed.period <= observed.periods, observed.period, until + 1)
        for t in range(observed.periods + 1, until + 1):
            has = period < t
            adopters = np.zeros(shape_of_adopters)
            np.add.at(adopters, tuple(part[has] for part in place), 1.0)
            near = exposures.spatial(shape, adopters)[place]
            having = np.zeros(of.region_of.size)
            having[enterprise[has]] = 1.0
            # A partner counts if it can use the same technology; each enterprise can use one.
            met = near.copy()
            for technology in range(shape_of_adopters[0]):
                own = k == technology
                its = np.zeros(of.region_of.size)
                its[enterprise[own]] = having[enterprise[own]]
                share = (ties @ its)[enterprise] / np.maximum(partners, 1)
                met = np.where(own & (partners > 0), share, met)
            contacts = near_factor * (rates[1] * near + rates[2] * met)
            remote = exposures.dated(shape, has, row=observed.periods) @ rates[3:]
            hazard = factor * (rates[0] * spontaneous + contacts + remote)
            left -= np.where(observed.released < t, relevance * hazard, 0.0)
            period[(left <= 0) & ~has & (period > until)] = t
        periods[m] = period
    return periods


@dataclass(frozen=True, slots=True)
class Scores:
    """How well samples, (M, R), foretold a number in each of R regions; lower is better for the first two."""

    crps: Array  # float64 (R,), continuous ranked probability score
    log: Array  # float64 (R,), minus the logarithm of the share of the samples that equal the number
    covered: Array  # bool (R,), whether the central 90 % of the samples hold it
    held_from: (
        Array  # float64 (R,), the nominal coverage from which on central intervals of the samples hold it
    )


def scored(samples: Array, truth: Array) -> Scores:
    """Return the scores of samples, int64 (M, R), against what came, int64 (R,).

    The logarithm takes one more sample, spread evenly over all numbers from 0 to the largest.
    """
    m = len(samples)
    ordered = np.sort(samples, axis=0)
    rank = np.arange(1, m + 1)[:, None]
    # E|X - X'| / 2 of the samples.
    spread = ((2 * rank - m - 1) * ordered).sum(axis=0) / m**2
    crps = np.abs(samples - truth).mean(axis=0) - spread
    most = max(int(samples.max(initial=0)), int(truth.max(initial=0)))
    share = ((samples == truth).sum(axis=0) + 1.0 / (most + 1)) / (m + 1)
    low, high = np.quantile(
        samples, [(1 - INTERVAL) / 2, (1 + INTERVAL) / 2], axis=0, method="closest_observation"
    )
    # A central interval of coverage L holds it if at least (1 - L) / 2 of the samples are no larger, and no smaller.
    tails = np.minimum((samples <= truth).mean(axis=0), (samples >= truth).mean(axis=0))
    held_from = np.maximum(1.0 - 2.0 * tails, 0.0)
    return Scores(crps, -np.log(share), (low <= truth) & (truth <= high), held_from)


def adopters_by_region(observed: Observed, period: Array, *, after: int, until: int) -> Array:
    """Return how many adopt in each region after one period and by another, int64 (..., R); period, (..., P)."""
    region = observed.world.enterprises.region_of[observed.world.pairs.enterprise]
    new = (period > after) & (period <= until)
    regions = len(observed.world.regions.ids)
    one_hot = (region[:, None] == np.arange(regions)[None, :]).astype(np.int64)
    counted: Array = new.astype(np.int64) @ one_hot
    return counted
