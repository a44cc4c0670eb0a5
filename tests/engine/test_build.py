"""The world that a scenario and a seed make: sizes, draws, and whom an entrant disturbs."""

import os
import pickle

import numpy as np
import pytest
from every_mechanism import EVERYTHING, HEIRS, MINING, MOBILITY, SEEDS, TURNOVER, scenario
from small_worlds import dataset, plain_scenario

from simulation.data.reader import load_dataset, shipped_datasets
from simulation.engine.build.frame import frame_of
from simulation.engine.build.world import build_world
from simulation.engine.simulate import simulate
from simulation.errors import ScenarioError
from simulation.scenario.loading import load_scenario, parse_scenario


@pytest.fixture(scope="module")
def world():
    return build_world(load_scenario("baseline"), 1)


def test_the_default_world_has_its_full_size(world):
    assert world.shape[0] == 15
    assert world.enterprises.region_of.size == 5301
    assert len(world.institutions.names) == 83
    assert len(world.technologies.names) + len(world.technologies.left_out) == 22


def test_pairs_are_exactly_the_eligible_ones(world):
    eligible = world.technologies.relevance[world.enterprises.industry_of] > 0
    for k in range(len(world.technologies.names)):
        here = slice(world.pairs.start[k], world.pairs.start[k + 1])
        assert np.array_equal(world.pairs.enterprise[here], np.flatnonzero(eligible[:, k]))
        slot = world.pairs.slot[world.pairs.pattern_of[k]]
        assert np.array_equal(np.flatnonzero(slot >= 0), world.pairs.enterprise[here])
        assert np.array_equal(slot[slot >= 0], np.arange(here.stop - here.start))
    assert world.eligible.sum() == world.pairs.enterprise.size


def test_absorptive_capacity_has_mean_one_and_the_variation_asked_for(world):
    alpha = world.enterprises.absorptive_capacity
    assert alpha.mean() == pytest.approx(1.0, abs=4 * 0.7 / np.sqrt(alpha.size))
    # The standard error of the coefficient of variation is below cv / sqrt(n) here (delta method).
    assert alpha.std() / alpha.mean() == pytest.approx(0.7, abs=4 * 0.7 / np.sqrt(alpha.size))


@pytest.mark.parametrize("variation", [1e-9, 1e-300])
def test_hardly_any_variation_of_absorptive_capacity_is_almost_none(variation):
    overrides = [f"diffusion.absorptive_capacity_cv={variation}", "world.scale=0.01"]
    alpha = build_world(load_scenario("baseline", overrides=overrides), 1).enterprises.absorptive_capacity
    np.testing.assert_allclose(alpha, 1.0, rtol=6 * variation + 1e-15)


def test_thresholds_are_exponential_with_mean_one(world):
    theta = world.pairs.threshold
    assert theta.mean() == pytest.approx(1.0, abs=5 / np.sqrt(theta.size))
    assert np.quantile(theta, [0.1, 0.5, 0.9]) == pytest.approx(-np.log([0.9, 0.5, 0.1]), rel=0.03)


def test_a_quarter_of_spatial_contacts_and_a_seventh_of_business_ties_cross_a_border(world):
    """Section 2, defaults: half_distance 100 km makes about a quarter and 15 % cross."""
    n = world.enterprises.counts.sum(axis=1)
    at_home = np.diag(world.regions.proximity) * n / (world.regions.proximity @ n)
    assert 1 - at_home @ n / n.sum() == pytest.approx(0.25, abs=0.02)
    owner = np.repeat(np.arange(world.enterprises.region_of.size), np.diff(world.enterprises.indptr))
    crossing = world.enterprises.region_of[owner] != world.enterprises.region_of[world.enterprises.indices]
    assert crossing.mean() == pytest.approx(0.15, abs=0.01)


