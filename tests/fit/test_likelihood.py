"""The likelihood against simulation, against Bass's, and its gradient against differences."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from gradients import check_gradient
from observed_worlds import SIX, plain_draws, world_of

from simulation.fit.exposures import SHAPES
from simulation.fit.likelihood import KEYS, VARIATION, Likelihood


@pytest.fixture(scope="module")
def six(tmp_path_factory):
    return world_of(tmp_path_factory.mktemp("six"), SIX, periods=2, partners=1)


def test_the_probabilities_of_all_that_can_happen_sum_to_one(six):
    total = 0.0
    for periods in product((1, 2, 3), repeat=6):
        seen = replace(six, period=np.array(periods))
        total += np.exp(Likelihood(seen, ()).logs(np.empty((1, 0)))[0])
    assert total == pytest.approx(1.0, abs=1e-12)


def test_the_likelihood_is_the_frequency_in_a_simulation(tmp_path):
    """The 30 most frequent histories of six enterprises: chi-square, below its 99.9 % quantile with 30 degrees."""
    rates = ["diffusion.spontaneous=0.3", "diffusion.spatial=1.5", "diffusion.network=1.0"]
    observed = world_of(tmp_path, SIX, periods=3, partners=1, overrides=rates)
    n = 400_000
    found, counts = np.unique(plain_draws(observed, n, np.random.default_rng(5)), axis=0, return_counts=True)
    most = np.argsort(-counts)[:30]
    expected = np.array(
        [
            n * np.exp(Likelihood(replace(observed, period=found[m]), ()).logs(np.empty((1, 0)))[0])
            for m in most
        ]
    )
    assert ((counts[most] - expected) ** 2 / expected).sum() < 59.7
    assert counts[most].min() > 500


def test_full_mixing_without_variation_is_the_likelihood_of_bass(tmp_path):
    """One region, no ties: everybody's hazard in a period is p + q F, with F the share at its start."""
    observed = world_of(
        tmp_path,
        {"all": 40},
        periods=12,
        partners=0,
        overrides=["diffusion.network=0", "diffusion.absorptive_capacity_cv=0"],
    )
    d, log, left = observed.spec.diffusion, 0.0, 40
    for t in range(1, 13):
        hazard = d.spontaneous + d.spatial * (1 - left / 40)
        new = int((observed.period == t).sum())
        log += new * np.log(-np.expm1(-hazard)) - (left - new) * hazard
        left -= new
    assert Likelihood(observed, ()).logs(np.empty((1, 0)))[0] == pytest.approx(log, rel=1e-12)


@pytest.fixture(scope="module", params=[1, 3], ids=["one technology", "three technologies"])
def observed(tmp_path_factory, request):
    counts = {
        "east": {"coal": 8, "oil_gas": 4},
        "north": {"coal": 9, "mining_services": 6},
        "south": {"coal": 7},
    }
    folder = tmp_path_factory.mktemp("gradient")
    overrides = ["diffusion.density_exponent=0.9"]
    return world_of(folder, counts, technologies=request.param, complexity=0.2, seeds=1, overrides=overrides)


def test_the_gradient_is_the_limit_of_differences(observed):
    likelihood = Likelihood(observed, KEYS)
    d = observed.spec.diffusion
    at = np.array([getattr(d, key.split(".")[1]) for key in KEYS])
    check_gradient(likelihood, at)


def test_many_points_at_once_are_the_points_one_by_one(observed):
    keys = ("diffusion.spontaneous", VARIATION, "diffusion.network")
    values = np.array([[0.1, 0.7, 0.3], [0.01, 0.0, 2.0], [0.3, 1.5, 0.01]])
    likelihood = Likelihood(observed, keys)
    one_by_one = [likelihood.with_gradient(row)[0] for row in values]
    assert likelihood.logs(values) == pytest.approx(one_by_one, rel=1e-12)
    assert all(key in KEYS for key in SHAPES)


def test_what_happened_without_any_hazard_is_impossible(observed):
    zeros = np.zeros((1, 3))
    likelihood = Likelihood(observed, ("diffusion.spontaneous", "diffusion.spatial", "diffusion.network"))
    assert likelihood.logs(zeros)[0] == -np.inf
    assert likelihood.with_gradient(zeros[0])[0] == -np.inf
