"""What the shipped scenarios promise."""

import pytest

from simulation.engine.build.world import build_world
from simulation.engine.simulate import simulate
from simulation.scenario.loading import load_scenario, parse_scenario, shipped_scenarios
from simulation.scenario.plan import plan_of, schedule_of
from simulation.scenario.schema import Scenario

HUBS = ["bashkortostan", "samara", "tatarstan", "tyumen_khanty_yamal"]
CONTROLS = {
    "baseline": 0,
    "baseline_mixed": 0,
    "coal_slump": 0,
    "endogenous_development": 8536,
    "energotechnohab": 3007,
    "eurasian_baseline": 0,
    "growth_pole": 8536,
    "hubs_baseline": 0,
    "kuzbass": 0,
    "kuzbass_donor": 8536,
    "oil_price_cycle": 0,
    "out_migration": 0,
    "out_migration_held": 6552,
    "price_cycle": 0,
    "science_network": 7230,
    "tatarstan_origins": 0,
    "strong_government": 8536,
    "supercycle": 0,
    "thin_regions": 0,
    "vectors_baseline": 0,
    "weak_government": 8536,
}
"""Present value of the plans that are not meant to be compared by money."""
NAMES = [path.stem for path in shipped_scenarios()]
EACH = pytest.mark.parametrize("name", NAMES)


WHOLE = {"first_wave": 11, "first_wave_platform": 11, "platform_outage": 11}
"""Years that a plan needs, each of whose shares must have a month."""


def test_the_scenarios_of_the_question_are_there():
    assert set(NAMES) >= {
        "adoption_incentives",
        "baseline",
        "baseline_mixed",
        "fragmented_platforms",
        "hypercluster",
        "hypercluster_hubs_only",
        "hypercluster_low_readiness",
        "mixed",
        "regional_cluster",
        "regional_cluster_everywhere",
        "science_network",
    }


@EACH
def test_the_plan_is_worth_the_same_as_that_of_every_other_policy(name):
    schedule = schedule_of(load_scenario(name))
    if name in CONTROLS:
        assert schedule.planned_pv == pytest.approx(CONTROLS[name], rel=0.001)
    else:
        assert schedule.planned_pv == pytest.approx(schedule.available_pv, rel=1e-12)
    assert schedule.available_pv == pytest.approx(38_392, abs=1)


@EACH
def test_all_that_is_planned_can_be_spent(name):
    schedule = schedule_of(load_scenario(name))
    assert schedule.spent_pv == pytest.approx(schedule.planned_pv, rel=1e-9)


@EACH
def test_a_shipped_file_explains_itself_and_gives_itself_back(name):
    spec = load_scenario(name)
    assert spec.name == name
    assert 0 < len(spec.title) <= 28
    assert spec.description.count(".") >= 3
    assert "assum" in spec.description
    again = parse_scenario(spec.to_toml())
    assert (again, again.digest) == (spec, spec.digest)


@EACH
def test_it_runs(name):
    years = WHOLE.get(name, 4)
    small = ["world.scale=0.1", f"time.years={years}", "budget.per_year=1e6"]
    record = simulate(load_scenario(name, overrides=small), 1)
    assert record.months == 12 * years
    assert record.adopters[-1].sum() > 0
    # Where the scenario has money for a platform, somebody is on it.
    opened = record.may_join.any() and record.planned_pv > 0
    assert (record.members_anywhere[-1] > 0) == opened


def test_scenarios_differ_from_one_another():
    assert len({load_scenario(name).digest for name in NAMES}) == len(NAMES)
    assert len({load_scenario(name).title for name in NAMES}) == len(NAMES)


def test_the_baseline_shows_the_defaults():
    assert load_scenario("baseline").digest == Scenario().digest


def test_regional_clusters_are_covered_in_full_in_the_four_hubs_only():
    levers = schedule_of(load_scenario("regional_cluster")).levers(0)
    hub = [region in HUBS for region in load_scenario("baseline").dataset.region_ids]
    assert (levers.local_contacts == [1.6 if is_hub else 1.0 for is_hub in hub]).all()
    assert (levers.capacity == [2.0 if is_hub else 1.0 for is_hub in hub]).all()
    assert not levers.is_open.any()


def test_the_hypercluster_has_all_institutions_for_20_years_and_onboards_in_the_first_three():
    schedule = schedule_of(load_scenario("hypercluster"))
    for month in (0, 35, 36, 239):
        levers = schedule.levers(month)
        assert levers.is_open.all()
        assert levers.resident.all()
        assert levers.subsidy == pytest.approx(3 * 0.858 if month < 36 else 0.0, abs=0.002)


def test_fragmented_platforms_serve_each_enterprise_and_institution_once_with_equal_coverage():
    spec = load_scenario("fragmented_platforms")
    world = build_world(spec, 1)
    levers = schedule_of(load_scenario("fragmented_platforms")).levers(0)
    assert (world.platforms.may_join.sum(axis=0) == 1).all()
    assert (levers.resident.sum(axis=0) == 1).all()
    own = world.platforms.may_join.any(axis=2)
    assert (own[:, world.institutions.region_of] == levers.resident).all()
    assert levers.subsidy[own] == pytest.approx(3 * 0.594, abs=0.02)
    assert (levers.interoperability == [[h == other for h in range(6)] for other in range(6)]).all()


def test_mixed_spends_half_on_hubs_and_half_on_the_platform():
    spec = load_scenario("mixed")
    hubs = [policy for policy in spec.policies if not policy.platform_names]
    plan = plan_of(spec)
    half = plan.present_value([(e.per_year, *e.months) for e in plan.entries if e.policy in hubs])
    assert half == pytest.approx(plan.available_pv / 2, rel=0.001)


def test_no_enterprise_may_join_the_science_network_but_all_institutions_are_on_it():
    world = build_world(load_scenario("science_network"), 1)
    assert not world.platforms.may_join.any()
    assert schedule_of(load_scenario("science_network")).levers(0).resident.all()


def test_institutions_matter_as_much_in_the_mixed_world_as_in_the_baseline():
    # The sum of K over institutions, in the mean over enterprises, relative to the scale at which it counts.
    weight = {}
    for name in ("baseline", "baseline_mixed"):
        spec = load_scenario(name)
        world = build_world(spec, 1)
        reach = world.regions.proximity[:, world.institutions.region_of].sum(axis=1)
        enterprises = world.enterprises.counts.sum(axis=1)
        weight[name] = (reach * enterprises).sum() / enterprises.sum() / spec.diffusion.institution_scale
    assert weight["baseline_mixed"] == pytest.approx(weight["baseline"], rel=0.001)


@pytest.mark.parametrize(
    ("name", "early", "late"),
    [
        ("hypercluster", (0.6, 0.95), (0.8, 1.0)),
        ("hypercluster_low_readiness", (0.0, 0.1), (0.0, 0.05)),
        ("mixed", (0.3, 0.5), (0.0, 0.25)),
    ],
)
def test_membership_goes_on_without_the_money_only_past_the_critical_mass(name, early, late):
    """Share of enterprises on the platform when onboarding ends, after 3 years, and at the horizon."""
    record = simulate(load_scenario(name), 1)
    share = record.members_anywhere / record.enterprises
    assert early[0] <= share[36] <= early[1]
    assert late[0] <= share[240] <= late[1]
