"""Merging the rows of a results folder, by replication, from the finished files and the parts of blocks.

Each is read once, so that merging takes time in proportion to the data, and memory for a few replications.
"""

from __future__ import annotations

import contextlib
import heapq
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence, Set
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from simulation.errors import ResultsError
from simulation.files.objects import mapped
from simulation.results.blocks import (
    Replication,
    opened,
    part_of_replication,
    part_replications,
    read_parquet,
    read_rows,
    reading,
    replications_in,
)
from simulation.results.tables import Tables, are_sound, canonical, of_replication

VALUES_IN_MEMORY = 200_000
"""Values (rows x columns) of a table after which a row group ends, at the end of the current replication."""

PIECES = 200
"""Replications whose rows are concatenated together: a table of one row takes a hundred times its memory."""

OPEN_PARTS = 4
"""Parts kept in memory: the replications of a block are adjacent, except those tried again."""

_KEY = ["scenario", "replication"]
"""The columns by which rows are sorted, in the order of every table."""

Place = tuple[int, int]
"""Number of the scenario in the order of the study, and of the replication."""


@contextlib.contextmanager
def system_memory() -> Iterator[None]:
    """Make Arrow use the system's allocator, which returns memory; Arrow's own keeps much of it."""
    before = pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        pa.set_memory_pool(before)


def row_groups(
    folder: Path, table: str, *, order: Sequence[str], parts: Mapping[Replication, Path]
) -> Iterator[pa.Table]:
    """Yield a table sorted by scenario and replication, in row groups that depend only on the rows.

    A replication that is in the finished file and in a part is taken from the part; both are equal.

    Parameters
    ----------
    order : names of the scenarios.
    parts : as :func:`simulation.results.blocks.part_of_replication` returns it.
    """
    held: list[pa.Table] = []
    pieces: list[pa.Table] = []
    rows_held = 0
    before: Place = (-1, -1)
    for place, rows in replications(folder, table, order=order, parts=parts):
        if rows_held and (place[0] != before[0] or rows_held * rows.num_columns >= VALUES_IN_MEMORY):
            yield canonical(pa.concat_tables(held + pieces))
            held, pieces, rows_held = [], [], 0
        pieces.append(rows)
        if len(pieces) == PIECES:
            held.append(canonical(pa.concat_tables(pieces)))
            pieces = []
        rows_held += rows.num_rows
        before = place
    if rows_held:
        yield canonical(pa.concat_tables(held + pieces))


def replications(
    folder: Path,
    table: str,
    *,
    order: Sequence[str],
    parts: Mapping[Replication, Path],
    wanted: Set[Replication] | None = None,
) -> Iterator[tuple[Place, pa.Table]]:
    """Yield the rows of each replication once, sorted by scenario and replication, reading each file once.

    Parameters
    ----------
    order, parts : as for :func:`row_groups`.
    wanted : the replications to yield; all unless given.

    Raises
    ------
    ResultsError
        If a file is damaged.
    """
    place_of = {name: place for place, name in enumerate(order)}
    places = None if wanted is None else {(place_of[name], number) for name, number in wanted}
    if wanted is not None:
        parts = {key: part for key, part in parts.items() if key in wanted}
    before: Place = (-1, -1)
    sources = (_in_parts(table, parts, place_of), _in_file(folder / f"{table}.parquet", place_of, places))
    for place, rows in heapq.merge(*sources, key=lambda found: found[0]):
        if place != before:
            yield place, rows
        before = place


def _in_parts(
    table: str, parts: Mapping[Replication, Path], place_of: Mapping[str, int]
) -> Iterator[tuple[Place, pa.Table]]:
    kept: OrderedDict[Path, dict[Place, pa.Table]] = OrderedDict()
    for place, part in sorted(((place_of[name], number), part) for (name, number), part in parts.items()):
        if part not in kept:
            kept[part] = dict(_split(read_parquet(part / f"{table}.parquet"), place_of))
            if len(kept) > OPEN_PARTS:
                kept.popitem(last=False)
        if place in kept[part]:  # or it has no rows in this table
            yield place, kept[part][place]


def _in_file(
    path: Path, place_of: Mapping[str, int], wanted: Set[Place] | None = None
) -> Iterator[tuple[Place, pa.Table]]:
    if not path.exists():
        return
    held: list[pa.Table] = []  # of the current replication, which may continue in the next row group
    place: Place = (-1, -1)
    with reading(path):
        for group in _wanted_groups(path, place_of, wanted):
            for found, rows in _split(group, place_of):
                if wanted is not None and found not in wanted:
                    continue
                if held and found != place:
                    yield place, pa.concat_tables(held)
                    held = []
                held.append(rows)
                place = found
        if held:
            yield place, pa.concat_tables(held)


