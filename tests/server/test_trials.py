"""Quiet pairs: the same numbers as the command line, cancelled by a change, and refused where they would be heavy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from page import Page, connected
from served import Served

from simulation import run
from simulation.analysis.failing_platforms import failures_of
from simulation.analysis.paired import paired_difference
from simulation.batch.running import run_batch
from simulation.scenario.loading import parse_scenario
from simulation.server.sides.trials import compared

SMALL = {"scenario": "small", "changes": []}
RICH = {"scenario": "small", "changes": ["policies[0].budget=5000.0"]}
AS_SHOWN = {"name": "as shown", "a": [], "b": []}


def until_end(page: Page, request: int) -> dict[str, Any]:
    while True:
        told: dict[str, Any] = page.socket.receive_json()
        assert told["id"] == request and told["type"] in ("trials", "explain"), told
        if told["state"] != "running":
            return told


def start(page: Page, kind: str, **keys: Any) -> dict[str, Any]:
    first = page.ask(kind, **keys)
    return first if first.get("state") != "running" else until_end(page, first["id"])


def test_pairs_are_those_of_the_command_line_and_changes_come_on_top(served: Served) -> None:
    with connected(served.client) as page:
        page.open(SMALL, RICH, seed=4)
        more = {"name": "more", "a": ["diffusion.spontaneous=0.1"], "b": ["diffusion.spontaneous=0.1"]}
        end = start(page, "trials", replications=3, cases=[AS_SHOWN, more])
        texts = {side: page.ask("toml", side=side)["text"] for side in "ab"}
    assert end["state"] == "done" and end["seeds"] == [4, 5, 6]
    for case, changes in zip(end["cases"], ([], ["diffusion.spontaneous=0.1"]), strict=True):
        found = {row["metric"]: row for row in case["differences"]}
        values = {
            side: np.array(
                [run(parse_scenario(text, overrides=changes), s).metrics["final_share"] for s in (4, 5, 6)]
            )
            for side, text in texts.items()
        }
        wanted = paired_difference(values["b"], values["a"], better="higher")
        assert found["final_share"]["difference"] == wanted.difference
        assert found["final_share"]["low"] == wanted.low
        assert len(case["regions"]) == 15
        assert len(case["sides"]["a"]["regional"]) == 15


def test_a_platform_that_fails_is_named_as_the_command_line_names_it(tmp_path: Path) -> None:
    plain = '[time]\nyears = 2\n[world]\nscale = 0.05\n[technologies]\nrelease = "at_start"\n'
    lonely = parse_scenario(plain + '[[platforms]]\nname = "lonely"\nvectors = ["B2B"]\n')
    expected = failures_of(run_batch([lonely], 2, out=tmp_path / "study", executor="serial"), "scenario")
    told = compared({"a": lonely.to_toml(), "b": parse_scenario(plain).to_toml()}, [1, 2])
    assert told["sides"]["a"]["failing"] == [failure.in_words() for failure in expected]
    assert len(expected) == 1 and told["sides"]["b"]["failing"] == []


def test_a_change_stops_the_pairs_and_the_connection_goes_on(served: Served) -> None:
    with connected(served.client) as page:
        page.open(SMALL, RICH, seed=4)
        first = page.ask("trials", replications=30, cases=[AS_SHOWN])
        assert first["state"] == "running"
        page.socket.send_json({"type": "open", "id": 99, "seed": 5, "a": SMALL, "b": RICH})
        kinds = []
        while not kinds or kinds[-1] != ("opened", None):
            told = page.socket.receive_json()
            kinds.append((told["type"], told.get("state")))
        assert ("trials", "stopped") in kinds
        assert start(page, "trials", replications=2, cases=[AS_SHOWN])["state"] == "done"


def test_a_case_that_cannot_run_says_why_and_the_others_run(served: Served) -> None:
    with connected(served.client) as page:
        page.open(SMALL, RICH, seed=4)
        bad = {"name": "bad", "a": ["diffusion.spatial=-1"], "b": []}
        foreign = {"name": "foreign", "a": ['world.dataset="/etc"'], "b": []}
        end = start(page, "trials", replications=2, cases=[bad, foreign, AS_SHOWN])
    assert "must be 0 or more" in end["cases"][0]["problem"]
    assert "not a shipped dataset" in end["cases"][1]["problem"]
    assert end["cases"][2]["differences"]


def test_replays_have_the_bands_of_their_folder_and_are_not_explained(served: Served) -> None:
    replay = {"results": "study", "scenario": "small"}
    with connected(served.client) as page:
        page.open(replay, replay, seed=5)
        end = start(page, "trials", replications=2, cases=[AS_SHOWN])
        assert end["cases"][0]["replications"] == 2
        assert len(end["cases"][0]["sides"]["a"]["regional"]) == 15
        refused = page.ask("explain", side="a", game="entries", replications=2)
    assert refused["type"] == "error" and "replay" in refused["text"]


def test_one_side_alone_has_bands_and_no_differences() -> None:
    text = parse_scenario(
        '[time]\nyears = 2\n[world]\nscale = 0.05\n[technologies]\nrelease = "at_start"\n'
    ).to_toml()
    found = compared({"b": text}, [1, 2])
    assert (list(found["sides"]), found["differences"], found["verdict"]) == (["b"], [], "")
