"""Reading a dataset with all of its optional files, to check whether they can be used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from simulation.data.outlines import load_outlines
from simulation.data.reader import Dataset, dataset_folder, load_dataset
from simulation.data.tables import raise_problems
from simulation.errors import DataError, Problem


def load_whole_dataset(name_or_path: str | Path) -> Dataset:
    """Read the tables of a dataset and all optional files that the program may read; errors as load_dataset.

    A run needs only the tables, so it works with unusable outlines.
    """
    problems: list[Problem] = []
    found: list[Dataset] = []
    steps: list[Callable[[], object]] = [
        lambda: found.append(load_dataset(name_or_path)),
        lambda: load_outlines(dataset_folder(name_or_path), regions=found[0].region_ids if found else None),
    ]
    for step in steps:
        try:
            step()
        except DataError as error:
            problems += error.problems
    raise_problems(list(dict.fromkeys(problems)))
    return found[0]
