"""Months, money and the platforms that it opens."""

import random
from dataclasses import fields
from functools import reduce
from itertools import permutations
from operator import add

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plans import schedule_of
from pydantic import TypeAdapter

from simulation.levers import Levers
from simulation.policies import INSTRUMENTS, AnyPolicy
from simulation.policies.cluster_organisation import ClusterOrganisation
from simulation.policies.interoperability import Interoperability
from simulation.policies.money import discount_factors, present_value
from simulation.policies.platform_onboarding import PlatformOnboarding
from simulation.policies.platform_operation import PlatformOperation
from simulation.policies.remote_residency import RemoteResidency
from simulation.policies.training import Training


def everything(levers):
    return {lever.name: getattr(levers, lever.name).tobytes() for lever in fields(Levers)}


def totals(schedule):
    return schedule.ledger().groupby("policy")[["planned", "spent", "unspent"]].sum()


def money(schedule, label="policies[0]"):
    return totals(schedule).loc[label].tolist()


years = st.sampled_from([0.0, 0.5, 1.0, 1.3, 2.0, 3.9, 6.0])
names = st.sampled_from(["late", "one", "two"])


@st.composite
def policies(draw):
    instrument = draw(st.sampled_from(sorted(INSTRUMENTS)))
    row = {"instrument": instrument, "budget": draw(st.sampled_from([0.0, 1.0, 7.3, 51.0, 150.0, 333.3]))}
    row["from_year"] = draw(years)
    if draw(st.booleans()):
        row["to_year"] = row["from_year"] + draw(st.sampled_from([0.01, 0.7, 1.0, 9.0]))
    keys = INSTRUMENTS[instrument].model_fields
    if "regions" in keys:
        row["regions"] = draw(st.sampled_from(["all", ["a"], ["b", "c"], ["c"], []]))
    if "platform" in keys:
        row["platform"] = draw(names)
    if "chain" in keys:
        row["chain"] = "ore"
    if "platforms" in keys:
        row["platforms"] = draw(st.permutations(["late", "one", "two"]))[:2]
    if "institutions" in keys:
        row["institutions"] = draw(st.sampled_from(["all", ["Lab"], ["b: Institute", "a: Institute"]]))
    return TypeAdapter(AnyPolicy).validate_python(row)


many = given(st.lists(policies(), max_size=8))
quick = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quick
@many
def test_planned_is_spent_plus_unspent_and_neither_is_negative(world, given_policies):
    schedule = schedule_of(world, *given_policies)
    ledger = schedule.ledger()
    np.testing.assert_allclose(ledger.spent + ledger.unspent, ledger.planned, rtol=1e-12)
    assert ledger.spent.min() >= 0 or ledger.empty
    assert ledger.unspent.min() >= 0 or ledger.empty
    planned = ledger.groupby("policy").planned.sum()
    for number, policy in enumerate(given_policies):
        first, last = policy.months(steps_per_year=12, horizon=48)
        there = planned.get(f"policies[{number}]", 0.0)
        assert there == pytest.approx(policy.budget * (last - first) / 12)
    assert schedule.spent_pv <= schedule.planned_pv * (1 + 1e-12)


@quick
@many
def test_the_ledger_and_the_present_values_tell_of_the_same_money(world, given_policies):
    schedule = schedule_of(world, *given_policies, discount=0.0)
    ledger = schedule.ledger()
    assert schedule.planned_pv == pytest.approx(ledger.planned.sum())
    assert schedule.spent_pv == pytest.approx(ledger.spent.sum())


@quick
@many
def test_the_order_of_policies_does_not_move_a_bit(world, given_policies):
    order = random.Random(1).sample(range(len(given_policies)), len(given_policies))
    schedule, shuffled = (
        schedule_of(world, *given_policies),
        schedule_of(world, *(given_policies[n] for n in order)),
    )
    for month in range(48):
        assert everything(schedule.levers(month)) == everything(shuffled.levers(month))
    assert (schedule.planned_pv, schedule.spent_pv) == (shuffled.planned_pv, shuffled.spent_pv)
    one, other = schedule.ledger(), shuffled.ledger()
    for new, old in enumerate(order):
        columns = ["region", "year", "planned", "spent", "unspent"]
        assert (
            one.loc[one.policy == f"policies[{old}]", columns].values.tolist()
            == other.loc[other.policy == f"policies[{new}]", columns].values.tolist()
        )


