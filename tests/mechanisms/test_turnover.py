"""Entry and exit of enterprises: who is there, and what goes with those who leave (section 13.9)."""

import numpy as np
import pytest
from short_runs import SMALL, assert_partners_are_counted, engine_of, run
from small_worlds import dataset

from simulation.engine.build.world import build_world
from simulation.engine.simulate import simulate
from simulation.errors import ScenarioError
from simulation.mechanisms.turnover import entry_years, exit_years
from simulation.scenario.loading import load_scenario, parse_scenario
from simulation.streams import key, numbered_all

ON = ["turnover.entry=0.1", "turnover.exit=0.15"]


def identities(number):
    return numbered_all(np.full(number, key("somewhere")), np.arange(number))


# The draws, equation (27)


def test_enterprises_enter_at_the_rate_given_in_every_year():
    entered = np.concatenate(
        [entry_years(cell, 2.5, seed=1, last=10) for cell in identities(4000)]
    )  # 4000 cells, each with 2.5 arrivals a year
    by_year = np.bincount(entered, minlength=11)
    assert by_year[0] == 0
    assert by_year[1:] == pytest.approx(np.full(10, 10_000), abs=4 * np.sqrt(10_000))


def test_the_number_that_enters_varies_as_poisson_says():
    entered = [entry_years(cell, 2.5, seed=1, last=10).size for cell in identities(4000)]
    assert np.var(entered) == pytest.approx(25, abs=4 * 25 * np.sqrt(2 / 4000))


def test_a_higher_rate_brings_the_same_entrants_sooner_and_more_after_them():
    for cell in identities(50):
        few, many = (entry_years(cell, expected, seed=1, last=20) for expected in (0.5, 0.8))
        assert len(few) <= len(many)
        assert (many[: len(few)] <= few).all()


def test_enterprises_leave_at_the_rate_given_however_old_they_are():
    age = exit_years(identities(100_000), np.full(100_000, 3), seed=1, rate=0.2) - 3
    assert age.min() == 1
    for year in (1, 2, 5):
        of_those_left = (age == year).sum() / (age >= year).sum()
        p = 1 - np.exp(-0.2)
        assert of_those_left == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / (age >= year).sum()))


def test_a_higher_rate_lets_everybody_leave_no_later_and_none_lets_nobody_leave():
    entered = np.zeros(1000, dtype=np.int64)
    slow, fast = (exit_years(identities(1000), entered, seed=1, rate=rate) for rate in (0.1, 0.3))
    assert (fast <= slow).all()
    assert np.isinf(exit_years(identities(1000), entered, seed=1, rate=0.0)).all()


@pytest.mark.filterwarnings("error")
def test_rates_too_low_to_divide_by_are_like_none():
    lowest = np.nextafter(0.0, 1.0)
    assert not entry_years(key("cell"), lowest, seed=1, last=20).size
    assert np.isinf(exit_years(identities(10), np.zeros(10, dtype=np.int64), seed=1, rate=lowest)).all()


# The world


def by_identity(world):
    """What is drawn of each enterprise, by its identity."""
    enterprises, pairs = world.enterprises, world.pairs
    thresholds = np.full((enterprises.region_of.size, len(world.technologies.names)), np.nan)
    for k in range(thresholds.shape[1]):
        here = slice(pairs.start[k], pairs.start[k + 1])
        thresholds[pairs.enterprise[here], k] = pairs.threshold[here]
    drawn = np.column_stack([thresholds, enterprises.absorptive_capacity, enterprises.to_month])
    return dict(zip(world.enterprises.identities.tolist(), drawn.tolist(), strict=True))


def test_entrants_change_no_incumbents_threshold_absorptive_capacity_or_exit():
    spec = [load_scenario("hypercluster", overrides=[*SMALL, *ON[1:], *more]) for more in ([], ON[:1])]
    without, with_them = (by_identity(build_world(s, 3)) for s in spec)
    assert len(with_them) > len(without)
    for name, drawn in without.items():
        np.testing.assert_array_equal(with_them[name], drawn)


