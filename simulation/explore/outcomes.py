"""The outcomes of an ensemble: two scenarios at the same point with the same seed, and the shares of each outcome.

Differences are advantages of the scenario over its reference: years that adoption comes sooner, and synchronization,
1 - Phi, that is higher.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from simulation.explore.ensemble import AS_DESIGNED, design_values, parameters_of, recorded
from simulation.explore.parameters import Parameter
from simulation.explore.points import NOT_AFFORDABLE, SHOWN
from simulation.explore.shares import Share, share_of_pairs, share_of_worlds, shares_of_pairs
from simulation.explore.study import SPEED, SYNCHRONIZATION
from simulation.results.reader import Results, told_apart
from simulation.results.tables import ENDING, RAN
from simulation.world import Array

Measure = Literal["speed", "synchronization", "both"]
MEASURES: tuple[Measure, ...] = ("speed", "synchronization", "both")
METRIC = {"speed": SPEED, "synchronization": SYNCHRONIZATION}
AHEAD, ALIKE, BEHIND = "ahead", "alike", "behind"
MIXED = "mixed"
UNDEFINED = "undefined"

SEED = 20_240_601
"""Seed of all resampling, so that the same rows give the same intervals."""


@dataclass(frozen=True, slots=True)
class Ensemble:
    """The rows of an ensemble, read once; N points of which the baseline has ended."""

    reference: str
    scenarios: tuple[str, ...]  # compared with the reference
    titles: dict[str, str]
    parameters: tuple[Parameter, ...]
    design: pd.DataFrame  # by point: the value of each parameter
    runs: pd.DataFrame  # of the rivals: scenario, point, number, ending, metrics
    baseline: pd.DataFrame  # by point: ending, and the share of values in the range of each pattern
    checks: dict[str, float]  # share of values that must lie in the range of each pattern
    bounds: dict[str, tuple[float, float]]  # the ranges of the patterns
    margin: dict[str, float]  # by metric
    is_sample: bool  # points are independent worlds, of which shares can be counted
    filtered: bool  # rivals ran only where the baseline shows the patterns, beyond the first points
    unfiltered: int  # the number of those first points
    planned: int  # points that it was asked for
    finished: bool  # it has gone as far as it was asked to
    is_given: bool = False  # the points are the rows of a file, such as draws from the posterior of a fit

    @property
    def has_designed(self) -> bool:
        """Whether the scenarios also ran with costs and effects as designed."""
        return bool(self.runs["scenario"].str.endswith(AS_DESIGNED).any())


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of a scenario and its reference: n of them."""

    scenario: str
    designed: bool
    point: Array  # int64 (n,)
    weight: Array  # float64 (n,), one over the chance of the point to have been run
    ending: Array  # object (n,): RAN, or whose plan is not affordable
    advantage: dict[str, Array]  # by metric, float64 (n,); nan where not run or undefined

    def chosen(self, mask: Array) -> Pairs:
        """Return some of the pairs."""
        return replace(
            self,
            point=self.point[mask],
            weight=self.weight[mask],
            ending=self.ending[mask],
            advantage={name: values[mask] for name, values in self.advantage.items()},
        )


def read_ensemble(results: Results) -> Ensemble:
    """Read the rows of an ensemble, finished or not.

    Raises
    ------
    HyperclusterError
        If the folder holds no ensemble, or no point of it yet.
    """
    found = recorded(results.manifest)
    identity = found["identity"]
    each = identity["replications"]
    shown = [SHOWN + name for name in identity["patterns"]]
    runs = results.runs(["scenario", "replication", ENDING, SPEED, SYNCHRONIZATION, *shown])
    runs["scenario"] = runs["scenario"].astype(str)
    runs["point"] = runs["replication"] // each
    runs = runs[runs["point"] < found["points"]]  # an earlier call may have gone further
    of_baseline = runs["scenario"] == identity["baseline"]
    baseline = runs[of_baseline].drop_duplicates("point").set_index("point").sort_index()
    names, written = found["scenarios"], results.manifest["scenarios"]
    return Ensemble(
        reference=names[0],
        scenarios=tuple(names[1:]),
        titles=told_apart({entry["name"]: entry["title"] for entry in written if entry["name"] in names}),
        parameters=parameters_of(results.manifest),
        design=design_values(results, sorted(set(runs["point"]))),
        runs=runs[~of_baseline].drop(columns=shown),
        baseline=baseline.drop(columns=["scenario", "replication", SPEED, SYNCHRONIZATION]),
        checks={
            name: bounds[3] if len(bounds) == 4 else 1.0 for name, bounds in identity["patterns"].items()
        },
        bounds={name: _bounds(row) for name, row in identity["patterns"].items()},
        margin=dict(found["margin"]),
        is_sample=identity["design"] in ("sample", "rows"),
        is_given=identity["design"] == "rows",
        filtered=identity["design"] == "sample" and bool(identity["patterns"]),
        unfiltered=identity["points without a filter"],
        planned=found["points"],
        finished=results.manifest["status"] in ("finished", "failures"),
    )


