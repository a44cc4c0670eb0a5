"""Each instrument against numbers computed by hand, and what all of them must keep."""

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from plans import schedule_of
from pydantic import TypeAdapter, ValidationError

import simulation.policies
from simulation.levers import Levers
from simulation.policies import INSTRUMENTS, AnyPolicy, Costs
from simulation.policies.adoption_incentive import AdoptionIncentive
from simulation.policies.cluster_organisation import ClusterOrganisation
from simulation.policies.digital_infrastructure import DigitalInfrastructure
from simulation.policies.interoperability import Interoperability
from simulation.policies.platform_onboarding import PlatformOnboarding
from simulation.policies.platform_operation import PlatformOperation
from simulation.policies.processing_chain import ProcessingChain
from simulation.policies.remote_residency import RemoteResidency
from simulation.policies.technopark import Technopark
from simulation.policies.training import Training

NEEDED = {
    "interoperability": {"platforms": ["one", "two"]},
    "platform_onboarding": {"platform": "one"},
    "platform_operation": {"platform": "one"},
    "processing_chain": {"chain": "ore"},
    "remote_residency": {"platform": "one"},
}
EACH = pytest.mark.parametrize("instrument", INSTRUMENTS)


def example(instrument, *, budget):
    row = {"instrument": instrument, "budget": budget, **NEEDED.get(instrument, {})}
    return TypeAdapter(AnyPolicy).validate_python(row)


def levers_of(world, *policies, month=0):
    return schedule_of(world, *policies).levers(month)


def assert_same(levers, others):
    for lever in fields(Levers):
        np.testing.assert_array_equal(
            getattr(levers, lever.name), getattr(others, lever.name), err_msg=lever.name
        )


def test_cluster_organisation_at_half_coverage_raises_local_contacts_by_three_tenths(world):
    levers = levers_of(world, ClusterOrganisation(regions=["a", "b"], budget=7.5))  # 10 + 5 enterprises
    assert levers.local_contacts.tolist() == pytest.approx([1.3, 1.3, 1.0])


def test_technopark_at_half_coverage_raises_capacity_by_half_where_there_are_institutions(world):
    levers = levers_of(world, Technopark(budget=30.0))  # 20 x (2 + 1 + 0)
    assert levers.capacity.tolist() == [1.5, 1.5, 1.0]


def test_training_at_full_coverage_raises_absorptive_capacity_by_a_quarter(world):
    levers = levers_of(world, Training(regions=["c"], budget=5.0))
    assert levers.training.tolist() == [0.0, 0.0, 0.25]


def test_adoption_incentive_at_a_quarter_of_coverage_adds_a_quarter_of_a_thousandth(world):
    levers = levers_of(world, AdoptionIncentive(regions=["a"], budget=5.0))  # of 2 x 10
    assert levers.incentive.tolist() == pytest.approx([0.00025, 0.0, 0.0])


def test_digital_infrastructure_raises_readiness_but_not_beyond_one(world):
    assert levers_of(world, DigitalInfrastructure(budget=20.0)).readiness == pytest.approx([0.95, 0.65, 0.2])
    assert levers_of(world, DigitalInfrastructure(budget=40.0)).readiness == pytest.approx([1.0, 0.8, 0.35])


def test_platform_operation_is_all_or_nothing(world):
    assert levers_of(world, PlatformOperation(platform="one", budget=149.0)).is_open.tolist() == [
        False,
        False,
        True,
    ]
    assert levers_of(world, PlatformOperation(platform="one", budget=150.0)).is_open.tolist() == [
        False,
        True,
        True,
    ]


def test_platform_onboarding_is_dearer_where_readiness_is_low_but_not_below_a_tenth(world):
    policy = PlatformOnboarding(platform="one", budget=31.75)
    # Only the first industry may join: 6 / .8 + 3 / .5 + 5 / .1, the last because .05 counts as .1.
    assert policy.full_cost(world.endowment, unit_cost=1.0).tolist() == pytest.approx([7.5, 6.0, 50.0, 0.0])
    assert levers_of(world, policy).subsidy.tolist() == [[0.0] * 3, pytest.approx([1.5] * 3), [0.0] * 3]


def test_platform_onboarding_costs_what_readiness_was_before_infrastructure(world):
    policy = PlatformOnboarding(platform="one", budget=31.75)
    levers = levers_of(world, DigitalInfrastructure(budget=40.0), policy)
    assert levers.subsidy[1].tolist() == pytest.approx([1.5] * 3)


@pytest.mark.parametrize(
    ("institutions", "budget", "resident"),
    [
        ("all", 14.9, [True, True, False]),  # a third would cost 15
        ("all", 15.0, [True, True, True]),
        (["b: Institute", "Lab"], 9.0, [False, False, True]),  # the second of the list is dropped
        (["b: Institute", "Lab"], 10.0, [False, True, True]),
    ],
)
def test_remote_residency_brings_whole_institutions_in_listed_order(world, institutions, budget, resident):
    levers = levers_of(world, RemoteResidency(platform="one", institutions=institutions, budget=budget))
    assert levers.resident.tolist() == [[False] * 3, resident, [False] * 3]


