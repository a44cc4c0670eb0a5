"""Paired comparison of scenarios: differences with intervals, and a verdict that says no more than they do (section 5).

Replications of one number share their luck in all scenarios, so they are compared pair by pair. A pair in which one
member is undefined is left out and counted. Intervals are Student's, each at 95 % by itself: they are not adjusted for
the number of comparisons in a table.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from simulation.errors import ResultsError, listed, suggestion
from simulation.metrics import METRICS
from simulation.results import Results
from simulation.store import COMPARISON, replace
from simulation.world import Array

COLUMNS = ("scenario", "reference", "metric", "unit", "better")  # and the fields of Difference
LEVEL = 0.95
EQUAL_MONEY = 0.001
"""Planned present values that differ by no more than this share of the larger count as equal (section 4)."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A scenario less its reference, over the n of N pairs in which both are defined; nan where n does not allow it."""

    scenario_mean: float
    reference_mean: float
    difference: float
    low: float  # ends of the 95 % interval; nan with fewer than two pairs
    high: float
    superiority: (
        float  # share of pairs in which the scenario is better, ties half; nan where neither direction is
    )
    n: int
    pairs: int


def paired_difference(
    values: Array, reference: Array, *, better: Literal["higher", "lower"] | None
) -> Difference:
    """Compare two samples pair by pair.

    Parameters
    ----------
    values, reference : float64, shape (N,)
        Members of a pair stand at the same place; nan where undefined.
    better : which direction is the better one, if either is.
    """
    defined = ~(np.isnan(values) | np.isnan(reference))
    first, second = values[defined], reference[defined]
    n = int(defined.sum())
    if n == 0:
        nan = math.nan
        return Difference(nan, nan, nan, low=nan, high=nan, superiority=nan, n=0, pairs=values.size)
    differences = first - second
    mean = float(differences.mean())
    larger = float(((differences > 0) + 0.5 * (differences == 0)).mean())
    half = (
        float(stdtrit(n - 1, (1 + LEVEL) / 2) * differences.std(ddof=1) / math.sqrt(n)) if n > 1 else math.nan
    )
    return Difference(
        scenario_mean=float(first.mean()),
        reference_mean=float(second.mean()),
        difference=mean,
        low=mean - half,
        high=mean + half,
        superiority={"higher": larger, "lower": 1 - larger}.get(better or "", math.nan),
        n=n,
        pairs=values.size,
    )


def compare(results: Results | str | Path, reference: str | None = None) -> pd.DataFrame:
    """Compare every scenario with the reference, and the others with each other, in every metric.

    Parameters
    ----------
    results : a study, or its folder.
    reference : name of a scenario; "baseline" unless given, or the first where there is no baseline.

    Returns
    -------
    DataFrame
        One row a pair of scenarios and metric: scenario, reference, metric, unit, better ("higher", "lower" or
        empty), scenario_mean, reference_mean, difference, low, high (95 %), superiority (probability that the
        scenario is better in a pair, ties half; nan where neither direction is better), n of pairs.

    Raises
    ------
    ResultsError
        If the results cannot be read, or the reference is not among them.
    """
    study = results if isinstance(results, Results) else Results(results)
    runs = study.runs(["scenario", "replication", *METRICS])
    by_scenario = {name: rows.set_index("replication") for name, rows in runs.groupby("scenario")}
    rows = []
    for scenario, other in pairs_of(study.scenarios, reference):
        first, second = (
            by_scenario.get(name, runs.iloc[:0].set_index("replication")) for name in (scenario, other)
        )
        replications = first.index.union(second.index)
        for name, metric in METRICS.items():
            members = (rows_of[name].reindex(replications).to_numpy() for rows_of in (first, second))
            found = paired_difference(*members, better=metric.better)
            rows.append(
                {
                    "scenario": scenario,
                    "reference": other,
                    "metric": name,
                    "unit": metric.unit,
                    "better": metric.better or "",
                    **asdict(found),
                }
            )
    return pd.DataFrame(rows, columns=[*COLUMNS, *Difference.__dataclass_fields__])


def pairs_of(scenarios: Sequence[str], reference: str | None) -> list[tuple[str, str]]:
    """Return who is compared with whom: all others with the reference, then each of them with those before it."""
    if reference is None:
        reference = "baseline" if "baseline" in scenarios else scenarios[0]
    if reference not in scenarios:
        raise ResultsError(
            f"no scenario {reference!r} to compare with{suggestion(reference, scenarios)}; "
            f"there are {listed(scenarios)}"
        )
    others = [name for name in scenarios if name != reference]
    return [(name, reference) for name in others] + [(later, name) for name, later in combinations(others, 2)]


