"""Effects of a policy: additional adoptions, their cost and location, and the sources of the change in Phi.

A policy's effect is the difference to the paired run of the reference, with the same random draws.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from simulation.analysis.comparison import pairs_of
from simulation.analysis.decomposition import phi_parts
from simulation.analysis.paired import Difference, paired_difference
from simulation.results.derived import Outputs
from simulation.results.reader import Results
from simulation.results.tables import Counts

ADDITIONALITY = "additionality.csv"
DECOMPOSITION = "decomposition.csv"
PLACES = "places.csv"
HALF, END = "half of the horizon", "horizon"
INDUSTRY = "industry"
REGION, BETWEEN, WITHIN = "region", "between macroregions", "within macroregion"
PAIR = ("scenario", "reference")

Part = tuple[str, str]
"""Level, one of ``REGION``, ``BETWEEN`` and ``WITHIN``, and the name of the region or macroregion."""

Place = tuple[str, str, str]
"""Level, ``REGION`` or ``INDUSTRY``, name of the region or industry, and moment, ``HALF`` or ``END``."""


@dataclass(frozen=True, slots=True)
class Effects:
    """Three tables, with one row per pair of scenarios; per pair and part of Phi; per pair, place and moment."""

    additionality: pd.DataFrame
    """scenario, reference, the fields of ``Difference`` for adoptions at the horizon (an adoption is an enterprise
    with a technology), extra_spent_pv (present value, units), cost_per_adoption, cost_low, cost_high."""
    decomposition: pd.DataFrame
    """scenario, reference, level, name, and the fields of ``Difference`` for the contribution of this part to Phi."""
    places: pd.DataFrame
    """scenario, reference, level, name, moment, and the fields of ``Difference`` for the adoption share."""


@dataclass(frozen=True, slots=True)
class _Replication:
    adopters: float
    spent_pv: float
    parts: Mapping[Part, float]
    places: Mapping[Place, float]


def effects(
    results: Results, reference: str | None = None, *, scenarios: Sequence[str] | None = None
) -> Effects:
    """Measure the effects of each scenario against the reference, and of the others against each other.

    Reads the curves of all replications, which takes about 50 ms each at full size.

    Parameters
    ----------
    scenarios : those to measure, the reference among them; by default all.

    Raises
    ------
    ResultsError
        If the results cannot be read, or the reference is not among them.
    """
    chosen = results.scenarios if scenarios is None else scenarios
    measured = _measure(results, chosen)
    additionality, decomposition, places = [], [], []
    for scenario, other in pairs_of(chosen, reference):
        here, there = measured.get(scenario, {}), measured.get(other, {})
        pairs = [(here[number], there[number]) for number in sorted(here.keys() & there.keys())]
        names = {"scenario": scenario, "reference": other}
        additionality.append(names | _additionality(pairs))
        for level, name in dict.fromkeys(part for pair in pairs for run in pair for part in run.parts):
            members = [[run.parts.get((level, name), math.nan) for run in pair] for pair in pairs]
            found = paired_difference(*np.array(members).T, better="lower")
            decomposition.append(names | {"level": level, "name": name} | asdict(found))
        for place in dict.fromkeys(place for pair in pairs for run in pair for place in run.places):
            members = [[run.places.get(place, math.nan) for run in pair] for pair in pairs]
            found = paired_difference(*np.array(members).T, better="higher")
            places.append(names | dict(zip(("level", "name", "moment"), place, strict=True)) | asdict(found))
    fields = [
        name for name in Difference.__dataclass_fields__ if name != "p_holm"
    ]  # no family is tested here
    costs = ["extra_spent_pv", "cost_per_adoption", "cost_low", "cost_high"]
    return Effects(
        additionality=pd.DataFrame(additionality, columns=[*PAIR, *fields, *costs]),
        decomposition=pd.DataFrame(decomposition, columns=[*PAIR, "level", "name", *fields]),
        places=pd.DataFrame(places, columns=[*PAIR, "level", "name", "moment", *fields]),
    )


def _measure(results: Results, scenarios: Sequence[str]) -> dict[str, dict[int, _Replication]]:
    """Return the required numbers of every replication of these scenarios, by scenario and number."""
    runs = results.runs(["scenario", "replication", "phi", "final_share", "spent_pv"])
    runs = runs[runs["scenario"].isin(scenarios)]
    rows = {(str(row["scenario"]), int(row["replication"])): row for row in runs.to_dict("records")}
    measured: dict[str, dict[int, _Replication]] = {}
    for (scenario, number), row in rows.items():
        nothing = _Replication(adopters=0.0, spent_pv=row["spent_pv"], parts={}, places={})
        measured.setdefault(scenario, {})[number] = nothing
    # Without a final share there was nothing to adopt.
    wanted = {key for key, row in rows.items() if not math.isnan(row["final_share"])}

    def measure(counts: Counts) -> _Replication:
        row = rows[counts.scenario, counts.replication]
        return _Replication(
            adopters=float(counts.adopters[-1].sum()),
            spent_pv=row["spent_pv"],
            parts={} if math.isnan(row["phi"]) else _parts(counts),
            places=_places(counts),
        )

    for (scenario, number), replication in results.measured(wanted, measure):
        measured[scenario][number] = replication
    return measured


def _parts(counts: Counts) -> dict[Part, float]:
    split = phi_parts(counts)
    return {
        (level, name): float(value)
        for level, names, values in (
            (BETWEEN, counts.macroregions, split.between),
            (WITHIN, counts.macroregions, split.within),
            (REGION, counts.regions, split.regional),
        )
        for name, value in zip(names, values, strict=True)
    }


def _places(counts: Counts) -> dict[Place, float]:
    """Return the adoption share of each region and industry with eligible enterprises, half-way and at the horizon."""
    months = counts.adopters.shape[0] - 1
    found: dict[Place, float] = {}
    for level, names, others in ((REGION, counts.regions, (1, 2)), (INDUSTRY, counts.industries, (0, 2))):
        for moment, month in ((HALF, months // 2), (END, months)):
            adopters = counts.adopters[month].sum(axis=others)
            eligible = counts.eligible[min(month, len(counts.eligible) - 1)].sum(axis=others)
            found |= {
                (level, name, moment): float(some / all_)
                for name, some, all_ in zip(names, adopters, eligible, strict=True)
                if all_
            }
    return found


def _additionality(pairs: Sequence[tuple[_Replication, _Replication]]) -> dict[str, float]:
    """Compare adoptions at the horizon, and divide the additional money by the additional adoptions.

    Money does not depend on random draws, so the ends of the interval of the additional adoptions give those of the
    cost of one. The cost has a value only if more was spent and the whole interval is above zero.
    """
    adopters = np.array([[run.adopters for run in pair] for pair in pairs]).reshape(-1, 2)
    found = paired_difference(*adopters.T, better="higher")
    extra = float(np.mean([here.spent_pv - there.spent_pv for here, there in pairs])) if pairs else math.nan
    costs = dict.fromkeys(("cost_per_adoption", "cost_low", "cost_high"), math.nan)
    if extra > 0 and found.low > 0:
        costs = {
            "cost_per_adoption": extra / found.difference,
            "cost_low": extra / found.high,
            "cost_high": extra / found.low,
        }
    return asdict(found) | {"extra_spent_pv": extra} | costs


def write_effects(found: Effects, outputs: Outputs) -> list[Path]:
    """Write the tables into a results folder and return their paths."""
    tables = {
        ADDITIONALITY: found.additionality,
        DECOMPOSITION: found.decomposition,
        PLACES: found.places,
    }
    return outputs.write(
        {name: table.to_csv(index=False, lineterminator="\n").encode() for name, table in tables.items()}
    )