def test_money_for_remote_residency_of_nobody_belongs_to_no_region(world):
    nobody = RemoteResidency(platform="one", regions=["c"], budget=12.0, to_year=1.0)
    ledger = schedule_of(world, nobody).ledger()
    assert ledger[["region", "planned", "spent"]].to_numpy().tolist() == [["all", 12.0, 0.0]]


def test_remote_residency_without_any_institution_in_the_world_is_unspent(world):
    empty = replace(
        world,
        endowment=replace(
            world.endowment,
            institution_names=(),
            institution_kinds=(),
            institution_region=np.zeros(0, np.int32),
            platforms=replace(world.platforms, resident=np.zeros((3, 0), dtype=bool)),
        ),
    )
    schedule = schedule_of(empty, RemoteResidency(platform="one", budget=12.0))
    assert schedule.planned_pv > 0
    assert schedule.spent_pv == 0


def test_remote_residency_passes_over_institutions_of_other_regions(world):
    levers = levers_of(world, RemoteResidency(platform="one", regions=["b"], budget=15.0))
    assert levers.resident[1].tolist() == [False, False, True]


def test_interoperability_links_two_platforms_both_ways_alike(world):
    levers = levers_of(world, Interoperability(platforms=["two", "one"], budget=25.0))
    assert levers.interoperability.tolist() == [[1, 0, 0], [0, 1, 0.5], [0, 0.5, 1]]


def test_processing_chain_is_paid_for_led_enterprises_of_its_growth_poles(world):
    policy = ProcessingChain(chain="ore", budget=3.0)  # the second industry has 4, 2 and 0 enterprises
    assert policy.full_cost(world.endowment, unit_cost=1.0).tolist() == [4.0, 2.0, 0.0, 0.0]
    assert levers_of(world, policy).chain_strength.tolist() == [[1.0, 1.0, 0.0]]
    elsewhere = ProcessingChain(chain="ore", regions=["b"], budget=3.0)
    assert levers_of(world, elsewhere).chain_strength.tolist() == [[0.5, 1.5, 0.0]]


def test_every_module_of_an_instrument_bears_its_name():
    modules = {path.stem for path in Path(simulation.policies.__file__).parent.glob("[!_]*.py")}
    assert set(INSTRUMENTS) == modules - {"base", "money", "plan", "schedule"}
    assert {cls.__module__.rsplit(".", 1)[1]: name for name, cls in INSTRUMENTS.items()} == {
        name: name for name in INSTRUMENTS
    }


def test_the_table_of_costs_follows_from_the_instruments():
    assert Costs().model_dump() == {name: cls.unit_cost for name, cls in INSTRUMENTS.items()}


@EACH
def test_an_instrument_without_money_leaves_every_lever_as_it_is(world, instrument):
    assert_same(levers_of(world, example(instrument, budget=0.0)), levers_of(world))


@EACH
def test_an_instrument_with_money_moves_a_lever_unless_it_pays_for_what_would_be_there_anyway(
    world, instrument
):
    with_it = levers_of(world, example(instrument, budget=1000.0))
    without = levers_of(world)
    moved = [f.name for f in fields(Levers) if (getattr(with_it, f.name) != getattr(without, f.name)).any()]
    expected = {"platform_operation": 0, "training": 2}  # the increment, and the coverage for out-migration
    assert len(moved) == expected.get(instrument, 1)


@EACH
def test_coverage_is_never_more_than_one_and_costs_no_more_than_all(world, instrument):
    policy = example(instrument, budget=1e6)
    full_cost = policy.full_cost(world.endowment, unit_cost=getattr(Costs(), instrument))
    coverage = policy.coverage_by(1e6, full_cost, world.endowment)
    assert coverage.shape == full_cost.shape == policy.ledger_rows(world.endowment).shape
    assert set(coverage.tolist()) <= {0.0, 1.0}
    assert policy.divided(1e6, full_cost, world.endowment).sum() == pytest.approx(1e6)


@EACH
def test_a_dearer_instrument_covers_less_or_nothing(world, instrument):
    policy = example(instrument, budget=10.0)
    here = world.endowment
    cheap, dear = (
        policy.coverage_by(10.0, policy.full_cost(here, unit_cost=cost), here) for cost in (0.01, 100.0)
    )
    assert (cheap >= dear).all()
    assert cheap.sum() > dear.sum()


@EACH
def test_a_policy_survives_the_trip_to_json_and_back(instrument):
    policy = example(instrument, budget=3.5)
    assert TypeAdapter(AnyPolicy).validate_json(policy.model_dump_json()) == policy
    assert policy.model_dump().items() >= {"instrument": instrument, "budget": 3.5}.items()


@EACH
@pytest.mark.parametrize(
    "wrong",
    [
        {"budget": -1.0},
        {"budget": float("nan")},
        {"budget": "5"},
        {"from_year": 3, "to_year": 3},
        {"bugdet": 1},
    ],
)
def test_an_instrument_refuses_what_cannot_be_meant(instrument, wrong):
    with pytest.raises(ValidationError):
        TypeAdapter(AnyPolicy).validate_python(example(instrument, budget=1.0).model_dump() | wrong)