@pytest.mark.parametrize("factor", [0.001, 0.4, 1.7, 1000.0])
def test_a_factor_multiplies_readiness_and_relevance_up_to_one(factor):
    plain, changed = (
        build_world(
            parse_scenario(
                f"[world]\nscale = 0.02\nreadiness_factor = {number}\nrelevance_factor = {number}\n"
            ),
            1,
        )
        for number in (1.0, factor)
    )
    regions, technologies = plain.regions, plain.technologies
    assert np.array_equal(changed.regions.readiness, np.minimum(1.0, factor * regions.readiness))
    assert np.array_equal(changed.technologies.relevance, np.minimum(1.0, factor * technologies.relevance))
    assert np.array_equal(changed.technologies.relevance > 0, technologies.relevance > 0)
    assert np.array_equal(changed.technologies.origin, technologies.origin)


def test_factors_of_one_change_no_bit_of_any_dataset():
    for name in shipped_datasets():
        data = load_dataset(name)
        built = build_world(parse_scenario(f'[world]\ndataset = "{name}"\nscale = 0.01\n'), 1)
        assert built.regions.readiness.tolist() == [row.digital_readiness for row in data.regions]
        told = {
            row.technology: data.relevance[data.directions.index(row.direction)] for row in data.technologies
        }
        for k, technology in enumerate(built.technologies.names):
            assert built.technologies.relevance[:, k].tolist() == told[technology].tolist()


def test_releases_are_a_poisson_process_of_four_a_year():
    spec = load_scenario("baseline")
    last = [np.sort(build_world(spec, seed).technologies.release_month)[-1] for seed in range(40)]
    # The 22nd arrival has mean 5.5 and standard deviation sqrt(22) / 4 = 1.17 years; months are rounded down.
    assert np.mean(last) / 12 == pytest.approx(5.5 - 1 / 24, abs=3 * 1.17 / np.sqrt(40))


def test_every_technology_may_come_first(tmp_path):
    """The order of release is drawn, and does not follow the table: 4 technologies, each first with probability 1/4."""
    folder = dataset(tmp_path / "land", {"land": 3}, technologies=4)
    path = plain_scenario(tmp_path / "land.toml", folder)
    spec = load_scenario(path, overrides=['technologies.release="poisson"'])
    n = 400
    first = np.zeros(4)
    for seed in range(n):
        world = build_world(spec, seed)
        first[int(world.technologies.names[np.argmin(world.technologies.release_month)][-3:])] += 1
    chi_square = ((first - n / 4) ** 2 / (n / 4)).sum()
    assert chi_square < 3 + 5 * np.sqrt(2 * 3)  # months tie now and then, in favour of the first in the table


def test_technologies_due_after_the_horizon_are_left_out_and_counted():
    spec = load_scenario("baseline", overrides=["time.years=2"])
    world = build_world(spec, 1)
    assert len(world.technologies.left_out) > 5
    assert world.technologies.release_month.max() < 24


def test_origins_are_research_institutions_where_somebody_can_use_the_technology(world):
    research = {"university", "research_institute", "corporate_research", "research_education_centre"}
    for k, origin in enumerate(world.technologies.origin):
        assert world.institutions.kinds[origin] in research
        region = world.institutions.region_of[origin]
        assert world.enterprises.counts[region] @ (world.technologies.relevance[:, k] > 0) > 0


def test_a_region_gives_birth_to_the_share_of_technologies_that_the_scenario_says():
    spec = load_scenario(
        "baseline", overrides=["technologies.origin_weights={ hydrocarbon_mining = { tatarstan = 0.5 } }"]
    )
    born = []
    for seed in range(60):
        world = build_world(spec, seed)
        for k, origin in enumerate(world.technologies.origin):
            if world.technologies.directions[k] == "hydrocarbon_mining":
                born.append(world.regions.ids[world.institutions.region_of[origin]] == "tatarstan")
    assert np.mean(born) == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(len(born)))


def luck(world):
    """alpha by enterprise and theta by enterprise and technology, by identity."""
    ent, tec, reg = world.enterprises, world.technologies, world.regions
    names = [
        (reg.ids[ent.region_of[i]], ent.industries[ent.industry_of[i]], int(ent.number_of[i]))
        for i in range(ent.region_of.size)
    ]
    alpha = dict(zip(names, ent.absorptive_capacity, strict=True))
    theta = {}
    for k, technology in enumerate(tec.names):
        for p in range(world.pairs.start[k], world.pairs.start[k + 1]):
            theta[names[world.pairs.enterprise[p]], technology] = world.pairs.threshold[p]
    return alpha, theta


