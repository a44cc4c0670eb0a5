"""The table of changes in adoption by region and by industry, half-way to the horizon and at it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from simulation.analysis.effects import END, HALF, INDUSTRY, REGION
from simulation.analysis.paired import Difference
from simulation.figures.drawing.region_order import order_of_entries
from simulation.reporting.numbers import as_difference, records, with_interval
from simulation.reporting.table import Table
from simulation.results.reader import Results

LEAST = 0.01
"""Smallest change of the adoption share, 0-1, for which a region or industry is shown."""
NOWHERE = "none by a point or more"
"""Replaces regions and industries if a scenario changes none of them that much."""


def places(
    changes: pd.DataFrame, results: Results, reference: str, *, scenarios: Sequence[str] | None = None
) -> Table:
    """Return the table of changes of the adoption share against the reference.

    A scenario without any such change has one row that says so.

    Parameters
    ----------
    changes : ``simulation.analysis.effects.Effects.places``.
    scenarios : those to show; by default all of the study.
    """
    found: dict[tuple[str, str, str], dict[str, Difference]] = {}
    for row in records(changes[changes["reference"] == reference]):
        found.setdefault((row["scenario"], row["level"], row["name"]), {})[row["moment"]] = as_difference(row)
    rows: list[tuple[str, ...]] = []
    for scenario in results.scenarios if scenarios is None else scenarios:
        if scenario == reference:
            continue
        title = results.titles[scenario]
        shown = []
        for place, name in _names(results).items():
            moments = found.get((scenario, *place), {})
            if any(abs(change.difference) >= LEAST for change in moments.values()):
                cells = (cell for moment in (HALF, END) for cell in _cells(moments[moment]))
                shown.append((title, name, *cells))
        rows += shown or [(title, NOWHERE, *4 * ("-",))]
    return Table(
        name="places",
        title=f"Where adoption changes, against {results.titles[reference]}",
        head=("scenario", "region or industry", "half-way, %", "change", "horizon, %", "change"),
        rows=tuple(rows),
        labels=2,
        note="Adoption share of the reference over all technologies, including later releases, half-way to the horizon "
        "and at it, and changes in percentage points with 95 % intervals of paired differences. Regions in "
        "the order of the figures, then industries; those that change by less than one point at both moments are in "
        "places.csv alone.",
    )


def _names(results: Results) -> dict[tuple[str, str], str]:
    """Return the names of regions and industries, in the order of the table."""
    entries = results.manifest["scenarios"]
    regions = {region["id"]: region for entry in entries for region in entry["regions"]}
    industries = sorted({industry for entry in entries for industry in entry["industries"]})
    ordered = list(regions.values())
    ordered = [ordered[place] for place in order_of_entries(ordered)[0]]
    return {(REGION, region["id"]): region["name"] for region in ordered} | {
        (INDUSTRY, industry): industry.replace("_", " ") for industry in industries
    }


def _cells(found: Difference) -> tuple[str, str]:
    points = (100 * value for value in (found.difference, found.low, found.high))
    return f"{100 * found.reference_mean:.1f}", with_interval(*points, decimals=1)
