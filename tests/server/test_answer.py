"""The answer of a session: its numbers, equal money, changed keys, unequal worlds, and questions that run."""

from __future__ import annotations

from typing import Any

import pytest
from page import connected
from served import Served

from simulation import load_scenario, run
from simulation.explore.tested import elsewhere, shipped_answer

CLUSTER = {"scenario": "regional_cluster", "changes": []}
HYPERCLUSTER = {"scenario": "hypercluster", "changes": []}
HALF = "diffusion.half_distance_km=300"


def changed(source: dict[str, Any], *changes: str) -> dict[str, Any]:
    return {**source, "changes": list(changes)}


def lines(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {line["topic"]: line for line in answer["lines"]}


def test_the_shipped_pair_is_answered_with_its_own_numbers_and_those_of_other_worlds(served: Served) -> None:
    with connected(served.client) as page:
        page.open(CLUSTER, HYPERCLUSTER, seed=2)
        answer = page.ask("answer")
    a, b = (run(load_scenario(name), seed=2).metrics for name in ("regional_cluster", "hypercluster"))
    assert "the same money" in answer["question"]
    assert answer["notes"] == [] and answer["test"] is None
    told = lines(answer)
    assert f"{a['t50_years'] - b['t50_years']:.1f} years sooner" in told["sooner"]["text"]
    assert f"{b['w1_years']:.1f} years apart" in told["together"]["text"]
    assert told["sooner"]["ahead"] == "depends" and told["together"]["ahead"] == "b"


def test_the_other_way_round_other_worlds_are_told_the_other_way_round() -> None:
    digests = shipped_answer()["digests"]
    here = elsewhere(digests["regional_cluster"], digests["hypercluster"])
    there = elsewhere(digests["hypercluster"], digests["regional_cluster"])
    for topic, found in here.items():
        assert (found.ahead, found.behind) == (there[topic].behind, there[topic].ahead)
    assert (here["sooner"].later, there["sooner"].later) == ("b", "a")
    assert elsewhere(digests["baseline"], digests["hypercluster"]) == {}


@pytest.mark.parametrize(
    ("a", "b", "notes"),
    [
        (
            changed(CLUSTER, HALF),
            changed(HYPERCLUSTER, HALF),
            ["You changed half distance (diffusion.half_distance_km) from 100 to 300: not"],
        ),
        (
            CLUSTER,
            changed(HYPERCLUSTER, HALF),
            ["Unequal worlds: A and B differ in half distance", "You changed half distance"],
        ),
        (CLUSTER, {"scenario": "mixed", "changes": []}, ["These two were not tested"]),
    ],
    ids=["both sides", "one side", "another pair"],
)
def test_a_change_takes_back_what_is_known_of_other_worlds(
    served: Served, a: Any, b: Any, notes: list[str]
) -> None:
    with connected(served.client) as page:
        page.open(a, b, seed=2)
        answer = page.ask("answer")
    assert answer["test"]["minutes"] > 0
    assert len(answer["notes"]) == len(notes)
    for note, begin in zip(answer["notes"], notes, strict=True):
        assert note.startswith(begin)
    assert not any("of 100" in line["text"] for line in answer["lines"])


def test_worlds_with_other_regions_are_not_compared(served: Served) -> None:
    with connected(served.client) as page:
        page.open(CLUSTER, {"scenario": "kuzbass", "changes": []}, seed=2)
        (line,) = page.ask("answer")["lines"]
    assert line["lead"] == "Not compared."


def test_every_question_to_start_with_runs_on_both_sides_with_equal_money(served: Served) -> None:
    with connected(served.client) as page:
        page.open(CLUSTER, HYPERCLUSTER, seed=2)
        starters = page.ask("answer")["starters"]
        assert [starter["id"] for starter in starters] == ["farther", "halved", "turned"]
        for starter in starters:
            worlds = page.open(
                changed(CLUSTER, *starter["changes"]["a"]),
                changed(HYPERCLUSTER, *starter["changes"]["b"]),
                seed=2,
            )
            assert worlds["a"]["planned_pv"] == pytest.approx(worlds["b"]["planned_pv"], rel=1e-3)
        assert lines(page.ask("answer"))["sooner"]["ahead"] == "a", (
            "the hypercluster loses where it is said to"
        )


def test_pairs_that_were_run_are_answered_with_their_interval(served: Served) -> None:
    trial = {"metric": "t50_years", "difference": -1.5, "low": -2.0, "high": -1.0, "n": 10, "pairs": 10}
    with connected(served.client) as page:
        page.open(CLUSTER, HYPERCLUSTER, seed=2)
        answer = page.ask("answer", trials=[trial | {"scenario_mean": 7.0, "reference_mean": 8.5}])
        assert (
            "1.5 years sooner with Hypercluster (1.0 to 2.0 at 95 %, 10 simulated histories)"
            in lines(answer)["sooner"]["text"]
        )
        assert page.ask("answer", trials=[trial])["type"] == "error"