def test_entrants_change_no_tie_of_the_start():
    still, moving = (
        build_world(load_scenario("baseline", overrides=SMALL), 3),
        engine_of(ON, name="baseline").world,
    )
    there = np.flatnonzero(moving.enterprises.present)
    np.testing.assert_array_equal(still.enterprises.identities, moving.enterprises.identities[there])
    place = np.cumsum(moving.enterprises.present) - 1
    np.testing.assert_array_equal(still.enterprises.indices, place[moving.enterprises.indices])
    degree = np.diff(moving.enterprises.indptr)
    np.testing.assert_array_equal(np.diff(still.enterprises.indptr), degree[there])
    assert not degree[~moving.enterprises.present].any()


def test_scenarios_of_one_seed_share_who_enters_and_leaves():
    one, other = (engine_of(ON, name=name).world.enterprises for name in ("baseline", "regional_cluster"))
    elsewhere = engine_of(ON, name="baseline", seed=4).world.enterprises
    assert np.array_equal(one.from_month, other.from_month)
    assert np.array_equal(one.to_month, other.to_month)
    assert not np.array_equal(one.to_month[:100], elsewhere.to_month[:100])


# The run


@pytest.mark.parametrize("name", ["baseline", "hypercluster"])
def test_rates_of_zero_change_nothing_bit_for_bit(name):
    off = ["turnover.entry=0.0", "turnover.exit=0.0"]
    given, still = (simulate(load_scenario(name, overrides=[*SMALL, *more]), 2) for more in ([], off))
    for field in ("adopters", "attribution", "members", "mastered", "eligible"):
        assert np.array_equal(getattr(given, field), getattr(still, field)), field


def test_nothing_differs_in_the_first_year_and_adoption_does_after():
    still, moving = (run(more).record().adopters for more in ([], ON))
    assert np.array_equal(still[:13], moving[:13])
    assert not np.array_equal(still, moving)


@pytest.mark.parametrize("steps", [12, 4])
def test_who_is_there_changes_at_the_start_of_a_year_and_then_is_who_was_drawn(steps):
    engine = engine_of([*ON, f"time.steps_per_year={steps}"])
    changes = []
    while not engine.finished:
        before = engine.world.enterprises
        engine.step()
        now, month = engine.world.enterprises, engine.state.month - 1
        if now is not before:
            changes.append(month)
            np.testing.assert_array_equal(now.present, (now.from_month <= month) & (month < now.to_month))
    assert changes == [steps, 2 * steps, 3 * steps, 4 * steps]


def test_who_has_left_keeps_no_platform_and_no_tie_and_adopts_no_more():
    engine = run(ON)
    state, e, pairs = engine.state, engine.world.enterprises, engine.world.pairs
    gone = ~e.present
    assert gone.sum() > 100
    assert not state.mask_of[gone].any()
    assert not np.diff(e.indptr)[gone].any()
    assert e.present[e.indices].all()
    # Whoever leaves after m months has its last chance to adopt in the m-th, whoever enters its first in the next.
    adopted = state.adopted_month >= 0
    assert (state.adopted_month <= e.to_month[pairs.enterprise])[adopted].all()
    assert (state.adopted_month > e.from_month[pairs.enterprise])[adopted].all()
    assert adopted[e.from_month[pairs.enterprise] > 0].any()


