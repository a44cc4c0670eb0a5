"""A page opens what has a name, and learns nothing of where it lies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simulation.errors import DataError, HyperclusterError, ScenarioError
from simulation.scenario.loading import load_scenario, parse_scenario, shipped_scenarios
from simulation.server.processes.reading import finished_seeds, listing, read_scenario
from simulation.server.processes.worker import CatalogueRequest, ScenarioRequest, TooLargeError, read
from simulation.server.web.catalogue import Catalogue


def listed(catalogue: Catalogue) -> dict[str, Any]:
    return listing(CatalogueRequest(catalogue.files, catalogue.folders))


def test_shipped_scenarios_are_offered_and_those_named_count_above_them(tmp_path: Path) -> None:
    own = tmp_path / "baseline.toml"
    own.write_text('title = "My own"\n', encoding="utf-8")
    catalogue = Catalogue([own], results=tmp_path)
    assert set(catalogue.files) >= {path.stem for path in shipped_scenarios()}
    assert catalogue.file("baseline") == own
    titles = {entry["name"]: entry["title"] for entry in listed(catalogue)["scenarios"]}
    assert titles["baseline"] == "My own"
    assert titles["hypercluster"] == load_scenario("hypercluster").title


def test_the_folder_scenarios_is_offered_and_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    catalogue = Catalogue(results=tmp_path)
    assert "new" not in catalogue.files
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "new.toml").write_text("not = TOML", encoding="utf-8")
    assert next(entry for entry in listed(catalogue)["scenarios"] if entry["name"] == "new")["title"] == "new"


@pytest.mark.parametrize(
    "name", ["../baseline", "/etc/passwd", "baseline.toml", "scenarios/baseline", "", "\0"]
)
def test_paths_are_no_names(name: str, tmp_path: Path) -> None:
    catalogue = Catalogue(results=tmp_path)
    with pytest.raises(ScenarioError, match="no such scenario"):
        catalogue.file(name)
    with pytest.raises(HyperclusterError, match="no results folder"):
        catalogue.folder(name)


def test_results_are_listed_with_their_seeds(small_results: Path) -> None:
    (small_results / "no_results").mkdir(exist_ok=True)
    (small_results / "damaged").mkdir(exist_ok=True)
    (small_results / "damaged" / "manifest.json").write_text("{", encoding="utf-8")
    catalogue = Catalogue(results=small_results)
    found = {entry["name"]: entry for entry in listed(catalogue)["results"]}
    assert found["study"]["scenarios"] == [{"name": "small", "title": "Small", "seeds": [5, 6]}]
    assert found["study"]["problem"] == "" and "no_results" not in found
    assert found["damaged"]["scenarios"] == [] and "cannot be read" in found["damaged"]["problem"]
    assert catalogue.folder("study") == small_results / "study"


def test_seeds_of_a_study_that_is_not_whole() -> None:
    manifest = {"seed": 10, "state": {"x": {"finished": "0-2, 5"}, "y": {"finished": ""}}}
    assert finished_seeds(manifest, "x") == [10, 11, 12, 15]
    assert finished_seeds(manifest, "y") == finished_seeds(manifest, "z") == []


def test_changes_are_those_of_the_command_line() -> None:
    path = shipped_scenarios()[0]
    changes = ("diffusion.half_distance_km=300", "diffusion.half_distance_km=200", "membership.rate=0.25")
    found = read_scenario(path, changes)
    assert parse_scenario(found.text).digest == load_scenario(path, overrides=changes).digest
    assert found.values["diffusion"]["half_distance_km"] == 200
    assert found.base["diffusion"]["half_distance_km"] == 100


def test_a_mistake_is_told_as_on_the_command_line_without_the_folder(tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text("[diffusion]\nspatail = 1.0\n", encoding="utf-8")
    with pytest.raises(ScenarioError) as here:
        read_scenario(path, ("membership.rate=-1",))
    with pytest.raises(ScenarioError) as there:
        load_scenario(path, overrides=("membership.rate=-1",))
    assert str(here.value) == str(there.value).replace(f"{tmp_path}/", "")
    assert str(tmp_path) not in str(here.value)


@pytest.mark.parametrize(
    "change",
    [
        'world.dataset="/etc"',
        'world.dataset="../.."',
        'world={dataset="/etc"}',
        'world."dataset"="."',
        "world.dataset=7",
        'world.dataset=["russia-2023"]',
        "world.dataset.x=1",
    ],
)
def test_no_change_has_a_folder_of_this_machine_read(change: str) -> None:
    with pytest.raises(ScenarioError, match="dataset"):
        read_scenario(shipped_scenarios()[0], (change,))
    assert read_scenario(shipped_scenarios()[0], ('world.dataset="russia-2023"',)).values


def test_paths_are_taken_out_of_messages(tmp_path: Path) -> None:
    own = tmp_path / "deep" / "own.toml"
    own.parent.mkdir()
    own.touch()
    catalogue = Catalogue([own], results=tmp_path / "results")
    for told, expected in (
        (f"{own}: 1 problem", "own.toml: 1 problem"),
        (f"{tmp_path}/results/study/manifest.json: cannot be read", "study/manifest.json: cannot be read"),
        (f"{Path.cwd()}/scenarios/x.toml", "x.toml"),
        (f"{Path(__file__)}: a line", "tests/server/test_catalogue.py: a line"),
        ("/usr/lib/python3/x.py", "x.py"),
        ("0.5 1/year, share a/b, at 1 / 2", "0.5 1/year, share a/b, at 1 / 2"),
    ):
        assert catalogue.without_paths(told) == expected


@pytest.mark.parametrize("change", ["world.scale=100.0", "time.steps_per_year=366", "time.years=101.0"])
def test_a_run_too_large_for_one_page_is_refused_before_it_is_built(change: str) -> None:
    with pytest.raises(TooLargeError, match="too large for the page"):
        read(ScenarioRequest(shipped_scenarios()[0], (change,)))


def test_more_policies_than_a_page_can_be_told_of_are_refused() -> None:
    entry = '{instrument = "technopark", budget = 1.0}'
    with pytest.raises(TooLargeError, match="201 policies"):
        read(ScenarioRequest(shipped_scenarios()[0], (f"policies=[{', '.join([entry] * 201)}]",)))


def test_every_shipped_scenario_is_small_enough() -> None:
    for path in shipped_scenarios():
        assert read(ScenarioRequest(path, ())).name == path.stem


def test_what_is_wrong_with_a_dataset_is_told_by_file_name_alone(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    path = tmp_path / "mine.toml"
    path.write_text('[world]\ndataset = "data"\n', encoding="utf-8")
    with pytest.raises((DataError, ScenarioError)) as caught:
        read_scenario(path, ())
    assert str(tmp_path) not in str(caught.value)