def write_comparison(comparison: pd.DataFrame, folder: Path) -> Path:
    """Write ``comparison.csv`` into a results folder and return its path."""
    path = folder / COMPARISON
    replace(path, comparison.to_csv(index=False, lineterminator="\n").encode())
    return path


def verdicts(comparison: pd.DataFrame, titles: Mapping[str, str]) -> list[str]:
    """Return one sentence a pair of scenarios: money, speed, synchronization.

    Parameters
    ----------
    comparison : as :func:`compare` returns it.
    titles : what to call each scenario, by name.
    """
    sentences = []
    for scenario, reference, found in by_pair(comparison):
        money = _money(found["planned_pv"], found["spent_pv"])
        speed = _clause(found["t50_years"], _SPEED)
        synchronization = _clause(found["synchronization"], _SYNCHRONIZATION)
        sentences.append(
            f"{titles[scenario]} against {titles[reference]}, {money}: {speed}; {synchronization}."
        )
    return sentences


def by_pair(comparison: pd.DataFrame) -> Iterator[tuple[str, str, dict[str, Difference]]]:
    """Yield scenario, reference and the difference in each metric, in the order of the table."""
    found: dict[tuple[str, str], dict[str, Difference]] = {}
    for row in comparison.to_dict("records"):
        values = {name: row[name] for name in Difference.__dataclass_fields__}
        found.setdefault((row["scenario"], row["reference"]), {})[row["metric"]] = Difference(**values)
    for (scenario, reference), differences in found.items():
        yield scenario, reference, differences


@dataclass(frozen=True, slots=True)
class _Words:
    what: str
    unit: str
    decimals: int
    lower: str  # with {} for the size of the difference
    higher: str


_SPEED = _Words("t50", " years", 1, "adoption is faster, t50 {} earlier", "adoption is slower, t50 {} later")
_SYNCHRONIZATION = _Words(
    "1 - Phi",
    "",
    3,
    "regions are less synchronized, 1 - Phi lower by {}",
    "regions are more synchronized, 1 - Phi higher by {}",
)


def _clause(found: Difference, words: _Words) -> str:
    """Say what the interval says: a direction where it leaves zero out, and that none can be told where it does not."""
    n, pairs, low, high, difference = found.n, found.pairs, found.low, found.high, found.difference
    left_out = f"; {words.what} is undefined in the others" if n < pairs else ""
    if n < 2:
        return f"nothing can be said about {words.what}, which is defined in {n} of {pairs} pairs (two are needed)"
    if low == high == 0:
        return f"{words.what} is the same in every pair (n = {n} of {pairs} pairs{left_out})"
    decimals = needed_decimals(low, high, at_least=words.decimals)
    if low <= 0 <= high:
        return (
            f"no difference in {words.what} can be told from these {pairs} replications "
            f"({difference:+.{decimals}f}{words.unit}, 95 % interval {low:+.{decimals}f} to {high:+.{decimals}f}, "
            f"n = {n} of {pairs} pairs{left_out})"
        )
    ends = sorted((abs(low), abs(high)))
    size = f"{abs(difference):.{decimals}f}{words.unit}"
    return (
        f"{(words.lower if difference < 0 else words.higher).format(size)} "
        f"(95 % interval {ends[0]:.{decimals}f} to {ends[1]:.{decimals}f}, n = {n} of {pairs} pairs{left_out})"
    )


def needed_decimals(low: float, high: float, *, at_least: int, at_most: int = 6) -> int:
    """Return how many decimals keep the ends of an interval apart, and an end that is not zero away from zero."""
    for decimals in range(at_least, at_most):
        ends = (round(low, decimals), round(high, decimals))
        if all(ends) and (ends[0] != ends[1] or low == high):
            return decimals
    return at_most


def _money(planned: Difference, spent: Difference) -> str:
    """Say whether the plans cost the same, and what was planned and spent; present values in units."""
    here, there = planned.scenario_mean, planned.reference_mean
    if planned.n == 0:
        return "with money unknown, for lack of pairs"
    if here == there == 0:
        return "without planned money in either"
    equal = abs(here - there) <= EQUAL_MONEY * max(here, there)
    return (
        f"for {'equal' if equal else 'unequal'} planned money (present value {here:,.0f} against {there:,.0f} units, "
        f"spent {spent.scenario_mean:,.0f} against {spent.reference_mean:,.0f})"
    )
