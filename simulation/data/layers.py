"""Folders of datasets, and datasets that extend others: each row and cell comes from the last layer that has it.

A folder may hold ``dataset.toml`` with ``extends``, the name of a shipped dataset or a folder beside it, or a list of
these, and ``assumptions``, sentences that are shown to users of the dataset.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType

from simulation.data.dictionary import ASSUMPTIONS, SETTINGS, SETTINGS_KEYS, TABLES, TableKind
from simulation.data.tables import Row, Table, raise_problems, read_table
from simulation.errors import DataError, Problem, listed, shortened, suggestion
from simulation.files.text import TextFault
from simulation.files.toml import key_lines, read_toml
from simulation.hidden_characters import fault_of
from simulation.plugins import Contribution, Plugin, Registry, contributions, with_added

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Settings:
    """What ``dataset.toml`` says."""

    extends: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()


def _added() -> Iterator[tuple[Contribution, str, Path]]:
    """Yield the folders of the datasets of plugins, by name."""
    for contribution in contributions("datasets"):
        declared = contribution.value
        if isinstance(declared, ModuleType):
            declared = getattr(declared, "DATASETS", {} if contribution.plugin.path else None)
        if isinstance(declared, str | Path):
            declared = {contribution.name: declared}
        if not isinstance(declared, Mapping):
            message = 'expected DATASETS = {"name": Path(__file__).parent / "folder"}'
            raise contribution.fault(message, at="DATASETS", found=shortened(repr(declared)))
        for name, folder in declared.items():
            if not (isinstance(folder, str | Path) and holds_dataset(folder)):
                message = "must be a folder with the tables of a dataset, such as regions.csv"
                raise contribution.fault(message, at="DATASETS", key=f'dataset "{name}"', found=str(folder))
            yield contribution, str(name), Path(folder).absolute()


def _datasets() -> Iterator[tuple[str, Path, Plugin | None]]:
    names = {path.parent.name for file in ("regions.csv", SETTINGS) for path in FOLDER.glob(f"*/{file}")}
    yield from with_added({name: FOLDER / name for name in sorted(names)}, _added())


DATASETS: Registry[Path] = Registry("dataset", _datasets)
"""The folder of each dataset that comes with the package or a plugin, by name, those of plugins last."""


def shipped_datasets() -> tuple[str, ...]:
    """Names of the datasets that come with the package or a plugin."""
    return tuple(DATASETS)


def dataset_folder(name_or_path: str | Path, *, relative_to: Path = Path()) -> Path:
    """Folder of a shipped dataset or, if none has that name, of the user's own."""
    name = str(name_or_path)
    return DATASETS[name] if name in DATASETS else relative_to / name_or_path


def holds_dataset(path: str | Path) -> bool:
    """Whether this is a folder with at least one file of a dataset."""
    files = (SETTINGS, *(f"{name}.csv" for name in TABLES))
    return any(os.path.lexists(os.path.join(path, file)) for file in files)


def misnamed(folder: Path, files: Sequence[str]) -> list[Problem]:
    """Report optional files that exist under a slightly different name.

    Editors on Windows add .txt, which the file manager hides, and file names there ignore case.
    """
    try:
        there = sorted(os.listdir(folder))
    except OSError:
        return []
    return [
        Problem(str(folder / name), None, "", f'not read under this name; did you mean "{file}"?')
        for file in files
        if not os.path.lexists(folder / file)
        for name in there
        if name.lower().removesuffix(".txt") == file
    ]


def layers(folder: Path) -> tuple[tuple[Path, Settings], ...]:
    """Return the folders that make up a dataset, each once, with extended datasets before those that extend them.

    Raises
    ------
    DataError
        A ``dataset.toml`` cannot be used, or the datasets extend each other in a circle.
    """
    found: dict[Path, tuple[Path, Settings]] = {}
    _collect(folder, (), found)
    return tuple(found.values())


def _collect(folder: Path, above: tuple[Path, ...], found: dict[Path, tuple[Path, Settings]]) -> None:
    identity = folder.resolve()
    if identity in above:
        chain = " -> ".join(path.name for path in (*above[above.index(identity) :], identity))
        _refuse(folder / SETTINGS, "extends", f"a dataset cannot extend itself: {chain}")
    if identity in found:
        return
    settings = _settings(folder / SETTINGS)
    for name in settings.extends:
        base = Path(os.path.normpath(dataset_folder(name, relative_to=folder)))
        if not os.path.isdir(base):  # also for an invalid file name
            names = shipped_datasets()
            hint = suggestion(name, names) or f"; the shipped datasets are {listed(names)}"
            _refuse(
                folder / SETTINGS, "extends", f"not a dataset or folder{hint}", found=f'"{shortened(name)}"'
            )
        _collect(base, (*above, identity), found)
    found[identity] = (folder, settings)


