"""What the parts of a side contribute: the numbers of `hypercluster explain`, game by game, in the background."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from explained_scenarios import paid_platform, small_world
from page import Page, connected
from served import Served

from simulation.batch.running import run_batch
from simulation.explain.contributions import COLUMNS, LAST, TOGETHER, VALUE, contributions
from simulation.explain.study import Explanation
from simulation.scenario.loading import parse_scenario
from simulation.server.processes.worker import AskedGame
from simulation.server.sides.explaining import explained, measured, scenarios_to_run

WORLD = small_world("Paid", years=4)
PAID = "".join(
    (
        WORLD,
        paid_platform("B2B", "SC2SC"),
        '[[policies]]\ninstrument = "cluster_organisation"\nshare = 0.3\n',
    )
)
SMALL = {"scenario": "small", "changes": []}


def ask(page: Page, game: str) -> dict[str, Any]:
    told = page.ask("explain", side="a", game=game, replications=2)
    while told["state"] == "running":
        told = page.socket.receive_json()
    return told


def play(text: str, game: Any, seeds: tuple[int, ...]) -> dict[str, Any] | None:
    asked = AskedGame(text, game)
    places = range(scenarios_to_run(asked))
    return explained(
        asked, [(place, seed, measured(asked, place, seed)) for place in places for seed in seeds]
    )


@pytest.mark.parametrize("game", ["entries", "vectors"])
def test_the_parts_contribute_what_the_command_says(game: Any, tmp_path: Path) -> None:
    told = play(PAID, game, (1, 2))
    assert told is not None
    whole = Explanation.of(parse_scenario(PAID))
    name = {"entries": "entries_at_own_cost"}.get(game, game)
    (alone,) = [each for each in whole.games if each.name == name]
    explanation = Explanation(whole.here, whole.there, (alone,), ())
    results = run_batch(explanation.scenarios, 2, out=tmp_path / "study", executor="serial")
    rows = {
        (row.kind, row.part, row.metric): (row.mean, row.low, row.high)
        for row in contributions(explanation, results.runs(COLUMNS))
    }
    for metric in ("restricted_time_years", "synchronization"):

        def numbers(gains: dict[str, Any], metric: str = metric) -> tuple[float, ...]:
            return tuple(gains[metric][key] for key in ("mean", "low", "high"))

        assert numbers(told["together"]) == rows[TOGETHER, "", metric]
        for player, part in zip(alone.players, told["parts"], strict=True):
            assert player in part["name"]
            assert numbers(part["value"]) == rows[VALUE, player, metric]
            assert numbers(part["lost"]) == rows[LAST, player, metric]


def test_operation_is_no_part_and_no_platform_stays_open_for_free() -> None:
    told = play(PAID, "entries", (1,))
    assert told is not None
    assert [part["name"] for part in told["parts"]] == [
        "platform onboarding: national",
        "cluster organisation",
    ]
    (entries,) = [
        game for game in Explanation.of(parse_scenario(PAID)).games if game.name == "entries_at_own_cost"
    ]
    for coalition in entries.coalitions:
        version = entries.version(coalition)
        operated = any(policy.instrument == "platform_operation" for policy in version.policies)
        assert (
            bool(version.platforms)
            == operated
            == ("platform onboarding: national" in entries.members(coalition))
        )


def test_of_many_parts_each_is_left_out_and_none_has_a_value() -> None:
    anywhere = (
        "adoption_incentive",
        "cluster_organisation",
        "digital_infrastructure",
        "technopark",
        "training",
    )
    entry = '[[policies]]\ninstrument = "{}"\nbudget = 20\n'
    there = '[[policies]]\ninstrument = "{}"\nplatform = "national"\nbudget = 20\n'
    text = WORLD + '[[platforms]]\nname = "national"\nvectors = ["B2B", "B2SC"]\n'
    text += "".join(map(entry.format, anywhere))
    text += "".join(map(there.format, ("platform_onboarding", "remote_residency")))
    assert scenarios_to_run(AskedGame(text, "entries")) == 7 + 2  # all, none, and each left out
    told = play(text, "entries", (1, 2))
    assert told is not None and not told["divided"]
    for part in told["parts"]:
        assert part["value"]["restricted_time_years"]["mean"] is None
        assert part["lost"]["restricted_time_years"]["n"] == 2


@pytest.mark.slow
def test_a_page_gets_each_game_and_none_where_there_is_nothing_to_divide(served: Served) -> None:
    with connected(served.client) as page:
        page.open(SMALL, seed=4)
        entries, vectors = ask(page, "entries"), ask(page, "vectors")
        page.open({"scenario": "small", "changes": ["policies=[]", "platforms=[]"]}, seed=4)
        nothing = ask(page, "entries")
        wrong = page.ask("explain", side="a", game="chess", replications=2)
    assert entries["seeds"] == [4, 5]
    names = [part["name"] for part in entries["game"]["parts"]]
    assert names == ["training", "cluster organisation"]  # nobody pays for the platform, which stays
    assert [part["name"] for part in vectors["game"]["parts"]] == ["enterprises with each other (B2B)"]
    assert nothing["game"] is None
    assert wrong["type"] == "error" and "game" in wrong["text"]


def test_a_change_stops_it(served: Served) -> None:
    with connected(served.client) as page:
        page.open(SMALL, seed=4)
        first = page.ask("explain", side="a", game="channels", replications=30)
        assert first["state"] == "running"
        page.socket.send_json({"type": "open", "id": 99, "seed": 5, "a": SMALL, "b": None})
        told = []
        while not told or told[-1] != ("opened", None):
            message = page.socket.receive_json()
            told.append((message["type"], message.get("state")))
    assert ("explain", "stopped") in told
