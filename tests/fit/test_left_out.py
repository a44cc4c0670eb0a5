"""Regions that are left out, variants that the data choose, and scores of both."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from observed_worlds import world_of
from scipy.stats import norm

from simulation.fit import rivals, validation
from simulation.fit.checks import left_out_sentences
from simulation.fit.forecast import scored
from simulation.fit.left_out import draws_without, left_out, weights_without
from simulation.fit.likelihood import Likelihood
from simulation.fit.maximum import Search
from simulation.fit.posterior import draws_about
from simulation.fit.predictive import predictive
from simulation.fit.ranges import Range, values_at
from simulation.fit.study import Fit
from simulation.fit.variants import ALL, chosen, draws_of, variants

RANGES = (
    Range("p", "diffusion.spontaneous", 0.005, 0.5, "log"),
    Range("near", "diffusion.spatial", 0.0, 3.0, "linear"),
    Range("met", "diffusion.network", 0.0, 3.0, "linear"),
    Range("v", "diffusion.absorptive_capacity_cv", 0.0, 2.0, "linear"),
)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    counts = {"a": 30, "b": 40, "c": 20}
    return world_of(tmp_path_factory.mktemp("world"), counts, periods=12, seeds=1)


def fit_of(world, ranges, draws):
    likelihood = Likelihood(world, [each.key for each in ranges])
    study = Fit(scenario="s", seed=1, starts=3)
    return SimpleNamespace(seen=world, ranges=ranges, given_by=likelihood, draws=draws, study=study)


def test_the_likelihood_of_all_is_the_product_of_the_regions(world):
    region = world.world.enterprises.region_of[world.world.pairs.enterprise]
    keys = [each.key for each in RANGES]
    values = values_at(RANGES, np.random.default_rng(1).random((20, 4)))[0]
    parts = [Likelihood(world, keys, only=region == r).logs(values) for r in range(3)]
    assert sum(parts) == pytest.approx(Likelihood(world, keys).logs(values), rel=1e-12)
    log, gradient = Likelihood(world, keys, only=region == 1).with_gradient(values[0])
    assert log == pytest.approx(parts[1][0], rel=1e-12) and np.isfinite(gradient).all()


def test_weighted_draws_are_the_posterior_without_a_region(world):
    """One parameter, so that both posteriors are known on a grid; means agree within 4 standard errors."""
    ranges = RANGES[:1]
    region = world.world.enterprises.region_of[world.world.pairs.enterprise]
    grid = np.linspace(0.0, 1.0, 2001)
    values = values_at(ranges, grid[:, None])[0]
    log = Likelihood(world, [ranges[0].key]).logs(values)
    weight = np.exp(log - log.max())
    draw = np.random.default_rng(2)
    draws = values[draw.choice(grid.size, size=2000, p=weight / weight.sum())]
    weights, k = weights_without(fit_of(world, ranges, draws), 2000)
    assert weights.shape == (3, 2000) and weights.sum(axis=1) == pytest.approx(np.ones(3)) and (k < 0.7).all()
    for r in range(3):
        log = Likelihood(world, [ranges[0].key], only=region != r).logs(values)
        exact = np.exp(log - log.max())
        exact /= exact.sum()
        x, y = np.log(values[:, 0]), np.log(draws[:, 0])
        mean = exact @ x
        error = np.sqrt((weights[r] ** 2) @ (y - weights[r] @ y) ** 2)
        assert abs(weights[r] @ y - mean) < 4 * error
        assert abs(y.mean() - mean) > error or r != 1  # of the largest region the whole posterior is another


def test_draws_anew_are_the_posterior_without_a_region(world):
    """The mean on a grid, within 4 standard errors of 500 independent draws."""
    ranges = RANGES[:1]
    region = world.world.enterprises.region_of[world.world.pairs.enterprise]
    draws = draws_without(fit_of(world, ranges, np.empty((0, 1))), 1, 2000)
    values = values_at(ranges, np.linspace(0.0, 1.0, 2001)[:, None])[0]
    log = Likelihood(world, [ranges[0].key], only=region != 1).logs(values)
    exact, x = np.exp(log - log.max()), np.log(values[:, 0])
    exact /= exact.sum()
    spread = np.sqrt(exact @ (x - exact @ x) ** 2)
    assert np.log(draws).mean() == pytest.approx(exact @ x, abs=4 * spread / np.sqrt(500))
    assert np.log(draws).std() == pytest.approx(spread, rel=4 / np.sqrt(2 * 500))


@pytest.mark.slow
def test_a_region_whose_weights_cannot_be_relied_on_is_predicted_by_a_fit_without_it(world, monkeypatch):
    """Both ways give the same expectation, within 4 standard errors of 50 runs each."""
    study, ranges = Fit(scenario="s", seed=1, starts=2), RANGES[:1]
    likelihood = Likelihood(world, [each.key for each in ranges])
    maximum = Search(likelihood, ranges).maximum(2, seed=1)
    draws = draws_about(likelihood, ranges, maximum.places, 50, seed=1)
    fitted = SimpleNamespace(seen=world, ranges=ranges, given_by=likelihood, draws=draws, study=study)
    found, said = predictive(fitted, runs=50), []
    weighted = left_out(fitted, found)
    monkeypatch.setattr("simulation.fit.left_out.LARGEST_K", -1.0)
    anew = left_out(fitted, found, tell=said.append)
    assert len(said) == 3 and anew.refitted.all() and not weighted.refitted.any()
    assert "Without a, b, c the posterior was drawn anew" in left_out_sentences(anew)[-1]
    ours, other = (table[table.model == validation.OURS].set_index("region") for table in (weighted, anew))
    spread = (found.adopters[:, -1] - found.adopters[:, 0]).std(axis=0)
    assert (np.abs(ours["mean"] - other["mean"]) < 4 * spread * np.sqrt(2 / 50)).all()


def test_rivals_of_a_region_know_the_others_alone(world):
    """What happens in a region changes nothing that a rival expects of it, its start apart; other regions do."""
    region = world.world.enterprises.region_of[world.world.pairs.enterprise]
    nobody = replace(world, period=np.where((region == 1) & world.at_risk, world.periods + 1, world.period))
    for rival in (rivals.bass_of_others, rivals.logistic_hazard_of_others):
        one, other = (rival(each, draws=4000, seed=1) for each in (world, nobody))
        assert np.array_equal(one[:, 1], other[:, 1])
        assert one[:, 0].mean() > other[:, 0].mean() + 1
        assert (one >= 0).all() and (one <= np.bincount(region)).all()


def test_the_nominal_coverage_from_which_on_intervals_hold_is_that_of_their_quantiles():
    draw = np.random.default_rng(1)
    samples, truth = draw.poisson(6.0, size=(999, 40)), draw.poisson(6.0, size=40)
    found = scored(samples, truth).held_from
    for level in (0.1, 0.5, 0.9):
        low, high = np.quantile(samples, [(1 - level) / 2, (1 + level) / 2], axis=0, method="inverted_cdf")
        clear = np.abs(found - level) > 0.002
        assert (((low <= truth) & (truth <= high)) == (found <= level))[clear].all()
    # Of a continuous forecast that is right, it is spread evenly; a standard error is sqrt(1 / 12 / 4000).
    x = np.rint(1e6 * norm.ppf((np.arange(2000) + 0.5) / 2000)).astype(np.int64)
    truth = np.rint(1e6 * draw.normal(size=4000)).astype(np.int64)
    found = scored(np.repeat(x[:, None], 4000, axis=1), truth).held_from
    assert found.mean() == pytest.approx(0.5, abs=4 * np.sqrt(1 / 12 / 4000))


def test_variants_are_told_by_the_data_that_were_fitted(world):
    found = fit_of(world, RANGES, np.empty((0, 4)))
    found.maximum = Search(found.given_by, RANGES).maximum(3, seed=1)
    each = variants(found)
    assert len(each) == 8 and each[0].title == ALL
    best = chosen(each)
    assert best.aic == min(variant.aic for variant in each)
    nested = {variant.off: variant.maximum.log for variant in each}
    assert all(log <= nested[()] + 1e-6 for log in nested.values())
    alone = next(variant for variant in each if variant.off == ("near", "met", "v"))
    assert alone.title == "without near and met and v"
    diffusion = alone.likelihood.observed.spec.diffusion
    assert (diffusion.spatial, diffusion.network, diffusion.absorptive_capacity_cv) == (0, 0, 0)
    found.draws = np.empty((50, 4))
    draws = draws_of(alone, found)
    assert draws.shape == (50, 1) and (draws > 0.005).all()


def test_scores_are_compared_by_region():
    samples = {validation.OURS: np.full((99, 3), 4), validation.BASS: np.full((99, 3), 9)}
    frame = validation.scores_by_region(samples, np.array([4, 4, 5]), ["x", "y", "z"])
    found = validation.compared(frame)
    assert found[validation.OURS].held == 2 and found[validation.BASS].held == 0
    assert found[validation.BASS].scores["crps"].verdict == validation.AHEAD
    assert found[validation.BASS].scores["crps"].mean == pytest.approx((5 + 5 + 4) / 3)
    assert "our model is ahead of Bass" in validation.sentences(frame)[0]
