"""Paired comparison of scenarios in every metric (section 5): differences with intervals, effects, tests.

Replications with the same number share their random draws in all scenarios, so they are compared pair by pair. Pairs
with an undefined member are omitted and counted. Each interval has a level of 95 % by itself; only the tests of the
metrics of the verdict are corrected for multiplicity, separately for each pair of scenarios.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from simulation.analysis.paired import PRECISION, Difference, holm, paired_difference
from simulation.arguments import real_number
from simulation.errors import ResultsError, listed, suggestion
from simulation.metrics import METRICS
from simulation.results.derived import Outputs
from simulation.results.reader import Results

COMPARISON = "comparison.csv"
COLUMNS = ("scenario", "reference", "metric", "unit", "better")  # and the fields of Difference
VERDICT = ("t50_years", "synchronization", "final_share")
"""Metrics that a verdict may mention: the family of Holm's correction, even if it mentions only some of them."""


def compare(
    results: Results | str | Path, reference: str | None = None, *, precision: float = PRECISION
) -> pd.DataFrame:
    """Compare every scenario with the reference, and the others with each other, in every metric.

    Parameters
    ----------
    results : a study, or its folder.
    reference : name of a scenario; by default "baseline", or the first scenario if there is no baseline.
    precision : desired half-width of the interval, as a share of the difference.

    Returns
    -------
    DataFrame
        One row per pair of scenarios and metric: scenario, reference, metric, unit, better ("higher", "lower" or
        empty), and the fields of :class:`simulation.analysis.paired.Difference`: means, difference, low, high (95 %),
        superiority (probability that the scenario is better in a pair), n of pairs, in how many pairs only one or
        neither is defined, standard deviation, effect, pairs needed, p, and p after Holm's correction.

    Raises
    ------
    ResultsError
        If the results cannot be read, or the reference is not among them.
    HyperclusterError
        If the precision is not a number above 0.
    """
    precision = real_number("precision", precision, above=0)
    study = results if isinstance(results, Results) else Results(results)
    runs = study.runs(["scenario", "replication", *study.metrics])
    by_scenario = {name: rows.set_index("replication") for name, rows in runs.groupby("scenario")}
    rows = []
    for scenario, other in pairs_of(study.scenarios, reference):
        first, second = (
            by_scenario.get(name, runs.iloc[:0].set_index("replication")) for name in (scenario, other)
        )
        rows += pair_rows((scenario, first), (other, second), precision=precision)
    return pd.DataFrame(rows, columns=[*COLUMNS, *Difference.__dataclass_fields__])


def pair_rows(
    scenario: tuple[str, pd.DataFrame], reference: tuple[str, pd.DataFrame], *, precision: float = PRECISION
) -> list[dict[str, Any]]:
    """Return the rows of a comparison for one pair of scenarios, one per metric.

    Parameters
    ----------
    scenario, reference : label, and metrics with one row per replication; members of a pair have the same index.
    precision : as in :func:`compare`, which also documents the errors.
    """
    precision = real_number("precision", precision, above=0)
    found = _in_every_metric(scenario[1], reference[1], precision=precision)
    return [
        {
            "scenario": scenario[0],
            "reference": reference[0],
            "metric": name,
            "unit": METRICS[name].unit,
            "better": METRICS[name].better or "",
            **asdict(difference),
        }
        for name, difference in found.items()
    ]


def _in_every_metric(
    scenario: pd.DataFrame, reference: pd.DataFrame, *, precision: float
) -> dict[str, Difference]:
    """Compare the runs of two scenarios, one row per replication, in each metric."""
    both = scenario.index.intersection(reference.index)
    # The pair of a failed run is undefined too, but not because of the scenario.
    pairs = scenario.index.union(reference.index).size
    found = {}
    for name, metric in METRICS.items():
        if METRICS.plugin_of(name) and not (name in scenario and name in reference):
            continue  # at least one of them was run without the plugin
        members = (runs[name].reindex(both).to_numpy(dtype=float) for runs in (scenario, reference))
        difference = paired_difference(*members, better=metric.better, precision=precision)
        found[name] = replace(difference, pairs=pairs)
    corrected = holm(np.array([found[name].p for name in VERDICT]))
    return found | {
        name: replace(found[name], p_holm=float(p)) for name, p in zip(VERDICT, corrected, strict=True)
    }


def pairs_of(scenarios: Sequence[str], reference: str | None) -> list[tuple[str, str]]:
    """Return the pairs to compare: each other scenario with the reference, then each with those before it."""
    reference = reference_of(scenarios, reference)
    others = [name for name in scenarios if name != reference]
    return [(name, reference) for name in others] + [(later, name) for name, later in combinations(others, 2)]


def reference_of(scenarios: Sequence[str], reference: str | None) -> str:
    """Return the reference scenario: the one named, else "baseline", else the first."""
    if reference is None:
        return "baseline" if "baseline" in scenarios else scenarios[0]
    if reference not in scenarios:
        raise ResultsError(
            f"no scenario {reference!r} to compare with{suggestion(reference, scenarios)}; "
            f"there are {listed(scenarios)}"
        )
    return reference


def write_comparison(comparison: pd.DataFrame, outputs: Outputs) -> Path:
    """Write ``comparison.csv`` into a results folder and return its path."""
    (path,) = outputs.write({COMPARISON: comparison.to_csv(index=False, lineterminator="\n").encode()})
    return path


def by_pair(comparison: pd.DataFrame) -> Iterator[tuple[str, str, dict[str, Difference]]]:
    """Yield scenario, reference and the difference in each metric, in the order of the table."""
    found: dict[tuple[str, str], dict[str, Difference]] = {}
    for row in comparison.to_dict("records"):
        values = {name: row[name] for name in Difference.__dataclass_fields__}
        found.setdefault((row["scenario"], row["reference"]), {})[row["metric"]] = Difference(**values)
    for (scenario, reference), differences in found.items():
        yield scenario, reference, differences


def needed_decimals(low: float, high: float, *, at_least: int, at_most: int = 6) -> int:
    """Return the number of decimals that distinguishes the ends of an interval from each other and from zero."""
    for decimals in range(at_least, at_most):
        ends = (round(low, decimals), round(high, decimals))
        if all(ends) and (ends[0] != ends[1] or low == high):
            return decimals
    return at_most
