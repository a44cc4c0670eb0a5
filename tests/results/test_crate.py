"""RO-Crate metadata of a results folder, read by the library of the standard."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from rocrate.rocrate import ROCrate

from simulation.batch.running import run_batch
from simulation.cli.main import cli
from simulation.results.crate import CRATE
from simulation.results.own_files import RECORD, on_record
from simulation.results.reader import Results
from simulation.scenario.loading import parse_scenario

TINY = 'name = "tiny"\ntitle = "Tiny & small"\n[time]\nyears = 1\n[world]\nscale = 0.02\n'


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("crate") / "study"
    return run_batch([parse_scenario(TINY)], 2, out=folder, executor="serial")


@pytest.fixture(scope="module")
def crate(study: Results) -> ROCrate:
    written = CliRunner().invoke(cli, ["report", str(study.path), "--ro-crate"])
    assert written.exit_code == 0, written.output
    return ROCrate(study.path)


def test_the_library_finds_every_file_of_the_folder(study: Results, crate: ROCrate):
    files = {path.relative_to(study.path).as_posix() for path in study.path.rglob("*") if path.is_file()}
    assert {entity.id for entity in crate.root_dataset["hasPart"]} == files - {CRATE}
    for entity in crate.root_dataset["hasPart"]:
        if entity.id != RECORD:
            assert int(entity["contentSize"]) == (study.path / entity.id).stat().st_size
        assert entity["encodingFormat"] != "application/octet-stream"


def test_it_says_which_program_made_it_from_what_and_when(study: Results, crate: ROCrate):
    run = crate.dereference("#run")
    assert run["instrument"]["softwareVersion"] == study.manifest["version"]
    assert (run["startTime"], run["endTime"]) == (study.manifest["started"], study.manifest["ended"])
    (scenario,) = run["object"]
    assert scenario["name"] == "Tiny & small"
    assert parse_scenario(scenario["text"]).digest == scenario["identifier"]
    needed = {each["name"]: each["softwareVersion"] for each in run["instrument"]["softwareRequirements"]}
    assert needed.items() >= study.manifest["packages"].items()


def test_every_reference_leads_to_an_entity(study: Results, crate: ROCrate):
    del crate
    graph = json.loads((study.path / CRATE).read_text(encoding="utf-8"))["@graph"]
    ids = [entity["@id"] for entity in graph]
    assert len(ids) == len(set(ids))

    def references(value: object) -> set[str]:
        if isinstance(value, dict):
            return (
                {value["@id"]} if value.keys() == {"@id"} else set().union(*map(references, value.values()))
            )
        return set().union(*map(references, value)) if isinstance(value, list) else set()

    outside = {found for found in references(graph) if not found.startswith("https://w3id.org/ro/crate/")}
    assert outside <= set(ids)


def test_the_folder_knows_how_to_write_it_again(study: Results, crate: ROCrate):
    del crate
    assert on_record(study.path)[CRATE].renew == ("report", ".", "--ro-crate")
