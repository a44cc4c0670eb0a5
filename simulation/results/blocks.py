"""Blocks of a results folder: finding them by the names that this program gives, and reading their rows.

Cloud clients, file managers and people leave copies beside our files ("runs (1).parquet", an empty "New folder").
Such entries are not touched or read, and are listed once.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache, partial, reduce
from operator import and_
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from simulation.errors import ResultsError, suggestion
from simulation.files.objects import ObjectPath, mapped
from simulation.results.tables import TABLES

PARTS = "parts"
Replication = tuple[str, int]
"""Scenario and number of a replication, from 0."""
OF_FILE_MANAGERS = frozenset({".DS_Store", "desktop.ini", "Thumbs.db", ".directory"})
"""Files that file managers leave in folders."""
_ENDS = re.compile(r"(?P<scenario>[^.].*)-(?P<first>[0-9]{6,})-(?P<last>[0-9]{6,})", re.ASCII)
_TEMPORARY = re.compile(r"\.(?P<block>.+?)(?:\.[0-9a-f]{8})?\.tmp", re.ASCII)
_LIKE_OURS = re.compile(
    rf"(?:{'|'.join(TABLES)})\b.*\.parquet|{PARTS}\b.*|manifest\b.*\.json", re.IGNORECASE | re.DOTALL
)


def part_name(scenario: str, replications: Sequence[int]) -> str:
    """Return the name of a block's folder: its scenario, first and last replication."""
    return f"{scenario}-{min(replications):06d}-{max(replications):06d}"


def block_of(name: str) -> tuple[str, range] | None:
    """Return the scenario of a block and the replications that it may hold, or None for any other name."""
    found = _ENDS.fullmatch(name)
    if found is None:
        return None
    scenario, first, last = found["scenario"], int(found["first"]), int(found["last"])
    if first > last or part_name(scenario, (first, last)) != name:
        return None
    return scenario, range(first, last + 1)


def temporary_name(name: str, writer: str = "") -> str:
    """Return the name of a block's folder until it is complete; workers add one that is theirs alone."""
    return f".{name}.{writer}.tmp" if writer else f".{name}.tmp"


def block_of_temporary(name: str) -> str | None:
    """Return the name of the block that a temporary folder holds, or None for any other name."""
    found = _TEMPORARY.fullmatch(name)
    return found["block"] if found and block_of(found["block"]) else None


def part_folders(folder: Path, scenarios: Collection[str] | None = None) -> list[Path]:
    """Return the folders of the finished blocks, of some scenarios or of all.

    A folder with such a name and without any table is not a block: a block is put in place with all of its files.
    """
    if isinstance(folder, ObjectPath):
        return [part for part, is_whole in _parts_of_objects(folder, scenarios).items() if is_whole]
    found = ((path, block_of(path.name)) for path in sorted((folder / PARTS).glob("*")))
    return [
        path
        for path, block in found
        if block
        and (scenarios is None or block[0] in scenarios)
        and any(os.path.lexists(path / f"{table}.parquet") for table in TABLES)
    ]


def _parts_of_objects(folder: ObjectPath, scenarios: Collection[str] | None) -> dict[Path, bool]:
    """Return the blocks in an object store, and whether each is finished: ``runs`` is written last."""
    found: dict[Path, bool] = {}
    for path in (folder / PARTS).objects():
        block = block_of(path.parent.name)
        ours = block and path.parent.parent == folder / PARTS and path.stem in TABLES
        if block and ours and (scenarios is None or block[0] in scenarios):
            found[path.parent] = found.get(path.parent, False) or path.stem == "runs"
    return found


def unfinished_parts(folder: Path, scenarios: Collection[str] | None = None) -> list[Path]:
    """Return the folders of blocks that were being written, or removed, when the program was stopped."""
    if isinstance(folder, ObjectPath):
        return [part for part, is_whole in _parts_of_objects(folder, scenarios).items() if not is_whole]
    found = []
    for path in sorted((folder / PARTS).glob(".*.tmp")):
        block = block_of(block_of_temporary(path.name) or "")
        if block and (scenarios is None or block[0] in scenarios):
            found.append(path)
    return found


