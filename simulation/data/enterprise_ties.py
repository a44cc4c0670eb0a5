"""Given partners of single enterprises, the table ``enterprise_ties.csv``, read as a business network."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from simulation.data.columns import Columns, read_columns
from simulation.data.dictionary import TABLES
from simulation.data.tables import Row
from simulation.errors import Problem
from simulation.world import Array

_NAME = "enterprise_ties"
_KEY = TABLES[_NAME].key
_ENDS = (_KEY[:3], _KEY[3:])


def read_enterprise_ties(
    folders: Sequence[Path],
    region_ids: Sequence[str],
    industries: Sequence[str],
    counts: Array,
    problems: list[Problem],
) -> tuple[Array, Array] | None:
    """Return the given business network (indptr, indices), or None if no layer gives any tie.

    The ties of all layers count. Enterprises are in the order of a world: by region, industry and number.

    Parameters
    ----------
    counts : int64, shape (R, S)
        Enterprises of the dataset.

    Returns
    -------
    indptr int64 (N + 1,), indices int32, in CSR form, mutual; read-only by agreement.
    """
    before = len(problems)
    layers = []
    for folder in folders:
        path = folder / f"{_NAME}.csv"
        if os.path.lexists(path):
            read = read_columns(path, columns=_KEY, problems=problems)
            layers.append(_pairs(read, region_ids, industries, counts))
    if len(problems) > before or not sum(pairs.size for pairs in layers):
        return None
    n = int(counts.sum())
    pairs = np.sort(np.concatenate(layers))
    pairs = pairs[np.diff(pairs, prepend=-1) > 0]
    one, other = np.divmod(pairs, n)
    both_ways = np.concatenate([pairs, other * n + one])
    both_ways.sort()
    indptr = np.searchsorted(both_ways, np.arange(n + 1) * n).astype(np.int64)
    indices = (both_ways % n).astype(np.int32)
    return indptr, indices


def _pairs(read: Columns, region_ids: Sequence[str], industries: Sequence[str], counts: Array) -> Array:
    """Return the ties of one table as ``first * N + second`` with first < second, int64 (rows,)."""
    one, other = (enterprises_of(read, end, region_ids, industries, counts) for end in _ENDS)
    known = (one >= 0) & (other >= 0)
    read.report(
        np.flatnonzero(known & (one == other)),
        _KEY[-1],
        lambda row: row.problem(_KEY[-1], "must be another enterprise: none is its own partner"),
    )
    pairs = np.minimum(one, other) * int(counts.sum()) + np.maximum(one, other)
    order = np.argsort(pairs, kind="stable")
    again = order[1:][np.diff(pairs[order]) == 0]
    read.report(
        np.sort(again[known[again]]),
        _KEY[-1],
        lambda row: row.problem(_KEY[-1], "these two are partners already, in a line above; must be unique"),
    )
    return pairs


def enterprises_of(
    read: Columns, end: tuple[str, ...], region_ids: Sequence[str], industries: Sequence[str], counts: Array
) -> Array:
    """Return the enterprises at one end of the ties, int64 (rows,); -1 where the row names none."""
    region_column, industry_column, number_column = end

    def region(row: Row, column: str) -> int | None:
        name = row.choice(column, region_ids, what="region")
        return None if name is None else region_ids.index(name)

    def industry(row: Row, column: str) -> int | None:
        name = row.choice(column, industries, what="industry of enterprises.csv")
        return None if name is None else industries.index(name)

    r = read.values(region_column, region)
    s = read.values(industry_column, industry)
    number = read.values(number_column, Row.count)
    known = (r >= 0) & (s >= 0) & (number >= 0)
    size = np.where(known, counts[r, s], 0)
    beyond = known & (number >= size)

    def too_high(row: Row) -> None:
        there = counts[region_ids.index(row[region_column]), industries.index(row[industry_column])]
        accepted = f"must be 0 to {there - 1}" if there else "no enterprise has it"
        row.problem(
            number_column,
            f"{accepted}: {row[region_column]} has {there} enterprises of {row[industry_column]}",
        )

    read.report(np.flatnonzero(beyond), number_column, too_high)
    first = (np.cumsum(counts.ravel()) - counts.ravel()).reshape(counts.shape)
    return np.where(known & ~beyond, first[r, s] + number, -1)
