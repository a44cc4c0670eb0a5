"""A figure says which parts of a study it shows, and is the same if only those are read."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_studies import PLAIN, PLATFORM

from simulation.batch.running import run_batch
from simulation.errors import ResultsError
from simulation.figures import FIGURES, study_curves
from simulation.figures.drawing.study import OPTIONAL
from simulation.results.reader import Results
from simulation.scenario.loading import load_scenario


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder: Path = tmp_path_factory.mktemp("study")
    for name, text in (("plain", PLAIN), ("platform", PLATFORM)):
        (folder / f"{name}.toml").write_text(text)
    specs = [load_scenario(folder / f"{name}.toml") for name in ("plain", "platform")]
    return run_batch(specs, 3, out=folder / "results", executor="serial")


@pytest.mark.slow
@pytest.mark.parametrize("name", FIGURES)
def test_it_is_the_same_with_all_parts_and_with_those_that_it_needs(results: Results, name: str):
    figure = FIGURES[name]
    assert figure.needs <= OPTIONAL

    def drawn(parts: frozenset[str]) -> tuple[dict[str, str], str]:
        try:
            found = figure.draw(study_curves(results, parts=parts), width_mm=190.0)
        except ResultsError as error:
            return {}, str(error)
        return {table: numbers.to_csv() for table, numbers in found.numbers.items()}, found.caption

    assert drawn(figure.needs) == drawn(OPTIONAL)


def test_each_part_is_needed_by_some_figure():
    assert frozenset().union(*(figure.needs for figure in FIGURES.values())) == OPTIONAL
