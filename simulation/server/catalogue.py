"""What can be opened: scenarios by name, and replications of results folders by name; never by a path."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from simulation.data import shipped_datasets
from simulation.errors import HyperclusterError, Problem, ProblemsError, ScenarioError, listed, suggestion
from simulation.results import MANIFEST, read_manifest
from simulation.scenario import Scenario, load_scenario, shipped_scenarios
from simulation.scenario_document import OVERRIDE, OverrideError, parse_override, shortened, toml_value
from simulation.server.description import style_of

OWN = Path("scenarios")
"""Folder of the user's own scenarios, below the working directory."""


class Catalogue:
    """Names that a page may use, and what they stand for.

    Parameters
    ----------
    scenarios : files that are offered beside the shipped ones and those in ``scenarios/``.
    results : folder that holds results folders.
    """

    def __init__(self, scenarios: Sequence[Path] = (), *, results: Path) -> None:
        self._named = tuple(scenarios)
        self.results = results

    @property
    def files(self) -> dict[str, Path]:
        """File of each scenario; of two files with one name the user's own counts, and one named by him above all."""
        paths = [*shipped_scenarios(), *sorted(OWN.glob("*.toml")), *self._named]
        return {path.stem: path for path in paths}

    def file(self, name: str) -> Path:
        """Return the file of a scenario.

        Raises
        ------
        ScenarioError
            If none has this name.
        """
        files = self.files
        if name not in files:
            hint = suggestion(name, files) or f"; there are {listed(files, at_most=99)}"
            raise ScenarioError([Problem(shortened(name), None, "", f"no such scenario{hint}")])
        return files[name]

    def folder(self, name: str) -> Path:
        """Return a results folder.

        Raises
        ------
        HyperclusterError
            If there is none of this name.
        """
        folders = {path.name: path for path in self._folders()}
        if name not in folders:
            raise HyperclusterError(f"no results folder {shortened(name)!r}{suggestion(name, folders)}")
        return folders[name]

    def _folders(self) -> list[Path]:
        return sorted(path.parent for path in self.results.glob(f"*/{MANIFEST}"))

    def listed_scenarios(self) -> list[dict[str, Any]]:
        """Return the scenarios as ``welcome`` lists them; whether they are right is seen when they are opened."""
        return [_listed_scenario(name, path) for name, path in self.files.items()]

    def listed_results(self) -> list[dict[str, Any]]:
        """Return the results folders as ``welcome`` lists them; one that cannot be read is left out."""
        found = []
        for folder in self._folders():
            try:
                manifest = read_manifest(folder)
                scenarios = [
                    {"name": e["name"], "title": e["title"], "seeds": finished_seeds(manifest, e["name"])}
                    for e in manifest["scenarios"]
                ]
            except (HyperclusterError, KeyError, TypeError, ValueError):
                continue
            count = max((len(scenario["seeds"]) for scenario in scenarios), default=0)
            title = f"{len(scenarios)} scenarios, {count} replications"
            found.append({"name": folder.name, "title": title, "scenarios": scenarios})
        return found

    def without_paths(self, text: str) -> str:
        """Return a message without the places of this machine."""
        roots = {
            *(path.resolve().parent for path in self.files.values()),
            *(self.results, self.results.resolve(), Path.cwd(), Path(__file__).parents[2], Path.home()),
        }
        for root in sorted(map(str, roots), key=len, reverse=True):
            if len(root) > 1:
                text = text.replace(f"{root}/", "").replace(f"{root}\\", "").replace(root, "...")
        # What else begins like an absolute path of some depth; a key or a unit never does.
        return re.sub(r"(?<![\w.])(?:/[\w.@+-]+){2,}/", "", text)


def finished_seeds(manifest: Mapping[str, Any], scenario: str) -> list[int]:
    """Return the seeds of the finished replications of a scenario."""
    seeds: list[int] = []
    for part in str(manifest["state"].get(scenario, {}).get("finished", "")).split(", "):
        if part:
            first, _, last = part.partition("-")
            seeds += range(manifest["seed"] + int(first), manifest["seed"] + int(last or first) + 1)
    return seeds


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


@dataclass(frozen=True, slots=True)
class Read:
    """A scenario as it was read, with changes; ``base`` has the values that it has without them."""

    name: str
    text: str
    values: dict[str, Any]
    base: dict[str, Any]


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
