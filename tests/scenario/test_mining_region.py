"""What the scenarios of the mining region say of themselves (section 13)."""

import numpy as np
import pytest

from simulation.engine.build.world import build_world
from simulation.engine.month import Engine
from simulation.engine.simulate import simulate
from simulation.mechanisms.prices import price_factor
from simulation.scenario.loading import load_scenario
from simulation.scenario.plan import schedule_of

REGIONAL = ("growth_pole", "endogenous_development", "weak_government", "strong_government", "kuzbass_donor")
SMALL = ["world.scale=0.1", "time.years=12"]


def levers_of(name, month=0):
    spec = load_scenario(name)
    return build_world(spec, 1), schedule_of(spec).levers(month)


@pytest.mark.parametrize("name", REGIONAL)
def test_regional_policies_plan_the_same_money_for_kuzbass_alone(name):
    schedule, growth_pole = schedule_of(load_scenario(name)), schedule_of(load_scenario("growth_pole"))
    assert schedule.planned_pv == pytest.approx(growth_pole.planned_pv, rel=1e-12)
    assert set(schedule.ledger().region) == {"kemerovo"}


def test_the_growth_pole_is_covered_in_full_and_its_chain_does_nothing_unpaid():
    world, levers = levers_of("growth_pole")
    kuzbass = np.array(world.regions.ids) == "kemerovo"
    assert (levers.chain_strength[0] == np.where(kuzbass, 1.0, 0.0)).all()
    assert (levers.local_contacts == np.where(kuzbass, 1.6, 1.0)).all()
    assert (levers.capacity == np.where(kuzbass, 2.0, 1.0)).all()
    assert world.chains.strength.tolist() == [0.0]
    assert world.chains.led[0, kuzbass].tolist() == [155]


@pytest.mark.parametrize(
    ("name", "year", "factor"),
    [
        ("coal_slump", 0, 1.0),
        ("coal_slump", 8, 0.70),
        ("coal_slump", 15, 1.0),
        ("supercycle", 7, 1.36),
        ("supercycle", 13, 0.80),
        ("supercycle", 18, 1.0),
    ],
)
def test_the_price_of_coal_moves_coal_in_kuzbass_as_described_and_nothing_else(name, year, factor):
    world = build_world(load_scenario(name), 1)
    x = price_factor(world.commodities.log_price[12 * year], world.commodities.exponent)
    kuzbass = world.regions.ids.index("kemerovo")
    coal = np.isin(world.enterprises.industries, ["coal", "coal_processing"])
    assert x[kuzbass, coal] == pytest.approx([factor] * 2, abs=0.005)
    x[kuzbass, coal] = 1.0
    assert (x == 1.0).all()


@pytest.mark.parametrize(("name", "a_year"), [("out_migration", 0.021), ("out_migration_held", 0.008)])
def test_out_migration_takes_what_the_description_says(name, a_year):
    engine = Engine(load_scenario(name, overrides=["world.scale=0.1", "time.years=1"]), 1)
    while not engine.finished:
        engine.step()
    kuzbass = engine.world.regions.ids.index("kemerovo")
    assert 1 - engine.state.capacity_left[kuzbass] == pytest.approx(a_year, abs=0.0005)
    assert (np.delete(engine.state.capacity_left, kuzbass) == 1.0).all()


def adopted(name, seed=1):
    """Month of adoption of every pair, 10^6 for never."""
    engine = Engine(load_scenario(name, overrides=SMALL), seed)
    while not engine.finished:
        engine.step()
    return np.where(engine.state.adopted_month < 0, 10**6, engine.state.adopted_month)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("kuzbass", "coal_slump"),
        ("kuzbass", "out_migration"),
        ("out_migration_held", "out_migration"),
        ("growth_pole", "kuzbass"),
        ("endogenous_development", "kuzbass"),
        ("growth_pole", "weak_government"),
        ("strong_government", "growth_pole"),
        ("kuzbass_donor", "growth_pole"),
    ],
)
def test_what_helps_in_one_scenario_makes_no_adoption_later(earlier, later):
    one, other = adopted(earlier), adopted(later)
    assert (one <= other).all()
    assert (one < other).any()


def test_platforms_after_the_split_have_the_members_of_the_one_before_it():
    spec = load_scenario("platform_split")
    world, levers = levers_of("platform_split", 96)
    national = world.platforms.names.index("national")
    heirs = np.flatnonzero(world.platforms.heir_of == national)
    assert np.flatnonzero(levers.is_open).tolist() == heirs.tolist()
    assert (world.platforms.may_join[heirs].sum(axis=0) == 1).all()
    assert (levers.resident[heirs].sum(axis=0) == 1).all()
    record = simulate(spec, 1)
    before, after = record.members[96, national], record.members[97, heirs].sum(axis=0)
    assert record.members[97, national].sum() == 0
    assert before.sum() > 0.5 * record.enterprises
    # A month later a few have joined or left: at most omega dt = 4 % may do so in a month.
    assert (np.abs(after - before) <= 2 + 0.1 * record.may_join[-1, national]).all()


def test_after_the_outage_the_platform_does_not_pass_its_critical_mass_again():
    record = simulate(load_scenario("platform_outage"), 1)
    share = record.members_anywhere / record.enterprises
    assert share[96] > 0.6
    assert not share[97:121].any()
    assert 0 < share[240] < 0.25
