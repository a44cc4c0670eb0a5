"""Scenarios and results folders as a process of the model reads them for the page."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from simulation.data import shipped_datasets
from simulation.errors import HyperclusterError, Problem, ProblemsError, ScenarioError, listed, shortened
from simulation.figures.style import MACROREGION_COLOURS
from simulation.results import read_manifest
from simulation.scenario import Scenario, load_scenario
from simulation.scenario_document import OVERRIDE, OverrideError, parse_override
from simulation.server.bench import Listed, Read
from simulation.server.description import style_of
from simulation.toml_text import toml_value


def finished_seeds(manifest: Mapping[str, Any], scenario: str) -> list[int]:
    """Return the seeds of the finished replications of a scenario."""
    seeds: list[int] = []
    for part in str(manifest["state"].get(scenario, {}).get("finished", "")).split(", "):
        if part:
            first, _, last = part.partition("-")
            seeds += range(manifest["seed"] + int(first), manifest["seed"] + int(last or first) + 1)
    return seeds


def listing(wanted: Listed) -> dict[str, Any]:
    """Return scenarios and results as ``welcome`` lists them, and the colours of macroregions.

    Whether a scenario is right is seen when it is opened; a results folder that cannot be read is left out.
    """
    return {
        "scenarios": [_listed_scenario(name, path) for name, path in wanted.files.items()],
        "results": [entry for folder in wanted.folders if (entry := _listed_results(folder)) is not None],
        "macroregion_colours": list(MACROREGION_COLOURS),
    }


def _listed_results(folder: Path) -> dict[str, Any] | None:
    try:
        manifest = read_manifest(folder)
        scenarios = [
            {"name": e["name"], "title": e["title"], "seeds": finished_seeds(manifest, e["name"])}
            for e in manifest["scenarios"]
        ]
    except (HyperclusterError, KeyError, TypeError, ValueError):
        return None
    count = max((len(scenario["seeds"]) for scenario in scenarios), default=0)
    return {
        "name": folder.name,
        "title": f"{len(scenarios)} scenarios, {count} replications",
        "scenarios": scenarios,
    }


def _listed_scenario(name: str, path: Path) -> dict[str, Any]:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        data = {}
    title, description = (data.get(key, "") for key in ("title", "description"))
    return {
        "name": name,
        "title": title if isinstance(title, str) and title else name,
        "description": description if isinstance(description, str) else "",
        "style": style_of(str(data.get("name", name))),
    }


def read_scenario(path: Path, changes: Sequence[str]) -> Read:
    """Read a scenario with changes.

    Raises
    ------
    ScenarioError, DataError
        As the command line raises them, with files named without their folders.
    """
    try:
        _refuse_foreign_datasets(changes)
        spec = load_scenario(path, overrides=changes)
        base = load_scenario(path) if changes else spec
    except ProblemsError as error:
        raise type(error)(
            [replace(problem, file=Path(problem.file).name) for problem in error.problems]
        ) from None
    return Read(spec.name, spec.to_toml(), _values(spec), _values(base))


def _values(spec: Scenario) -> dict[str, Any]:
    values = spec.model_dump(mode="json", exclude_none=True)
    values["world"]["dataset"] = Path(spec.world.dataset).name
    return values


def _refuse_foreign_datasets(changes: Sequence[str]) -> None:
    """Keep a page from having folders of this machine read: it may name shipped datasets only."""
    for change in changes:
        try:
            path, value = parse_override(change)
        except OverrideError:
            continue  # told with everything else
        whole = value.get("dataset") if path == ("world",) and isinstance(value, dict) else None
        name = value if path == ("world", "dataset") else whole
        if name is not None and name not in shipped_datasets():
            message = f"not a shipped dataset; there are {listed(shipped_datasets())}"
            raise ScenarioError(
                [Problem(OVERRIDE, None, "world.dataset", message, shortened(toml_value(name)))]
            )
