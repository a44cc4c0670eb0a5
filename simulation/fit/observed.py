"""Observed adoption: who adopted what in which period, in the world of a scenario whose step is that period.

The folder is that of a dataset, with ``agents.csv`` beside its tables: a row for every enterprise and every technology
that it can use. A period counts from the start of the scenario: 0 stands for an enterprise that had the technology when
it appeared, t for one that adopted it in the t-th step, and an empty cell for one that had not adopted it at the
horizon. ``nominations.csv`` may say who looks at whom, in one direction, ``mastery.csv`` when institutions mastered a
technology, and ``membership.csv`` who was on which platform.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from simulation.data.columns import Columns, read_columns
from simulation.data.dictionary import TABLES
from simulation.data.enterprise_ties import enterprises_of
from simulation.data.reader import dataset_folder
from simulation.data.tables import Row, raise_problems
from simulation.engine.build.eligible_pairs import partners_by_pattern
from simulation.engine.build.world import build_world
from simulation.errors import Problem, ScenarioError
from simulation.files.toml import KeyPath, key_text
from simulation.fit.dates import MASTERY, MEMBERSHIP, MOST_MISSING, read_mastery, read_membership
from simulation.scenario.schema import Scenario
from simulation.world import Array, World

AGENTS, NOMINATIONS = "agents.csv", "nominations.csv"

AGENT_COLUMNS = ("region_id", "industry", "number", "technology", "period")

NOMINATION_COLUMNS = TABLES["enterprise_ties"].key

Ties = Literal["mutual", "directed"]


@dataclass(frozen=True, slots=True)
class Observed:
    """Who adopted what and when, by eligible pair of enterprise and technology; P pairs in the order of a world."""

    spec: Scenario
    world: World  # its ties say whom each enterprise looks at; nothing that is drawn is read
    period: Array  # int64 (P,), 0 to T, and T + 1 for those that had not adopted by the last period T
    periods: int  # T
    mastered: Array | None = None  # int64 (J, K), period of mastery, T + 1 if none; None where no file tells
    members: Array | None = None  # uint64 (T + 1, N), platforms after each period; None where no file tells

    def until(self, period: int) -> Observed:
        """Return what was observed by the end of an earlier period."""
        assert 0 < period <= self.periods
        return replace(
            self,
            period=np.minimum(self.period, period + 1),
            periods=period,
            mastered=None if self.mastered is None else np.minimum(self.mastered, period + 1),
            members=None if self.members is None else self.members[: period + 1],
        )

    @property
    def technology_of(self) -> Array:
        """int64 (P,)."""
        start = self.world.pairs.start
        return np.repeat(np.arange(start.size - 1), np.diff(start))

    @property
    def released(self) -> Array:
        """int64 (P,), periods before the technology of each pair appeared."""
        return self.world.technologies.release_month[self.technology_of]

    @property
    def at_risk(self) -> Array:
        """bool (P,), pairs that had not adopted when the technology appeared."""
        return self.period > self.released

    @property
    def adopted(self) -> Array:
        """bool (P,), pairs that were at risk and adopted by the horizon."""
        return self.at_risk & (self.period <= self.periods)


def observe(spec: Scenario, *, ties: Ties = "mutual") -> Observed:
    """Return what was observed in the world of a scenario.

    Parameters
    ----------
    ties : whether partners look at each other (``enterprise_ties.csv``), or each enterprise at those whom it named
        (``nominations.csv``).

    Raises
    ------
    ScenarioError
        If the scenario has what no file says anything about.
    DataError
        If a table cannot be used; with every fault.
    """
    folder = dataset_folder(spec.world.dataset)
    tables = {name: folder / name for name in (MASTERY, MEMBERSHIP) if (folder / name).is_file()}
    refuse_what_is_not_observed(spec, ties=ties, tables=tuple(tables))
    world = build_world(spec, 0)
    problems: list[Problem] = []
    mastered = read_mastery(tables[MASTERY], world, problems) if MASTERY in tables else None
    members = read_membership(tables[MEMBERSHIP], world, problems) if MEMBERSHIP in tables else None
    period = _periods(folder / AGENTS, world, problems)
    indptr, indices = world.enterprises.indptr, world.enterprises.indices
    if ties == "directed":
        indptr, indices = _nominations(folder / NOMINATIONS, world, problems)
    elif spec.dataset.partners is None:  # drawn partners were not observed
        indptr, indices = np.zeros_like(indptr), indices[:0]
    raise_problems(problems)
    return Observed(spec, _with_ties(world, indptr, indices), period, world.months, mastered, members)


def _with_ties(world: World, indptr: Array, indices: Array) -> World:
    """Return the world with other business ties."""
    enterprises = replace(world.enterprises, indptr=indptr, indices=indices)
    # As build_pairs numbers them.
    patterns = np.unique((world.technologies.relevance > 0).T, axis=0)
    partners = partners_by_pattern(indptr, indices, enterprises.industry_of, patterns)
    pairs = replace(world.pairs, partners=partners)
    return replace(world, enterprises=enterprises, pairs=pairs)


def refuse_drawn_technologies(spec: Scenario) -> None:
    """Refuse technologies that appear at random, in months that no file tells.

    Raises
    ------
    ScenarioError
    """
    if spec.technologies.release == "poisson":
        file, message = f'scenario "{spec.name}"', 'must be "at_start" or "schedule": known, not drawn'
        raise ScenarioError([Problem(file, None, "technologies.release", message)])


def refuse_what_is_not_observed(
    spec: Scenario, *, ties: Ties | None = None, tables: Sequence[str] = ()
) -> None:
    """Refuse channels and mechanisms whose state no file gives.

    Parameters
    ----------
    ties : as :func:`observe` takes it; None where partners count on average, so that they may be drawn.
    tables : those of ``MASTERY`` and ``MEMBERSHIP`` that there are.

    Raises
    ------
    ScenarioError
    """
    faults: list[tuple[KeyPath, str]] = []
    if spec.technologies.release == "poisson":
        faults.append((("technologies", "release"), 'must be "at_start" or "schedule": known, not drawn'))
    has_institutions = bool(spec.dataset.institutions or spec.institutions)
    if spec.diffusion.institutional > 0 and has_institutions and MASTERY not in tables:
        why = (
            "counts name no institution"
            if ties is None
            else f"no {MASTERY} says what institutions had mastered"
        )
        faults.append((("diffusion", "institutional"), f"must be 0: {why}"))
    if spec.platforms and MEMBERSHIP not in tables:
        why = "counts name no member" if ties is None else f"no {MEMBERSHIP} says who was a member"
        faults.append((("platforms",), f"must be empty: {why}"))
    if spec.platforms and spec.diffusion.contacts != "added":
        message = (
            'must be "added": contact that replaces other contact has no hazard that is linear in the rates'
        )
        faults.append((("diffusion", "contacts"), message))
    if spec.policies:
        faults.append((("policies",), "must be empty: what was observed is not told from what a policy did"))
    if spec.world.scale != 1:
        faults.append((("world", "scale"), "must be 1: who was observed is not scaled"))
    if ties == "mutual" and spec.dataset.partners is None and spec.diffusion.network > 0:
        message = "must be 0: without enterprise_ties.csv partners are drawn, and were not observed"
        faults.append((("diffusion", "network"), message))
    on = [mechanism.key for mechanism in spec.mechanisms_on]
    on += [name for name in ("commodities", "chains") if getattr(spec, name)]
    on += ["migration"] if spec.migration.rate != 0 else []
    on += ["mobility"] if spec.mobility.rate > 0 else []
    on += ["turnover"] if spec.turnover.entry > 0 or spec.turnover.exit > 0 else []
    faults += [((name,), "must be off: a fit knows no such mechanism") for name in dict.fromkeys(on)]
    if faults:
        file = f'scenario "{spec.name}"'
        raise ScenarioError(Problem(file, None, key_text(path), message) for path, message in faults)


def _periods(path: Path, world: World, problems: list[Problem]) -> Array:
    """Return the period of every pair, int64 (P,), from ``agents.csv``."""
    before = len(problems)
    read = read_columns(path, columns=AGENT_COLUMNS, problems=problems)
    if len(problems) > before:
        return np.zeros(world.pairs.enterprise.size, dtype=np.int64)
    who = _enterprise(read, AGENT_COLUMNS[:3], world)
    names, pairs, never = world.technologies.names, world.pairs, world.months + 1

    def technology(row: Row, column: str) -> int | None:
        name = row.choice(column, names, what="technology that appears before the horizon")
        return None if name is None else names.index(name)

    def period(row: Row, column: str) -> int | None:
        if not row[column]:
            return never
        found = row.count(column)
        if found is not None and found > world.months:
            row.problem(
                column, f"must be 0 to {world.months}, the steps of the scenario, or empty: not adopted"
            )
            return None
        return found

    k = read.values("technology", technology)
    when = read.values("period", period)
    known = (who >= 0) & (k >= 0) & (when >= 0)
    slot = np.where(known, pairs.slot[pairs.pattern_of[k], who], -1) if len(names) else np.full(who.size, -1)
    read.report(
        np.flatnonzero(known & (slot < 0)),
        "technology",
        lambda row: row.problem(
            "technology", f"has no relevance for {row['industry']}, which cannot adopt it"
        ),
    )
    known &= slot >= 0
    early = known & (when < world.technologies.release_month[k])
    read.report(
        np.flatnonzero(early),
        "period",
        lambda row: row.problem("period", "lies before the technology appears in the scenario"),
    )
    pair = pairs.start[k] + slot
    order = np.argsort(pair, kind="stable")
    again = order[1:][(np.diff(pair[order]) == 0) & known[order[1:]] & known[order[:-1]]]
    read.report(
        np.sort(again),
        "number",
        lambda row: row.problem("number", "has this technology in a line above; must be unique"),
    )
    found = np.full(pairs.enterprise.size, -1, dtype=np.int64)
    found[pair[known]] = when[known]
    if len(problems) == before and (found < 0).any():
        problems.append(Problem(str(path), None, "", _missing(np.flatnonzero(found < 0), world)))
    return found


def _missing(pairs: Array, world: World) -> str:
    """Say which pairs have no row."""
    of = world.enterprises
    names = []
    for p in pairs[:MOST_MISSING]:
        i = world.pairs.enterprise[p]
        k = int(np.searchsorted(world.pairs.start, p, side="right")) - 1
        where = f"{world.regions.ids[of.region_of[i]]}, {of.industries[of.industry_of[i]]}, {of.number_of[i]}"
        names.append(f"{where}, {world.technologies.names[k]}")
    more = f" and {pairs.size - MOST_MISSING:,} more" if pairs.size > MOST_MISSING else ""
    return f"no row for {'; for '.join(names)}{more}; every enterprise needs one for each technology that it can use"


def _nominations(path: Path, world: World, problems: list[Problem]) -> tuple[Array, Array]:
    """Return whom each enterprise named, in CSR form, from ``nominations.csv``."""
    n = world.enterprises.region_of.size
    before = len(problems)
    read = read_columns(path, columns=NOMINATION_COLUMNS, problems=problems)
    if len(problems) > before:
        return np.zeros(n + 1, dtype=np.int64), np.zeros(0, dtype=np.int32)
    who, named = (_enterprise(read, NOMINATION_COLUMNS[at : at + 3], world) for at in (0, 3))
    known = (who >= 0) & (named >= 0)
    read.report(
        np.flatnonzero(known & (who == named)),
        NOMINATION_COLUMNS[-1],
        lambda row: row.problem(NOMINATION_COLUMNS[-1], "must be another enterprise: none looks at itself"),
    )
    ties = np.unique((who * n + named)[known])
    indptr = np.searchsorted(ties, np.arange(n + 1) * n).astype(np.int64)
    return indptr, (ties % n).astype(np.int32)


def _enterprise(read: Columns, columns: tuple[str, ...], world: World) -> Array:
    of = world.enterprises
    return enterprises_of(read, columns, world.regions.ids, of.industries, of.counts)
