"""Dates of mastery and of membership: what institutions knew, and who was on which platform, in each period.

Both tables lie in the folder of a dataset beside ``agents.csv``, and either may be absent. ``mastery.csv`` has a row
for every institution and every technology: the period in which it mastered it, from 0, or an empty cell if it had not
at the horizon. ``membership.csv`` has a row for every stay of an enterprise on a platform: the period in which it
joined, 0 for a member from the start, and the one in which it left, or an empty cell if it was still there at the
horizon or when the platform closed. As an adoption, what happens in a period is seen from the next one on.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from simulation.data.columns import Columns, read_columns
from simulation.data.enterprise_ties import enterprises_of
from simulation.data.tables import Row, read_table
from simulation.errors import Problem
from simulation.world import Array, World

MASTERY, MEMBERSHIP = "mastery.csv", "membership.csv"

MASTERY_COLUMNS = ("region_id", "name", "technology", "period")

MEMBERSHIP_COLUMNS = ("region_id", "industry", "number", "platform", "joined", "left")

MOST_MISSING = 5
"""Pairs without a row that a message names."""


def read_mastery(path: Path, world: World, problems: list[Problem]) -> Array:
    """Return the period in which each institution mastered each technology, int64 (J, K), T + 1 if in none."""
    before = len(problems)
    never, release = world.months + 1, world.technologies.release_month
    ids, names = world.regions.ids, world.technologies.names
    place = {
        (ids[region], name): j
        for j, (region, name) in enumerate(
            zip(world.institutions.region_of.tolist(), world.institutions.names, strict=True)
        )
    }
    found = np.full((len(place), len(names)), -1, dtype=np.int64)
    line_of: dict[tuple[int, int], int] = {}
    table = read_table(path, columns=MASTERY_COLUMNS, problems=problems, may_be_empty=True)
    if len(problems) > before:
        return found
    for row in table:
        region = row.choice("region_id", ids, what="region")
        technology = row.choice("technology", names, what="technology that appears before the horizon")
        here = [name for of, name in place if of == region]
        name = (
            None if region is None else row.choice("name", here, what=f"name of an institution of {region}")
        )
        period = _period(row, "period", world.months, otherwise=never)
        if region is None or technology is None or name is None or period is None:
            continue
        j, k = place[region, name], names.index(technology)
        if (j, k) in line_of:
            row.problem("technology", f"occurs already in line {line_of[j, k]}; must be unique")
        elif period < release[k]:
            row.problem("period", f"must be {release[k]} or more: the technology appears then")
        else:
            found[j, k] = period
        line_of.setdefault((j, k), row.line)
    if len(problems) == before and (found < 0).any():
        of = list(place)
        pairs = [f"{', '.join(of[j])}, {names[k]}" for j, k in np.argwhere(found < 0)]
        more = f" and {len(pairs) - MOST_MISSING:,} more" if len(pairs) > MOST_MISSING else ""
        message = (
            f"no row for {'; for '.join(pairs[:MOST_MISSING])}{more}; every institution needs one for each technology, "
            "with an empty period if it had not mastered it"
        )
        problems.append(Problem(str(path), None, "", message))
    return found


def read_membership(path: Path, world: World, problems: list[Problem]) -> Array:
    """Return the platforms of every enterprise at the start of each period and at the horizon.

    Returns
    -------
    uint64, shape (T + 1, N)
        Bit h for platform h; row t holds the state after t periods.
    """
    of, platforms, periods = world.enterprises, world.platforms, world.months
    members = np.zeros((periods + 1, of.region_of.size), dtype=np.uint64)
    before = len(problems)
    read = read_columns(path, columns=MEMBERSHIP_COLUMNS, problems=problems)
    if len(problems) > before:
        return members
    who = enterprises_of(read, MEMBERSHIP_COLUMNS[:3], world.regions.ids, of.industries, of.counts)

    def platform(row: Row, column: str) -> int | None:
        name = row.choice(column, platforms.names, what="platform of the scenario")
        return None if name is None else platforms.names.index(name)

    h = read.values("platform", platform)
    joined = read.values("joined", lambda row, column: _period(row, column, periods))
    left = read.values("left", lambda row, column: _period(row, column, periods, otherwise=periods + 1))
    known = (who >= 0) & (h >= 0) & (joined >= 0) & (left >= 0)
    if known.any():
        known = _possible(read, world, who, h, joined, left, known)
        last = np.where(platforms.to_month >= periods, periods + 1, platforms.to_month)
        until = np.minimum(left, last[h])
        known &= ~_overlapping(read, who, h, joined, until, known)
        for i, bit, first, end in zip(who[known], h[known], joined[known], until[known], strict=True):
            members[first:end, i] |= np.uint64(1) << np.uint64(bit)
    return members


def _period(row: Row, column: str, periods: int, *, otherwise: int | None = None) -> int | None:
    """Return a period from 0 to the last one, ``otherwise`` for an empty cell; None, with a problem, else."""
    if otherwise is not None and not row[column]:
        return otherwise
    found = row.count(column)
    if found is not None and found > periods:
        empty = "" if otherwise is None else ", or empty"
        row.problem(column, f"must be 0 to {periods}, the steps of the scenario{empty}")
        return None
    return found


def _possible(
    read: Columns, world: World, who: Array, h: Array, joined: Array, left: Array, known: Array
) -> Array:
    """Report stays that the platform does not allow, and return the others, bool (rows,)."""
    of, platforms = world.enterprises, world.platforms
    first, last = (
        platforms.from_month,
        np.where(platforms.to_month >= world.months, world.months + 1, platforms.to_month),
    )
    outside = known & ~platforms.may_join[h, of.region_of[who], of.industry_of[who]]
    closed = known & ((joined < first[h]) | (joined >= last[h]))
    before = known & (left <= joined)
    after = known & ~closed & (left > last[h]) & (left <= world.months)

    def opening(row: Row) -> None:
        at = platforms.names.index(row["platform"])
        row.problem("joined", f"must be {first[at]} to {last[at] - 1}, while the platform is open")

    read.report(
        np.flatnonzero(outside),
        "platform",
        lambda row: row.problem("platform", "does not take enterprises of this region and industry"),
    )
    read.report(np.flatnonzero(closed), "joined", opening)
    read.report(
        np.flatnonzero(before),
        "left",
        lambda row: row.problem("left", f"must be after {row['joined']}, the period in which it joined"),
    )
    read.report(
        np.flatnonzero(after),
        "left",
        lambda row: row.problem(
            "left",
            f"must be at most {last[platforms.names.index(row['platform'])]}, when the platform closes, or empty",
        ),
    )
    return known & ~outside & ~closed & ~before & ~after


def _overlapping(read: Columns, who: Array, h: Array, joined: Array, until: Array, known: Array) -> Array:
    """Report stays that begin before another one of the same enterprise there ends; return them, bool (rows,)."""
    order = np.lexsort((joined, h, who))
    order = order[known[order]]
    one, other = order[:-1], order[1:]
    again = other[(who[one] == who[other]) & (h[one] == h[other]) & (joined[other] < until[one])]
    read.report(
        np.sort(again),
        "joined",
        lambda row: row.problem("joined", "the enterprise is on the platform then, by another line"),
    )
    found = np.zeros(known.size, dtype=bool)
    found[again] = True
    return found