def _bounds(row: Sequence[str | float]) -> tuple[float, float]:
    """Return the range of a recorded pattern, which begins with its function, or of a metric."""
    low, high, *_ = row[1:] if isinstance(row[0], str) else row
    return float(low), float(high)


def holding(ensemble: Ensemble, checks: Sequence[str]) -> Array:
    """Return at which points, in the order of the baseline's, all of these patterns are shown: bool (N,)."""
    met = np.ones(len(ensemble.baseline), dtype=bool)
    for name in checks:
        met &= (ensemble.baseline[SHOWN + name] >= ensemble.checks[name]).to_numpy()
    return met


def acceptance(ensemble: Ensemble) -> pd.DataFrame:
    """Return the share of points that show each pattern, none, all, and all but each: of the first points, at which
    all patterns are looked at; that of all patterns is of all points.
    """
    first = ensemble.baseline.index.to_numpy() < (ensemble.unfiltered if ensemble.filtered else np.inf)
    met = {name: holding(ensemble, checks) for name, checks in filters(ensemble)}
    few = shares_of_pairs(np.stack(list(met.values()), axis=1)[first], np.flatnonzero(first), rng=_rng())
    found = dict(zip(met, few, strict=True))
    for name, checks in filters(ensemble):
        if set(checks) == set(ensemble.checks):
            found[name] = share_of_pairs(met[name], np.arange(len(first)), rng=_rng())
    return pd.DataFrame([{"filter": name, **_row(share)} for name, share in found.items()])


