"""The rows of one replication in the results folder, their Parquet form and their checksum.

``runs`` has one row per replication, its metric columns in the order of ``simulation.metrics``. ``curves`` is sparse: a
cell of region, industry and technology has a row for the month of release and one for each later month in which its
number of adopters or of eligible enterprises changed. ``memberships`` and ``ledger`` are whole.
"""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from simulation.errors import ResultsError
from simulation.record import Record, technologies_first
from simulation.results.passes import (
    ADOPTERS,
    ELIGIBLE,
    INDUSTRY,
    MONTH,
    REGION,
    TECHNOLOGY,
    by_appearance,
    dense_counts,
    sparse_rows,
)
from simulation.world import Array

TABLES = ("curves", "memberships", "ledger", "runs")
"""Names of the tables; ``runs`` is always put in place last, so that its presence implies that of the others."""

TABLES_OF = {"all": TABLES, "curves": ("curves", "runs"), "metrics": ("runs",)}
"""The tables that are written, by what ``--keep`` says, in the order of ``TABLES``."""

Tables = dict[str, pa.Table]

NAME = pa.dictionary(pa.int32(), pa.string())
"""Type of repeated names: stored once and read as categories, a hundredth of the memory of texts."""

_FRONT = [("scenario", NAME), ("replication", pa.int32())]
_CURVES = pa.schema(
    [
        *_FRONT,
        ("month", pa.int32()),
        ("region", NAME),
        ("industry", NAME),
        ("technology", NAME),
        ("adopters", pa.int32()),
        ("eligible", pa.int32()),
    ]
)
_MEMBERSHIPS = pa.schema(
    [
        *_FRONT,
        ("month", pa.int32()),
        ("platform", NAME),
        ("region", NAME),
        ("members", pa.int32()),
        ("may_join", pa.int32()),
    ]
)
_LEDGER = pa.schema(
    [
        *_FRONT,
        ("policy", NAME),
        ("instrument", NAME),
        ("region", NAME),
        ("year", pa.int32()),
        ("planned", pa.float64()),
        ("spent", pa.float64()),
        ("unspent", pa.float64()),
    ]
)
ENDING = "ending"
"""Column of ``runs`` in an ensemble: whether a replication ran, or why it did not."""

RAN = "ran"
"""The ending of a replication that ran to its horizon."""

_SORTED = ["scenario", "replication"]
_SCHEMAS = {"curves": _CURVES, "memberships": _MEMBERSHIPS, "ledger": _LEDGER}
_TYPES = {
    "scenario": pa.string(),
    "replication": pa.int32(),
    "seed": pa.int64(),
    "technologies_left_out": pa.int32(),
    ENDING: pa.string(),
    "undefined": pa.string(),
    "sha256": pa.string(),
}
"""Types of the columns of ``runs`` that are not metrics."""

RESERVED = frozenset(_TYPES)
"""Names of columns that no outcome of a function may have."""


def tables_of(
    record: Record,
    metrics: Mapping[str, float],
    *,
    reasons: Mapping[str, str],
    replication: int,
    keep: str = "all",
    more: Mapping[str, float | str] | None = None,
) -> Tables:
    """Return the rows of one replication in the tables that are kept, with their checksum in ``runs``.

    Parameters
    ----------
    record : the record of the replication.
    metrics : value by name, in the order of the columns; NaN where undefined.
    reasons : the reason for each undefined metric, by its name; stored as text in column ``undefined``.
    replication : number within the study, from 0.
    keep : one of ``TABLES_OF``.
    more : further columns of ``runs``, the same in all replications of a study.
    """
    makers = {"curves": _curves, "memberships": _memberships, "ledger": _ledger}
    tables = {name: makers[name](record, replication) for name in TABLES_OF[keep] if name in makers}
    tables["runs"] = _runs(
        record.scenario,
        record.seed,
        metrics,
        left_out=record.technologies_left_out,
        why="; ".join(f"{name}: {reason}" for name, reason in reasons.items()),
        replication=replication,
        more=more or {},
    )
    return _with_checksum(tables)


def tables_without_a_run(
    scenario: str,
    seed: int,
    names: Sequence[str],
    *,
    why: str,
    replication: int,
    more: Mapping[str, float | str],
) -> Tables:
    """Return the row of a replication that was not run, for a study that keeps metrics only.

    Parameters
    ----------
    names : of the metrics, which all have no value.
    why : the reason, for column ``undefined``.
    more : as for :func:`tables_of`.
    """
    metrics = dict.fromkeys(names, math.nan)
    runs = _runs(scenario, seed, metrics, left_out=0, why=why, replication=replication, more=more)
    return _with_checksum({"runs": runs})


