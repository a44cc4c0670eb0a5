"""Files that a page has sent: scenarios and folders of datasets, in a temporary folder of the session.

They are read by the same readers as all others. What they name must be among them or come with the program: a page must
not make the server read a file of the machine.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import tomllib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from simulation.data.dictionary import SETTINGS
from simulation.data.layers import holds_dataset
from simulation.errors import HyperclusterError, shortened
from simulation.files.toml import toml_text
from simulation.scenario.loading import shipped_scenarios

MOST_SENT = 5
"""How often a session may send files; each time they are as large as a message at most."""
KINDS = (".toml", ".csv", ".geojson")
NAMING = ("extends", "dataset")
"""Keys that name files or folders."""

_PART = re.compile(r"[^\W.][\w.@+() &-]{0,98}(?<![. ])")


class OwnFiles:
    """The files of a session."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._sent = 0
        self.files: dict[str, Path] = {}
        """File of each scenario, by the name that the page uses."""

    @property
    def root(self) -> Path | None:
        """The folder that holds them all; None without files."""
        return None if self._folder is None else Path(self._folder.name).resolve()

    def add(self, sent: Mapping[str, str], *, taken: Collection[str]) -> list[str]:
        """Keep files, and return the names of the scenarios among them.

        Parameters
        ----------
        sent : text of each file by its relative path. A dataset without a scenario gets one without any policy.
        taken : names of scenarios that mean others.

        Raises
        ------
        HyperclusterError
            If these are no scenarios or datasets, or name files that are not among them.
        """
        if self._sent >= MOST_SENT:
            raise HyperclusterError(
                f"files were opened {MOST_SENT} times already; reload the page in a new tab"
            )
        paths = {_checked(name): text for name, text in sent.items()}
        for place, text in paths.items():
            _refuse_foreign(place, text)
        self._sent += 1
        self._folder = self._folder or tempfile.TemporaryDirectory(prefix="hypercluster-own-")
        folder = Path(self._folder.name).resolve() / str(self._sent)
        for place, text in paths.items():
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
            (folder / place).write_text(text, encoding="utf-8", errors="replace")
        found = [folder / place for place in paths if place.suffix == ".toml" and place.name != SETTINGS]
        found = found or [_scenario_of(folder_of_dataset) for folder_of_dataset in _datasets(folder)]
        if not found:
            raise HyperclusterError(
                "no scenario (a .toml file) and no dataset (a folder with regions.csv) among them"
            )
        for beside in {path.parent for path in found}:
            _add_shipped(beside)
        names = []
        for path in found:
            name = _free(path.stem, {*taken, *self.files})
            self.files[name] = path
            names.append(name)
        return names

    def without_root(self, text: str) -> str:
        """Return a text that names these files without the temporary folder."""
        return text if self.root is None else re.sub(rf"{re.escape(str(self.root))}[/\\]+\d+[/\\]+", "", text)

    def remove(self) -> None:
        """Remove them."""
        self.files = {}
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


def _checked(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if not 1 <= len(path.parts) <= 3 or not all(_PART.fullmatch(part) for part in path.parts):
        raise HyperclusterError(f"{shortened(name)}: not a name that a file may have here")
    if path.suffix not in KINDS:
        raise HyperclusterError(f"{shortened(name)}: only .toml, .csv and .geojson files are read")
    return path


def _refuse_foreign(path: PurePosixPath, text: str) -> None:
    if path.suffix != ".toml":
        return
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return  # which the reader of scenarios reports
    for key, value in _named(data):
        if not isinstance(value, str) or re.search(r"[/\\:\0]|^\.*$", value):
            raise HyperclusterError(
                f"{path.name}: {key} = {shortened(str(value))}: must be the name of what comes with the program, "
                "or of a file or folder beside it that is opened together with it"
            )


def _named(table: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the values of all keys that name files or folders."""
    for key, value in table.items():
        if key in NAMING:
            for each in value if isinstance(value, list) else [value]:
                yield key, each
        elif isinstance(value, dict):
            yield from _named(value)


def _datasets(folder: Path) -> list[Path]:
    """Return the folders that hold a dataset of their own, above those that these hold."""
    return [path for path in sorted((folder, *folder.rglob("*"))) if path.is_dir() and holds_dataset(path)]


def _scenario_of(dataset: Path) -> Path:
    """Write a scenario without any policy for a dataset, and return its file."""
    name = re.sub(r"[^a-z0-9_-]+", "_", dataset.name.lower())[:60].strip("_") or "own"
    name = "own" if name.isdigit() else name
    file = dataset.parent / f"{name}.toml"
    if dataset.name.isdigit():  # the files were chosen one by one, not as a folder
        file = dataset / f"{name}.toml"
    told = {"name": name, "title": f"{dataset.name if file.parent != dataset else 'Own dataset'}, no policy"}
    place = "." if file.parent == dataset else dataset.name
    file.write_text(toml_text({**told, "world": {"dataset": place}}), encoding="utf-8")
    return file


def _add_shipped(folder: Path) -> None:
    """Put the shipped scenarios beside files that may extend them, and their prices."""
    shipped = shipped_scenarios()
    for path in (*shipped, *shipped[0].parent.glob("*.csv")):
        if not (folder / path.name).exists():
            shutil.copyfile(path, folder / path.name)


def _free(stem: str, taken: Collection[str]) -> str:
    name, number = stem, 2
    while name in taken:
        name, number = f"{stem}-{number}", number + 1
    return name
