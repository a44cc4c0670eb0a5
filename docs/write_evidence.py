"""Write into ``docs/fit.md`` what fits to surveys say about shipped ranges, and what happens in worlds of their draws.

    uv run python docs/write_evidence.py FITS ENSEMBLES

FITS holds a folder ``fit-SURVEY`` of each survey, as ``hypercluster fit`` writes it; ENSEMBLES a folder
``explore-SURVEY`` as ``hypercluster explore`` writes it, from a study such as

    scenarios = ["regional_cluster", "hypercluster"]
    baseline = "baseline"
    design = "FITS/fit-SURVEY/posterior.parquet"
    points = 64
    replications = 3
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from page_blocks import table, write_blocks

from simulation.analysis.priors import load_priors
from simulation.explore.answers import of_100
from simulation.results.reader import Results

PAGE = Path(__file__).parent / "fit.md"

SURVEYS = {
    "medical_innovation": "physicians",
    "brazilian_farmers": "farmers",
    "korean_family": "women",
}


def ranges(fits: Path) -> str:
    """Return the fitted values beside the shipped ranges."""
    shipped = {key: prior for prior in load_priors().priors for key in prior.keys}
    draws = {name: pd.read_parquet(fits / f"fit-{name}" / "posterior.parquet") for name in SURVEYS}
    rows = []
    for key in next(iter(draws.values())).columns:
        low, high = shipped[key].low, shipped[key].high
        assert low is not None and high is not None
        cells = [f"`{key.split('.')[1]}`", f"{low:g} to {high:g}"]
        for frame in draws.values():
            values = frame[key].to_numpy()
            at = np.quantile(values, [0.05, 0.95])
            below, above = (100 * float(part.mean()) for part in (values < low, values > high))
            where = [
                f"{share:.0f} % {side}"
                for share, side in ((below, "below"), (above, "above"))
                if share >= 0.5
            ]
            cells.append(f"{at[0]:.2g} to {at[1]:.2g} ({', '.join(where) or 'inside'})")
        rows.append(cells)
    note = (
        "Intervals hold 90 % of the draws; in brackets, how many of all draws lie outside the shipped range."
    )
    head = ["parameter", "shipped range", *SURVEYS.values()]
    return f"{table(head, rows)}\n{note}"


def ensembles(folder: Path) -> str:
    """Return what the shipped pair does in worlds of each posterior."""
    head = [
        "worlds as of",
        "worlds",
        "baseline t50",
        "show the patterns",
        "sooner",
        "later",
        "more in step",
        "less",
    ]
    rows = []
    for name, people in SURVEYS.items():
        place = folder / f"explore-{name}"
        shares = pd.read_csv(place / "outcomes.csv").query(
            "scenario == 'hypercluster' and kind == 'worlds' and filter == 'no pattern'"
        )
        share = shares.set_index(["measure", "outcome"])["share"]
        accepted = pd.read_csv(place / "acceptance.csv").set_index("filter").loc["all patterns"]
        runs = Results(place).runs(["scenario", "t50_years"])
        t50 = runs[runs["scenario"] == "baseline"]["t50_years"]
        low, high = t50.quantile([0.05, 0.95])
        rows.append(
            [
                people,
                f"{accepted['points']:.0f}",
                f"{low:.1f} to {high:.1f} years",
                of_100(accepted["share"]),
                *(
                    of_100(share[measure, outcome])
                    for measure in ("speed", "synchronization")
                    for outcome in ("ahead", "behind")
                ),
            ]
        )
    return (
        table(head, rows)
        + "\nShares are of 100 worlds, whether they show the patterns or not; the rest are alike."
    )


def main() -> None:
    """Write both between their comments."""
    fits, folder = map(Path, sys.argv[1:3])
    write_blocks(PAGE, {"ranges": ranges(fits), "ensembles": ensembles(folder)})


if __name__ == "__main__":
    main()
