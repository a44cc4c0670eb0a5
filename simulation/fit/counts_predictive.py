"""Runs of the engine beside counts: from as many initial adopters as were counted, and counts as the record of a run.

Counts of a sample are scaled up to all enterprises that it stands for.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from simulation.engine.month import Engine
from simulation.fit.counts import Counts
from simulation.record import Record
from simulation.scenario.schema import Scenario
from simulation.world import Array


def simulated_counts(observed: Counts, spec: Scenario, *, seed: int) -> Record:
    """Return the record of one run to the last period.

    Initial adopters are as many of each group as were counted, drawn among all of it.
    """
    engine = Engine(spec.model_copy(update={"seeds": ()}), seed)
    group_of = _group_of_pairs(observed)
    order = np.random.default_rng([seed, 10]).random(group_of.size)
    for release in np.unique(observed.released).tolist():
        engine.run_for(release - engine.state.month)
        new = np.zeros(group_of.size, dtype=bool)
        for g in np.flatnonzero(observed.released == release):
            pairs = np.flatnonzero(group_of == g)
            number = round(observed.stock[g, release] / observed.eligible[g] * pairs.size)
            new[pairs[np.argsort(order[pairs])[:number]]] = True
        if new.any():
            engine.give(new)
    engine.run_for(observed.periods - engine.state.month)
    return engine.record()


def by_period(record: Record, steps: int) -> Record:
    """Return the record of a run by period, of so many steps each, as data have it.

    Where a year is no whole number of periods it stays as it is.
    """
    if steps == 1 or record.steps_per_year % steps:
        return record

    def thinned(of: Array) -> Array:
        return of[::steps] if len(of) > 1 else of

    return replace(
        record,
        steps_per_year=record.steps_per_year // steps,
        release_month=record.release_month // steps,
        eligible=thinned(record.eligible),
        adopters=thinned(record.adopters),
        may_join=thinned(record.may_join),
        members=thinned(record.members),
        members_anywhere=thinned(record.members_anywhere),
        enterprises=thinned(record.enterprises),
        mastered=thinned(record.mastered),
    )


def _group_of_pairs(observed: Counts) -> Array:
    """Return the group of every pair, int64 (P,); -1 where none was counted."""
    world = observed.world
    of, pairs = world.enterprises, world.pairs
    n_regions, n_industries, n_technologies, _, _ = world.shape
    group = np.full((n_technologies, n_industries, n_regions), -1, dtype=np.int64)
    group[observed.technology, observed.industry, observed.region] = observed.group
    technology = np.repeat(np.arange(n_technologies), np.diff(pairs.start))
    i = pairs.enterprise
    return group[technology, of.industry_of[i], of.region_of[i]]


def record_of_counts(observed: Counts, like: Record) -> Record:
    """Return the record of a run in which what was counted has happened, but for the channels.

    Adopters that were counted without their industry are spread over the industries of their group by size. If a period
    has several steps, what came in it came at its end.

    Parameters
    ----------
    like : the record of any run of the same scenario to the last period.
    """
    n = observed.world.enterprises.counts[observed.region, observed.industry]
    share = observed.stock / observed.eligible[:, None]
    of_cells = share[observed.group] * n[:, None]  # (C, T + 1)
    # Whole numbers that sum to the rounded number of the group: rounded sums, of which differences are taken.
    order = np.argsort(observed.group, kind="stable")
    first = np.searchsorted(observed.group[order], np.arange(observed.eligible.size))
    whole = np.empty(of_cells.shape, dtype=np.int32)
    for begin, end in zip(first, [*first[1:], order.size], strict=True):
        total = np.rint(np.cumsum(of_cells[order[begin:end]], axis=0))
        whole[order[begin:end]] = np.diff(total, axis=0, prepend=0.0)
    adopters = np.zeros_like(like.adopters)
    period = np.arange(len(adopters)) * observed.periods // (len(adopters) - 1)
    adopters[:, observed.region, observed.industry, observed.technology] = whole[:, period].T
    return replace(like, adopters=adopters, attribution=np.zeros_like(like.attribution))


def by_region(observed: Counts, of_groups: Array) -> Array:
    """Return sums by region, int64 (..., R), of numbers by group, (..., G)."""
    region = np.empty(observed.eligible.size, dtype=np.int64)
    region[observed.group] = observed.region
    one_hot = region[:, None] == np.arange(len(observed.world.regions.ids))
    found: Array = of_groups @ one_hot.astype(np.int64)
    return found


def counted_of(observed: Counts, adopted: Array, *, draw: np.random.Generator) -> Array:
    """Return how many of those that were counted are among enterprises that adopt in runs, int64 (M, R).

    Parameters
    ----------
    adopted : int64, shape (M, R)
        Of all that had not adopted at the start; a sample of these was counted.
    """
    n = observed.world.enterprises.counts[observed.region, observed.industry]
    everyone = np.bincount(observed.region, weights=n, minlength=adopted.shape[1]).astype(np.int64)
    given = by_region(observed, observed.stock[:, 0])
    counted = by_region(observed, observed.eligible)
    had = np.rint(given / counted * everyone).astype(np.int64)
    left = np.maximum(everyone - had - adopted, 0)
    found: Array = draw.hypergeometric(adopted, left, np.minimum(counted - given, adopted + left))
    return found