def _refuse(path: Path, key: str, message: str, *, found: str = "") -> None:
    raise DataError([Problem(str(path), None, key, message, found)])


def _settings(path: Path) -> Settings:
    if not os.path.lexists(path):
        raise_problems(misnamed(path.parent, [SETTINGS]))
        return Settings()
    try:
        text, given = read_toml(path, expected="settings of a dataset (TOML)")
    except TextFault as fault:
        raise DataError([fault.problem(path)]) from None
    problems = []
    texts: dict[str, tuple[str, ...]] = {}
    for key, value in given.items():
        words = [value] if isinstance(value, str) else value
        if key not in SETTINGS_KEYS:
            message = f"unknown key{suggestion(key, SETTINGS_KEYS)}"
        elif not isinstance(words, list) or not all(isinstance(word, str) and word.strip() for word in words):
            message = "must be a text in quotes, or a list of texts"
        else:
            texts[key] = tuple(words)
            # A sentence may run over several lines, the name of a folder may not.
            message = next(filter(None, (fault_of(word, lines=key == ASSUMPTIONS) for word in words)), "")
        if message:
            problems.append(Problem(str(path), key_lines(text).get((key,)), key, message))
    raise_problems(problems)
    return Settings(**texts)


def read_layers(folders: Sequence[Path], problems: list[Problem]) -> dict[str, Table]:
    """Read every table of a dataset, with the rows of its layers merged; a table that no layer has is empty.

    Large tables are not read here: see :mod:`simulation.data.enterprise_ties`.

    Raises
    ------
    DataError
        With the problems of files and headers: a table without its columns cannot be read further.
    """
    for folder in folders:
        problems += misnamed(folder, [f"{name}.csv" for name in TABLES])
    for folder in folders[1:]:
        for path in sorted(
            folder.glob("[!.~]*.csv")
        ):  # other names are hidden files, or lock files of spreadsheets
            meant = get_close_matches(path.stem, list(TABLES), n=1, cutoff=0.8)
            # Such a file would be ignored silently, because a layer may lack any table.
            if meant and path.stem.lower() not in TABLES:
                message = f'not a table of a dataset; did you mean "{meant[0]}.csv"?'
                problems.append(Problem(str(path), None, "", message))
    read = {name: _read(name, kind, folders, problems) for name, kind in TABLES.items() if not kind.large}
    raise_problems(problems)
    for name, tables in read.items():
        for table in tables:
            table.unique(*TABLES[name].key)
    return {name: _merged(TABLES[name], tables, problems) for name, tables in read.items()}


def _read(name: str, kind: TableKind, folders: Sequence[Path], problems: list[Problem]) -> list[Table]:
    """Merge the tables of one kind, lowest layer first. A later one requires only its key columns."""
    tables: list[Table] = []
    for place, folder in enumerate(folders):
        path = folder / f"{name}.csv"
        if (place == 0 and kind.required) or os.path.lexists(path):
            columns = kind.key if tables else kind.required_columns
            may_be_empty = bool(tables) or kind.may_be_empty
            tables.append(read_table(path, columns=columns, problems=problems, may_be_empty=may_be_empty))
    return tables


def _merged(kind: TableKind, tables: list[Table], problems: list[Problem]) -> Table:
    columns = tuple(dict.fromkeys(column for table in tables for column in table.columns))
    rows: dict[tuple[str, ...], Row] = {}
    for table in tables:
        for row in table:
            key = tuple(row[column] for column in kind.key)
            if key in rows and rows[key].table is table:
                key = (
                    *key,
                    str(row.line),
                )  # already reported as repeated; its other faults are still reported
            below = rows[key].cells if key in rows else {}
            rows[key] = Row(row.table, row.line, {**below, **row.cells})
    # An industry that no layer mentions counts as 0.
    empty = {name: "0" if kind.industries and name not in kind.known_columns else "" for name in columns}
    empty |= {name: "" for name in kind.known_columns if name not in columns}
    file = tables[-1].file if tables else ""
    merged = Table(file, columns, problems)
    merged.rows = [Row(row.table, row.line, {**empty, **row.cells}) for row in rows.values()]
    return merged
