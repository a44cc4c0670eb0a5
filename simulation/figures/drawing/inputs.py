"""From the results of a study to the arrays that figures draw."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence, Set
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from simulation.analysis.failing_platforms import kept_of, readiness_of
from simulation.analysis.policy_names import policy_names
from simulation.arguments import seed_of
from simulation.data.outlines import Outlines, load_outlines
from simulation.data.reader import dataset_folder, load_dataset, shipped_datasets
from simulation.errors import HyperclusterError, ResultsError, listed, suggestion
from simulation.figures.drawing.region_order import order_of_entries
from simulation.figures.drawing.study import OPTIONAL, Metrics, Platforms, ScenarioCurves, StudyCurves
from simulation.metrics.curves import aligned_eligible, dot, ratio
from simulation.metrics.passes import sums_of
from simulation.record import technologies_first
from simulation.results.reader import Results
from simulation.results.tables import TABLES, Counts
from simulation.world import Array

LEDGER = ["policy", "instrument", "year", "planned", "spent"]

Source = StudyCurves | Results | str | Path
"""What a figure can be drawn from: results, their folder, or what :func:`study_curves` made of them."""


def study_curves(
    source: Source,
    *,
    scenarios: Sequence[str] | None = None,
    seed: int | None = None,
    parts: Set[str] = OPTIONAL,
) -> StudyCurves:
    """Read the data that figures draw, all curves up to the window common to every replication read.

    Scenarios without a finished replication are left out.

    Parameters
    ----------
    source
        Results, their folder, or curves that were read before, which are returned as they are.
    scenarios
        Names of those to read, all unless given.
    seed
        Read only the replications with this seed.
    parts
        Which of the parts that only some figures show to read too. What the study does not keep is left out.

    Raises
    ------
    ResultsError
        If nothing has finished, a scenario or seed is unknown, scenarios have different regions or time axes, or the
        study does not keep its curves.
    """
    if isinstance(source, StudyCurves):
        assert scenarios is None and seed is None, "what to read is said when it is read"
        return source
    results = source if isinstance(source, Results) else Results(source)
    results.require("curves")
    lacking = {table: reason for table in TABLES if (reason := results.lacking(table))}
    parts = parts - lacking.keys()
    if "ledger" in parts:
        results.require_instruments()
    runs = results.runs(["scenario", "replication", "seed", *results.metrics])
    finished = _chosen(results, runs, scenarios)
    if seed is not None:
        runs = _of_seed(results, runs, finished, seed=seed)
    entries = {entry["name"]: entry for entry in results.manifest["scenarios"]}
    _require_equal(entries, finished, "regions")
    _require_equal(entries, finished, "steps_per_year")
    regions = entries[finished[0]]["regions"]
    order, in_words = order_of_entries(regions)
    ids = tuple(regions[r]["id"] for r in order)

    rows = {name: runs[runs["scenario"] == name].sort_values("seed") for name in finished}
    curves: dict[str, list[_Curves]] = {name: [] for name in finished}
    wanted = {(name, int(number)) for name in finished for number in rows[name]["replication"]}
    enterprises = None  # those of the first replication of the first scenario
    for (name, number), replication in results.measured(wanted, lambda counts: _curves(counts, order)):
        if enterprises is None:
            enterprises = enterprises_of(results.counts(name, number))[order]
        curves[name].append(replication)
    assert enterprises is not None, "each of the finished replications has counts"
    outlines, outlines_fault = outlines_of(entries[finished[0]])
    steps = min(len(pooled) for replications in curves.values() for pooled, _, _, _ in replications)
    return StudyCurves(
        region_ids=ids,
        region_names=tuple(short_name_of(regions[r]) for r in order),
        macroregions=tuple(regions[r]["macroregion"] for r in order),
        longitude=np.array([regions[r]["longitude"] for r in order], dtype=float),
        latitude=np.array([regions[r]["latitude"] for r in order], dtype=float),
        enterprises=enterprises,
        outlines=outlines,
        outlines_fault=outlines_fault,
        steps_per_year=entries[finished[0]]["steps_per_year"],
        scenarios=tuple(
            _scenario(
                results, entries[name], rows[name], curves=curves.pop(name), steps=steps, ids=ids, parts=parts
            )
            for name in finished
        ),
        version=results.manifest["version"],
        lacking=lacking,
        order_in_words=in_words,
    )


def _chosen(results: Results, runs: pd.DataFrame, scenarios: Sequence[str] | None) -> list[str]:
    known = results.scenarios
    if unknown := [name for name in scenarios or () if name not in known]:
        raise ResultsError(
            f"{results.path}: no scenario {listed(unknown)}{suggestion(unknown[0], known)}; "
            f"there are {listed(known)}"
        )
    finished = [
        name
        for name in known
        if (scenarios is None or name in scenarios) and (runs["scenario"] == name).any()
    ]
    if not finished:
        raise ResultsError(f"{results.path}: no replication has finished, so there is nothing to draw")
    return finished


def _of_seed(results: Results, runs: pd.DataFrame, finished: Sequence[str], *, seed: int) -> pd.DataFrame:
    """Return the runs with this seed, which every scenario must have."""
    seed = seed_of(seed)
    runs = runs[runs["seed"] == seed]
    if missing := [name for name in finished if not (runs["scenario"] == name).any()]:
        raise ResultsError(f"{results.path}: no replication with seed {seed} of {listed(missing)} is here")
    return runs


def _require_equal(entries: dict[str, Any], names: Sequence[str], key: str) -> None:
    others = [name for name in names if entries[name][key] != entries[names[0]][key]]
    if others:
        raise ResultsError(
            f"{listed(others)}: not the same {key.replace('_', ' ')} as {names[0]}; "
            "scenarios of one figure share their axes"
        )


def _scenario(
    results: Results,
    entry: Mapping[str, Any],
    rows: pd.DataFrame,
    *,
    curves: Sequence[_Curves],
    steps: int,
    ids: Sequence[str],
    parts: Set[str],
) -> ScenarioCurves:
    pooled, regional, between, total = (
        np.array([part[..., :steps] for part in parts]) for parts in zip(*curves, strict=True)
    )
    return ScenarioCurves(
        name=entry["name"],
        title=results.titles[entry["name"]],
        digest=entry["digest"],
        seeds=tuple(int(seed) for seed in rows["seed"]),
        pooled=pooled,
        regional=regional,
        variance_between=between,
        variance_total=total,
        metrics=Metrics({name: rows[name].to_numpy(dtype=float) for name in results.metrics}),
        platforms=_platforms(results, entry, rows, ids=ids) if "memberships" in parts else None,
        ledger=_ledger(results, entry, rows) if "ledger" in parts else pd.DataFrame(columns=LEDGER),
    )


_Curves = tuple[Array, Array, Array, Array]


def _curves(counts: Counts, order: Sequence[int]) -> _Curves:
    """Curves of one replication up to its own window, in the pass in which the metrics have them.

    Returns
    -------
    pooled : float64, shape (W + 1,)
    regional : float64, shape (R, W + 1)
        Standardized, in this order; nan for a region that never has eligible enterprises, whose standardized curve
        would be that of the others.
    between, total : float64, shape (W + 1,)
        Variance between regions and in all; equation (9).
    """
    window = counts.window
    sums = sums_of(
        technologies_first(counts.adopters),
        counts.eligible,
        counts.release_month,
        window,
        counts.macroregion_of,
        len(counts.macroregions),
    )
    eligible = aligned_eligible(counts.eligible, counts.release_month, window=window)
    weights = ratio(eligible.sum(axis=(1, 2, 3)), eligible.sum())
    regional = dot(weights, sums.standardized.reshape(len(weights), -1)).reshape(window + 1, -1)
    regional[:, eligible.sum(axis=(0, 1, 3)) == 0] = np.nan
    between, total = sums.between_regions
    pooled = ratio(sums.by_region.sum(axis=(0, 2)), eligible.sum(axis=(0, 2, 3)))
    return pooled, regional[:, list(order)].T, between, total


def _platforms(
    results: Results, entry: Mapping[str, Any], rows: pd.DataFrame, *, ids: Sequence[str]
) -> Platforms | None:
    found = results.members(entry["name"])
    regions = [region["id"] for region in entry["regions"]]
    if not found.platforms:
        return None
    drawn = np.ix_(
        np.searchsorted(found.replications, rows["replication"]),  # by seed
        np.arange(entry["months"] + 1),
        np.arange(len(found.platforms)),
        [regions.index(name) for name in ids],
    )
    spec = tomllib.loads(entry["text"])
    return Platforms(
        names=found.platforms,
        may_join=found.may_join[drawn],
        members=found.members[drawn],
        base=spec["membership"]["base"],
        network_effect=spec["membership"]["network_effect"],
        readiness_effect=spec["membership"]["readiness_effect"],
        readiness=readiness_of(spec["world"], ids),
        kept=kept_of(spec),
    )


def enterprises_of(counts: Counts) -> Array:
    """Enterprises of each region that are eligible for at least one technology, at its release; int64 (R,).

    With entry and exit, the enterprises of an industry are counted at the release of its first technology.
    """
    by_release = counts.eligible[0][..., np.argsort(counts.release_month, kind="stable")]  # (R, S, K)
    first = (by_release > 0).argmax(axis=2)[..., None]
    return np.take_along_axis(by_release, first, axis=2).sum(axis=(1, 2))


def outlines_of(entry: Mapping[str, Any]) -> tuple[Outlines | None, str]:
    """Outlines of the regions, or None, and what is wrong with their file, or "".

    There are none if the dataset has none, was moved since, or has a file that cannot be used: a map can be
    drawn without them, and other figures do not need them.
    """
    try:
        return load_outlines(dataset_folder(tomllib.loads(entry["text"])["world"]["dataset"])), ""
    except HyperclusterError as error:
        return None, str(error)


def without_outlines(fault: str) -> str:
    """The sentence of a caption about a map whose outlines cannot be used."""
    return " Drawn without outlines: their file cannot be used." if fault else ""


def _ledger(results: Results, entry: Mapping[str, Any], rows: pd.DataFrame) -> pd.DataFrame:
    """Units planned and spent by policy and year, means over the replications; policies have the names of people."""
    table = results.ledger(["replication", *LEDGER], scenario=entry["name"])
    names = policy_names(tomllib.loads(entry["text"]))
    # Policies and instruments are categories until few rows are left: as texts they would take most of the memory.
    table = table.assign(policy=table["policy"].map(lambda label: names.get(label, label)))
    table = table[table["replication"].isin(rows["replication"])].drop(columns="replication")
    keys = ["policy", "instrument", "year"]
    totals = table.groupby(keys, as_index=False, observed=True).sum()
    totals = totals.astype({"policy": str, "instrument": str}).sort_values(keys, ignore_index=True)
    return totals.assign(planned=totals["planned"] / len(rows), spent=totals["spent"] / len(rows))


def short_name_of(region: Mapping[str, Any]) -> str:
    """Return the name of a region of a manifest for places with little room: the full one if the tables give no other.

    Manifests of older programs have no short names; those of the shipped tables are known.
    """
    name = str(region["name"])
    return str(region.get("short_name") or short_name(region["id"], name))


def short_name(region_id: str, name: str) -> str:
    """Return the short name that the shipped tables give to a region; its full name if they give none."""
    return _shipped_short_names().get((region_id, name), name)


@cache
def _shipped_short_names() -> dict[tuple[str, str], str]:
    """Short names of the shipped tables, by id and name of the region."""
    regions = (row for dataset in shipped_datasets() for row in load_dataset(dataset).regions)
    return {(row.id, row.name): row.short_name for row in regions}