def outcomes_of(scenario: str, seed: int, outcomes: Mapping[str, float], *, replication: int) -> Tables:
    """Return the row of one replication of a function that is not our model: its outcomes, and the checksum.

    Parameters
    ----------
    seed : of this replication.
    outcomes : value by name, in the order of the columns, with no name of ``RESERVED``; nan where there is none.
    """
    columns = {
        "scenario": pa.array([scenario], pa.string()),
        "replication": pa.array([replication], pa.int32()),
        "seed": pa.array([seed], pa.int64()),
        **{name: pa.array([value], pa.float64()) for name, value in outcomes.items()},
    }
    return _with_checksum({"runs": pa.Table.from_arrays(list(columns.values()), names=list(columns))})


def _with_checksum(tables: Tables) -> Tables:
    runs = tables["runs"].append_column("sha256", pa.array([checksum(tables)], pa.string()))
    return {**tables, "runs": runs}


def _runs(
    scenario: str,
    seed: int,
    metrics: Mapping[str, float],
    *,
    left_out: int,
    why: str,
    replication: int,
    more: Mapping[str, float | str],
) -> pa.Table:
    values = pa.array(np.array(list(metrics.values()), dtype=np.float64))
    columns = {
        "scenario": pa.array([scenario], pa.string()),
        "replication": pa.array([replication], pa.int32()),
        "seed": pa.array([seed], pa.int64()),
        **{name: values.slice(place, 1) for place, name in enumerate(metrics)},
        "technologies_left_out": pa.array([left_out], pa.int32()),
        **{name: pa.array([value], _TYPES.get(name, pa.float64())) for name, value in more.items()},
        "undefined": pa.array([why], pa.string()),
    }
    return pa.Table.from_arrays(list(columns.values()), names=list(columns))


def _front(record: Record, replication: int, rows: int) -> list[pa.Array]:
    constant = np.zeros(rows, dtype=np.int32)
    return [_named(constant, [record.scenario]), pa.array(constant + np.int32(replication))]


def _named(index: Array, names: Sequence[str]) -> pa.DictionaryArray:
    """Return the names at these positions."""
    return pa.DictionaryArray.from_arrays(pa.array(index, pa.int32()), _dictionary(tuple(names)))


@lru_cache(maxsize=64)
def _dictionary(names: tuple[str, ...]) -> pa.Array:
    """Return the names as an array; those of regions, industries and so on are the same in every replication."""
    return pa.array(names, pa.string())


def _curves(record: Record, replication: int) -> pa.Table:
    rows = sparse_rows(
        technologies_first(record.adopters),
        # Whatever made the record, the same compiled function takes it.
        np.ascontiguousarray(record.eligible, dtype=np.int64),
        record.release_month,
    )
    return pa.table(
        [
            *_front(record, replication, rows.shape[1]),
            pa.array(rows[MONTH]),
            _named(rows[REGION], record.regions),
            _named(rows[INDUSTRY], record.industries),
            _named(rows[TECHNOLOGY], record.technologies),
            pa.array(rows[ADOPTERS]),
            pa.array(rows[ELIGIBLE]),
        ],
        schema=_CURVES,
    )


def _memberships(record: Record, replication: int) -> pa.Table:
    h, r = np.nonzero((record.may_join > 0).any(axis=0))
    months = record.months + 1
    may_join = np.broadcast_to(record.may_join, record.members.shape)
    return pa.table(
        [
            *_front(record, replication, h.size * months),
            pa.array(np.tile(np.arange(months), h.size), pa.int32()),
            _named(np.repeat(h, months), record.platforms),
            _named(np.repeat(r, months), record.regions),
            pa.array(record.members[:, h, r].T.ravel(), pa.int32()),
            pa.array(may_join[:, h, r].T.ravel(), pa.int32()),
        ],
        schema=_MEMBERSHIPS,
    )


def _ledger(record: Record, replication: int) -> pa.Table:
    entries = record.ledger
    if entries.empty:
        return _LEDGER.empty_table()
    columns = [
        pa.array(entries[field.name].tolist(), pa.string()).dictionary_encode()
        if field.type == NAME
        else pa.array(entries[field.name].to_numpy(), field.type)
        for field in list(_LEDGER)[2:]
    ]
    return pa.table([*_front(record, replication, len(entries)), *columns], schema=_LEDGER)


