"""Overrides for one scenario, for policies by their instrument, and of the money of an entry."""

import pytest
from click.testing import CliRunner

from simulation.cli.main import cli
from simulation.errors import ScenarioError
from simulation.scenario.document import parse_override
from simulation.scenario.loading import load_scenario, load_scenarios


def money(spec):
    return [(policy.budget, policy.coverage, policy.share) for policy in spec.policies]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (["policies[2].budget=7"], (7.0, None, None)),
        (["policies.platform_onboarding.coverage=0.5"], (None, 0.5, None)),
        (["policies[2].budget=7", "policies.platform_onboarding.share=0.25"], (None, None, 0.25)),
        (["policies.platform_onboarding.to_year=5"], (None, None, 1.0)),
    ],
)
def test_a_new_kind_of_money_replaces_the_old_one(given, found):
    spec = load_scenario("hypercluster", overrides=given)
    assert money(spec) == [(None, 1.0, None), (None, 1.0, None), found]


def test_an_array_that_is_given_whole_replaces_all_of_it():
    spec = load_scenario("hypercluster", overrides=['policies=[{instrument="training", share=0.5}]'])
    assert money(spec) == [(None, None, 0.5)]


def test_an_override_for_one_scenario_leaves_the_others():
    names = ["baseline", "hypercluster", "regional_cluster"]
    given = ["hypercluster:effects.platform_onboarding=2", "diffusion.spatial=0.8"]
    specs = load_scenarios(names, overrides=given)
    assert [spec.effects.platform_onboarding for spec in specs] == [3.0, 2.0, 3.0]
    assert {spec.diffusion.spatial for spec in specs} == {0.8}


@pytest.mark.parametrize(
    ("override", "path", "value"),
    [
        ('title="Two: three"', ("title",), "Two: three"),
        ("world.dataset=c:/countries", ("world", "dataset"), "c:/countries"),
        ('hypercluster:title="a: b=c: d"', ("title",), "a: b=c: d"),
        ('world.capacity."tatarstan: Institute" = 2', ("world", "capacity", "tatarstan: Institute"), 2),
    ],
)
def test_only_a_name_at_the_beginning_says_which_scenario_an_override_is_for(override, path, value):
    assert parse_override(override) == (path, value)


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("Hypercluster:time.years=5", "Hypercluster:time.years=5: the key must look like"),
        ("hyperclustr:time.years=5", 'no scenario is named "hyperclustr"; did you mean "hypercluster"?'),
        ("hypercluster:time.yeers=5", "--set for hypercluster: 1 problem\n  time.yeers: unknown key"),
        (
            "policies.training.share=0.5",
            "--set for hypercluster: 1 problem\n  policies.training.share=0.5: the",
        ),
        ("policies.training.share=0.5", 'no policy "training"; its policies are "platform_operation"'),
        ("policies.platform_onbording.share=0.5", 'did you mean "platform_onboarding"?'),
        ("policies.platform_onboarding.share=1.5", "policies[2].share = 1.5: must be 1 or less"),
        ("policies.platform_operation.share=0.5", "share is not possible"),
        ("policies.platform_operation.coverage=0.5", "coverage must be 1"),
    ],
)
def test_errors_name_the_scenario(override, said):
    with pytest.raises(ScenarioError) as caught:
        load_scenario("hypercluster", overrides=[override])
    assert said in str(caught.value)


def test_a_policy_that_stands_several_times_is_named_by_its_place():
    with pytest.raises(ScenarioError, match=r"several policies .*; write policies\[0\] or policies\[2\] "):
        load_scenario("first_wave", overrides=["policies.cluster_organisation.to_year=3"])


def test_validate_prints_what_each_policy_costs_and_whether_plans_are_equal():
    ended = CliRunner().invoke(cli, ["validate", "hypercluster", "regional_cluster"])
    assert ended.exit_code == 0
    (line,) = [line for line in ended.stdout.splitlines() if "platform_onboarding" in line]
    expected = "[2] platform_onboarding 12,989 11,143 85.8% 0 to 3 31,161 31,161"
    assert " ".join(line.split()) == expected
    assert ended.stdout.endswith("The plans are equal: each has a present value of 38,392 units.\n")
    ended = CliRunner().invoke(cli, ["validate", "hypercluster", "science_network", "baseline"])
    assert ended.stdout.endswith("in units: hypercluster 38,392, science_network 7,230.\n")


def test_validate_and_run_refuse_a_plan_that_is_not_affordable():
    dear = ["--set", "hypercluster:costs.platform_operation=3000"]
    for command in ("validate", "run"):
        ended = CliRunner().invoke(cli, [command, "hypercluster", *dear])
        assert ended.exit_code == 2
        assert "policies: the plan is not affordable: entries with a budget or a coverage" in ended.stderr


def test_money_of_a_share_that_nobody_can_use_is_named():
    ended = CliRunner().invoke(cli, ["validate", "regional_cluster", "--set", "costs.training=0.01"])
    assert (
        "training: 4 regions (policies[2]) spends 429 of the 1,900 units of its share: full coverage"
        in ended.stdout
    )


def test_an_override_of_a_policy_says_if_the_scenario_has_none():
    with pytest.raises(ScenarioError, match='no policy "training"; it has none'):
        load_scenario("baseline", overrides=["policies.training.share=0.5"])
