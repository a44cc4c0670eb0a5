"""The scenarios of coalitions: what they pay for, with whose money, and what stands between two scenarios."""

from __future__ import annotations

import math
from collections import Counter

import pytest

from simulation.errors import HyperclusterError
from simulation.explain.entries import games_of_entries
from simulation.explain.game import Game
from simulation.explain.margins import margins
from simulation.explain.money import funded_entries, spent_pv
from simulation.explain.study import Explanation, unused_pv
from simulation.scenario.loading import load_scenario, parse_scenario
from simulation.scenario.plan import plan_of
from simulation.scenario.schema import Scenario


def games(name: str, against: str | None = None) -> dict[str, Game]:
    there = None if against is None else load_scenario(against)
    return {game.name: game for game in games_of_entries(load_scenario(name), there, orders=2)}


def instruments(spec: Scenario) -> set[str]:
    return {policy.instrument for policy in spec.policies}


def coalition(game: Game, *players: str) -> int:
    return sum(1 << game.players.index(player) for player in players)


@pytest.mark.parametrize("name", ["hypercluster", "regional_cluster", "mixed", "fragmented_platforms"])
def test_nobody_is_no_policy_and_everybody_is_the_scenario(name: str):
    for game in games(name).values():
        assert game.version(0).digest == load_scenario("baseline").digest
        assert game.version(game.everyone).digest == load_scenario(name).digest


def test_operation_is_paid_exactly_where_an_entry_needs_the_platform():
    for game in games("mixed").values():
        assert not any("operation" in player for player in game.players)
        for number in game.coalitions[1:]:
            spec = game.version(number)
            needed = bool(instruments(spec) & {"remote_residency", "platform_onboarding"})
            assert ("platform_operation" in instruments(spec)) == bool(spec.platforms) == needed


def test_operation_of_a_platform_that_no_entry_needs_is_a_player():
    spec = parse_scenario(
        """
[[platforms]]
name = "alone"
vectors = ["B2B"]
[[policies]]
instrument = "platform_operation"
platform = "alone"
coverage = 1.0
"""
    )
    (own, *_) = games_of_entries(spec, None, orders=2)
    assert own.players == ("platform operation: alone",)
    assert own.version(0).platforms == ()
    assert own.version(1).digest == spec.digest


def test_at_own_cost_every_entry_has_the_money_of_the_whole_plan():
    spec = load_scenario("mixed")
    money = {entry.name: entry.per_year for entry in funded_entries(spec)}
    game = games("mixed")["entries_at_own_cost"]
    for number in game.coalitions:
        for entry in funded_entries(game.version(number)):
            assert entry.per_year == pytest.approx(money[entry.name], rel=1e-12)


def test_at_equal_money_nothing_is_lost_but_what_nobody_can_use():
    game = games("mixed")["entries_at_equal_money"]
    total = plan_of(load_scenario("mixed")).planned_pv
    assert game.total_pv == pytest.approx(total)
    for number in game.coalitions[1:]:
        spec = game.version(number)
        plan = plan_of(spec)
        assert plan.planned_pv <= total * (1 + 1e-9)
        left = total - plan.planned_pv
        if left > 1e-6 * total:  # then every entry has full coverage
            for entry in plan.entries:
                assert entry.per_year == pytest.approx(float(entry.full_cost.sum()), rel=1e-9)
        assert unused_pv(game, number) == pytest.approx(total - spent_pv(spec), abs=1e-6)


def test_money_of_a_missing_entry_goes_to_the_others_in_proportion():
    game = games("mixed")["entries_at_equal_money"]
    gone = coalition(game, "platform onboarding: national")
    own = {entry.name: entry.per_year for entry in funded_entries(load_scenario("mixed"))}
    now = {entry.name: entry.per_year for entry in funded_entries(game.version(game.everyone & ~gone))}
    # Cluster organisations and technoparks had half coverage each, and now have the same coverage, above a half.
    ratios = {name: now[name] / own[name] for name in now}
    clusters, parks = (ratios[f"{name}: 4 regions"] for name in ("cluster organisation", "technopark"))
    assert clusters == pytest.approx(parks)
    assert 1 < clusters <= 2
    assert ratios["remote residency: national"] == pytest.approx(1)  # it had full coverage
    assert ratios["platform operation: national"] == 1


def test_the_hypercluster_without_residency_cannot_use_all_of_the_money():
    game = games("hypercluster")["entries_at_equal_money"]
    spec = load_scenario("hypercluster")
    entries = {entry.policy.instrument: entry for entry in funded_entries(spec)}
    onboarding, operation = entries["platform_onboarding"], entries["platform_operation"]
    residency = coalition(game, "remote residency: national")
    assert game.total_pv is not None
    left = game.total_pv - operation.pv - onboarding.full_cost * onboarding.worth
    assert left > 0
    assert unused_pv(game, game.everyone & ~residency) == pytest.approx(left)