def checksum(tables: Tables) -> str:
    """Return the SHA-256 of every value of the rows of one replication, independent of the file that holds them.

    It covers the tables that are kept, so that of a replication is another one with another ``--keep``.
    """
    digest = hashlib.sha256()
    for name in [name for name in TABLES if name in tables]:
        for field, values in zip(tables[name].schema, _arrays(tables[name]), strict=True):
            if field.name == "sha256":
                continue
            digest.update(f"\x1e{name}.{field.name}\x1f".encode())
            if pa.types.is_dictionary(field.type):
                names = _canonical(values)
                digest.update("\x1f".join(names.dictionary.to_pylist()).encode())
                digest.update(np.ascontiguousarray(names.indices.to_numpy()))
            elif pa.types.is_string(field.type):
                digest.update("\x1f".join(values.to_pylist()).encode())
            else:
                digest.update(np.ascontiguousarray(values.to_numpy(zero_copy_only=False)))
    return digest.hexdigest()


def are_sound(tables: Tables) -> bool:
    """Whether the rows of one replication have the right types and match the checksum in ``runs``."""
    return all(map(_has_its_schema, tables, tables.values())) and tables["runs"]["sha256"].to_pylist() == [
        checksum(tables)
    ]


def _has_its_schema(name: str, table: pa.Table) -> bool:
    schema = _SCHEMAS.get(name) or pa.schema(
        [(field, _TYPES.get(field, pa.float64())) for field in table.column_names]
    )
    return table.schema.equals(schema, check_metadata=True)


def _arrays(table: pa.Table) -> list[pa.Array]:
    """Return each column as one array."""
    batches = table.combine_chunks().to_batches() or [pa.RecordBatch.from_pylist([], table.schema)]
    return batches[0].columns


def canonical(table: pa.Table) -> pa.Table:
    """Return the same rows with the categories of each column in order of appearance, without unused ones."""
    arrays = [
        _canonical(values) if pa.types.is_dictionary(values.type) else values for values in _arrays(table)
    ]
    return pa.Table.from_arrays(arrays, schema=table.schema)


def _canonical(values: pa.DictionaryArray) -> pa.DictionaryArray:
    names = len(values.dictionary)
    codes, used = by_appearance(values.indices.to_numpy().astype(np.int32, copy=False), names)
    if np.array_equal(used, np.arange(names)):
        return values
    return pa.DictionaryArray.from_arrays(pa.array(codes), values.dictionary.take(pa.array(used)))


def of_replication(table: pa.Table, scenario: str, replication: int) -> pa.Table:
    """Return the rows of one replication."""
    return table.filter((pc.field("scenario") == scenario) & (pc.field("replication") == replication))


def to_parquet(table: pa.Table) -> bytes:
    """Return the Parquet file of a block as bytes, optimized for speed: merging rewrites it for size and statistics."""
    sink = pa.BufferOutputStream()
    names = [field.name for field in table.schema if field.type in (NAME, pa.string())]
    # Split into bytes, small counts are mostly zeros, which compress fast.
    counts = {field.name: "BYTE_STREAM_SPLIT" for field in table.schema if field.type == pa.int32()}
    with pq.ParquetWriter(
        sink,
        table.schema,
        compression="lz4",
        use_dictionary=names,
        column_encoding=counts,
        write_statistics=False,
        write_page_checksum=True,
    ) as writer:
        writer.write_table(canonical(table))
    return bytes(sink.getvalue())


def parquet_writer(sink: io.BufferedIOBase, schema: pa.Schema) -> pq.ParquetWriter:
    """Return a writer of a finished file: compressed, with a checksum for every page.

    Statistics help readers to skip rows only in the columns by which the rows are sorted, and cost a third of the time.
    """
    return pq.ParquetWriter(
        sink, schema, compression="zstd", write_statistics=_SORTED, write_page_checksum=True
    )


@dataclass(frozen=True, slots=True)
class Counts:
    """Dense numbers of adopters and eligible of one replication. Letters as in ``simulation.world``.

    Contains only technologies with eligible enterprises and a release before the horizon. E is 1 if the eligible stay
    the same, else T + 1; months before the release of a technology have those of its release.
    """

    scenario: str
    replication: int
    steps_per_year: int
    regions: tuple[str, ...]  # ids
    macroregions: tuple[str, ...]
    macroregion_of: Array  # int64 (R,)
    industries: tuple[str, ...]
    technologies: tuple[str, ...]
    directions: tuple[str, ...]  # per technology
    release_month: Array  # int64 (K,)
    eligible: Array  # int64 (E, R, S, K)
    adopters: Array  # int32 (T + 1, R, S, K)

    @property
    def window(self) -> int:
        """The common window: months from the latest release to the horizon."""
        return len(self.adopters) - 1 - int(self.release_month.max())