def test_counts_are_those_of_who_is_there():
    engine = run(ON)
    world, state = engine.world, engine.state
    e, pairs = world.enterprises, world.pairs
    assert_partners_are_counted(engine)
    for k in range(len(world.technologies.names)):
        here = slice(pairs.start[k], pairs.start[k + 1])
        holders = pairs.enterprise[here][state.adopted_month[here] >= 0]
        holders = holders[e.present[holders]]
        adopters = np.zeros_like(e.counts)
        np.add.at(adopters, (e.region_of[holders], e.industry_of[holders]), 1)
        np.testing.assert_array_equal(state.adopters[:, :, k], adopters)
    members = np.bincount(e.region_of[(state.mask_of & np.uint64(1)) > 0], minlength=len(world.regions.ids))
    np.testing.assert_array_equal(state.members[0], members)


def test_the_record_has_the_enterprises_of_each_month():
    engine = engine_of(ON)
    expected = [engine.world.enterprises.counts]
    while not engine.finished:
        engine.step()
        expected.append(engine.world.enterprises.counts)
    record = engine.record()
    np.testing.assert_array_equal(record.enterprises, np.sum(expected, axis=(1, 2)))
    np.testing.assert_array_equal(record.eligible.max(axis=3), expected)
    assert (record.adopters <= record.eligible).all()
    assert (record.members <= record.may_join).all()


def test_adoption_without_contact_is_what_arithmetic_says(tmp_path):
    """Everybody adopts at rate a, a share q stays each year and new ones come: a recursion gives the expected share."""
    folder = dataset(tmp_path / "land", {"only": {"coal": 20_000}}, technologies=1)
    text = f"""
        [time]
        years = 8.0
        [world]
        dataset = "{folder}"
        network_degree = 0
        [diffusion]
        spontaneous = 0.3
        spatial = 0.0
        network = 0.0
        institutional = 0.0
        absorptive_capacity_cv = 0.0
        [technologies]
        release = "at_start"
        [turnover]
        entry = 0.1
        exit = 0.2
        """
    record = simulate(parse_scenario(text), 1)
    n, adopters = 20_000.0, 0.0
    for year in range(8):
        if year:
            n, adopters = n * np.exp(-0.2) + 2000, adopters * np.exp(-0.2)
        adopters = n - (n - adopters) * np.exp(-0.3)
        month = 12 * (year + 1)
        share = adopters / n
        assert record.enterprises[month] == pytest.approx(
            n, abs=4 * np.sqrt(2000 * (year + 1) + 20_000 * 0.25)
        )
        measured = record.adopters[month].sum() / record.eligible[month].sum()
        assert measured == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / n))


def test_a_land_that_everybody_leaves_is_empty_and_the_run_goes_on():
    engine = run(["turnover.exit=1e6"])
    record = engine.record()
    assert record.enterprises[12] > 0
    assert not record.enterprises[13:].any()
    assert not record.adopters[13:].any()
    assert not record.members_anywhere[13:].any()


def test_money_is_spent_as_planned_for_the_enterprises_of_the_start():
    still, moving = (run(more).record() for more in ([], ON))
    assert still.ledger.equals(moving.ledger)


def test_turnover_and_mobility_go_together():
    moving, both = run(["mobility.rate=0.5"]), run([*ON, "mobility.rate=0.5"])
    e = both.world.enterprises
    assert e.present[e.indices].all()
    degree = np.diff(e.indptr)[e.present].mean()
    assert degree == pytest.approx(np.diff(moving.world.enterprises.indptr).mean(), rel=0.05)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[turnover]\nexit = -0.1", "line 2  turnover.exit = -0.1: must be 0 or more"),
        ("[turnover]\nentry = 1.5", "line 2  turnover.entry = 1.5: must be 1 or less"),
        (
            "[turnover]\nentry = 1.0\n[time]\nyears = 1000.0",
            "line 2  turnover.entry = 1.0: over 1000 years there are as many enterprises as with "
            "world.scale = 1,001 and no entry; that must be 1,000 or less",
        ),
        ("[turnover]\nexits = 1", 'turnover.exits: unknown key; did you mean "exit"?'),
    ],
)
def test_a_turnover_that_cannot_be_meant_is_refused(text, said):
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(text)
    assert said in str(caught.value)
