"""Many replications in the background are those of ``hypercluster run``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from page import Page, connected
from served import SMALL as TINY
from served import Served
from small_ensembles import small_ensemble

from simulation import Results, compare
from simulation.batch.running import run_batch
from simulation.errors import HyperclusterError, ResultsError
from simulation.explore.running import Size, run_ensemble
from simulation.figures.drawing.inputs import study_curves
from simulation.scenario.loading import load_scenario, parse_scenario
from simulation.server.processes.studies import MOST_STUDIES, Study
from simulation.server.sides.ensembles import ensemble
from simulation.server.sides.summary import summary

SMALL = {"scenario": "small", "changes": ["time.years=10.0"]}
CHANGED = {"scenario": "small", "changes": ["time.years=10.0", "policies[0].budget=1000.0"]}


def told_until_end(page: Page, first: dict) -> list[dict]:
    told = [first]
    while told[-1]["state"] in ("running", "summing up"):
        told.append(page.socket.receive_json())
        assert told[-1]["type"] == "study" and told[-1]["id"] == first["id"]
    return told


@pytest.mark.slow
def test_a_study_tells_its_progress_and_then_what_it_found(served: Served) -> None:
    with connected(served.client) as page:
        page.open(SMALL, CHANGED, seed=3)
        told = told_until_end(page, page.ask("study", replications=6))
        end = told[-1]
        assert end["state"] == "done", end
        assert {line["total"] for line in told[:-1] if line.get("done")} == {12}
        # The page goes on as before.
        assert page.frames(5, 1)["a"].months == 1
    results = Results(served.results / end["folder"])
    assert results.scenarios == ("small_a", "small_b")
    assert sorted(set(results.runs()["seed"])) == [3, 4, 5, 6, 7, 8]
    assert end["replications"] == 6
    study = study_curves(results)
    medians = {s.name: np.median(s.pooled, axis=0) for s in study.scenarios}
    for side in ("a", "b"):
        assert end["sides"][side]["pooled"][2] == pytest.approx(medians[f"small_{side}"])
        assert np.shape(end["sides"][side]["regional"])[:2] == (15, 5)
    comparison = compare(results, "small_a").set_index("metric")
    found = {row["metric"]: row for row in end["differences"]}
    assert found["phi"]["difference"] == comparison.loc["phi", "difference"]
    assert found["phi"]["low"] == comparison.loc["phi", "low"]
    assert "Small (B) against Small (A)" in end["verdict"]
    assert end["folder"] in {folder.name for folder in served.server.catalogue.folders}


@pytest.mark.slow
def test_who_comes_back_is_told_how_the_study_stands(served: Served) -> None:
    with connected(served.client) as page:
        page.open(SMALL, seed=9)
        asked = page.ask("study", replications=3)
        session = page.welcome["session"]
    with connected(served.client, session=session) as page:
        end = told_until_end(page, page.socket.receive_json())[-1]
        assert end["state"] == "done" and end["id"] == asked["id"]
        assert (end["differences"], end["verdict"]) == ([], "")
        assert list(end["sides"]) == ["a"]


@pytest.mark.slow
def test_sides_with_different_regions_have_bands_of_their_own(served: Served) -> None:
    short = ["time.years=10.0"]
    with connected(served.client) as page:
        page.open({"scenario": "kuzbass", "changes": short}, {"scenario": "baseline", "changes": short})
        end = told_until_end(page, page.ask("study", replications=2))[-1]
    assert end["state"] == "done", end
    assert [len(end["sides"][side]["regional"]) for side in ("a", "b")] == [16, 15]
    for side in ("a", "b"):
        assert np.shape(end["sides"][side]["pooled"]) == (5, len(end["years"]))
    assert {row["metric"] for row in end["differences"]} >= {"phi", "t50_years"}


@pytest.mark.slow  # a batch more
def test_why_a_study_has_failed_is_told_without_the_places_of_the_machine(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def damaged(session: int, folder: Path, _: object) -> dict[str, Any]:
        raise ResultsError(f"{folder / 'runs.parquet'}: cannot be read")

    monkeypatch.setattr(served.server.models, "sum_up", damaged)
    with connected(served.client) as page:
        page.open(SMALL, seed=40)
        end = told_until_end(page, page.ask("study", replications=2))[-1]
    assert end["state"] == "failed"
    assert end["text"] == f"{end['folder']}/runs.parquet: cannot be read"


@pytest.mark.slow
def test_a_study_can_be_stopped_and_its_finished_replications_are_kept(served: Served) -> None:
    with connected(served.client) as page:
        page.open(SMALL, CHANGED, seed=20)
        told = page.ask("study", replications=1000)
        page.socket.send_json({"type": "study", "id": 50, "replications": 5})
        answers = [told]
        while not (answers[-1].get("done") and any(answer["type"] == "error" for answer in answers)):
            answers.append(page.socket.receive_json())
        (refused,) = (answer for answer in answers if answer["type"] == "error")
        assert (refused["id"], refused["kind"]) == (50, "busy")
        told = answers[-1]
        page.socket.send_json({"type": "stop_study", "id": 99})
        assert told_until_end(page, told)[-1]["state"] == "stopped"
    assert len(Results(served.results / told["folder"]).runs()) >= told["done"]


def test_there_are_not_many_studies_at_a_time(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    with connected(served.client) as page:
        page.open(SMALL)
        monkeypatch.setattr(type(served.server.sessions), "studies", MOST_STUDIES)
        error = page.ask("study", replications=5)
        assert error["kind"] == "busy" and "studies are running already" in error["text"]


def test_a_replay_has_nothing_to_run(served: Served) -> None:
    with connected(served.client) as page:
        page.open({"results": "study", "scenario": "small"}, seed=5)
        assert "open scenarios, not results" in page.ask("study", replications=5)["text"]


def test_two_sides_of_one_name_are_told_apart_and_others_keep_theirs(tmp_path: Path) -> None:
    text = load_scenario("baseline").to_toml()
    other = load_scenario("mixed").to_toml()
    same = Study({"a": text, "b": text}, 2, request=1, seed=1, results=tmp_path)
    assert same.names == {"a": "baseline_a", "b": "baseline_b"}
    apart = Study({"a": text, "b": other}, 2, request=1, seed=1, results=tmp_path)
    assert apart.names == {"a": "baseline", "b": "mixed"}
    assert apart.folder.parent == tmp_path and apart.folder.name.startswith("browser-")
    folders = {
        Study(texts, 2, request=1, seed=seed, results=tmp_path).folder
        for seed in (1, 2)
        for texts in ({"a": text}, {"a": other}, {"a": text, "b": other})
    }
    assert len(folders) == 6


def test_a_summary_of_one_side_has_no_differences(small_results: Path) -> None:
    found = summary(small_results / "study", {"a": "small"})
    assert found["differences"] == [] and found["replications"] == 2


@pytest.mark.slow
def test_a_pair_is_tested_in_other_worlds_and_the_ensemble_opens(served: Served) -> None:
    quick = ["time.years=4.0", 'technologies.release="at_start"', "world.scale=0.05"]
    with connected(served.client) as page:
        page.open(
            {"scenario": "regional_cluster", "changes": quick}, {"scenario": "hypercluster", "changes": quick}
        )
        first = page.ask("explore", points=4)
        told = [first]
        while told[-1]["state"] in ("running", "summing up"):
            told.append(page.socket.receive_json())
        assert told[-1]["state"] == "done", told[-1]
        found = page.ask("ensemble", folder=told[-1]["folder"])
        assert found["sentences"] and found["axes"]
        assert {axis["name"]: axis["a"] for axis in found["axes"]}["diffusion.half_distance_km"] == 100.0
        refused = page.ask("ensemble", folder="study")
    assert refused["type"] == "error"


def test_a_grid_opens_as_a_map_with_the_sides_marked_in_it(tmp_path: Path) -> None:
    results = run_ensemble(
        small_ensemble(design="grid", levels=3, patterns="none"),
        Size(9),
        out=tmp_path / "grid",
        executor="serial",
    )
    text = load_scenario("hypercluster", overrides=["diffusion.spatial=0.8"]).to_toml()
    found = ensemble(results.path, {"b": text})
    assert found["map"]["names"] == ["spatial", "onboarding"]
    assert sorted(set(found["map"]["x"])) == pytest.approx([0, 0.5, 1])
    assert len(found["map"]["differences"]) == 9
    across, upwards = found["map"]["mark"]
    assert across == pytest.approx(np.log(0.8 / 0.2) / np.log(10)) and 0 <= upwards <= 1
    with pytest.raises(HyperclusterError):
        ensemble(run_batch([parse_scenario(TINY)], 2, out=tmp_path / "plain", executor="serial").path, {})
