"""The table of what the papers name: every file and scenario in it is there, and no data are missing from it."""

import re
from pathlib import Path

import pytest

from simulation.data.reader import load_dataset, load_vectors, shipped_datasets
from simulation.scenario.loading import shipped_scenarios

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TEXT.splitlines()
    if line.startswith("| ") and not line.startswith(("| what", "| **"))
]


def test_the_table_is_read():
    assert len(ROWS) > 80
    assert {len(row) for row in ROWS} == {4}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:50])
def test_a_row_names_files_and_scenarios_that_are_there_or_says_not_yet(row):
    what, place, file, scenario = row
    assert what and place
    files = re.findall(r"`([^`]+)`", file)
    assert files or file.startswith("not yet")
    assert [name for name in files if not (ROOT / name).is_file()] == []
    scenarios = re.findall(r"`([^`]+)`", scenario)
    assert scenarios or scenario.startswith(("not yet", "none"))
    assert set(scenarios) <= {path.stem for path in shipped_scenarios()}
    # What no file carries, no scenario can show.
    assert not (file.startswith("not yet") and scenarios)


def test_every_vector_and_dataset_is_in_the_table():
    for vector in load_vectors():
        assert re.search(rf"\b{vector.vector}\b", TEXT)
    for dataset in shipped_datasets():
        assert f"simulation/data/{dataset}/" in TEXT


def test_the_numbers_of_the_vectors_are_those_of_their_tables():
    russia = len(load_dataset("russia-2023").technologies)
    for dataset, name in (
        ("sustainable-mining", "sustainable mining"),
        ("digital-green", "green technologies"),
    ):
        loaded = load_dataset(dataset)
        clusters = len(loaded.technologies) - russia
        assert f"{name}: {clusters} clusters" in TEXT
        assert f"its {len(loaded.platforms) - 1} digital platforms and 1 digital ecosystem" in TEXT