def test_entrants_do_not_move_the_draws_of_incumbents(tmp_path):
    small = {"alpha": {"coal": 5, "oil_gas": 3}, "beta": {"coal": 4}}
    large = {
        "aaa": {"coal": 2, "metal_ores": 1},
        "alpha": {"coal": 6, "oil_gas": 3},
        "beta": {"coal": 4, "metal_ores": 9},
    }
    worlds = []
    for name, counts, technologies in (("small", small, 2), ("large", large, 3)):
        folder = dataset(tmp_path / name, counts, technologies=technologies)
        path = plain_scenario(tmp_path / f"{name}.toml", folder)
        path.write_text(
            path.read_text().replace("absorptive_capacity_cv = 0.0", "absorptive_capacity_cv = 0.7")
        )
        worlds.append(luck(build_world(load_scenario(path), 5)))
    (alpha, theta), (alpha_later, theta_later) = worlds
    assert len(set(alpha.values())) == len(alpha)
    assert alpha.items() <= alpha_later.items()
    assert theta.items() <= theta_later.items()


def test_scale_multiplies_every_count():
    world = build_world(load_scenario("baseline", overrides=["world.scale=0.1"]), 1)
    full = build_world(load_scenario("baseline"), 1)
    assert np.array_equal(world.enterprises.counts, np.floor(full.enterprises.counts * 0.1 + 0.5))


def test_worlds_of_one_scenario_share_what_is_not_drawn():
    spec = load_scenario("baseline")
    one, other = (build_world(spec, seed) for seed in (1, 2))
    assert one.endowment is other.endowment
    assert one.enterprises.identities is other.enterprises.identities
    elsewhere = load_scenario("baseline", overrides=["world.digital_readiness=0.25"])
    assert (build_world(elsewhere, 1).regions.readiness == 0.25).all()
    assert build_world(spec, 3).endowment is one.endowment


def test_a_world_follows_a_table_that_has_changed(tmp_path):
    folder = dataset(tmp_path / "land", {"alpha": 3, "beta": 4})
    spec = load_scenario(plain_scenario(tmp_path / "land.toml", folder))
    before = build_world(spec, 1)
    table = folder / "enterprises.csv"
    stamp = table.stat().st_mtime_ns
    table.write_text(table.read_text().replace("4", "6"))
    os.utime(table, ns=(stamp + 10**9, stamp + 10**9))
    after = build_world(spec, 1)
    assert before.enterprises.counts.tolist() == [[3], [4]]
    assert after.enterprises.counts.tolist() == [[3], [6]]


def test_nothing_writes_what_the_worlds_of_a_scenario_share(tmp_path):
    spec = scenario(tmp_path, more=EVERYTHING + HEIRS + MINING + MOBILITY + TURNOVER + SEEDS)
    frame = frame_of(spec)
    simulate(spec, 2)  # what is computed when it is first asked for is there
    before = pickle.dumps(frame)
    simulate(spec, 1)
    assert frame_of(spec) is frame
    assert pickle.dumps(frame) == before


def test_what_a_reader_writes_into_a_ledger_is_in_no_other():
    spec = load_scenario("regional_cluster")
    ledger = simulate(spec, 1).ledger
    planned = ledger["planned"].sum()
    ledger.loc[:, "planned"] = 0.0
    assert simulate(spec, 1).ledger["planned"].sum() == planned > 0


def test_more_pairs_or_ties_than_32_bits_can_number_are_refused(tmp_path):
    folder = dataset(tmp_path / "land", {"alpha": 400_000}, technologies=6)
    path = plain_scenario(tmp_path / "land.toml", folder, world="scale = 890.0\nnetwork_degree = 2")
    load_scenario(path)
    for change, said in (
        ("world.scale=895.0", "the world has 2,148,000,000 pairs of an enterprise and a technology"),
        ("world.network_degree=8", "the world has 2,848,000,000 ties; there must be 2,147,483,647 or fewer"),
    ):
        with pytest.raises(ScenarioError) as caught:
            load_scenario(path, overrides=[change])
        assert said in str(caught.value)
