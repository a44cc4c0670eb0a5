"""Pairs of runs with the same random draws: what single runs leave, and what their differences say."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from simulation import metrics
from simulation.analysis.comparison import pair_rows
from simulation.analysis.failing_platforms import failure_of, readiness_of
from simulation.analysis.paired import paired_difference
from simulation.analysis.verdict import verdicts
from simulation.engine.simulate import simulate
from simulation.errors import HyperclusterError
from simulation.figures.drawing.bands import QUANTILES, quantiles
from simulation.metrics.curves import ratio
from simulation.scenario.loading import parse_scenario
from simulation.scenario.schema import Scenario
from simulation.server.protocol.messages import SideName
from simulation.server.sides.side import SHOWN, plain
from simulation.world import Array

TOLD = (*SHOWN, "restricted_time_years", "member_share", "planned_pv", "spent_pv")
"""Metrics whose differences are sent."""
COLUMNS = (
    "metric",
    "unit",
    "better",
    "scenario_mean",
    "reference_mean",
    "difference",
    "low",
    "high",
    "n",
    "pairs",
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run leaves."""

    title: str
    steps_per_year: int
    regions: tuple[str, ...]
    metrics: dict[str, float]
    pooled: Array  # float64 (W + 1,): curve aligned at release, up to the common window of the run
    regional: Array  # float64 (R, W + 1), standardized; nan for a region without eligible enterprises
    platforms: tuple[str, ...]
    members: Array  # (T + 1, H)
    may_join: Array  # (E, H)
    may_join_at_start: Array  # (H, R)


@lru_cache(maxsize=64)
def _parsed(text: str) -> Scenario:
    return parse_scenario(text)


@lru_cache(maxsize=1000)
def outcome(text: str, seed: int) -> Outcome:
    """Run a scenario once; what was run lately is kept, so that all that is compared with it costs nothing more."""
    spec = _parsed(text)
    record = simulate(spec, seed)
    curves = metrics.Curves(metrics.released(record))
    some = curves.eligible.any()
    regional = (
        np.where(curves.weights > 0, curves.regional, np.nan).T
        if some
        else np.empty((len(record.regions), 0))
    )
    return Outcome(
        title=spec.title,
        steps_per_year=record.steps_per_year,
        regions=record.regions,
        metrics=metrics.compute(record),
        pooled=curves.pooled if some else np.empty(0),
        regional=regional,
        platforms=record.platforms,
        members=record.members.sum(axis=2),
        may_join=record.may_join.sum(axis=2),
        may_join_at_start=record.may_join[0].copy(),
    )


def compared(sides: Mapping[SideName, str], seeds: Sequence[int]) -> dict[str, Any]:
    """Return what runs of the sides say: bands of each, and differences b minus a, as ``study`` of the protocol.

    Parameters
    ----------
    sides : whole scenario of each side.

    Raises
    ------
    HyperclusterError
        If the sides have different time steps.
    """
    both = {side: {seed: outcome(text, seed) for seed in seeds} for side, text in sorted(sides.items())}
    runs = [run for found in both.values() for run in found.values()]
    steps, rate = min(len(run.pooled) for run in runs), runs[0].steps_per_year
    if any(run.steps_per_year != rate for run in runs):
        raise HyperclusterError("sides with different steps a year share no axis")
    found: dict[str, Any] = {
        "replications": len(seeds),
        "quantiles": list(QUANTILES),
        "years": (np.arange(steps) / rate).tolist(),
        "sides": {
            side: _bands(list(found.values()), steps)
            | {"failing": _failing(sides[side], list(found.values())), "means": _means(found)}
            for side, found in both.items()
        },
        "differences": [],
        "regions": [],
        "verdict": "",
    }
    if len(both) < 2:
        return found
    here, there = both["b"], both["a"]
    first, second = here[seeds[0]], there[seeds[0]]
    comparison = comparison_of(sides, seeds)
    found["differences"] = [
        {key: _or_none(row[key]) for key in COLUMNS}
        for row in comparison.to_dict("records")
        if row["metric"] in TOLD
    ]
    found["verdict"] = " ".join(verdicts(comparison, _titles(first.title, second.title)))
    if first.regions == second.regions:
        found["regions"] = _sooner(here, there, steps, rate)
    return found


def comparison_of(sides: Mapping[SideName, str], seeds: Sequence[int]) -> pd.DataFrame:
    """Compare side b with side a, pair by pair, as :func:`simulation.analysis.comparison.compare`."""
    here, there = (_table({seed: outcome(sides[side], seed) for seed in seeds}) for side in ("b", "a"))
    return pd.DataFrame(pair_rows(("b", here), ("a", there)))


def _bands(runs: Sequence[Outcome], steps: int) -> dict[str, Any]:
    return {
        "pooled": _rounded(quantiles(np.array([run.pooled[:steps] for run in runs]))),
        "regional": [
            _rounded(quantiles(np.array([run.regional[r, :steps] for run in runs])))
            for r in range(len(runs[0].regions))
        ],
    }


def _failing(text: str, runs: Sequence[Outcome]) -> list[str]:
    """Say which platforms fail over all runs, as :func:`simulation.analysis.failing_platforms.failures_of`."""
    settings = tomllib.loads(text)
    readiness = readiness_of(settings["world"], runs[0].regions)
    if readiness is None:
        return []
    members, may_join, at_start = (
        np.sum([getattr(run, counts) for run in runs], axis=0)
        for counts in ("members", "may_join", "may_join_at_start")
    )
    shares = ratio(members, may_join)
    failures = [
        failure_of(platform, shares[:, h], at_start[h], readiness=readiness, text=settings)
        for h, platform in enumerate(runs[0].platforms)
    ]
    return [failure.in_words() for failure in failures if failure is not None]


def _rounded(curves: Array) -> Any:
    return plain(curves.round(5))  # a screen shows no more


def _means(runs: Mapping[int, Outcome]) -> dict[str, float | None]:
    table = _table(runs)
    return {name: _or_none(float(table[name].mean())) for name in TOLD}


def _table(runs: Mapping[int, Outcome]) -> pd.DataFrame:
    return pd.DataFrame([run.metrics for run in runs.values()], index=list(runs))


def _sooner(
    here: Mapping[int, Outcome], there: Mapping[int, Outcome], steps: int, rate: int
) -> list[dict[str, float | None]]:
    """Return by how many years enterprises of each region adopt sooner on average, within the common window."""

    def area(run: Outcome) -> Array:
        curve = run.regional[:, :steps]
        return (curve[:, 1:] + curve[:, :-1]).sum(axis=1) / (2 * rate)

    members = [np.array([area(run) for run in runs.values()]) for runs in (here, there)]
    found = []
    for r in range(members[0].shape[1]):
        row = asdict(paired_difference(members[0][:, r], members[1][:, r], better="higher"))
        found.append({key: _or_none(row[key]) for key in ("difference", "low", "high")})
    return found


def _titles(here: str, there: str) -> dict[str, str]:
    return {"b": f"{here} (B)", "a": f"{there} (A)"} if here == there else {"b": here, "a": there}


def _or_none(value: Any) -> Any:
    return None if isinstance(value, float) and not np.isfinite(value) else value