def test_sums_that_floats_do_not_associate_do_not_depend_on_the_order_either(world):
    budgets = [0.1, 0.2, 0.3, 0.7, 1.1]
    assert len({reduce(add, order) for order in permutations(budgets)}) > 1  # sum() itself compensates
    seen = set()
    for order in permutations(budgets):
        schedule = schedule_of(world, *(Training(regions=["a"], budget=budget) for budget in order))
        seen.add((schedule.levers(0).training.tobytes(), schedule.planned_pv, schedule.spent_pv))
    assert len(seen) == 1


@quick
@given(st.lists(policies(), max_size=5), policies())
def test_a_policy_with_budget_0_does_not_move_a_bit_beside_others(world, given_policies, idle):
    with_it = schedule_of(world, *given_policies, idle.model_copy(update={"budget": 0.0}))
    without = schedule_of(world, *given_policies)
    for month in range(48):
        assert everything(with_it.levers(month)) == everything(without.levers(month))
    assert with_it.spent_pv == without.spent_pv


@quick
@many
def test_levers_stay_within_what_full_coverage_gives(world, given_policies):
    schedule = schedule_of(world, *given_policies)
    for month in range(0, 48, 5):
        levers = schedule.levers(month)
        assert levers.local_contacts.max() <= 1.6
        assert levers.capacity.max() <= 2.0
        assert levers.training.max() <= 0.25
        assert levers.incentive.max() <= 0.001
        assert levers.readiness.max() <= 1.0
        assert levers.subsidy.max() <= 3.0
        assert levers.interoperability.max() <= 1.0
        assert (levers.interoperability == levers.interoperability.T).all()
        assert not levers.subsidy[~levers.is_open].any()


def test_levers_are_the_same_object_while_nothing_changes(world):
    schedule = schedule_of(world, Training(budget=1.0, from_year=0.5, to_year=2.5))
    same = [schedule.levers(month) is schedule.levers(month - 1) for month in range(1, 48)]
    # The policy begins and ends at months 6 and 30, the platform "late" at 12 and 24.
    assert [month for month, is_same in enumerate(same, start=1) if not is_same] == [6, 12, 24, 30]
    assert schedule.levers(47) is schedule.levers(0)


@pytest.mark.parametrize(
    ("from_year", "to_year", "months"), [(0, 1, (0, 12)), (0.3, 1.3, (4, 16)), (3.5, 9, (42, 48))]
)
def test_a_policy_begins_in_its_first_month_and_ends_before_its_last(world, from_year, to_year, months):
    schedule = schedule_of(world, Training(budget=20.0, from_year=from_year, to_year=to_year))
    active = [month for month in range(48) if schedule.levers(month).training.any()]
    assert (active[0], active[-1] + 1) == months


def test_platforms_keep_to_their_own_years_where_no_operation_is_paid(world):
    schedule = schedule_of(world)
    assert [month for month in range(48) if schedule.levers(month).is_open[0]] == list(range(12, 24))
    assert all(schedule.levers(month).is_open[1:].all() for month in range(48))


def test_a_platform_whose_operation_is_paid_exists_only_while_it_is_paid_and_within_its_years(world):
    late = schedule_of(world, PlatformOperation(platform="late", budget=150.0, from_year=1.5))
    assert [month for month in range(48) if late.levers(month).is_open[0]] == list(range(18, 24))
    # Paid for 30 months, of which the platform can exist in 6.
    assert money(late) == pytest.approx([375.0, 75.0, 300.0])


def test_parts_of_the_operation_of_a_platform_add_up(world):
    thirds = [PlatformOperation(platform="one", budget=50.0) for _ in range(3)]
    assert schedule_of(world, *thirds).levers(0).is_open[1]
    assert not schedule_of(world, *thirds[:2]).levers(0).is_open[1]
    assert totals(schedule_of(world, *thirds[:2])).spent.sum() == 0


@pytest.mark.parametrize(
    "policy",
    [
        PlatformOnboarding(platform="one", budget=10.0),
        RemoteResidency(platform="one", budget=10.0),
        Interoperability(platforms=["one", "two"], budget=10.0),
    ],
)
def test_work_on_a_platform_that_is_closed_has_no_effect_and_is_not_paid(world, policy):
    closed = PlatformOperation(platform="one", budget=149.0)
    schedule = schedule_of(world, policy, closed)
    assert everything(schedule.levers(0)) == everything(schedule_of(world, closed).levers(0))
    assert money(schedule) == pytest.approx([40.0, 0.0, 40.0])
    assert money(schedule_of(world, policy)) == pytest.approx([40.0, 40.0, 0.0])


