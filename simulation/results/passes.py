"""Compiled passes over the counts and codes of a replication, for its rows."""

from __future__ import annotations

import numpy as np

from simulation.compiled import compiled, inlined
from simulation.world import Array

MONTH, REGION, INDUSTRY, TECHNOLOGY, ADOPTERS, ELIGIBLE = range(6)
"""Columns of :func:`sparse_rows`."""


@compiled
def sparse_rows(adopters: Array, eligible: Array, release_month: Array) -> Array:
    """Return the rows of ``curves``: for each cell the month of release, and the later ones in which a count changed.

    Parameters
    ----------
    adopters : int32, shape (K, T + 1, R, S)
    eligible : int64, shape (E, R, S, K), where E is 1 or T + 1
    release_month : int64, shape (K,)
        A month without change has a row if it is that of the release and the cell ever has eligible enterprises.
        Changes of the eligible before it have none.

    Returns
    -------
    int32, shape (6, rows)
        Month, place of region, industry and technology, adopters and eligible, sorted by region, industry, technology
        and month.
    """
    technologies, months, regions, industries = adopters.shape
    changing = len(eligible) > 1
    # Sized for the largest possible number of rows; the system provides memory only for those that are written.
    found = np.empty((6, adopters.size), dtype=np.int32)
    n = 0
    for r in range(regions):
        for s in range(industries):
            for k in range(technologies):
                release = release_month[k]
                ever = False
                for e in range(len(eligible)):
                    ever = ever or eligible[e, r, s, k] > 0
                before = adopters[k, 0, r, s]
                for month in range(months):
                    count = adopters[k, month, r, s]
                    kept = count != before or (ever and month == release)
                    if changing and month > max(release, 0):
                        kept = kept or eligible[month, r, s, k] != eligible[month - 1, r, s, k]
                    before = count
                    if kept:
                        found[0, n] = month
                        found[1, n] = r
                        found[2, n] = s
                        found[3, n] = k
                        found[4, n] = count
                        found[5, n] = eligible[month if changing else 0, r, s, k]
                        n += 1
    return found[:, :n]


def by_appearance(codes: Array, names: int) -> tuple[Array, Array]:
    """Number the names that codes refer to in order of their first appearance, without unused ones.

    Not compiled, because merging needs it in a process that does not simulate: compiled code takes 65 MB there.

    Parameters
    ----------
    codes : int32, shape (rows,)
    names : number of names

    Returns
    -------
    codes : int32, shape (rows,)
        The new numbers.
    used : int32, shape (names that appear,)
        The old number of each new one.

    Raises
    ------
    IndexError
        If a code is not that of a name, which is possible in a damaged file.
    """
    if len(codes) and not 0 <= codes.min() <= codes.max() < names:
        raise IndexError("a code without a name")
    # Rows are sorted, so most codes equal the one before: only the first of each run can be a first appearance.
    begins = np.ones(len(codes), dtype=bool)
    np.not_equal(codes[1:], codes[:-1], out=begins[1:])
    heads = codes[begins]
    first = np.full(names, len(heads))
    first[heads[::-1]] = np.arange(len(heads))[::-1]  # of several values for one place the last counts
    appear = np.flatnonzero(first < len(heads))
    used = appear[np.argsort(first[appear])].astype(np.int32)
    if np.array_equal(used, np.arange(used.size)):
        return codes, used
    place = np.empty(names, dtype=np.int32)
    place[used] = np.arange(used.size)
    return place[codes], used


@inlined
def _cumulate(changes: Array) -> None:
    """Sum over time, the first axis, in place."""
    for m in range(1, changes.shape[0]):
        for cell in range(changes.shape[1]):
            changes[m, cell] += changes[m - 1, cell]


@compiled
def dense_counts(
    rows: tuple[Array, Array, Array, Array, Array, Array],
    months: int,
    regions: int,
    industries: int,
    technologies: int,
) -> tuple[Array, Array, Array]:
    """Return the counts of every month from the rows of :func:`sparse_rows`.

    Parameters
    ----------
    rows : int32, each of shape (rows,)
        Month, below ``months``, and places of region, industry and technology, adopters and eligible. The rows of a
        cell are in order of time.

    Returns
    -------
    release_month : int64, shape (K,)
        The first month of a technology.
    eligible : int64, shape (E, R, S, K)
        E is 1 if no row after a release changes the eligible. Months before a release have those of the release.
    adopters : int32, shape (K, months, R, S)
        In the order in which compiled code reads them; see :func:`simulation.record.technologies_first`.
    """
    month, region, industry, technology, adopted, there = rows
    release_month = np.full(technologies, months - 1, dtype=np.int64)
    for row in range(len(month)):
        release_month[technology[row]] = min(release_month[technology[row]], month[row])
    # First the change since the row before, which is of the same cell unless the row is that of the release.
    changing = False
    for row in range(1, len(month)):
        if month[row] != release_month[technology[row]] and there[row] != there[row - 1]:
            changing = True
    adopters = np.zeros((technologies, months, regions, industries), dtype=np.int32)
    eligible = np.zeros((months if changing else 1, regions, industries, technologies), dtype=np.int64)
    for row in range(len(month)):
        m, r, s, k = month[row], region[row], industry[row], technology[row]
        first = m == release_month[k]
        before = max(row - 1, 0)
        adopters[k, m, r, s] = adopted[row] - (0 if first else adopted[before])
        entered = there[row] - (0 if first else there[before])
        if first:
            eligible[0, r, s, k] = entered
        elif entered != 0:
            eligible[m, r, s, k] = entered
    for k in range(technologies):
        _cumulate(adopters[k].reshape(months, -1))
    _cumulate(eligible.reshape(len(eligible), -1))
    return release_month, eligible, adopters
