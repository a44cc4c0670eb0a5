"""Observed adoption without names: how many of a group had adopted by the end of each period.

The folder is that of a dataset, with ``adoption.csv`` instead of ``agents.csv``: a row for every region, industry and
technology and every period, with those that had adopted by its end, and those that were counted. Without the column
``industry`` the counts are of all industries of a region that can use the technology.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from simulation.data.reader import dataset_folder
from simulation.data.tables import Row, raise_problems, read_table
from simulation.engine.build.world import build_world
from simulation.errors import HyperclusterError, Problem
from simulation.fit.dates import MOST_MISSING
from simulation.fit.observed import refuse_drawn_technologies, refuse_what_is_not_observed
from simulation.scenario.schema import Scenario
from simulation.world import Array, World

ADOPTION = "adoption.csv"

COLUMNS = ("region_id", "technology", "period", "adopters", "eligible")

INDUSTRY = "industry"
"""The column that may be left out."""

TIES_DRAWN = 8
"""Worlds over which partners are averaged where they are drawn."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of each of G groups had adopted; a group is of one region and technology, and one industry or all.

    A cell is a region, industry and technology with enterprises that can use it; C cells, each in one group.
    """

    spec: Scenario
    world: World  # nothing that is drawn is read but its partners
    worlds: tuple[World, ...]  # over whose partners is averaged
    technology: Array  # int64 (C,)
    region: Array  # int64 (C,)
    industry: Array  # int64 (C,)
    group: Array  # int64 (C,)
    stock: Array  # int64 (G, T + 1), adopters by the end of each period; of period 0 at the start
    eligible: Array  # int64 (G,), those that were counted
    periods: int  # T

    def until(self, period: int) -> Counts:
        """Return what was observed by the end of an earlier period."""
        assert 0 < period <= self.periods
        return replace(self, stock=self.stock[:, : period + 1], periods=period)

    @property
    def released(self) -> Array:
        """int64 (G,), periods before the technology of each group appeared."""
        found = np.empty(self.eligible.size, dtype=np.int64)
        found[self.group] = self.world.technologies.release_month[self.technology]
        return found

    @property
    def given(self) -> int:
        """Those that had a technology when it appeared."""
        return int(self.stock[np.arange(self.eligible.size), self.released].sum())

    @property
    def adopted(self) -> int:
        """Those that adopted by the last period."""
        return int(self.stock[:, -1].sum()) - self.given

    @property
    def at_risk(self) -> int:
        """Those that had not adopted when a technology appeared."""
        return int(self.eligible.sum()) - self.given


def observe_counts(spec: Scenario, *, steps: int = 1, simulated: bool = False) -> Counts:
    """Return what was counted in the world of a scenario.

    Parameters
    ----------
    steps : steps of the scenario in a period of the data.
    simulated : whether all that the scenario has is simulated, so that nothing needs to be observed but adoption.

    Raises
    ------
    ScenarioError
        If the scenario has what no file says anything about, or draws its technologies.
    DataError
        If ``adoption.csv`` cannot be used; with every fault.
    HyperclusterError
        If the horizon is no whole number of periods.
    """
    if simulated:
        refuse_drawn_technologies(spec)
    else:
        refuse_what_is_not_observed(spec)
    world = build_world(spec, 0)
    periods, rest = divmod(world.months, steps)
    if rest:
        raise HyperclusterError(
            f"steps_per_period = {steps}: the horizon of {world.months} steps is no whole number of periods"
        )
    drawn = not simulated and spec.dataset.partners is None and spec.diffusion.network > 0
    more = TIES_DRAWN - 1 if drawn else 0
    worlds = (world, *(build_world(spec, seed) for seed in range(1, more + 1)))
    relevance = world.technologies.relevance
    able = (world.enterprises.counts.T[:, :, None] > 0) & (relevance > 0)[:, None, :]  # (S, R, K)
    industry, region, technology = np.nonzero(able)
    problems: list[Problem] = []
    read = _read(dataset_folder(spec.world.dataset) / ADOPTION, world, periods, problems)
    raise_problems(problems)
    by_industry, rows = read
    keys = list(
        zip(
            region.tolist(),
            industry.tolist() if by_industry else [-1] * region.size,
            technology.tolist(),
            strict=True,
        )
    )
    number = {key: n for n, key in enumerate(dict.fromkeys(keys))}
    group = np.array([number[key] for key in keys], dtype=np.int64)
    enterprises = np.bincount(group, weights=world.enterprises.counts[region, industry]).astype(np.int64)
    stock, eligible = _tabled(rows, number, enterprises, world, (periods, steps), problems)
    raise_problems(problems)
    return Counts(spec, world, worlds, technology, region, industry, group, stock, eligible, periods)


@dataclass(frozen=True, slots=True)
class _Counted:
    """One row: of whom, when and how many."""

    row: Row
    key: tuple[int, int, int]  # region, industry or -1, technology
    period: int
    adopters: int
    eligible: int


def _read(path: Path, world: World, periods: int, problems: list[Problem]) -> tuple[bool, list[_Counted]]:
    """Return whether counts are by industry, and the rows whose cells can be read."""
    table = read_table(path, columns=COLUMNS, problems=problems)
    by_industry = INDUSTRY in table.columns
    rows: list[_Counted] = []
    if problems:
        return by_industry, rows
    ids, industries, names = world.regions.ids, world.enterprises.industries, world.technologies.names
    for row in table:
        region = row.choice("region_id", ids, what="region")
        industry = row.choice(INDUSTRY, industries, what="industry") if by_industry else None
        technology = row.choice("technology", names, what="technology that appears before the horizon")
        period, adopters, eligible = (row.count(name) for name in ("period", "adopters", "eligible"))
        if region is None or (by_industry and industry is None) or technology is None:
            continue
        if period is None or adopters is None or eligible is None:
            continue
        if period > periods:
            row.problem("period", f"must be 0 to {periods}, the steps of the scenario")
        elif adopters > eligible:
            row.problem("adopters", f"more than the {eligible} that were counted in column eligible")
        else:
            place = -1 if industry is None else industries.index(industry)
            key = ids.index(region), place, names.index(technology)
            rows.append(_Counted(row, key, period, adopters, eligible))
    return by_industry, rows


def _tabled(
    rows: Iterable[_Counted],
    number: dict[tuple[int, int, int], int],
    enterprises: Array,
    world: World,
    horizon: tuple[int, int],
    problems: list[Problem],
) -> tuple[Array, Array]:
    """Return the stock, int64 (G, T + 1), and the number that was counted, int64 (G,), of every group."""
    before, (periods, steps) = len(problems), horizon
    release = np.array([world.technologies.release_month[key[2]] // steps for key in number], dtype=np.int64)
    stock = np.full((len(number), periods + 1), -1, dtype=np.int64)
    eligible = np.full(len(number), -1, dtype=np.int64)
    line_of: dict[tuple[int, int], Row] = {}
    for each in rows:
        g = number.get(each.key)
        if g is None:
            each.row.problem(
                "technology", "no enterprise there can use it: none exists, or it has no relevance"
            )
        elif stock[g, each.period] >= 0:
            first = line_of[g, each.period].line
            each.row.problem("period", f"occurs already in line {first}; must be unique")
        elif each.eligible == 0 or each.eligible > enterprises[g]:
            message = f"must be 1 to {enterprises[g]}, the enterprises of the dataset that can use it"
            each.row.problem("eligible", message)
        elif eligible[g] >= 0 and each.eligible != eligible[g]:
            message = (
                f"is {eligible[g]} in another line; the same enterprises must be counted in every period"
            )
            each.row.problem("eligible", message)
        elif each.period < release[g] and each.adopters > 0:
            each.row.problem("adopters", "must be 0: the technology appears later in the scenario")
        else:
            stock[g, each.period], eligible[g] = each.adopters, each.eligible
            line_of[g, each.period] = each.row
    if len(problems) > before:
        return stock, eligible
    # Periods up to that in which a technology appears may be left out: nobody had it.
    start = np.arange(periods + 1) <= release[:, None]
    stock[start & (stock < 0)] = 0
    if (stock < 0).any():
        found = np.argwhere(stock < 0)
        file = next(iter(line_of.values())).table.file if line_of else ADOPTION
        problems.append(Problem(file, None, "", _missing(found, list(number), world)))
        return stock, eligible
    for g, t in np.argwhere(np.diff(stock, axis=1) < 0):
        row = line_of.get((int(g), int(t) + 1))
        if row is not None:
            row.problem(
                "adopters",
                f"fewer than the {stock[g, t]} of period {t}; must be all that had adopted by the end of the period",
            )
    return stock, eligible


def _missing(found: Array, keys: list[tuple[int, int, int]], world: World) -> str:
    """Say which groups lack which periods."""
    names = []
    for g, t in found[:MOST_MISSING]:
        region, industry, technology = keys[g]
        what = [world.regions.ids[region]]
        what += [world.enterprises.industries[industry]] if industry >= 0 else []
        names.append(f"{', '.join([*what, world.technologies.names[technology]])}, period {t}")
    more = f" and {len(found) - MOST_MISSING:,} more" if len(found) > MOST_MISSING else ""
    return f"no row for {'; for '.join(names)}{more}; every period from the release on needs one"