@dataclass(frozen=True, slots=True)
class Axes:
    """The sorted names along the axes of a scenario's arrays, and its time axis."""

    months: int  # T
    steps_per_year: int
    regions: tuple[str, ...]  # ids
    macroregion_of: tuple[str, ...]  # name, per region
    industries: tuple[str, ...]
    direction_of: Mapping[str, str]  # of every technology that the scenario may release


def counts_of(curves: pa.Table, axes: Axes) -> Counts:
    """Return the dense counts of one replication from its sparse rows."""
    if not curves.num_rows:
        raise ResultsError(
            "this replication has no curves: no technology with eligible enterprises was released"
        )
    released = set(_canonical(curves["technology"].combine_chunks()).dictionary.to_pylist())
    technologies = tuple(name for name in axes.direction_of if name in released)
    region = _places(curves["region"], axes.regions, "curves")
    industry = _places(curves["industry"], axes.industries, "curves")
    technology = _places(curves["technology"], technologies, "curves")
    month, adopters, eligible = (
        curves[name].to_numpy().astype(np.int32, copy=False) for name in ("month", "adopters", "eligible")
    )
    if month.min() < 0 or month.max() > axes.months:
        raise ResultsError(
            f"curves.parquet has months {month.min()} to {month.max()}, manifest.json 0 to {axes.months}"
        )
    release, there, adopted = dense_counts(
        (month, region, industry, technology, adopters, eligible),
        axes.months + 1,
        len(axes.regions),
        len(axes.industries),
        len(technologies),
    )
    macroregions = tuple(sorted(set(axes.macroregion_of)))
    return Counts(
        scenario=curves["scenario"][0].as_py(),
        replication=curves["replication"][0].as_py(),
        steps_per_year=axes.steps_per_year,
        regions=axes.regions,
        macroregions=macroregions,
        macroregion_of=np.array([macroregions.index(name) for name in axes.macroregion_of]),
        industries=axes.industries,
        technologies=technologies,
        directions=tuple(axes.direction_of[name] for name in technologies),
        release_month=release,
        eligible=there,
        adopters=np.moveaxis(adopted, 0, 3),
    )


@dataclass(frozen=True, slots=True)
class Members:
    """Members of platforms, and enterprises that may join them, in some replications of a scenario."""

    replications: Array  # int32 (replications,), their numbers, increasing
    platforms: tuple[str, ...]  # sorted
    members: Array  # int32 (replications, T + 1, H, R), by month
    may_join: Array  # int32, same shape


def members_of(
    memberships: Iterable[pa.Table], axes: Axes, platforms: Sequence[str], replications: Sequence[int]
) -> Members:
    """Return the dense members of these replications of one scenario, 0 where there are no rows.

    Parameters
    ----------
    memberships : the rows, in pieces.
    platforms : names, sorted.
    replications : their numbers.
    """
    numbers = np.array(sorted(replications), dtype=np.int32)
    shape = (numbers.size, axes.months + 1, len(platforms), len(axes.regions))
    members, may_join = np.zeros(shape, dtype=np.int32), np.zeros(shape, dtype=np.int32)
    for rows in memberships:
        month = rows["month"].to_numpy()
        if month.min(initial=0) < 0 or month.max(initial=0) > axes.months:
            raise ResultsError(
                f"memberships.parquet has months {month.min()} to {month.max()}, manifest.json 0 to {axes.months}"
            )
        place = (
            np.searchsorted(numbers, rows["replication"].to_numpy()),
            month,
            _places(rows["platform"], platforms, "memberships"),
            _places(rows["region"], axes.regions, "memberships"),
        )
        members[place], may_join[place] = rows["members"].to_numpy(), rows["may_join"].to_numpy()
    return Members(numbers, tuple(platforms), members, may_join)


def _places(column: pa.ChunkedArray, names: Sequence[str], table: str) -> Array:
    """Return the position of each value of a column of a table among the names."""
    values = column.combine_chunks()
    place_of = {name: place for place, name in enumerate(names)}
    place = np.array([place_of.get(name, -1) for name in values.dictionary.to_pylist()], dtype=np.int32)
    found = place[values.indices.to_numpy()]
    if found.min(initial=0) < 0:
        unknown = values[int(found.argmin())].as_py()
        raise ResultsError(f"{table}.parquet has rows of {unknown!r}, which manifest.json does not list")
    return found
