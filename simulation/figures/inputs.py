"""From the results of a study to the curves that figures draw."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from simulation.data import FOLDER, shipped_datasets
from simulation.errors import ResultsError, listed
from simulation.figures.study import ScenarioCurves, StudyCurves
from simulation.metrics.curves import aligned, ratio, standardized
from simulation.results import Results
from simulation.rows import Counts
from simulation.world import Array


def study_curves(results: Results) -> StudyCurves:
    """Read what figures draw, all curves up to the window common to every replication of the study.

    Scenarios without a finished replication are left out.

    Raises
    ------
    ResultsError
        Nothing has finished, or scenarios have different regions or clocks and share no axes.
    """
    runs = results.runs(["scenario", "replication", "seed", "t50_years", "synchronization"])
    finished = [name for name in results.scenarios if (runs["scenario"] == name).any()]
    if not finished:
        raise ResultsError(f"{results.path}: no replication has finished, so there is nothing to draw")
    entries = {entry["name"]: entry for entry in results.manifest["scenarios"]}
    _require_equal(entries, finished, "regions")
    _require_equal(entries, finished, "steps_per_year")
    regions = entries[finished[0]]["regions"]
    order = sorted(range(len(regions)), key=lambda r: (regions[r]["longitude"], regions[r]["id"]))

    rows = {name: runs[runs["scenario"] == name].sort_values("seed") for name in finished}
    curves = {
        name: [
            _pooled_and_regional(results.counts(name, int(number))) for number in rows[name]["replication"]
        ]
        for name in finished
    }
    steps = min(len(pooled) for replications in curves.values() for pooled, _ in replications)
    scenarios = tuple(
        ScenarioCurves(
            name=name,
            title=entries[name]["title"],
            digest=entries[name]["digest"],
            seeds=tuple(int(seed) for seed in rows[name]["seed"]),
            pooled=np.array([pooled[:steps] for pooled, _ in curves[name]]),
            regional=np.array([regional[:steps, order].T for _, regional in curves[name]]),
            t50_years=rows[name]["t50_years"].to_numpy(dtype=float),
            synchronization=rows[name]["synchronization"].to_numpy(dtype=float),
        )
        for name in finished
    )
    return StudyCurves(
        region_ids=tuple(regions[r]["id"] for r in order),
        region_names=tuple(_short_name(regions[r]["id"], regions[r]["name"]) for r in order),
        macroregions=tuple(regions[r]["macroregion"] for r in order),
        steps_per_year=entries[finished[0]]["steps_per_year"],
        scenarios=scenarios,
        version=results.manifest["version"],
    )


def _require_equal(entries: dict[str, Any], names: Sequence[str], key: str) -> None:
    others = [name for name in names if entries[name][key] != entries[names[0]][key]]
    if others:
        raise ResultsError(
            f"{listed(others)}: not the same {key.replace('_', ' ')} as {names[0]}; "
            "scenarios of one figure share their axes"
        )


def _pooled_and_regional(counts: Counts) -> tuple[Array, Array]:
    """Pooled (W + 1,) and standardized regional curves (W + 1, R) of one replication, as ``metrics.Curves``.

    A region without eligible enterprises is nan: its standardized curve would be that of the others.
    """
    window = counts.adopters.shape[0] - 1 - int(counts.release_month.max())
    adopters = aligned(counts.adopters, counts.release_month, window=window)
    eligible = np.ascontiguousarray(np.moveaxis(counts.eligible, 2, 0))
    weights = ratio(eligible.sum(axis=(1, 2)), eligible.sum())
    regional = np.tensordot(weights, standardized(adopters, eligible), axes=1)
    regional[:, eligible.sum(axis=(0, 2)) == 0] = np.nan
    return ratio(adopters.sum(axis=(0, 2, 3)), eligible.sum()), regional


@cache
def _shipped_short_names() -> dict[tuple[str, str], str]:
    """Column ``short_name`` of the shipped tables, by id and name of the region."""
    names = {}
    for dataset in shipped_datasets():
        with (FOLDER / dataset / "regions.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row.get("short_name"):
                    names[row["region_id"], row["region"]] = row["short_name"]
    return names


def _short_name(region_id: str, name: str) -> str:
    return _shipped_short_names().get((region_id, name), name)
