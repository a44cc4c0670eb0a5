"""The space of candidates: equal money, one vector for each candidate, bounds, policies in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from small_searches import small_space

from simulation.errors import HyperclusterError
from simulation.optimize.space import shares_in_steps, space_of
from simulation.optimize.study import SEARCHES, read_search
from simulation.policies.plan import NotAffordable
from simulation.scenario.loading import load_scenario
from simulation.scenario.plan import plan_of
from simulation.world import Array

PATH = SEARCHES.find("budget")
assert PATH is not None
SHIPPED, POLICIES = space_of(read_search(PATH), folder=PATH.parent)


def genes_of(count: int) -> st.SearchStrategy[Array]:
    return arrays(np.float64, count, elements=st.floats(0, 1))


@settings(max_examples=25, deadline=None)
@given(genes=genes_of(len(SHIPPED.genes)))
def test_every_candidate_plans_the_whole_budget(genes: Array):
    plan = plan_of(SHIPPED.scenario(genes, name="candidate"))
    # Equal up to the rounding of the sums of a plan.
    assert plan.planned_pv == pytest.approx(plan.available_pv, rel=1e-12)


@settings(max_examples=25, deadline=None)
@given(genes=genes_of(len(SHIPPED.genes)))
def test_the_canonical_vector_stands_for_the_same_candidate(genes: Array):
    canonical = SHIPPED.canonical(genes)
    assert SHIPPED.values(canonical) == SHIPPED.values(genes)
    np.testing.assert_array_equal(SHIPPED.canonical(canonical), canonical)


@settings(max_examples=200, deadline=None)
@given(data=st.data(), count=st.integers(1, 6), units=st.sampled_from([4, 20, 100]))
def test_shares_are_steps_within_their_bounds_that_sum_to_the_whole(
    data: st.DataObject, count: int, units: int
):
    weights = data.draw(st.lists(st.floats(0, 1), min_size=count, max_size=count))
    ends = st.integers(0, units)
    bounds = [tuple(n / units for n in sorted((data.draw(ends), data.draw(ends)))) for _ in range(count)]
    assume(sum(low for low, _ in bounds) <= 1)
    parts = shares_in_steps(weights, bounds, units=units)
    assert all(
        low * units - 1e-6 <= part <= high * units + 1e-6
        for part, (low, high) in zip(parts, bounds, strict=True)
    )
    room = round(sum(high for _, high in bounds) * units)
    assert sum(parts) == min(units, room)


def test_shares_that_are_whole_steps_stay_as_they_are():
    free = [(0.0, 1.0)] * 3
    assert shares_in_steps([0.55, 0.4, 0.05], free, units=20) == [11, 8, 1]
    assert shares_in_steps([0.0, 0.0, 0.0], free, units=4) == [2, 1, 1]


def test_bounds_that_leave_money_over_are_a_shortfall():
    entries = {"training": {"instrument": "training", "share": [0.0, 0.5]}}
    space, _ = small_space(entries=entries, platforms={})
    assert space.shortfall(np.full(len(space.genes), 0.3)) == 0.5


def test_a_platform_that_costs_more_than_the_budget_is_refused():
    space, _ = small_space(policies=[], set=["budget.per_year=100"])
    genes = np.ones(len(space.genes)) * 0.1
    genes[:2] = 1.0  # both vectors
    with pytest.raises(NotAffordable):
        space.scenario(genes, name="dear")


def test_without_its_platform_an_instrument_has_no_money():
    space, _ = small_space()
    genes = np.ones(len(space.genes))
    genes[:2] = 0.0
    spec = space.scenario(genes, name="closed")
    assert spec.platforms == ()
    assert {policy.instrument for policy in spec.policies} == {"cluster_organisation", "training"}


def test_a_shipped_policy_that_the_space_can_express_is_itself_in_the_first_generation():
    for name in ("adoption_incentives", "hypercluster"):
        found = SHIPPED.scenario(SHIPPED.nearest(load_scenario(name)), name=name)
        assert found.digest == load_scenario(name).digest


def test_policies_that_the_space_cannot_express_are_near():
    values = SHIPPED.values(SHIPPED.nearest(load_scenario("mixed")))
    assert values["entries", "clusters", "regions"] == "hubs"
    assert values["entries", "onboarding", "regions"] == "ready"
    assert values["entries", "onboarding", "to_year"] == 3.0
    assert values["entries", "clusters", "share"] > values["entries", "technoparks", "share"] > 0


def test_the_shipped_search_has_every_policy_of_its_world_for_the_same_money():
    kept = {
        "time",
        "world",
        "diffusion",
        "technologies",
        "membership",
        "migration",
        "mobility",
        "turnover",
        "budget",
    }
    base = SHIPPED.baseline.model_dump(include=kept)
    found = set()
    for path in Path(PATH.parent.parent).glob("*.toml"):
        spec = load_scenario(path)
        if spec.group not in ("Main question", "Platforms") or not spec.policies:
            continue
        if spec.model_dump(include=kept) != base:
            continue
        plan = plan_of(spec)
        if plan.planned_pv == pytest.approx(plan.available_pv, rel=1e-3):
            found.add(spec.name)
    assert {spec.name for spec in POLICIES} == found


def test_a_policy_of_another_price_is_refused():
    with pytest.raises(HyperclusterError, match='"science_network" plans a present value of'):
        small_space(policies=["science_network"], set=[])