def test_money_is_split_over_regions_in_proportion_to_full_cost(world):
    ledger = schedule_of(world, ClusterOrganisation(budget=10.0, to_year=1.0)).ledger()
    assert ledger[["region", "year", "planned", "spent"]].values.tolist() == [
        ["a", 0, 5.0, 5.0],
        ["b", 0, 2.5, 2.5],
        ["c", 0, 2.5, 2.5],
    ]


def test_money_beyond_full_coverage_is_left(world):
    assert money(schedule_of(world, ClusterOrganisation(budget=50.0))) == pytest.approx([200.0, 80.0, 120.0])


def test_two_entries_that_together_cover_more_than_all_leave_the_excess_in_proportion(world):
    # In region a coverages are .9 and .6: each spends 1 / 1.5 of what it could, 10 x .6 and 10 x .4.
    one, other = (
        ClusterOrganisation(regions=["a"], budget=9.0),
        ClusterOrganisation(regions=["a"], budget=6.0),
    )
    schedule = schedule_of(world, one, other)
    assert schedule.levers(0).local_contacts.tolist() == [1.6, 1.0, 1.0]
    assert totals(schedule).spent.tolist() == pytest.approx([24.0, 16.0])
    assert totals(schedule).unspent.tolist() == pytest.approx([12.0, 8.0])


def test_coverages_of_one_instrument_add_up_region_by_region(world):
    schedule = schedule_of(world, Training(budget=10.0), Training(regions=["b"], budget=1.0))
    assert schedule.levers(0).training.tolist() == pytest.approx([0.125, 0.175, 0.125])


def test_two_entries_that_name_one_institution_share_its_cost(world):
    entries = [
        RemoteResidency(platform="one", institutions=["Lab"], budget=5.0, to_year=1.0) for _ in range(2)
    ]
    schedule = schedule_of(world, *entries)
    assert totals(schedule).spent.tolist() == [2.5, 2.5]


def test_coverages_on_different_platforms_do_not_add_up(world):
    entries = [PlatformOnboarding(platform=name, budget=1e6) for name in ("one", "two")]
    assert schedule_of(world, *entries).levers(0).subsidy[1:].tolist() == [[3.0] * 3] * 2


def test_the_ledger_of_residency_follows_the_institutions(world):
    ledger = schedule_of(world, RemoteResidency(platform="one", budget=12.0, to_year=1.0)).ledger()
    # Two of region a for 10; the rest of 2 is not enough for the one of region b.
    assert ledger[["region", "planned", "spent", "unspent"]].values.tolist() == [
        ["a", 10, 10, 0],
        ["b", 2, 0, 2],
    ]


def test_money_for_nobody_is_planned_for_no_region_and_left(world):
    ledger = schedule_of(world, Training(regions=[], budget=5.0, to_year=1.0)).ledger()
    assert ledger[["region", "planned", "spent", "unspent"]].values.tolist() == [["all", 5.0, 0.0, 5.0]]


def test_a_scenario_without_policies_has_an_empty_ledger_of_the_same_columns(world):
    empty = schedule_of(world).ledger()
    assert empty.empty
    assert list(empty.columns) == list(schedule_of(world, Training(budget=1.0)).ledger().columns)


def test_present_value_of_3000_a_year_over_20_years():
    # Monthly instalments of 250 from month 0: 250 (1 - v^240) / (1 - v), v = 1.05^(-1/12).
    v = 1.05 ** (-1 / 12)
    expected = 250 * (1 - v**240) / (1 - v)
    factors = discount_factors(months=240, steps_per_year=12, discount=0.05)
    value = present_value([(2000.0, 0, 240), (1000.0, 0, 240)], steps_per_year=12, factors=factors)
    assert value == pytest.approx(expected, rel=1e-12)
    assert value == pytest.approx(38_392, abs=1)


def test_later_money_is_worth_less_by_the_discount():
    factors = discount_factors(months=24, steps_per_year=12, discount=0.05)
    early, late = (present_value([(12.0, m, m + 1)], steps_per_year=12, factors=factors) for m in (0, 12))
    assert (early, late) == pytest.approx((1.0, 1 / 1.05))
