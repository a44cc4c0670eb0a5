"""Elementary effects of Morris designs."""

from __future__ import annotations

import numpy as np
import pytest
from known_functions import KNOWN
from SALib.analyze import morris as salib
from SALib.sample import morris as salib_sample

from simulation.explore.morris import elementary_effects

ISHIGAMI = KNOWN[0]
PROBLEM = {"num_vars": 3, "names": ["x", "y", "z"], "bounds": [[0, 1]] * 3}


def design(trajectories: int) -> np.ndarray:
    return salib_sample.sample(PROBLEM, trajectories, num_levels=4, seed=1)


def effects(places: np.ndarray, outcomes: np.ndarray):
    return elementary_effects(places, outcomes, names=PROBLEM["names"], rng=np.random.default_rng(1))


def test_effects_are_those_of_salib_where_outcomes_are_complete():
    places = design(30)
    outcomes = ISHIGAMI.function(places)
    found, known = effects(places, outcomes), salib.analyze(PROBLEM, places, outcomes, seed=1)
    for name in ("mu", "mu_star", "sigma"):
        np.testing.assert_allclose(found[name], known[name], rtol=1e-12, atol=1e-12)
    half = (found["mu_star_high"] - found["mu_star_low"]) / 2
    np.testing.assert_allclose(half, known["mu_star_conf"], rtol=0.2, atol=1e-12)
    assert (found["n"] == 30).all()


def test_effects_of_a_linear_function_are_its_slopes_whichever_runs_failed():
    places = design(20)
    outcomes = places @ [3.0, -2.0, 0.5]
    outcomes[np.random.default_rng(2).random(outcomes.size) < 0.1] = np.nan
    found = effects(places, outcomes)
    np.testing.assert_allclose(found["mu"], [3, -2, 0.5])
    np.testing.assert_allclose(found["mu_star"], [3, 2, 0.5])
    np.testing.assert_allclose(found["sigma"], 0, atol=1e-12)
    assert (found["n"] < 20).all() and (found["n"] > 10).all()


def test_a_failed_run_takes_away_only_the_steps_that_it_ends():
    places = design(20)
    outcomes = ISHIGAMI.function(places)
    outcomes[5] = np.nan  # the second of the second trajectory
    assert effects(places, outcomes)["n"].sum() == 60 - 2


def test_an_input_without_any_effect_is_nan():
    places = design(4)
    found = effects(places, np.full(len(places), np.nan))
    assert found[["mu", "mu_star", "mu_star_low", "sigma"]].isna().all().all()


def test_rows_that_are_no_trajectories_are_refused():
    with pytest.raises(AssertionError, match="moves one input"):
        effects(design(4)[::-1][[1, 0, *range(2, 16)]], np.zeros(16))


@pytest.mark.slow
def test_intervals_of_mean_effects_cover():
    """1,000 ensembles of 40 independent trajectories: coverage has a standard error of .7 %."""
    rng = np.random.default_rng(3)
    starts, steps = rng.random((1000, 40, 1)) < 0.5, np.array([[0.0], [1.0]])
    hits = []
    for start in starts:
        places = np.abs(start[:, None] - steps[None]).reshape(-1, 1).astype(float)
        noise = rng.exponential(size=40)
        outcomes = np.repeat(noise, 2) * places[:, 0]
        found = elementary_effects(places, outcomes, names=["x"], rng=rng, resamples=400)
        hits.append(found["mu_star_low"][0] <= 1 <= found["mu_star_high"][0])
    assert 0.90 <= np.mean(hits) <= 0.98  # percentiles of 40 skewed effects cover a little less
