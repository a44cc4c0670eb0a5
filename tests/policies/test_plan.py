"""The plan of money: budgets, coverages and shares, by hand and as properties over what may change."""

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from plans import schedule_of
from pydantic import ValidationError

from simulation.errors import HyperclusterError
from simulation.policies import Budget, Costs, NotAffordable, plan_money
from simulation.policies.adoption_incentive import AdoptionIncentive
from simulation.policies.cluster_organisation import ClusterOrganisation
from simulation.policies.money import DEFAULT_PER_YEAR
from simulation.policies.plan import faults_of_shares, shared_out
from simulation.policies.platform_operation import PlatformOperation
from simulation.policies.remote_residency import RemoteResidency
from simulation.policies.technopark import Technopark
from simulation.policies.training import Training
from simulation.scenario.loading import load_scenario, parse_scenario
from simulation.scenario.plan import plan_of
from simulation.scenario.plan import schedule_of as schedule_of_scenario

quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def plan(world, *policies, per_year, discount=0.0, scale=1.0, **costs):
    return plan_money(
        policies,
        world.endowment,
        costs=Costs(**costs),
        budget=Budget(per_year=per_year, discount=discount),
        scale=scale,
    )


def a_year(found):
    return [entry.per_year for entry in found.entries]


def test_overflow_flows_to_the_others_in_proportion_by_hand(world):
    # 40 a year over 4 years at discount 0 is 160. Shares .5, .3, .2 are 80, 48, 32. Full coverage of the first costs
    # 15 a year for its two regions, 60 in all; the 20 beyond it go to the others as 3 to 2: 60 and 40. The third can
    # use 5 a year, 20 in all, and its 20 go to the second, which has 80 and could use 30 a year, 120.
    entries = (
        Training(regions=["a", "b"], share=0.5),
        AdoptionIncentive(regions=["a", "c"], share=0.3),
        ClusterOrganisation(regions=["c"], share=0.2),
    )
    found = plan(world, *entries, per_year=40.0)
    assert a_year(found) == pytest.approx([15.0, 20.0, 5.0])
    assert [entry.unusable for entry in found.entries] == [0.0, 0.0, 0.0]
    assert found.planned_pv == pytest.approx(160.0)


def test_what_nobody_can_use_stays_with_the_entries_in_proportion_and_is_not_spent(world):
    # Full coverage of both costs 15 + 5 = 20 a year, of 50: 30 a year are left, and divided as 3 to 1.
    entries = (Training(regions=["a", "b"], share=0.75), ClusterOrganisation(regions=["c"], share=0.25))
    found = plan(world, *entries, per_year=50.0)
    assert a_year(found) == pytest.approx([15 + 22.5, 5 + 7.5])
    assert [entry.unusable for entry in found.entries] == pytest.approx([22.5, 7.5])
    schedule = schedule_of(world, *entries, per_year=50.0, discount=0.0)
    assert schedule.planned_pv == pytest.approx(200.0)
    assert schedule.spent_pv == pytest.approx(80.0)


def test_a_share_is_of_what_budgets_and_coverages_leave_and_is_spread_over_its_own_months(world):
    # 200 a year over 4 years is 800; operation takes 600, a budget of 20 in one year 20; half of 180 in two years.
    entries = (
        PlatformOperation(platform="one", coverage=1.0),
        Training(regions=["a"], budget=20.0, to_year=1.0),
        AdoptionIncentive(share=0.5, from_year=1.0, to_year=3.0, regions=["a"]),
    )
    found = plan(world, *entries, per_year=200.0, adoption_incentive=100.0)
    assert a_year(found) == pytest.approx([150.0, 20.0, 45.0])
    assert found.planned_pv == pytest.approx(800 - 90)


def test_a_coverage_is_paid_whatever_unit_costs_are(world):
    for cost in (0.01, 1.0, 7.3):
        found = plan(world, Technopark(coverage=0.4), per_year=1e6, technopark=cost)
        assert a_year(found) == pytest.approx([0.4 * 3 * cost])
        schedule = schedule_of(world, Technopark(coverage=0.4), costs=Costs(technopark=cost))
        assert schedule.levers(0).capacity.tolist() == pytest.approx([1.4, 1.4, 1.0])


