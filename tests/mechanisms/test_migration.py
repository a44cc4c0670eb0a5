"""Out-migration: what leaves, what holds it back (section 13.3)."""

import math

import numpy as np
import pytest
from small_worlds import dataset, plain_scenario

from simulation.engine.month import Engine
from simulation.engine.simulate import simulate
from simulation.errors import ScenarioError
from simulation.mechanisms.migration import Migration, left_after_a_month
from simulation.scenario.loading import load_scenario, parse_scenario

SMALL = ["world.scale=0.05", "time.years=6", "diffusion.spontaneous=0.01", "budget.per_year=1e6"]


def left(settings=None, *, years=1.0, outflow=0.2, training=0.0, research=0.0):
    one = left_after_a_month(
        np.array([1.0]), outflow=np.array([outflow]), training=np.array([training]), research=np.array([research]),
        migration=settings or Migration(), dt=years,
    )  # fmt: skip
    return one[0]


def test_without_training_and_research_capacity_decays_at_the_rate():
    assert left(years=3.0) == pytest.approx(math.exp(-0.6), rel=1e-15)


def test_training_stops_its_part_of_the_loss():
    assert left(training=0.5) == pytest.approx(math.exp(-0.2 * 0.75))
    assert left(Migration(training=1.0), training=1.0) == 1.0


def test_ten_research_institutions_halve_the_loss_at_the_default():
    assert left(research=10.0) == pytest.approx(math.exp(-0.1))


def test_capacity_never_falls_below_zero_however_fast_people_leave():
    assert left(outflow=1e6, years=100.0) == 0.0


def run(overrides, seed=1, name="baseline"):
    engine = Engine(load_scenario(name, overrides=[*SMALL, *overrides]), seed)
    while not engine.finished:
        engine.step()
    return engine


@pytest.mark.parametrize("name", ["baseline", "hypercluster"])
def test_rate_zero_changes_nothing_bit_for_bit(name):
    off = ["migration.rate={ komi = 0.0 }", "migration.training=1.0", "migration.research=9.0"]
    given, moved = (simulate(load_scenario(name, overrides=[*SMALL, *more]), 2) for more in ([], off))
    for field in ("adopters", "attribution", "members", "mastered"):
        assert np.array_equal(getattr(given, field), getattr(moved, field)), field


def test_adoption_without_contacts_fades_as_people_leave(tmp_path):
    """Share: 1 - exp(-p integral of exp(-mu t))."""
    n, technologies, p, mu, years = 20_000, 5, 0.05, 0.3, 10
    folder = dataset(tmp_path / "land", {"land": n}, technologies=technologies)
    file = plain_scenario(
        tmp_path / "leaving.toml", folder, world="network_degree = 0", diffusion=f"spontaneous = {p}\nspatial = 0.0",
        time=f"years = {years}.0", more=f"[migration]\nrate = {mu}\n",
    )  # fmt: skip
    record = simulate(load_scenario(file), 1)
    expected = -math.expm1(-p * np.exp(-mu * np.arange(12 * years) / 12).sum() / 12)
    pairs = n * technologies
    got = record.adopters[-1].sum() / pairs
    assert got == pytest.approx(expected, abs=4 * math.sqrt(expected * (1 - expected) / pairs))


def test_only_regions_named_in_the_table_lose_people_and_training_holds_them():
    trained = 'policies=[{ instrument = "training", regions = ["samara"], budget = 1e5, to_year = 2.0 }]'
    engine = run(["migration.rate={ komi = 0.1, samara = 0.1 }", "migration.research=0.0", trained])
    left_over = dict(zip(engine.world.regions.ids, engine.state.capacity_left, strict=True))
    assert left_over.pop("komi") == pytest.approx(math.exp(-0.6))
    assert left_over.pop("samara") == pytest.approx(math.exp(-0.1 * (2 * 0.5 + 4)))
    assert set(left_over.values()) == {1.0}


def test_research_institutions_count_by_their_capacity_of_the_month_and_others_not():
    doubled = 'policies=[{ instrument = "technopark", regions = ["tomsk"], budget = 1e5 }]'
    engine = run(["migration.rate=0.1", "migration.research=0.5", doubled])
    world = engine.world
    for region, factor in (("tomsk", 2.0), ("samara", 1.0)):
        r = world.regions.ids.index(region)
        research = sum(
            kind in ("university", "research_institute", "corporate_research", "research_education_centre")
            for kind, place in zip(world.institutions.kinds, world.institutions.region_of, strict=True)
            if place == r
        )
        assert 0 < research < (world.institutions.region_of == r).sum()
        expected = math.exp(-0.1 * 6 / (1 + 0.5 * factor * research))
        assert engine.state.capacity_left[r] == pytest.approx(expected)


def test_the_loss_counts_from_the_month_after():
    engine = Engine(
        load_scenario("baseline", overrides=[*SMALL, "migration.rate=1.2", "migration.research=0"]), 1
    )
    before = engine.hazard_of(0, 0)
    engine.step()
    assert engine.state.capacity_left == pytest.approx(math.exp(-0.1))
    assert engine.hazard_of(0, 0)[0] == pytest.approx(before[0] * math.exp(-0.1))
    assert engine.hazard_of(0, 0)[0] == engine.hazard_of(0, 0)[0]  # looking on does not let anybody leave


def test_faster_out_migration_makes_no_adoption_earlier():
    months = [
        np.where(state.adopted_month < 0, 10**6, state.adopted_month)
        for state in (run([f"migration.rate={rate}"], 3).state for rate in (0.0, 0.05, 0.4))
    ]
    assert (months[0] <= months[1]).all() and (months[0] < months[1]).any()
    assert (months[1] <= months[2]).all() and (months[1] < months[2]).any()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[migration]\nrate = -0.1", "line 2  migration.rate = -0.1: must be 0 or more"),
        ("[migration]\nrate = { komy = 0.1 }", 'rate.komy = 0.1: not a region; did you mean "komi"?'),
        ("[migration]\ntraining = 1.5", "line 2  migration.training = 1.5: must be 1 or less"),
        ("[migration]\nreserach = 1", 'migration.reserach: unknown key; did you mean "research"?'),
    ],
)
def test_a_migration_that_cannot_be_meant_is_refused(text, said):
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(text)
    assert said in str(caught.value)