def test_an_entry_without_money_opens_no_platform_and_gets_no_money():
    spec = parse_scenario(
        """
[[platforms]]
name = "national"
vectors = ["B2B"]
[[policies]]
instrument = "platform_operation"
platform = "national"
coverage = 1.0
[[policies]]
instrument = "platform_onboarding"
platform = "national"
budget = 0.0
[[policies]]
instrument = "remote_residency"
platform = "national"
coverage = 1.0
"""
    )
    for game in games_of_entries(spec, None, orders=2):
        onboarding = coalition(game, "platform onboarding: national")
        residency = coalition(game, "remote residency: national")
        assert game.version(onboarding).digest == game.version(0).digest
        assert [entry.per_year for entry in funded_entries(game.version(game.everyone))] == [
            entry.per_year for entry in funded_entries(game.version(residency | onboarding))
        ]


def test_scenarios_that_games_share_run_once():
    explanation = Explanation.of(load_scenario("hypercluster"))
    digests = [spec.digest for spec in explanation.scenarios]
    assert len(digests) == len(set(digests)) < len(explanation.names)
    names = explanation.names
    assert names["entries_at_own_cost-0"] == names["entries_at_equal_money-0"] == "no_policy"
    assert names["vectors-7"] == names["channels-f"] == "hypercluster"


def test_between_two_scenarios_the_players_are_what_differs():
    found = games("hypercluster", "regional_cluster")
    assert set(found) == {"entries_at_own_cost", "entries_at_equal_money"}
    game = found["entries_at_own_cost"]
    assert game.players == (
        "remote residency: national (added)",
        "platform onboarding: national (added)",
        "cluster organisation: 4 regions (left out)",
        "technopark: 4 regions (left out)",
        "training: 4 regions (left out)",
    )
    assert game.version(0).digest == load_scenario("regional_cluster").digest
    assert game.version(game.everyone).digest == load_scenario("hypercluster").digest
    residency = game.version(coalition(game, "remote residency: national (added)"))
    assert instruments(residency) == {
        "platform_operation",
        "remote_residency",
        "cluster_organisation",
        "technopark",
        "training",
    }
    assert plan_of(residency).available_pv >= plan_of(residency).planned_pv * (1 - 1e-9)
    equal = found["entries_at_equal_money"]
    for number in equal.coalitions:
        assert plan_of(equal.version(number)).planned_pv <= (equal.total_pv or 0) * (1 + 1e-3)


def test_of_many_entries_those_of_one_instrument_are_one_player():
    spec = load_scenario("interoperable_platforms")
    together, at_equal_money = games_of_entries(spec, None, orders=24)
    assert together.players == (
        "interoperability, 5 entries",
        "remote residency, 6 entries",
        "platform onboarding, 6 entries",
    )
    assert together.coalitions == at_equal_money.coalitions == list(range(8))
    assert together.version(together.everyone) is spec
    residency = together.version(2)
    count = Counter(policy.instrument for policy in residency.policies)
    assert count == {"remote_residency": 6, "platform_operation": 6}
    by_itself, _ = games_of_entries(spec, None, orders=24, each=True)
    assert len(by_itself.players) == 17
    names = [entry for entry in by_itself.players if entry.startswith("remote residency")]
    whole = sum(1 << by_itself.players.index(name) for name in names)
    assert by_itself.version(whole).digest == residency.digest


def test_what_a_platform_is_and_other_settings_are_players_too():
    game = games("hypercluster_all_vectors", "hypercluster")["entries_at_own_cost"]
    assert {"platform national", "settings: institutions"} <= set(game.players)
    platform = game.version(coalition(game, "platform national"))
    assert platform.platforms == load_scenario("hypercluster_all_vectors").platforms
    assert platform.institutions == load_scenario("hypercluster").institutions


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ("hypercluster", "differ in nothing"),
        ("eurasian_closed", "different datasets"),
        ("kuzbass", "differ in horizon or step|different datasets"),
    ],
)
def test_scenarios_that_share_no_draws_or_no_difference_are_refused(other: str, message: str):
    with pytest.raises(HyperclusterError, match=message):
        games("hypercluster", other)


def test_plans_that_differ_in_money_are_compared_at_own_cost_only():
    assert list(games("hypercluster", "science_network")) == ["entries_at_own_cost"]


def test_at_the_margin_one_entry_has_5_percent_more_or_less():
    spec = load_scenario("hypercluster")
    before = {entry.name: entry.pv for entry in funded_entries(spec)}
    found = list(margins(spec))
    assert [margin.factor for margin in found] == [1.05, 0.95] * 2
    for margin in found:
        after = {entry.name: entry.pv for entry in funded_entries(margin.spec)}
        changes = {name: after[name] - before[name] for name in before}
        assert changes.pop(margin.entry) == pytest.approx(margin.money_pv)
        assert all(math.isclose(change, 0, abs_tol=1e-6) for change in changes.values())
