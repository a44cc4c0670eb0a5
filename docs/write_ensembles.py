"""Write into ``docs/ensembles.md`` where verdicts turn: three maps, and the critical mass of a platform.

    uv run python docs/write_ensembles.py results/turning [BLOCK...]

runs ``hypercluster explore`` for each block into folders in this one, and writes what it prints and what its tables
hold between the comments of the block; without names all blocks are written. It takes some six minutes on two
free cores. Maps go on where they were; the search for the critical mass begins anew.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from page_blocks import table, write_blocks

from simulation.explore.regimes import LIMITS, RegimeMap, interpolated, regime_map
from simulation.explore.study import SPEED, SYNCHRONIZATION
from simulation.results.reader import Results

PAGE = Path(__file__).parent / "ensembles.md"

MAPS = {
    "reach_and_readiness": ("half distance, km", "factor on readiness"),
    "reach_and_readiness_matched": ("half distance, km", "factor on readiness"),
    "clusters_and_onboarding": ("effect of a cluster organisation", "unit cost of onboarding"),
}
"""Shipped studies, and what their parameters are called."""


def explored(*arguments: str | Path) -> str:
    """Run ``hypercluster explore`` and return what it prints."""
    command = [sys.executable, "-m", "simulation", "explore", *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def number(value: float) -> str:
    """Return a value with two decimals, or without any from 10 on."""
    return f"{value:.2f}".removeprefix("0") if abs(value) < 10 else f"{value:.0f}"


# --- regime maps ------------------------------------------------------------------------------------------------------


def of_a_map(folder: Path, name: str) -> str:
    """Return the map of a shipped study: its cells in words, and a table of where the verdict on speed turns."""
    place = folder / name
    explored(name, "--out", place)
    results = Results(place)
    speed, together = (regime_map(results, metric=metric) for metric in (SPEED, SYNCHRONIZATION))
    across, upwards = MAPS[name]
    rows = [(number(value), *counts, line) for value, *counts, line in rows_of(speed)]
    header = (across, "sooner", "later", "not told apart", f"it turns at a {upwards} of")
    return f"`{name}`: {speed.sentence()} {together.sentence()}\n\n{table(header, rows)}"


def rows_of(found: RegimeMap) -> list[tuple[float, str, str, str, str]]:
    """Return a row for each value across at which a cell shows the patterns: how many cells say what, and the line.

    Cells are those of the coarsest grid. The metric is one of which lower is better.
    """
    rows = []
    for i in range(0, len(found.axes[0]), found.strides[0]):
        cells = np.zeros(found.is_run.shape, dtype=bool)
        cells[i, :: found.strides[1]] = True
        cells &= found.is_run & ~found.misses_patterns
        if cells.any():
            counts = is_lower(found) & cells, is_higher(found) & cells, found.holds_zero & cells
            rows.append((found.axes[0][i], *(str(int(each.sum())) for each in counts), turning(found, i)))
    return rows


def turning(found: RegimeMap, i: int) -> str:
    """Say where along the second parameter the sign changes, at one node across, with the band that holds the place."""
    surface, heights = found.surface()[i], found.places[1]
    across, upwards, share = found.share_positive()
    positive = interpolated((across, upwards), share, (found.places[0][[i]], upwards))[0]
    is_known = (positive < LIMITS[0]) | (positive > LIMITS[1])
    crossings = np.flatnonzero(surface[:-1] * surface[1:] < 0)
    if not crossings.size:
        side = "later" if surface.mean() > 0 else "sooner"
        return f"{side} in the whole range" if is_known.all() else f"{side} on average in the whole range"
    words = []
    for n in crossings:
        here, there = surface[n], surface[n + 1]
        place = heights[n] + (heights[n + 1] - heights[n]) * here / (here - there)
        # The band ends where the sign is known; where it is not, at the end of the range.
        low = upwards[is_known & (upwards < place)].max(initial=upwards[0])
        high = upwards[is_known & (upwards > place)].min(initial=upwards[-1])
        value, *ends = (number(found.parameters[1].value_at(each)) for each in (place, low, high))
        words.append(f"{value} ({' to '.join(ends)}), sooner {'above' if here > 0 else 'below'}")
    return "; ".join(words)


def of_reach(folder: Path) -> str:
    """Return the maps of reach and readiness, and whether matching the baseline turns the verdict."""
    names = ("reach_and_readiness", "reach_and_readiness_matched")
    told = [of_a_map(folder, name) for name in names]
    plain, matched = (regime_map(Results(folder / name)) for name in names)
    return "\n".join([*told, apart(plain, matched)])


def of_onboarding(folder: Path) -> str:
    """Return the map of cluster organisations and onboarding."""
    return of_a_map(folder, "clusters_and_onboarding")


def apart(plain: RegimeMap, matched: RegimeMap) -> str:
    """Say in how many cells two maps of the same parameters have opposite verdicts beyond chance."""
    nodes = (slice(None, None, plain.strides[0]), slice(None, None, plain.strides[1]))
    shown = [(each.is_run & ~each.misses_patterns)[nodes] for each in (plain, matched)]
    lower, higher = ([side(each)[nodes] for each in (plain, matched)] for side in (is_lower, is_higher))
    both = shown[0] & shown[1]
    opposite = both & (lower[0] & higher[1] | higher[0] & lower[1])
    told = f"Of {int(both.sum())} cells that show the patterns in both maps, the verdict on speed is the opposite in"
    if opposite.any():
        return f"{told} {int(opposite.sum())}."
    return f"{told} none: there reach itself decides, and not how fast it makes adoption."


def is_lower(found: RegimeMap) -> np.ndarray:
    """Return where the metric is lower than that of the reference beyond chance, bool (X, Y)."""
    return found.intervals[..., 1] < 0


def is_higher(found: RegimeMap) -> np.ndarray:
    """Return where the metric is higher than that of the reference beyond chance, bool (X, Y)."""
    return found.intervals[..., 0] > 0


# --- critical mass ----------------------------------------------------------------------------------------------------


def of_critical_mass(folder: Path) -> str:
    """Return between which subsidies the platform of the hypercluster fills and empties."""
    place = folder / "critical_mass"
    told = explored("hypercluster", "--critical-mass", "--out", place)
    (sentence,) = re.findall(r"^In the long run .*$", told, flags=re.MULTILINE)
    rows = pd.read_csv(place / "critical_mass.csv")
    return f"{sentence} {half_full(rows)}"


def half_full(rows: pd.DataFrame) -> str:
    """Say between which subsidies an empty platform is half full at the horizon; a row for each branch and subsidy."""
    empty = rows[rows["branch"] == "empty"].sort_values("subsidy")
    is_full = empty["members_at_horizon"].to_numpy() >= 0.5
    if is_full.all() or not is_full.any():
        return f"After 20 years an empty platform is half full {'every' if is_full.all() else 'no'}where in the range."
    last = int(np.flatnonzero(~is_full)[-1])
    low, high = empty["subsidy"].to_numpy()[last : last + 2]
    return (
        f"After 20 years an empty platform is half full from a subsidy between {low:.2f} and {high:.2f} on."
    )


BLOCKS: Mapping[str, Callable[[Path], str]] = {
    "reach and readiness": of_reach,
    "clusters and onboarding": of_onboarding,
    "critical mass": of_critical_mass,
}


def main() -> None:
    """Write the blocks."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("blocks", nargs="*", metavar="BLOCK", help=f"of {', '.join(BLOCKS)}")
    given = parser.parse_args()
    if unknown := set(given.blocks) - BLOCKS.keys():
        parser.error(f"no block {', '.join(sorted(unknown))}; there are {', '.join(BLOCKS)}")
    for name in given.blocks or BLOCKS:
        write_blocks(PAGE, {name: BLOCKS[name](given.folder)})


if __name__ == "__main__":
    main()
