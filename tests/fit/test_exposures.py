"""Cumulated exposures against the engine, and their derivatives against differences."""

import numpy as np
import pytest
from observed_worlds import simulated, write_agents, write_world
from short_runs import remaining_of_pairs

from simulation.engine.month import Engine
from simulation.fit.exposures import RATES, SHAPES, Exposures
from simulation.fit.observed import observe

COUNTS = {
    "east": {"coal": 9, "mining_services": 8},
    "north": {"coal": 12, "oil_gas": 7},
    "south": {"coal": 10, "mining_services": 0},
}


def shape_of(spec):
    return {key: getattr(spec.diffusion, key.split(".")[1]) for key in SHAPES}


@pytest.fixture(scope="module", params=[(1.0, 0.0), (0.7, 0.4)], ids=["plain", "density, complexity"])
def observed(tmp_path_factory, request):
    gamma, complexity = request.param
    folder = tmp_path_factory.mktemp("observed")
    file = write_world(folder, COUNTS, technologies=3, complexity=complexity, steps=2, seeds=2)
    spec, engine, period = simulated(file, 7, overrides=[f"diffusion.density_exponent={gamma}"])
    write_agents(folder, engine.world, period)
    return observe(spec), engine


def test_what_the_engine_simulated_is_read_as_it_was(observed):
    found, engine = observed
    month = engine.state.adopted_month
    assert np.array_equal(found.period, np.where(month < 0, found.periods + 1, month))
    assert (found.period == 0).sum() >= 12  # initial adopters


def test_the_hazard_of_the_exposures_is_that_of_the_engine(observed):
    """Remainders of thresholds in the engine fall by what the exposures and the rates cumulate."""
    found, engine = observed
    total = Exposures(found).at(shape_of(found.spec))[0]
    d = found.spec.diffusion
    rates = np.array([d.spontaneous, d.spatial, d.network])
    pairs, remaining = engine.world.pairs, remaining_of_pairs(engine)
    alpha = engine.world.enterprises.absorptive_capacity[pairs.enterprise]
    waits = found.period > found.periods
    passed = (pairs.threshold / alpha - remaining)[waits]
    assert waits.sum() >= 10
    assert np.abs((total.after @ rates)[waits] - passed).max() < 1e-12
    adopted = found.adopted
    threshold = (pairs.threshold / alpha)[adopted]
    assert ((total.before @ rates)[adopted] <= threshold * (1 + 1e-12)).all()
    assert ((total.after @ rates)[adopted] >= threshold * (1 - 1e-12)).all()


def test_the_hazard_of_a_period_is_that_which_the_engine_tells(observed):
    found, _ = observed
    engine = Engine(found.spec, 7)
    d, pairs = found.spec.diffusion, engine.world.pairs
    rates = np.array([d.spontaneous, d.spatial, d.network])
    total = Exposures(found).at(shape_of(found.spec))[0]
    last = ((total.after - total.before) @ rates) / engine.dt
    engine.run_for(4)
    compared = 0
    for p in np.flatnonzero(found.period == 5):
        i, k = int(pairs.enterprise[p]), int(found.technology_of[p])
        told = engine.hazard_of(i, k).sum() / engine.world.enterprises.absorptive_capacity[i]
        assert last[p] == pytest.approx(told, rel=1e-12)
        compared += 1
    assert compared


@pytest.mark.parametrize("key", SHAPES)
def test_derivatives_are_the_limits_of_differences(observed, key):
    found, _ = observed
    exposures, shape = Exposures(found), shape_of(found.spec)
    (slope,) = exposures.at(shape, wanted=[key])[1]
    step = 1e-5 * shape[key]
    up, down = (exposures.at({**shape, key: shape[key] + e})[0] for e in (step, -step))
    for name in ("before", "after"):
        difference = (getattr(up, name) - getattr(down, name)) / (2 * step)
        scale = np.abs(difference).max()
        assert scale > 0
        assert np.abs(getattr(slope, name) - difference).max() < 1e-6 * scale
    assert (slope.after[:, RATES.index("diffusion.spontaneous")] == 0).all()