def _wanted_groups(path: Path, place_of: Mapping[str, int], wanted: Set[Place] | None) -> Iterator[pa.Table]:
    """Yield the row groups that hold one of these replications; of the others two columns are read."""
    if wanted is None:
        yield from read_groups(path)
        return
    with opened(path) as file:
        names = file.schema_arrow.names
        others = [name for name in names if name not in _KEY]
        for number in range(file.num_row_groups):
            head = file.read_row_group(number, _KEY, use_threads=False)
            if wanted.isdisjoint(place for place, _ in _split(head, place_of)):
                continue
            rest = file.read_row_group(number, others, use_threads=False)
            yield pa.Table.from_arrays([*head.columns, *rest.columns], names=[*_KEY, *others])


def finished_rows(
    folder: Path, *, order: Sequence[str], elsewhere: Set[Replication], tables: Sequence[str]
) -> Iterator[tuple[Replication, Tables]]:
    """Yield the rows of each replication that the finished files hold.

    Parameters
    ----------
    order : names of the scenarios.
    elsewhere : replications that are also in parts: a stopped merge leaves them in some of the files.
    tables : those that are kept.

    Raises
    ------
    ResultsError
        If a file is missing or damaged, or ``runs`` lacks a replication that other files have.
    """
    place_of = {name: place for place, name in enumerate(order)}
    paths = {table: folder / f"{table}.parquet" for table in tables}
    empty: Tables = {}
    for table, path in paths.items():
        with reading(path):
            empty[table] = pq.read_schema(path).empty_table()
    streams = {table: _in_file(path, place_of) for table, path in paths.items()}
    heads = {table: head for table, stream in streams.items() if (head := next(stream, None))}
    while heads:
        place = min(place for place, _ in heads.values())
        key = order[place[0]], place[1]
        here = [table for table, (found, _) in heads.items() if found == place]
        rows = empty | {table: heads.pop(table)[1] for table in here}
        heads |= {table: head for table in here if (head := next(streams[table], None))}
        if "runs" in here:
            yield key, rows
        elif key not in elsewhere:
            raise ResultsError(f"{paths[here[0]]}: replication {key[1]} of {key[0]} is not in runs.parquet")


def read_groups(path: Path) -> Iterator[pa.Table]:
    """Yield the row groups of a file and verify the checksum of every page.

    Raises
    ------
    ResultsError
        If the file is damaged.
    """
    with reading(path), opened(path) as file:
        for number in range(file.num_row_groups):
            yield file.read_row_group(number, use_threads=False)


def _split(group: pa.Table, place_of: Mapping[str, int]) -> Iterator[tuple[Place, pa.Table]]:
    """Yield the rows of each replication, which are adjacent."""
    if not group.num_rows:
        return
    names = group["scenario"].combine_chunks()
    if not pa.types.is_dictionary(names.type):
        names = names.dictionary_encode()
    scenario = np.array([place_of[name] for name in names.dictionary.to_pylist()])[names.indices.to_numpy()]
    number = group["replication"].to_numpy()
    starts = np.flatnonzero((np.diff(scenario) != 0) | (np.diff(number) != 0)) + 1
    for first, last in zip([0, *starts], [*starts, group.num_rows], strict=True):
        yield (int(scenario[first]), int(number[first])), group.slice(first, last - first)


def part_rows(part: Path, tables: Sequence[str]) -> Iterator[tuple[Replication, Tables]]:
    """Yield the rows of each replication of a block, which has the tables that are kept.

    Raises
    ------
    ResultsError
        If a file of the block is damaged, or the block does not match its name.
    """
    with reading(part):
        read = {name: pa.concat_tables(read_groups(part / f"{name}.parquet")) for name in tables}
        for scenario, number in part_replications(part):
            rows = {name: of_replication(table, scenario, number) for name, table in read.items()}
            yield (scenario, number), rows


def unsound_replications(folder: Path, *, order: Sequence[str], tables: Sequence[str]) -> list[Replication]:
    """Return the replications of a study whose rows do not match their checksum.

    Parameters
    ----------
    order : names of the scenarios.
    tables : those that are kept.

    Raises
    ------
    ResultsError
        If a file cannot be read at all.
    """
    holding = part_of_replication(folder, order)
    parts = list(dict.fromkeys(holding.values()))
    found = mapped(lambda part: [key for key, rows in part_rows(part, tables) if are_sound(rows)], parts)
    sound = {key for keys in found for key in keys}

    def is_sound(scenario: str, number: int) -> bool:
        only = range(number, number + 1)
        rows = {
            name: read_rows(folder, name, order=order, scenario=scenario, replications=only)
            for name in tables
        }
        with reading(folder):
            return are_sound(rows)

    finished = replications_in(read_rows(folder, "runs", order=order, columns=["scenario", "replication"]))
    return [key for key in finished if key not in sound and (key in holding or not is_sound(*key))]


def sound_replications(part: Path, tables: Sequence[str]) -> set[Replication]:
    """Return the replications of a block, which has the tables that are kept.

    Raises
    ------
    ResultsError
        If a file of the block is damaged, rows do not match their checksum, or the block does not match its name.
    """
    found = set()
    for key, rows in part_rows(part, tables):
        with reading(part):
            if not are_sound(rows):
                raise ResultsError(f"{part}: replication {key[1]} of {key[0]} does not match its checksum")
        found.add(key)
    return found