def test_full_coverage_reaches_all_institutions_at_any_cost(world):
    for cost in (0.1, 0.3, 5.0, 1 / 3):
        entry = RemoteResidency(platform="one", coverage=1.0)
        schedule = schedule_of(world, entry, costs=Costs(remote_residency=cost))
        assert schedule.levers(0).resident[1].all()


def test_a_plan_that_costs_more_than_the_budget_is_an_outcome_of_its_own(world):
    entries = (PlatformOperation(platform="one", coverage=1.0), Training(share=1.0))
    with pytest.raises(
        NotAffordable, match=r"present value of 600 units, 4 more than the budget's 596 \(149 a"
    ):
        plan(world, *entries, per_year=149.0)
    assert a_year(plan(world, *entries, per_year=150.0)) == [150.0, 0.0]


def test_budgets_may_exceed_the_whole_by_their_rounding_but_not_where_there_are_shares(world):
    assert plan(world, Training(budget=10.005), per_year=10.0).planned_pv == pytest.approx(40.02)
    with pytest.raises(NotAffordable):
        plan(world, Training(budget=10.02), per_year=10.0)
    with pytest.raises(NotAffordable):
        plan(world, Training(budget=10.005), Technopark(share=1.0), per_year=10.0)


def test_a_share_that_can_never_be_spent_is_refused(world):
    late = Training(share=1.0, from_year=4.0)
    assert list(faults_of_shares([late], steps_per_year=12, horizon=48, discount=0.05)) == [
        (0, "no month to spend it in, with from_year 4 and a horizon of 4 years")
    ]
    with pytest.raises(HyperclusterError, match="no month to spend it in"):
        plan(world, late, per_year=1.0)
    with pytest.raises(HyperclusterError, match=r"the shares of policies sum to 1\.2; must sum to 1 or less"):
        plan(world, Training(share=0.6), Technopark(share=0.6), per_year=1.0)
    with pytest.raises(
        HyperclusterError, match=r"the shares of policies sum to 1\.0000001; must sum to 1 or less"
    ):
        plan(world, Training(share=1.0), Technopark(share=1e-7), per_year=1.0)


def test_a_share_of_years_that_are_worth_nothing_is_refused():
    text = (
        "[time]\nyears = 100.0\n[budget]\ndiscount = 1e6\n"
        '[[policies]]\ninstrument = "training"\nshare = 1.0\nfrom_year = 60.0\n'
    )
    with pytest.raises(
        HyperclusterError, match=r"policies\[0\]\.share = 1\.0: money in its months, with from_year 60,"
    ):
        parse_scenario(text)


def test_a_plan_that_is_not_affordable_says_by_how_much(world):
    with pytest.raises(
        NotAffordable, match=r"have a present value of 40 units, 0\.004 more than the budget's 40 "
    ):
        plan(world, Training(budget=10.001), Technopark(share=1.0), per_year=10.0)


@pytest.mark.parametrize(
    "money",
    [{}, {"budget": 1.0, "share": 0.5}, {"coverage": 0.0}, {"coverage": 1.1}, {"share": 0.0}, {"share": 1.1}],
)
def test_an_entry_has_its_money_in_exactly_one_way(money):
    with pytest.raises(ValidationError):
        Training(**money)


def test_what_is_all_or_nothing_takes_no_part():
    for policy in (PlatformOperation, RemoteResidency):
        with pytest.raises(ValidationError, match="coverage must be 1"):
            policy(platform="one", coverage=0.5)
        with pytest.raises(ValidationError, match="share is not possible"):
            policy(platform="one", share=0.5)


def test_a_larger_world_has_as_much_money_an_enterprise_unless_it_is_given():
    assert Budget().money_a_year(100.0) == 100 * DEFAULT_PER_YEAR
    assert Budget().money_a_year(0.1) == DEFAULT_PER_YEAR
    assert Budget(per_year=5.0).money_a_year(100.0) == 5.0


parts = st.lists(st.floats(0.01, 1.0), min_size=1, max_size=6)


