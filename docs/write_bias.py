"""Write into ``docs/fit.md`` what approximations cost: a monthly model on yearly data, and counts instead of names.

    uv run python docs/write_bias.py ROWS.csv --worlds 40

simulates small worlds by the month, fits each of them in four ways, appends the most likely values to ROWS.csv, goes on
where it was, and writes the table between its two comments. A world takes a few seconds.
"""

from __future__ import annotations

import argparse
import csv
import math
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

import numpy as np
import pandas as pd
from observed_worlds import simulated, write_adoption, write_agents, write_world
from page_blocks import table, write_blocks

from simulation.fit.counts import observe_counts
from simulation.fit.counts_likelihood import LEAST_OVERDISPERSION, OVERDISPERSION
from simulation.fit.exposures import RATES
from simulation.fit.likelihood import VARIATION
from simulation.fit.maximum import Search
from simulation.fit.observed import observe
from simulation.fit.ranges import Range, values_at
from simulation.fit.running import likelihood_of
from simulation.scenario.loading import load_scenario

PAGE = Path(__file__).parent / "fit.md"

VILLAGES, SIZE, YEARS, STARTS = 6, 60, 15, 3

KEYS = (*RATES, VARIATION)

SETTINGS = {
    "slow": (0.02, 0.25, 0.25, 0.7),
    "fast": (0.06, 0.8, 0.8, 0.7),
}
"""Values of ``KEYS``: half have adopted after 7 to 8 years, and after 2 to 3."""

WAYS = {
    ("agents", 12): "by name and month",
    ("agents", 1): "by name and year",
    ("adoption", 12): "counts by month",
    ("adoption", 1): "counts by year",
}


def ranges(*, counts: bool) -> list[Range]:
    """Return the ranges in which the values are sought."""
    found = [
        Range("spontaneous", RATES[0], 1e-4, 1.0, "log"),
        Range("spatial", RATES[1], 0.0, 6.0, "linear"),
        Range("network", RATES[2], 0.0, 6.0, "linear"),
        Range("variation", VARIATION, 0.0, 2.5, "linear"),
    ]
    return (
        [*found, Range("overdispersion", OVERDISPERSION, LEAST_OVERDISPERSION, 0.3, "log")]
        if counts
        else found
    )


def fitted(setting: str, seed: int) -> Iterator[tuple[str, int, list[float]]]:
    """Yield the kind of data, the steps of a year, and the most likely values, of one world."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        counts = {f"r{n}": SIZE for n in range(VILLAGES)}
        file = write_world(folder, counts, periods=12 * YEARS, steps=12, partners=2, seed=seed)
        truth = [f"{key}={value}" for key, value in zip(KEYS, SETTINGS[setting], strict=True)]
        _, engine, month = simulated(file, seed, overrides=[*truth, "diffusion.half_distance_km=40"])
        for steps in (12, 1):
            period = np.ceil(month * steps / 12).astype(np.int64)
            spec = load_scenario(
                file, overrides=[f"time.steps_per_year={steps}", "diffusion.half_distance_km=40"]
            )
            known = ("enterprises", "pairs", "technologies", "regions")
            # What the writers read, with the horizon in these steps.
            world = SimpleNamespace(
                months=YEARS * steps, **{name: getattr(engine.world, name) for name in known}
            )
            write_agents(folder, world, period)
            write_adoption(folder, world, period)
            for kind in ("agents", "adoption"):
                seen = observe(spec) if kind == "agents" else observe_counts(spec)
                sought = ranges(counts=kind == "adoption")
                search = Search(likelihood_of(seen, [each.key for each in sought]), sought)
                places = search.maximum(STARTS, seed=seed).places
                yield kind, steps, values_at(sought, places)[0][: len(KEYS)].tolist()


def found_values(rows: pd.DataFrame) -> str:
    """Return the means of what is found, with their standard errors, as Markdown."""
    head = ["world", "parameter", "true value", *WAYS.values()]
    lines = []
    for setting, truth in SETTINGS.items():
        own = rows[rows["setting"] == setting]
        for key, value in zip(KEYS, truth, strict=True):
            cells = [setting, f"`{key.split('.')[1]}`", f"{value:g}"]
            for kind, steps in WAYS:
                found = own[(own["kind"] == kind) & (own["steps"] == steps)][key]
                cells.append(f"{found.mean():.3g} ± {found.std(ddof=1) / math.sqrt(len(found)):.1g}")
            lines.append(cells)
    worlds = rows.groupby("setting")["seed"].nunique().min()
    note = f"Means over {worlds} worlds of {VILLAGES * SIZE} enterprises in {VILLAGES} regions, {YEARS} years, with "
    note += "their standard errors."
    return f"{table(head, lines)}\n{note}"


def main() -> None:
    """Go on with the worlds, and write the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    parser.add_argument("--worlds", type=int, default=40)
    given = parser.parse_args()
    columns = ["setting", "seed", "kind", "steps", *KEYS]
    if not given.file.exists():
        given.file.write_text(",".join(columns) + "\n")
    done = pd.read_csv(given.file).groupby(["setting", "seed"]).size()
    with given.file.open("a", newline="") as sink:
        for seed in range(1, given.worlds + 1):
            for setting in SETTINGS:
                if done.get((setting, seed), 0) == len(WAYS):
                    continue
                # All ways at once, so that a stop leaves no world half done.
                csv.writer(sink).writerows(
                    [setting, seed, *way[:2], *way[2]] for way in list(fitted(setting, seed))
                )
                sink.flush()
    write_blocks(PAGE, {"bias": found_values(pd.read_csv(given.file))})


if __name__ == "__main__":
    main()