def ignored(folder: Path, scenarios: Collection[str]) -> list[str]:
    """Return the entries that could be mistaken for data of the study and are not read, relative to the folder."""
    parts = folder / PARTS
    ours = {*part_folders(folder, scenarios), *unfinished_parts(folder, scenarios)}
    names = {PARTS, "manifest.json", *(f"{table}.parquet" for table in TABLES)}
    copies = [
        path.name for path in _entries(folder) if _LIKE_OURS.fullmatch(path.name) and path.name not in names
    ]
    inside = [f"{PARTS}/{path.name}" for path in _entries(parts) if path not in ours]
    return sorted(copies) + sorted(inside)


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def read_parquet(
    path: Path,
    *,
    columns: Sequence[str] | None = None,
    scenario: str | None = None,
    replications: range | None = None,
) -> pa.Table:
    """Read one file and verify the checksum of every page.

    Parameters
    ----------
    columns, scenario, replications : what to read; None for all.

    Raises
    ------
    ResultsError
        If the file cannot be opened, is damaged, or a column is unknown.
    """
    if not isinstance(path, ObjectPath) and path.exists() and not path.is_file():
        raise ResultsError(
            f"{path}: cannot be read: not a regular file"
        )  # a pipe would block the reader for ever
    with reading(path), opened(path) as file:
        known = file.schema_arrow.names
        for column in columns or ():
            if column not in known:
                hint = suggestion(column, known) or "; if another version wrote it, run the study again"
                raise ResultsError(f"{path} has no column {column!r}{hint}")
        wanted = None if columns is None else list(columns)
        where = _where(scenario, replications)
        if where is None:
            return file.read(wanted, use_threads=False)  # much faster for the many small files of a batch
        needed = None if wanted is None else list(dict.fromkeys(["scenario", "replication", *wanted]))
        if isinstance(path, ObjectPath):  # a block, which has one group and is here already
            rows = file.read(needed, use_threads=False).filter(where)
            return rows if wanted is None else rows.select(wanted)
        version = path.stat()
        groups = [
            number
            for number, (names, first, last) in enumerate(
                _groups(path, (version.st_ino, version.st_size, version.st_mtime_ns))
            )
            if (scenario is None or scenario in names)
            and (replications is None or (first < replications.stop and last >= replications.start))
        ]
        # pyarrow 18.0 refuses to read no group at all.
        rows = file.read_row_groups(groups, needed) if groups else file.schema_arrow.empty_table()
        rows = rows.filter(where)
        return rows if wanted is None else rows.select(wanted)


def opened(path: Path) -> pq.ParquetFile:
    """Open a file of a disk, or read an object, which is as large as a block at most; every page is verified."""
    source = pa.BufferReader(path.read_bytes()) if isinstance(path, ObjectPath) else path
    return pq.ParquetFile(source, page_checksum_verification=True)


@lru_cache(maxsize=64)
def _groups(path: Path, version: tuple[int, ...]) -> list[tuple[frozenset[str], int, int]]:
    """Return the scenarios and the first and last replication of every row group of a file, in this version of it.

    They are read from the rows, whose pages have checksums: Arrow crashes on damaged statistics.
    """
    found = []
    with opened(path) as file:
        for number in range(file.num_row_groups):
            rows = file.read_row_group(number, ["scenario", "replication"], use_threads=False)
            names = frozenset(pc.unique(rows["scenario"]).to_pylist())
            ends = pc.min_max(rows["replication"]).as_py()
            if names:
                found.append((names, ends["min"], ends["max"]))
            else:
                found.append((names, 0, -1))
    return found


