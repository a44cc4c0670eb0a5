"""Labour mobility: what moves, and what does not (section 13.8)."""

import numpy as np
import pytest
from short_runs import SMALL, assert_partners_are_counted, engine_of, run

from simulation.engine.build.world import build_world
from simulation.engine.simulate import simulate
from simulation.errors import ScenarioError
from simulation.scenario.loading import load_scenario, parse_scenario

ON = ["mobility.rate=0.5", "mobility.across_platforms=0.5"]


def ties_year_by_year(engine):
    """The ties during each year of a run, as pairs of arrays."""
    years = []
    while not engine.finished:
        engine.step()
        if engine.state.month % engine.world.steps_per_year == 1:
            years.append((engine.world.enterprises.indptr, engine.world.enterprises.indices))
    return years


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("name", ["baseline", "hypercluster"])
def test_rate_zero_changes_nothing_bit_for_bit(name):
    off = ["mobility.rate=0.0", "mobility.across_platforms=1.0"]
    given, moved = (simulate(load_scenario(name, overrides=[*SMALL, *more]), 2) for more in ([], off))
    for field in ("adopters", "attribution", "members", "mastered"):
        assert np.array_equal(getattr(given, field), getattr(moved, field)), field


@pytest.mark.parametrize("steps", [12, 4])
def test_ties_are_those_of_the_start_in_the_first_year_and_new_in_each_that_follows(steps):
    engine = engine_of([*ON, f"time.steps_per_year={steps}"])
    e = engine.world.enterprises
    years = ties_year_by_year(engine)
    assert len(years) == 5
    assert same(years[0], (e.indptr, e.indices))
    assert not any(same(years[a], years[b]) for a in range(5) for b in range(a))


def test_ties_hold_for_the_whole_of_a_year():
    engine = engine_of(ON)
    changes = []
    while not engine.finished:
        before = engine.world
        engine.step()
        if engine.world is not before:
            changes.append(engine.state.month)
    assert changes == [13, 25, 37, 49]


def test_nothing_differs_in_the_first_year_and_adoption_does_after():
    fixed, moving = (run(more).record().adopters for more in ([], ON))
    assert np.array_equal(fixed[:13], moving[:13])
    assert not np.array_equal(fixed, moving)


def test_thresholds_and_absorptive_capacities_do_not_change():
    fixed, moving = run([]).world, run(ON).world
    assert np.array_equal(fixed.pairs.threshold, moving.pairs.threshold)
    assert np.array_equal(fixed.enterprises.absorptive_capacity, moving.enterprises.absorptive_capacity)
    assert np.array_equal(fixed.institutions.threshold, moving.institutions.threshold)


def test_scenarios_of_one_seed_share_their_moves_and_others_do_not():
    by_rule = ["mobility.rate=0.5"]
    one = ties_year_by_year(engine_of(by_rule))
    other = ties_year_by_year(engine_of([*by_rule, "diffusion.spatial=0.3"], name="regional_cluster"))
    assert all(same(a, b) for a, b in zip(one, other, strict=True))
    assert not any(
        same(a, b) for a, b in zip(one, ties_year_by_year(engine_of(by_rule, seed=4)), strict=True)
    )


def arrays_of(world):
    return world.enterprises.indptr, world.enterprises.indices, world.pairs.partners


def test_what_a_run_moves_stays_its_own():
    spec = load_scenario("hypercluster", overrides=[*SMALL, *ON])
    before = [array.copy() for array in arrays_of(build_world(spec, 3))]
    first, again = simulate(spec, 3), simulate(spec, 3)
    assert same(before, arrays_of(build_world(spec, 3)))
    assert np.array_equal(first.adopters, again.adopters)


def test_an_adoption_after_a_move_reaches_the_new_partners_only():
    assert_partners_are_counted(run(ON))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[mobility]\nrate = -0.1", "line 2  mobility.rate = -0.1: must be 0 or more"),
        ("[mobility]\nacross_platforms = 1.5", "line 2  mobility.across_platforms = 1.5: must be 1 or less"),
        ("[mobility]\nrat = 1", 'mobility.rat: unknown key; did you mean "rate"?'),
    ],
)
def test_a_mobility_that_cannot_be_meant_is_refused(text, said):
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(text)
    assert said in str(caught.value)
