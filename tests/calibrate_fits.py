"""Simulation-based calibration of fits, on a world of 96 enterprises.

    uv run python tests/calibrate_fits.py RANKS.csv --fits 1000 --write

appends the ranks of each fit to RANKS.csv, goes on where it was, and writes the verdict into docs/fit.md; a fit takes
about a second.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))
sys.path.insert(0, str(Path(__file__).parents[1] / "docs"))

import numpy as np
from observed_worlds import simulated, write_agents, write_world
from page_blocks import table, write_blocks

from simulation.fit.calibration import Verdict, judged, rank_of
from simulation.fit.observed import Observed, observe
from simulation.fit.ranges import Range
from simulation.world import Array

PAGE = Path(__file__).parents[1] / "docs" / "fit.md"
BLOCK = "calibration"

RANGES = (
    Range("spontaneous", "diffusion.spontaneous", 0.005, 0.3, "log"),
    Range("spatial", "diffusion.spatial", 0.0, 2.0, "linear"),
    Range("network", "diffusion.network", 0.0, 2.0, "linear"),
    Range("variation", "diffusion.absorptive_capacity_cv", 0.0, 1.5, "linear"),
)


def small_world(folder: Path) -> Observed:
    """Four villages of 24 over twelve periods."""
    file = write_world(folder, {f"r{n}": 24 for n in range(4)}, periods=12, partners=2)
    spec, engine, period = simulated(file, 1)
    write_agents(folder, engine.world, period)
    return observe(spec)


def verdicts_of(ranks: Array) -> list[Verdict]:
    """Return the verdict on each parameter of RANGES; ranks, int64 (fits, 4)."""
    return judged(ranks, [each.name for each in RANGES])


def in_words(verdicts: list[Verdict], *, fits: int) -> str:
    """Return the verdicts as a table, and what they are of."""
    rows = [
        (each.name, f"{each.p_value:.2f}".removeprefix("0"), f"{each.coverage:.1%}".replace("%", " %"))
        for each in verdicts
    ]
    header = ("parameter", "p of uniform ranks", "90 % intervals that hold the true value")
    failed = [each.name for each in verdicts if not each.passes]
    told = f"not as it should be: {', '.join(failed)}" if failed else "all are as they should be"
    low, high = verdicts[0].low, verdicts[0].high
    note = f"From {fits:,} fits, whose band is {100 * low:.1f} to {100 * high:.1f} %; {told}."
    return f"{table(header, rows)}\n{note}"


def main() -> None:
    """Go on with the fits, and print the verdict, and if wanted write it into the page."""
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    parser.add_argument("--fits", type=int, default=1000)
    parser.add_argument("--write", action="store_true", help="write the verdict into docs/fit.md")
    given = parser.parse_args()
    rows = list(csv.reader(given.file.open())) if given.file.exists() else []
    if len(rows) < given.fits:
        with tempfile.TemporaryDirectory() as folder, given.file.open("a", newline="") as sink:
            world = small_world(Path(folder))
            for seed in range(len(rows) + 1, given.fits + 1):
                ranks = rank_of(world, RANGES, seed=seed).tolist()
                csv.writer(sink).writerow(ranks)
                sink.flush()
                rows.append(ranks)
    verdicts = verdicts_of(np.array(rows, dtype=np.int64))
    for verdict in verdicts:
        print(f"{verdict.name}: p {verdict.p_value:.3f}, 90 % intervals hold {verdict.coverage:.1%} "
              f"({verdict.low:.1%} to {verdict.high:.1%}), {'passes' if verdict.passes else 'FAILS'}")  # fmt: skip

    if given.write:
        write_blocks(PAGE, {BLOCK: in_words(verdicts, fits=len(rows))})


if __name__ == "__main__":
    main()
