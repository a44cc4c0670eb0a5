"""Reading scenarios and results folders for the page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from simulation.data.reader import shipped_datasets
from simulation.errors import (
    HyperclusterError,
    Problem,
    ProblemsError,
    ResultsError,
    ScenarioError,
    listed,
    shortened,
)
from simulation.figures.drawing.style import MACROREGION_COLOURS
from simulation.files.toml import toml_value
from simulation.results.blocks import PARTS, block_of, part_folders, read_parquet
from simulation.results.manifest import MANIFEST
from simulation.results.manifest_form import read_manifest
from simulation.results.reader import DESIGN
from simulation.scenario.document import OVERRIDE, OverrideError, parse_override
from simulation.scenario.listing import Listed, described, grouped, is_shipped
from simulation.scenario.loading import MOST_PROBLEMS, load_scenario
from simulation.scenario.schema import Scenario
from simulation.server.processes.worker import LARGE_BYTES, CatalogueRequest, ScenarioText, size_of
from simulation.server.sides.description import style_of
from simulation.server.web.catalogue import without_absolute_paths

RUNS = "runs.parquet"
MOST_SEEDS = 100_000
"""Largest number of replications of a folder that are listed, by seed."""
MOST_SCENARIOS = 200
MOST_FOLDERS = 500
MOST_MANIFEST_BYTES = 16_000_000
LONGEST_PROBLEM = 300


def finished_seeds(manifest: Mapping[str, Any], scenario: str, *, at_most: int = MOST_SEEDS) -> list[int]:
    """Return the seeds of the finished replications of a scenario.

    Raises
    ------
    ResultsError
        If they are not in the form that a batch writes, or more than ``at_most``.
    """
    state = manifest.get("state")
    entry = state.get(scenario, {}) if isinstance(state, dict) else None
    finished = entry.get("finished", "") if isinstance(entry, dict) else None
    if not isinstance(finished, str) or not re.fullmatch(r"(\d{1,9}(-\d{1,9})?(, |$))*", finished, re.ASCII):
        raise ResultsError(
            f"manifest.json: state of {shortened(scenario)} does not list numbers of replications"
        )
    ranges: list[range] = []
    for part in finished.split(", ") if finished else ():
        first, _, last = part.partition("-")
        ranges.append(range(manifest["seed"] + int(first), manifest["seed"] + int(last or first) + 1))
    if sum(map(len, ranges)) > at_most:
        raise ResultsError(
            f"manifest.json: {sum(map(len, ranges)):,} replications of {shortened(scenario)} are listed as "
            f"finished; there are rows of {at_most:,} at most"
        )
    return [seed for seeds in ranges for seed in seeds]


def listing(wanted: CatalogueRequest) -> dict[str, Any]:
    """Return scenarios and results as ``welcome`` lists them, and the colours of macroregions.

    Scenarios are validated when they are opened. An entry that cannot be listed has a ``problem`` instead.
    """
    return {
        "scenarios": [
            _scenario_entry(each)
            for each in grouped(_of_file(name, path, _stamp(path)) for name, path in wanted.files.items())
        ],
        "results": [
            _of_folder(folder, tuple(_stamp(folder / name) for name in (MANIFEST, RUNS, PARTS)))
            for folder in wanted.folders[:MOST_FOLDERS]
        ],
        "macroregion_colours": list(MACROREGION_COLOURS),
    }


def _stamp(path: Path) -> tuple[int, ...]:
    """Return a stamp that changes with a file; each version is read once, because every new page needs the list."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_ino, found.st_mtime_ns, found.st_size


@lru_cache(maxsize=MOST_FOLDERS)
def _of_folder(folder: Path, _: tuple[tuple[int, ...], ...]) -> dict[str, Any]:
    scenarios: list[dict[str, Any]] = []
    problem = ""
    try:
        manifest = read_manifest(folder, at_most=MOST_MANIFEST_BYTES)
        entries = manifest["scenarios"]
        if len(entries) > MOST_SCENARIOS:
            raise ResultsError(f"{len(entries):,} scenarios; the page lists up to {MOST_SCENARIOS}")
        rows = _rows(folder)
        for entry in entries:
            seeds = finished_seeds(manifest, entry["name"], at_most=rows)
            scenarios.append({"name": entry["name"], "title": entry["title"], "seeds": seeds})
            rows -= len(seeds)
    except HyperclusterError as error:
        scenarios, problem = [], shortened(_named(str(error), folder), at_most=LONGEST_PROBLEM)
    count = max((len(scenario["seeds"]) for scenario in scenarios), default=0)
    return {
        "name": folder.name,
        "title": f"{len(scenarios)} scenarios, {count} replications",
        "scenarios": scenarios,
        "ensemble": not problem and (folder / DESIGN).is_file(),
        "problem": problem,
    }


def _named(text: str, folder: Path) -> str:
    """Return a message in which files of a results folder are named without the folder."""
    return text.replace(f"{folder}/", "").replace(f"{folder}\\", "").replace(str(folder), folder.name)


def _rows(folder: Path) -> int:
    """Return an upper bound of the replications with rows: during a merge some may be counted twice."""
    rows = 0
    for part in part_folders(folder):
        _, numbers = block_of(part.name) or ("", range(0))
        rows += min(numbers.stop - numbers.start, MOST_SEEDS)  # len would not take what a name may say
    finished = folder / RUNS
    if finished.exists():
        rows += read_parquet(finished, columns=["replication"]).num_rows
    return min(rows, MOST_SEEDS)


@lru_cache(maxsize=1000)
def _of_file(name: str, path: Path, _: tuple[int, ...]) -> Listed:
    return described(name, path, own=not is_shipped(path))


def _scenario_entry(found: Listed) -> dict[str, Any]:
    return {
        "name": found.name,
        "title": found.title,
        "group": found.group,
        "summary": found.summary,
        "description": found.description,
        "own": found.own,
        "style": style_of(found.own_name),
        "problem": without_absolute_paths(found.problem),
    }


def read_scenario(path: Path, changes: Sequence[str]) -> ScenarioText:
    """Read a scenario with changes.

    Raises
    ------
    ScenarioError, DataError
        As the command line raises them, with files named without their folders.
    TooLargeError
        If its run would take too much of the machine.
    """
    try:
        refuse_foreign_datasets(changes)
        spec = load_scenario(path, overrides=changes)
        base = load_scenario(path) if changes else spec
    except ProblemsError as error:
        named = [replace(problem, file=Path(problem.file).name) for problem in error.problems]
        raise type(error)(named[:MOST_PROBLEMS], error.more + len(named[MOST_PROBLEMS:])) from None
    return ScenarioText(spec.name, spec.to_toml(), _values(spec), _values(base), size_of(spec) > LARGE_BYTES)


def _values(spec: Scenario) -> dict[str, Any]:
    values = spec.model_dump(mode="json", exclude_none=True)
    values["world"]["dataset"] = Path(spec.world.dataset).name
    return values


def refuse_foreign_datasets(changes: Sequence[str]) -> None:
    """Prevent a page from reading folders of this machine: it may use shipped datasets only."""
    for change in changes:
        try:
            path, value = parse_override(change)
        except OverrideError:
            continue  # reported with all other problems
        whole = value.get("dataset") if path == ("world",) and isinstance(value, dict) else None
        name = value if path == ("world", "dataset") else whole
        if name is not None and name not in shipped_datasets():
            message = f"not a shipped dataset; there are {listed(shipped_datasets())}"
            raise ScenarioError(
                [Problem(OVERRIDE, None, "world.dataset", message, shortened(toml_value(name)))]
            )
