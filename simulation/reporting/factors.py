"""Contributions of the four factors of :mod:`simulation.explain.channels` to speed and synchronization.

A scenario runs with every combination of them switched on and off, with the same random draws. The Shapley value of a
factor is what it adds on average over all orders in which the four can be switched on; the values sum to the difference
between all and none. The interaction index of two factors is what they add together beyond what each adds alone,
averaged in the same way; it is negative where they are substitutes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from simulation.analysis.paired import interval
from simulation.errors import ResultsError
from simulation.explain.channels import FACTORS, with_factors
from simulation.explain.shapley import interactions, shapley_values
from simulation.figures.contributions import Part, draw
from simulation.figures.drawing.study import Drawn
from simulation.reporting.numbers import signed
from simulation.reporting.table import Table
from simulation.results.derived import Outputs
from simulation.results.reader import Results
from simulation.scenario.schema import Scenario

COMBINATIONS = 2 ** len(FACTORS)
OUTCOMES = {"restricted_time_years": -1, "synchronization": 1}
"""Metrics that are decomposed: speed and synchronization, with the sign of an improvement."""


def combinations_of(spec: Scenario) -> list[Scenario]:
    """Return the scenario with every combination of the factors, from none to all of them."""
    return [_with(spec, number) for number in range(COMBINATIONS)]


def name_of(number: int) -> str:
    """Return the name of a combination: "none", "spatial", ..., "all"."""
    on = [factor for place, factor in enumerate(FACTORS) if number >> place & 1]
    return "none" if not on else "all" if len(on) == len(FACTORS) else "-".join(on)


def _with(spec: Scenario, number: int) -> Scenario:
    name = name_of(number)
    named = {"name": name, "title": f"{spec.title}: {name.replace('-', ', ')}"}
    return with_factors(spec, number).model_copy(update=named)


@dataclass(frozen=True, slots=True)
class Contribution:
    """The contribution of a factor, a pair or all of them to an outcome; positive is an improvement."""

    metric: str
    factor: str  # one of FACTORS, or "all"
    partner: str  # the other factor of a pair, else empty
    mean: float
    low: float  # ends of the 95 % interval over replications; nan with fewer than two
    high: float
    n: int  # replications in which all combinations have a value
    replications: int


def contributions(results: Results) -> list[Contribution]:
    """Decompose the outcomes of a study of all combinations.

    Raises
    ------
    ResultsError
        If the folder does not hold every combination.
    """
    names = [name_of(number) for number in range(COMBINATIONS)]
    missing = [name for name in names if name not in results.scenarios]
    if missing:
        raise ResultsError(f"{results.path}: not a study of the four factors; it lacks {', '.join(missing)}")
    found = []
    for metric, sign in OUTCOMES.items():
        runs = results.runs(["scenario", "replication", metric])
        table = runs.pivot_table(metric, "replication", "scenario", observed=True, dropna=False)
        outcomes = sign * table[names].to_numpy(dtype=float)
        whole = outcomes[~np.isnan(outcomes).any(axis=1)]
        parts = dict(zip(((factor, "") for factor in FACTORS), shapley_values(whole).T, strict=True))
        labels = list(FACTORS)
        parts |= {(labels[f], labels[g]): values for (f, g), values in interactions(whole).items()}
        parts["all", ""] = whole[:, -1] - whole[:, 0]
        for (factor, partner), values in parts.items():
            mean = float(values.mean()) if values.size else math.nan
            low, high = interval(values)
            found.append(Contribution(metric, factor, partner, mean, low, high, len(whole), len(outcomes)))
    return found


def in_words(found: Sequence[Contribution], title: str) -> str:
    """Describe what the factors contribute, and claim only what the intervals support."""
    return " ".join(
        _sentence({row.factor: row for row in found if row.metric == metric and not row.partner}, title)
        for metric in _SAY
    )


_SAY = {
    "restricted_time_years": ("time to adoption saved", " years", 2),
    "synchronization": ("synchronization (1 - Phi) gained", "", 3),
}
"""The words for each outcome: its name, unit and number of decimals."""


def _sentence(alone: Mapping[str, Contribution], title: str) -> str:
    together = alone["all"]
    what, unit, decimals = _SAY[together.metric]
    of = f"{together.n} of {together.replications}"
    if together.n < 2:
        return f"{title}, {what}: in {of} replications all combinations have a value; this is too few for a conclusion."

    def part(row: Contribution) -> str:
        mean, low, high = (signed(value, decimals) for value in (row.mean, row.low, row.high))
        return f"{mean}{unit} ({low} to {high})"

    ranked = sorted((alone[factor] for factor in FACTORS), key=lambda row: -row.mean)
    told = "; ".join(f"{FACTORS[row.factor]} {part(row)}" for row in ranked)
    first, *others = ranked
    # Not the runner-up alone: a lower mean may have an interval that reaches higher.
    rivals = [FACTORS[row.factor] for row in others if row.high >= first.low]
    lead = (
        f"whether {FACTORS[first.factor]} or {' or '.join(rivals)} is higher cannot be established"
        if rivals
        else f"the highest is that of {FACTORS[first.factor]}"
    )
    return f"{title}, {what}: all four together {part(together)}, n = {of}; {told}; {lead}."


def tables(found: Sequence[Contribution]) -> list[Table]:
    """Return the tables of the contributions of the factors and of the interactions of the pairs."""
    head = tuple(f"{what},{unit}" if unit else what for what, unit, _ in _SAY.values())
    cells: dict[tuple[str, str], tuple[str, ...]] = {}
    for metric in _SAY:
        for row in found:
            if row.metric == metric:
                cells[row.factor, row.partner] = (*cells.get((row.factor, row.partner), ()), _cell(row))
    counts = {row.metric: f"n = {row.n} of {row.replications}" for row in found}
    n = "; ".join(f"{_SAY[metric][0]}: {count}" for metric, count in counts.items())
    return [
        Table(
            name="factors",
            title="What each factor contributes (Shapley value)",
            head=("factor", *head),
            rows=tuple(
                (FACTORS.get(factor, "together"), *row)
                for (factor, partner), row in cells.items()
                if not partner
            ),
            note=f"Means and 95 % intervals; positive is for the better. {n}.",
        ),
        Table(
            name="factor_pairs",
            title="What two factors contribute together beyond what each contributes alone (interaction index)",
            head=("factor", "and", *head),
            rows=tuple(
                (FACTORS[factor], FACTORS[partner], *row)
                for (factor, partner), row in cells.items()
                if partner
            ),
            note="Below zero the two are substitutes, above zero complements.",
            labels=2,
        ),
    ]


def _cell(row: Contribution) -> str:
    if math.isnan(row.low):
        return "undefined"
    mean, low, high = (signed(value, _SAY[row.metric][2]) for value in (row.mean, row.low, row.high))
    return f"{mean} [{low}, {high}]"


def picture(found: Sequence[Contribution], title: str) -> Drawn:
    """Draw what each factor contributes alone, and all of them together."""
    outcomes = {}
    for metric, (what, unit, _) in _SAY.items():
        alone = [row for row in found if row.metric == metric and not row.partner]
        outcomes[f"{what},{unit}" if unit else what.replace(" - ", " − ").replace("Phi", "Φ")] = [
            Part(FACTORS.get(row.factor, "together"), row.mean, row.low, row.high) for row in alone
        ]
    n = min(row.n for row in found)
    note = (
        f"Shapley values: means over n = {n} replications and their 95 % intervals. Filled mark: the interval excludes "
        "zero."
    )
    return draw(outcomes, title=title, note=note)


def write_contributions(found: Sequence[Contribution], outputs: Outputs) -> Path:
    """Write ``factors.csv`` into the results folder, one row per contribution."""
    table = pd.DataFrame([asdict(row) for row in found]).to_csv(index=False, lineterminator="\n")
    (path,) = outputs.write({"factors.csv": table.encode()})
    return path
