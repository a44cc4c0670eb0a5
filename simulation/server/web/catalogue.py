"""The catalogue: scenarios and results folders that a page can open by name, never by path."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from simulation.errors import HyperclusterError, Problem, ScenarioError, listed, shortened, suggestion
from simulation.scenario.listing import OWN, own_scenarios
from simulation.scenario.loading import shipped_scenarios


class Catalogue:
    """The names that a page may use, with their files and folders.

    Parameters
    ----------
    scenarios : files offered in addition to the shipped ones and those in ``scenarios/``.
    results : folder that contains the results folders.
    """

    def __init__(self, scenarios: Sequence[Path] = (), *, results: Path) -> None:
        self._named = tuple(scenarios)
        self.results = results

    @property
    def files(self) -> dict[str, Path]:
        """File of each scenario; a user's file takes precedence over a shipped one, and a named file over both."""
        paths = [*shipped_scenarios(), *own_scenarios(), *self._named]
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
        folders = {path.name: path for path in self.folders}
        if name not in folders:
            raise HyperclusterError(f"no results folder {shortened(name)!r}{suggestion(name, folders)}")
        return folders[name]

    @property
    def folders(self) -> list[Path]:
        """All results folders."""
        return sorted(path.parent for path in self.results.glob("*/manifest.json"))

    def without_paths(self, text: str) -> str:
        """Return a message without the folders of this machine."""
        for root in self._roots:
            text = text.replace(f"{root}/", "").replace(f"{root}\\", "").replace(root, "...")
        return without_absolute_paths(text)

    @cached_property
    def _roots(self) -> list[str]:
        """Folders that may occur in messages, the deepest first; cached, as a message may list dozens of problems."""
        shipped = (path.parent for path in shipped_scenarios()[:1])
        named = (path.resolve().parent for path in self._named)
        around = (OWN.resolve(), self.results, self.results.resolve(), Path.cwd(), Path.home())
        roots = {*shipped, *named, *around, Path(__file__).parents[3]}
        return sorted((text for text in map(str, roots) if len(text) > 1), key=len, reverse=True)


def without_absolute_paths(text: str) -> str:
    """Return a message without text that looks like a deep absolute path; keys and units never do."""
    return re.sub(r"(?<![\w.])(?:/[\w.@+-]+){2,}/", "", text)
