"""Policies are called by instrument and target, so that no two of a scenario have one name."""

from hypothesis import given
from hypothesis import strategies as st

from simulation.analysis.policy_names import policy_names
from simulation.scenario.loading import load_scenario

policies = st.fixed_dictionaries(
    {"instrument": st.sampled_from(["training", "platform_onboarding"])},
    optional={
        "platform": st.sampled_from(["a", "b"]),
        "regions": st.sampled_from(["all", "strong", ["one"], ["one", "two", "three"]]),
        "from_year": st.sampled_from([0.0, 2.0]),
        "to_year": st.sampled_from([5.0, 10.0]),
    },
)


@given(st.lists(policies, max_size=8))
def test_every_policy_has_a_name_of_its_own_that_says_instrument_and_target(drawn):
    names = policy_names({"policies": drawn})
    assert list(names) == [f"policies[{n}]" for n in range(len(drawn))]
    assert len(set(names.values())) == len(drawn)
    for policy, name in zip(drawn, names.values(), strict=True):
        assert name.startswith(policy["instrument"].replace("_", " "))
        assert policy.get("platform", "") in name


def test_shipped_policies_are_called_as_people_do():
    names = list(
        policy_names(load_scenario("hypercluster").model_dump(mode="json", exclude_none=True)).values()
    )
    assert names[0] == "platform operation: national"