def filters(ensemble: Ensemble) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the names of filters, each with the patterns that it asks for."""
    names = tuple(ensemble.checks)
    yield "no pattern", ()
    if not names:
        return
    yield "all patterns", names
    for name in names:
        yield f"{name} alone", (name,)
    if len(names) > 1:
        for name in names:
            yield f"all but {name}", tuple(other for other in names if other != name)


def pairs_of(ensemble: Ensemble, scenario: str, checks: Sequence[str], *, designed: bool = False) -> Pairs:
    """Return the pairs of a scenario and the reference at the points that show some patterns.

    Points beyond the first ran only if they show all patterns; the first ones that do not stand for the others of
    their kind, by their weight (Horvitz & Thompson 1952). Pairs with a run that failed are left out.
    """
    end = AS_DESIGNED if designed else ""
    columns = ["point", "replication", ENDING, SPEED, SYNCHRONIZATION]
    mine, other = (
        ensemble.runs.loc[ensemble.runs["scenario"] == name + end, columns]
        for name in (scenario, ensemble.reference)
    )
    both = mine.merge(other, on=["point", "replication"], suffixes=("", "_other")).sort_values("replication")
    points = ensemble.baseline.index.to_numpy()
    met = holding(ensemble, checks)
    every = holding(ensemble, tuple(ensemble.checks))
    first = points < ensemble.unfiltered
    weight = np.ones(len(points))
    if ensemble.filtered and first.any():
        weight = np.where(every, 1.0, np.where(first, len(points) / first.sum(), 0.0))
    table = pd.DataFrame({"point": points, "weight": np.where(met, weight, 0.0)})
    both = both.merge(table[table["weight"] > 0], on="point")
    ending = np.select(
        [both[ENDING] == NOT_AFFORDABLE, both[f"{ENDING}_other"] == NOT_AFFORDABLE],
        [NOT_AFFORDABLE, f"reference {NOT_AFFORDABLE}"],
        RAN,
    )
    return Pairs(
        scenario=scenario,
        designed=designed,
        point=both["point"].to_numpy(),
        weight=both["weight"].to_numpy(),
        ending=np.asarray(ending, dtype=object),
        # Both metrics are better when lower.
        advantage={
            name: (both[f"{name}_other"] - both[name]).to_numpy() for name in (SPEED, SYNCHRONIZATION)
        },
    )


def outcome_of(pairs: Pairs, measure: Measure, margin: dict[str, float]) -> Array:
    """Return the outcome of each pair, object (n,); of both measures the one that they share, else ``MIXED``."""
    if measure == "both":
        speed, synchronization = (outcome_of(pairs, each, margin) for each in ("speed", "synchronization"))
        same = np.where(speed == synchronization, speed, MIXED)
        undefined = (speed == UNDEFINED) | (synchronization == UNDEFINED)
        return np.where(undefined, UNDEFINED, same)
    metric = METRIC[measure]
    found = pairs.advantage[metric]
    outcome = np.select(
        [found > margin[metric], found < -margin[metric], np.isfinite(found)],
        [AHEAD, BEHIND, ALIKE],
        UNDEFINED,
    )
    return np.where(pairs.ending == RAN, outcome, pairs.ending)


def shares(ensemble: Ensemble) -> pd.DataFrame:
    """Return all shares, one a row.

    Columns: scenario, policies ("uncertain" or "as designed"), filter, measure, kind, outcome, share, low, high,
    points. Kind "pairs" counts pairs of a point and a seed; kind "worlds" counts points by their expected difference,
    among those at which both plans are affordable. Shares of "pairs" are also given with all technical failures counted
    for either side, as outcomes "ahead, failures for it" and "ahead, failures against it".
    """
    rows = []
    for scenario in ensemble.scenarios:
        for designed in (False, True) if ensemble.has_designed else (False,):
            policies = "as designed" if designed else "uncertain"
            for name, checks in filters(ensemble):
                pairs = pairs_of(ensemble, scenario, checks, designed=designed)
                lost = _lost(ensemble, pairs, checks, designed=designed)
                front = {"scenario": scenario, "policies": policies, "filter": name}
                rows += [front | row for row in _under_filter(pairs, ensemble.margin, lost)]
    return pd.DataFrame(rows)


def _lost(ensemble: Ensemble, pairs: Pairs, checks: Sequence[str], *, designed: bool) -> int:
    """Return the number of pairs that lack a run at points that have one: those that failed."""
    end = AS_DESIGNED if designed else ""
    names = [pairs.scenario + end, ensemble.reference + end]
    there = ensemble.runs[ensemble.runs["scenario"].isin(names)]
    points = set(ensemble.baseline.index[holding(ensemble, checks)])
    return int(there.loc[there["point"].isin(points), "replication"].nunique()) - pairs.point.size


def _under_filter(pairs: Pairs, margin: dict[str, float], lost: int) -> Iterator[dict[str, object]]:
    """Yield the rows of all measures, with intervals from one bootstrap."""
    found: dict[tuple[Measure, str], Array] = {}
    for measure in MEASURES:
        outcome = outcome_of(pairs, measure, margin)
        words = [AHEAD, ALIKE, BEHIND, *([MIXED] if measure == "both" else [])]
        words += [NOT_AFFORDABLE, f"reference {NOT_AFFORDABLE}", UNDEFINED]
        found |= {(measure, word): outcome == word for word in words}
    columns = np.stack([*found.values(), pairs.ending == RAN], axis=1)
    *of_pairs, affordable = shares_of_pairs(columns, pairs.point, weights=pairs.weight, rng=_rng())
    for measure in MEASURES:
        rows = {word: share for (of, word), share in zip(found, of_pairs, strict=True) if of == measure}
        rows |= _with_failures(rows[AHEAD], pairs, lost)
        front = {"measure": measure, "kind": "pairs"}
        yield from (front | {"outcome": word, **_row(share)} for word, share in rows.items())
        if measure == "both":
            continue
        worlds = {"both affordable": affordable} | _of_worlds(pairs, measure, margin)
        front = {"measure": measure, "kind": "worlds"}
        yield from (front | {"outcome": word, **_row(share)} for word, share in worlds.items())


def _with_failures(ahead: Share, pairs: Pairs, lost: int) -> dict[str, Share]:
    """Return the share ahead with all technical failures counted for either side."""
    n = pairs.point.size
    if not lost or not n:
        return {}
    return {
        f"{AHEAD}, {word}": Share((ahead.estimate * n + more) / (n + lost), np.nan, np.nan, ahead.n)
        for word, more in (("failures for it", lost), ("failures against it", 0))
    }


def _of_worlds(pairs: Pairs, measure: Measure, margin: dict[str, float]) -> dict[str, Share]:
    """Return the shares of worlds; none where each world has one seed, which says nothing about chance."""
    metric = METRIC[measure]
    known = pairs.chosen((pairs.ending == RAN) & np.isfinite(pairs.advantage[metric]))
    _, counts = np.unique(known.point, return_counts=True)
    if not counts.size or counts.max() == 1:
        return {}
    found = share_of_worlds(known.advantage[metric], known.point, margin=margin[metric], weights=known.weight)
    return {AHEAD: found.above, ALIKE: found.alike, BEHIND: found.below}


def _row(share: Share) -> dict[str, object]:
    return {"share": share.estimate, "low": share.low, "high": share.high, "points": share.n}


def _rng() -> np.random.Generator:
    return np.random.default_rng(SEED)