def _where(scenario: str | None, replications: range | None) -> pc.Expression | None:
    conditions = []
    if scenario is not None:
        conditions.append(pc.field("scenario") == scenario)
    if replications is not None:
        conditions.append(pc.field("replication") >= replications.start)
        conditions.append(pc.field("replication") < replications.stop)
    return reduce(and_, conditions) if conditions else None


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn any exception while a file is read into an error that names the file.

    Raises
    ------
    ResultsError
        For any exception: flipped bits cause undecodable names, missing columns or sizes beyond memory.
    """
    try:
        yield
    except ResultsError:
        raise
    except Exception as error:  # noqa: BLE001
        # Errors of the operating system have a number; errors in the contents have none.
        fault = "cannot be read" if getattr(error, "errno", None) else "damaged or not a Parquet file"
        raise ResultsError(f"{path}: {fault}: {error}") from None


def replications_in(table: pa.Table) -> list[Replication]:
    """Return scenario and number of each row of ``runs``."""
    return list(zip(table["scenario"].to_pylist(), table["replication"].to_pylist(), strict=True))


def replications_of(path: Path) -> list[Replication]:
    """Return scenario and number of each row of a file.

    Raises
    ------
    ResultsError
        If the file cannot be read.
    """
    rows = read_parquet(path, columns=["scenario", "replication"])
    with reading(path):
        return replications_in(rows)


def part_of_replication(folder: Path, scenarios: Sequence[str]) -> dict[Replication, Path]:
    """Return the part that holds each replication: one of them if several do."""
    found: dict[Replication, Path] = {}
    parts = part_folders(folder, scenarios)
    for part, keys in zip(parts, mapped(part_replications, parts), strict=True):
        for key in keys:
            found.setdefault(key, part)
    return found


def part_replications(part: Path) -> list[Replication]:
    """Return the replications of a finished block.

    Raises
    ------
    ResultsError
        If the block cannot be read, holds a replication twice, or does not match its name.
    """
    keys = replications_of(part / "runs.parquet")
    scenario, numbers = block_of(part.name) or ("", range(0))
    if (
        not keys
        or len(set(keys)) < len(keys)
        or any(name != scenario or number not in numbers for name, number in keys)
    ):
        raise ResultsError(
            f"{part}: damaged: its rows are not those of the replications that it is named after"
        )
    return keys


def may_hold(part: Path, scenario: str | None, replications: range | None) -> bool:
    """Return whether a block may hold any of these, by its name; None stands for all."""
    name, numbers = block_of(part.name) or ("", range(0))
    return (scenario is None or name == scenario) and (
        replications is None or (numbers.start < replications.stop and numbers.stop > replications.start)
    )


def without(rows: pa.Table, keys: set[Replication]) -> pa.Table:
    """Return the rows of all other replications."""
    if not keys:
        return rows
    number = rows["replication"].cast(pa.string())
    held = pc.binary_join_element_wise(rows["scenario"].cast(pa.string()), number, "/")
    return rows.filter(
        pc.invert(pc.is_in(held, pa.array([f"{name}/{number}" for name, number in sorted(keys)])))
    )


def read_rows(
    folder: Path,
    table: str,
    *,
    order: Sequence[str],
    columns: Sequence[str] | None = None,
    scenario: str | None = None,
    replications: range | None = None,
) -> pa.Table:
    """Read one table from the finished file, the parts of blocks, or both.

    A replication that is in both, because merging was stopped half-way, or in two parts, is taken from the first
    part; all copies are equal.

    Parameters
    ----------
    order : names of the scenarios in the order of the rows; parts of other scenarios are not read.
    columns, scenario, replications : what to read; None for all.
    """
    wanted = None if columns is None else list(dict.fromkeys(["scenario", "replication", *columns]))
    read = partial(read_parquet, columns=wanted, scenario=scenario, replications=replications)
    parts = [part for part in part_folders(folder, order) if may_hold(part, scenario, replications)]
    taken: set[Replication] = set()
    pieces = []
    found = mapped(lambda part: (read(part / f"{table}.parquet"), set(part_replications(part))), parts)
    for rows, keys in found:
        pieces.append(without(rows, keys & taken))
        taken |= keys
    finished = folder / f"{table}.parquet"
    if finished.exists():
        pieces.insert(0, without(read(finished), taken))
    if not pieces:
        which = "" if replications is None else f" {replications.start}"
        raise ResultsError(
            f"{folder}: no replication{which}{f' of scenario {scenario!r}' if scenario else ''} is here "
            f"({table}.parquet is missing)"
        )
    with reading(finished):  # damaged parts may have columns of other types
        rows = pa.concat_tables(pieces).unify_dictionaries() if len(pieces) > 1 else pieces[0]
        if parts:
            place = pc.index_in(rows["scenario"].cast(pa.string()), pa.array(list(order), pa.string()))
            keys = pa.table({"scenario": place, "replication": rows["replication"]})
            # Arrow sorts stably: within a replication the rows keep the order in which they were written.
            rows = rows.take(pc.sort_indices(keys, [("scenario", "ascending"), ("replication", "ascending")]))
        return rows if columns is None else rows.select(list(columns))
