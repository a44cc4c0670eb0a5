"""Money that buys nothing is said in words, from the ledger and before any run."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulation.analysis.unspent import unspent_money, unspent_plans
from simulation.batch.running import run_batch
from simulation.scenario.loading import load_scenario, parse_scenario, shipped_scenarios

PLATFORM = """
title = "Dear platform"
[time]
years = 1
[world]
scale = 0.02
[costs]
platform_operation = 151.0
[[platforms]]
name = "national"
vectors = ["B2B"]
[[policies]]
instrument = "platform_operation"
platform = "national"
budget = 150.0
[[policies]]
instrument = "platform_onboarding"
platform = "national"
budget = 20.0
[[policies]]
instrument = "training"
budget = 20.0
[[policies]]
instrument = "training"
budget = 0.0
"""


def test_operation_one_unit_short_and_what_hangs_on_it_are_named_with_the_reason():
    assert unspent_plans(parse_scenario(PLATFORM)) == [
        "platform operation: national (policies[0]) plans 150 units a year and spends none: "
        'platform "national" costs 151 a year and never opens for less',
        "platform onboarding: national (policies[1]) plans 20 units a year and spends none: "
        'platform "national" never opens',
    ]


def test_results_say_it_from_their_ledger_under_the_title_of_the_scenario(tmp_path: Path):
    spec = parse_scenario(PLATFORM)
    results = run_batch([spec], 2, out=tmp_path / "out", executor="serial")
    assert unspent_money(results) == [f"Dear platform: {line}" for line in unspent_plans(spec)]


def test_two_entries_that_pay_for_operation_together_are_not_idle():
    half = '[[policies]]\ninstrument = "platform_operation"\nplatform = "national"\nbudget = 75.5\n'
    first, rest = PLATFORM.split("[[policies]]", 1)
    policies = "[[policies]]" + rest.split("[[policies]]", 1)[1]
    assert unspent_plans(parse_scenario(first + half + half + policies)) == []


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (
            'instrument = "remote_residency"\nplatform = "open"\nbudget = 4.0',
            "it takes 5 a year for one institution",
        ),
        (
            'instrument = "platform_onboarding"\nplatform = "open"\nregions = ["sakha"]\nbudget = 4.0',
            "there is nothing to pay for in its regions and years",
        ),
    ],
)
def test_other_reasons_are_told(policy: str, words: str):
    text = PLATFORM.split("[[platforms]]")[0]
    platform = '[[platforms]]\nname = "open"\nvectors = ["B2B"]\nregions = ["tomsk"]\n'
    (line,) = unspent_plans(parse_scenario(f"{text}{platform}[[policies]]\n{policy}\n"))
    assert line.endswith(words)


@pytest.mark.parametrize(
    ("policies", "words"),
    [
        (
            'instrument = "platform_onboarding"\nplatform = "open"\nshare = 1.0',
            'platform "open" is not open in all of its years',
        ),
        (
            'instrument = "training"\nshare = 0.5\n[[policies]]\ninstrument = "training"\ncoverage = 0.9',
            "full coverage costs less than what policies[0] and policies[1], which pay for the same, have together",
        ),
        (
            'instrument = "training"\nregions = ["tomsk"]\nshare = 1.0',
            "full coverage of all entries with a share costs less than what they have",
        ),
    ],
)
def test_the_reason_why_a_share_is_not_spent_in_full_is_the_true_one(policies: str, words: str):
    world = "[time]\nyears = 4.0\n[budget]\nper_year = 9000.0\n"
    platform = '[[platforms]]\nname = "open"\nvectors = ["B2B"]\nto_year = 2.0\n'
    lines = unspent_plans(parse_scenario(f"{world}{platform}[[policies]]\n{policies}\n"))
    assert [line.rpartition(": ")[2] for line in lines] == [words]


def test_no_shipped_scenario_plans_money_that_buys_nothing():
    assert [line for path in shipped_scenarios() for line in unspent_plans(load_scenario(path))] == []
