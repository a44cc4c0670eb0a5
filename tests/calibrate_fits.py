"""Simulation-based calibration of fits, on a world of 96 enterprises; the numbers stand in docs/fit.md.

    uv run python tests/calibrate_fits.py RANKS.csv --fits 1000

appends the ranks of each fit to RANKS.csv and goes on where it was; a fit takes about a second.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))

import numpy as np
from observed_worlds import simulated, write_agents, write_world

from simulation.fit.calibration import judged, rank_of
from simulation.fit.observed import Observed, observe
from simulation.fit.ranges import Range

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


def main() -> None:
    """Go on with the fits, and print the verdict."""
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    parser.add_argument("--fits", type=int, default=1000)
    given = parser.parse_args()
    rows = list(csv.reader(given.file.open())) if given.file.exists() else []
    with tempfile.TemporaryDirectory() as folder, given.file.open("a", newline="") as sink:
        world = small_world(Path(folder))
        for seed in range(len(rows) + 1, given.fits + 1):
            ranks = rank_of(world, RANGES, seed=seed).tolist()
            csv.writer(sink).writerow(ranks)
            sink.flush()
            rows.append(ranks)
    for verdict in judged(np.array(rows, dtype=np.int64), [each.name for each in RANGES]):
        print(f"{verdict.name}: p {verdict.p_value:.3f}, 90 % intervals hold {verdict.coverage:.1%} "
              f"({verdict.low:.1%} to {verdict.high:.1%}), {'passes' if verdict.passes else 'FAILS'}")  # fmt: skip


if __name__ == "__main__":
    main()
