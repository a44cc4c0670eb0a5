"""Drawn prices: each replication has its own, every scenario of a seed the same, and it comes back (section 13.1)."""

import math

import numpy as np
import pytest

from simulation.engine.build.world import build_world
from simulation.mechanisms.prices import drawn_log_price, price_factor
from simulation.scenario.loading import load_scenario

SEEDS = 200
YEARS = 20
CYCLES = ("price_cycle", "oil_price_cycle")


@pytest.fixture(scope="module")
def paths():
    """Logarithm of the price of coal over its reference, a row a seed, a column a month."""
    (coal,) = load_scenario("price_cycle").commodities
    assert coal.process is not None
    return np.array(
        [
            drawn_log_price(coal.process, seed=seed, name=coal.name, months=12 * YEARS, steps_per_year=12)
            for seed in range(SEEDS)
        ]
    )


def test_another_policy_meets_the_same_price_and_another_seed_another_one():
    cycle, pole = load_scenario("price_cycle"), load_scenario("growth_pole")
    treated = cycle.model_copy(update={"chains": pole.chains, "policies": pole.policies})
    one, same, other = build_world(cycle, 5), build_world(treated, 5), build_world(cycle, 6)
    assert np.array_equal(one.commodities.log_price, same.commodities.log_price)
    assert not np.array_equal(one.commodities.log_price, other.commodities.log_price)


@pytest.mark.parametrize(("cycle", "steady"), [("price_cycle", "kuzbass"), ("oil_price_cycle", "baseline")])
def test_the_price_is_all_that_the_luck_of_a_replication_gains(cycle, steady):
    moved, still = (build_world(load_scenario(name), 5) for name in (cycle, steady))
    assert np.array_equal(moved.pairs.threshold, still.pairs.threshold)
    assert np.array_equal(moved.enterprises.absorptive_capacity, still.enterprises.absorptive_capacity)
    assert np.array_equal(moved.enterprises.indices, still.enterprises.indices)
    assert np.array_equal(moved.technologies.release_month, still.technologies.release_month)


def test_what_sets_the_price_apart_fades_by_the_rate_of_its_reversion(paths):
    """The slope of z a year on against z is exp(-.3); the error of a slope over n pairs is sqrt((1 - slope^2) / n)."""
    now, later = paths[:, :-12:12].ravel(), paths[:, 12::12].ravel()
    slope = math.exp(-0.3)
    error = math.sqrt((1 - slope**2) / now.size)
    assert (now * later).sum() / (now**2).sum() == pytest.approx(slope, abs=4 * error)
    assert slope + 8 * error < 1  # far from a walk at random


def test_the_price_spreads_and_the_hazard_follows_as_described(paths):
    """A sixth of the months lies below 69 %, a sixth above 145 %.

    The error of a quantile p over n independent values is sqrt(p (1 - p) / n) / density; the months of a path tell as
    much as 15 years times kappa / 2 such values, and the density there is about that of a normal distribution.
    """
    late = paths[:, 60:]
    independent = SEEDS * 15 * 0.3 / 2
    density = math.exp(-(0.97**2) / 2) / math.sqrt(2 * math.pi) / late.std()
    error = math.sqrt(1 / 6 * 5 / 6 / independent) / density
    described = np.array([0.69, 1.45])
    assert np.quantile(late, (1 / 6, 5 / 6)) == pytest.approx(np.log(described), abs=4 * error)
    assert described**0.44 == pytest.approx([0.85, 1.18], abs=0.005)
    assert described**0.5 == pytest.approx([0.83, 1.20], abs=0.005)


@pytest.mark.parametrize("name", CYCLES)
def test_only_those_who_sell_the_commodity_follow_its_price(name):
    spec = load_scenario(name)
    world = build_world(spec, 5)
    x = price_factor(world.commodities.log_price[100], world.commodities.exponent)
    sells = np.isin(world.enterprises.industries, spec.commodities[0].industries)
    here = np.array(world.regions.ids) == "kemerovo" if name == "price_cycle" else np.full(len(x), True)
    follows = here[:, None] & sells[None, :]
    assert (x[follows] != 1.0).all()
    assert (x[~follows] == 1.0).all()


def test_both_cycles_are_drawn_alike_and_apart():
    coal, oil = (load_scenario(name).commodities[0] for name in CYCLES)
    assert coal.process == oil.process
    assert coal.name != oil.name
