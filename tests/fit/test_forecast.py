"""Forecasts against a plain simulation that agrees with what was observed; scores against their definitions."""

from dataclasses import replace

import numpy as np
import pytest
from observed_worlds import SIX, plain_draws, simulated, world_of, write_agents, write_world

from simulation.errors import HyperclusterError
from simulation.fit.forecast import adopters_by_region, scored, simulated_forward
from simulation.fit.likelihood import Likelihood
from simulation.fit.observed import observe
from simulation.fit.rivals import bass_by_region, logistic_hazard, no_change


@pytest.fixture(scope="module")
def six(tmp_path_factory):
    overrides = [
        "diffusion.spontaneous=0.3",
        "diffusion.spatial=1.5",
        "diffusion.network=1.0",
        "diffusion.absorptive_capacity_cv=1.2",
    ]
    return world_of(tmp_path_factory.mktemp("six"), SIX, periods=4, partners=1, overrides=overrides)


def test_a_forecast_is_what_happens_after_the_same_history(six):
    """Final adopters in both regions, given the most frequent histories of two periods: two-sample chi-square."""
    draw = np.random.default_rng(2)
    plain = plain_draws(six, 150_000, draw)
    histories, number, counts = np.unique(
        np.minimum(plain, 3), axis=0, return_inverse=True, return_counts=True
    )
    number, statistic, cells = number.ravel(), 0.0, 0
    mixed = [h for h in np.argsort(-counts) if 1 <= (histories[h] < 3).sum() <= 3][:3]
    for h in mixed:
        seen = replace(six, period=histories[h], periods=2)
        rows = np.empty((1500, 0))
        forward = simulated_forward(Likelihood(seen, ()), rows, until=4, seed=int(h))
        both = [
            adopters_by_region(six, period, after=2, until=4) @ [5, 1]
            for period in (forward, plain[number == h])
        ]
        one, other = (np.bincount(each, minlength=30) for each in both)
        enough = one + other >= 20
        one, other = one[enough], other[enough]
        share = one.sum() / (one.sum() + other.sum())
        expected = (one + other) * share
        statistic += ((one - expected) ** 2 / (expected * (1 - share))).sum()
        cells += one.size - 1
    # Mean and variance of chi-square are k and 2k; 3.5 standard deviations.
    assert statistic < cells + 3.5 * np.sqrt(2 * cells) + 5
    assert cells > 8


def test_several_technologies_are_refused(tmp_path):
    world = world_of(tmp_path, {"a": 5}, technologies=2)
    with pytest.raises(HyperclusterError, match="one technology"):
        simulated_forward(Likelihood(world, ()), np.empty((1, 0)), until=12, seed=1)


def test_what_was_seen_by_an_earlier_period_hides_the_rest(six):
    early = six.until(1)
    assert early.periods == 1 and set(early.period.tolist()) <= {0, 1, 2}
    assert np.array_equal(early.period <= 1, six.period <= 1)


def test_scores_are_their_definitions():
    draw = np.random.default_rng(1)
    samples, truth = draw.poisson(4.0, size=(400, 3)), np.array([4, 0, 30])
    found = scored(samples, truth)
    for r in range(3):
        x = samples[:, r].astype(float)
        crps = np.abs(x - truth[r]).mean() - np.abs(x[:, None] - x[None, :]).mean() / 2
        assert found.crps[r] == pytest.approx(crps)
    assert found.log[0] == pytest.approx(-np.log((samples[:, 0] == 4).mean()), rel=0.01)
    assert found.log[2] > found.log[1] > found.log[0]
    assert found.covered.tolist() == [True, False, False]


def test_bass_finds_its_own_world_and_no_change_has_none(tmp_path):
    """300 enterprises that mix and have no ties: its 99.9 % interval holds what comes, in each of three regions."""
    overrides = ["diffusion.network=0", "diffusion.absorptive_capacity_cv=0", "diffusion.half_distance_km=1"]
    file = write_world(tmp_path, {"a": 300, "b": 200, "c": 100}, periods=14, partners=0)
    spec, engine, period = simulated(file, 5, overrides=[*overrides, "diffusion.spontaneous=0.03"])
    write_agents(tmp_path, engine.world, period)
    whole = observe(spec)
    early = whole.until(7)
    came = adopters_by_region(whole, whole.period, after=7, until=14)
    samples = bass_by_region(early, until=14, draws=4000, seed=1)
    low, high = np.quantile(samples, [0.0005, 0.9995], axis=0)
    assert ((low <= came) & (came <= high)).all() and (high - low < 0.5 * np.array([300, 200, 100])).all()
    assert (no_change(early, draws=5) == 0).all()
    by_time = logistic_hazard(early, until=14, draws=4000, seed=1)
    left = 600 - (whole.period <= 7).sum()
    assert (by_time.sum(axis=1) <= left).all() and (by_time >= 0).all()
    none = scored(no_change(early, draws=4000), came).crps
    assert (none == came).all()
    assert (scored(samples, came).crps < none).all()
