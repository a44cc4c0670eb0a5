"""Parameters: values and places, the keys that they move, and the scenario at a point."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.analysis.priors import load_priors
from simulation.errors import ScenarioError
from simulation.explore.parameters import Parameter, changed, paths_in, shipped, shipped_parameters
from simulation.policies.plan import NotAffordable
from simulation.scenario.loading import load_scenario

BASELINE, HYPERCLUSTER = load_scenario("baseline"), load_scenario("hypercluster")
HUBS = load_scenario("regional_cluster")
SHIPPED = [shipped(prior) for prior in load_priors().priors]


@settings(max_examples=40)
@given(st.sampled_from(SHIPPED), st.floats(0, 1))
def test_a_value_has_the_place_that_it_was_made_from(parameter: Parameter, place: float):
    value = parameter.value_at(place)
    if parameter.scale == "values":
        assert value in parameter.values
        assert parameter.value_at(parameter.place_of(value)) == value
    else:
        assert parameter.low <= value <= parameter.high
        assert parameter.place_of(value) == pytest.approx(place, abs=1e-9)


@pytest.mark.parametrize("parameter", SHIPPED, ids=lambda parameter: parameter.name)
def test_the_values_are_those_of_the_shipped_ranges(parameter: Parameter):
    prior = next(prior for prior in load_priors().priors if prior.keys == parameter.keys)
    for place in (0.0, 0.1, 0.5, 0.77, 1.0):
        assert parameter.value_at(place) == prior.value_at(place)


def test_listed_values_have_the_weights_that_are_given():
    parameter = Parameter("x", ("diffusion.spatial",), "values", values=(1, 2, 3), weights=(1.0, 2.0, 1.0))
    assert [parameter.value_at(place) for place in (0.0, 0.24, 0.26, 0.74, 0.76, 1.0)] == [1, 1, 2, 2, 3, 3]
    assert [parameter.place_of(value) for value in (1, 2, 3)] == [0.125, 0.5, 0.875]
    assert math.isnan(parameter.place_of(4))


def test_only_what_a_scenario_uses_is_moved():
    names = {
        parameter.name for parameter in shipped_parameters(load_priors(), [BASELINE], replaced=(), fixed=())
    }
    assert "diffusion.spatial" in names
    assert not any(name.startswith(("costs", "effects", "vectors", "budget", "membership")) for name in names)
    assert "diffusion.digital" not in names  # no platform
    assert "mobility.rate" not in names  # a mechanism that is off stays off
    both = shipped_parameters(
        load_priors(),
        [BASELINE, HUBS, HYPERCLUSTER],
        replaced=["diffusion.spatial"],
        fixed=["membership.rate"],
    )
    names = {parameter.name for parameter in both}
    assert {"effects.technopark", "costs.platform_onboarding", "membership.base"} <= names
    assert not names & {
        "diffusion.spatial",
        "membership.rate",
        "effects.adoption_incentive",
        "membership.rivalry",
    }


def test_a_mechanism_that_is_on_is_moved():
    mobile = load_scenario("baseline", overrides=["mobility.rate=0.1"])
    names = {
        parameter.name for parameter in shipped_parameters(load_priors(), [mobile], replaced=(), fixed=())
    }
    assert {"mobility.rate", "mobility.across_platforms"} <= names


def test_a_shipped_range_leaves_a_table_of_regions_alone():
    weak = load_scenario("weak_government", overrides=["world.government_quality={tatarstan=0.5}"])
    quality = next(parameter for parameter in SHIPPED if parameter.name == "world.government_quality")
    assert paths_in(weak, quality) == []
    assert paths_in(BASELINE, quality) == [("world", "government_quality")]


@settings(max_examples=40)
@given(st.data())
def test_a_changed_scenario_is_the_one_with_the_same_overrides(data: st.DataObject):
    parameters = shipped_parameters(load_priors(), [HYPERCLUSTER], replaced=(), fixed=())
    chosen = data.draw(st.lists(st.sampled_from(parameters), min_size=1, max_size=4, unique=True))
    places = data.draw(st.lists(st.floats(0, 1), min_size=len(chosen), max_size=len(chosen)))
    settings = [
        (parameter, parameter.value_at(place)) for parameter, place in zip(chosen, places, strict=True)
    ]
    overrides = [
        f"{key}={value!r}".replace("'", '"') for parameter, value in settings for key in parameter.keys
    ]
    try:
        expected = load_scenario("hypercluster", overrides=overrides)
    except ScenarioError:
        with pytest.raises((ScenarioError, NotAffordable)):
            changed(HYPERCLUSTER, settings)
        return
    found, cut = changed(HYPERCLUSTER, settings)
    assert found.digest == expected.digest
    assert cut == []


def test_a_factor_multiplies_what_the_dataset_has_and_is_cut_off_at_the_limit():
    factor = Parameter("readiness", ("world.digital_readiness",), "log", low=0.3, high=2.0, multiply=True)
    found, cut = changed(BASELINE, [(factor, 1.5)])
    own = {row.id: row.digital_readiness for row in BASELINE.dataset.regions}
    assert found.world.digital_readiness == {name: min(1.5 * value, 1.0) for name, value in own.items()}
    assert len(cut) == sum(1.5 * value > 1 for value in own.values()) > 0


def test_a_whole_number_stays_one():
    degree = Parameter("degree", ("world.network_degree",), "values", values=(4, 6))
    assert changed(BASELINE, [(degree, 6)])[0].world.network_degree == 6
    reals = Parameter("degree", ("world.network_degree",), "values", values=(4.0, 6.0))
    assert changed(BASELINE, [(reals, 6.0)])[0].world.network_degree == 6


def test_a_parameter_of_some_scenarios_moves_no_other():
    only = Parameter("x", ("diffusion.spatial",), "linear", low=0.1, high=0.2, only=("hypercluster",))
    assert changed(BASELINE, [(only, 0.15)])[0].digest == BASELINE.digest
    assert changed(HYPERCLUSTER, [(only, 0.15)])[0].diffusion.spatial == 0.15


def test_money_of_policies_follows_costs_and_a_plan_beyond_the_budget_is_told():
    dear = Parameter("dear", ("costs.technopark",), "log", low=5.0, high=80.0)
    with pytest.raises(NotAffordable):
        changed(HUBS, [(dear, 80.0)])


def test_values_that_cannot_stand_together_are_refused():
    fast = Parameter("rate", ("membership.rate",), "linear", low=0.1, high=20.0)
    with pytest.raises(ScenarioError, match=r"membership.rate = 20\.0: must be 12 or less"):
        changed(HYPERCLUSTER, [(fast, 20.0)])