@quick
@given(st.floats(0, 1e6), parts, st.data())
def test_shares_add_up_and_nobody_has_too_much_while_others_could_use_it(remainder, weights, data):
    shares = [weight / math.fsum(weights) for weight in weights]
    limits = data.draw(st.lists(st.floats(0, 1e6), min_size=len(shares), max_size=len(shares)))
    planned, over = shared_out(remainder, shares, limits)
    assert math.fsum(planned) == pytest.approx(remainder * math.fsum(shares), rel=1e-9, abs=1e-9)
    usable = np.array(planned) - over
    assert (usable <= np.array(limits) * (1 + 1e-12) + 1e-9).all()
    if any(over):
        assert usable == pytest.approx(np.array(limits), rel=1e-9, abs=1e-9)
    # Those below their limits have money in proportion to their shares.
    below = [n for n in range(len(shares)) if planned[n] < limits[n]]
    assert len({round(planned[n] / shares[n], 6) for n in below if remainder > 1}) <= 1


several = st.lists(st.tuples(st.floats(0.01, 0.1), st.floats(0.1, 1e3)), min_size=5, max_size=9)


@quick
@given(st.floats(2e3, 2e4), several, st.randoms(use_true_random=False))
def test_the_order_of_shares_does_not_move_a_bit(remainder, entries, random):
    shares, limits = zip(*entries, (0.1, 1e9), strict=True)  # the last takes what the others cannot use
    order = random.sample(range(len(shares)), len(shares))
    planned, over = shared_out(remainder, shares, limits)
    other = shared_out(remainder, [shares[n] for n in order], [limits[n] for n in order])
    assert other == ([planned[n] for n in order], [over[n] for n in order])


SAME_MONEY = (
    "hypercluster",
    "regional_cluster",
    "regional_cluster_everywhere",
    "fragmented_platforms",
    "adoption_incentives",
    "mixed",
)


@settings(quick, max_examples=15)
@given(
    years=st.integers(11, 40),
    discount=st.floats(0, 0.3),
    scale=st.sampled_from([0.05, 1.0, 3.0]),
    costs=st.fixed_dictionaries(
        {
            name: st.floats(0.2, 3.0)
            for name in (
                "platform_operation",
                "remote_residency",
                "technopark",
                "platform_onboarding",
                "training",
            )
        }
    ),
    effect=st.floats(0, 10),
    readiness=st.floats(0, 1),
    regions=st.sets(st.sampled_from(["tatarstan", "komi", "tomsk", "sakha"]), min_size=1),
)
def test_plans_stay_equal_under_horizon_discount_costs_effects_regions_and_scale(
    years, discount, scale, costs, effect, readiness, regions
):
    overrides = [
        f"time.years={years}",
        f"budget.discount={discount}",
        f"world.scale={scale}",
        f"world.digital_readiness={readiness}",
        *(f"costs.{name}={factor * getattr(Costs(), name)}" for name, factor in costs.items()),
        f"effects.platform_onboarding={effect}",
    ]
    whole = None
    for name in SAME_MONEY:
        own = [f"policies.platform_onboarding.regions={sorted(regions)!r}"] if name == "hypercluster" else []
        spec = load_scenario_or_skip(name, [*overrides, *own])
        schedule = schedule_of_scenario(spec)
        whole = schedule.available_pv if whole is None else whole
        assert schedule.planned_pv == pytest.approx(whole, rel=1e-9)
        ledger = schedule.ledger()
        np.testing.assert_allclose(ledger.spent + ledger.unspent, ledger.planned, rtol=1e-9)
        if discount == 0:
            assert ledger.planned.sum() == pytest.approx(whole, rel=1e-9)


def load_scenario_or_skip(name, overrides):
    try:
        return load_scenario(name, overrides=overrides)
    except HyperclusterError as error:
        assume("not affordable" not in str(error))
        raise


def test_full_cost_is_that_of_the_start_although_enterprises_enter_later():
    spec = load_scenario("turnover", overrides=["turnover.entry=0.5"])
    before = load_scenario("turnover", overrides=["turnover.entry=0.0", "turnover.exit=0.0"])
    for one, other in zip(plan_of(spec).entries, plan_of(before).entries, strict=True):
        assert one.full_cost.tolist() == other.full_cost.tolist()
        assert one.per_year == other.per_year
