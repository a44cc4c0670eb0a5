"""What an ensemble would take: points, runs, time and disk, from a few of its points."""

from __future__ import annotations

import time
from dataclasses import dataclass

from simulation.batch.replications import load_kernels
from simulation.explore.ensemble import Ensemble
from simulation.explore.matching import FACTOR
from simulation.explore.points import PointRun
from simulation.results.tables import ENDING, RAN
from simulation.threads import available_cores

TRIED = 24
"""Points at which the baseline is run."""
BYTES = 300
"""On disk for each run: its metrics, compressed; 220 to 290 were measured in ensembles of 6,584 and 37,612 runs."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What an ensemble would take."""

    points: int
    runs: int
    seconds: float  # on all workers
    megabytes: float


def forecast(ensemble: Ensemble, sets: int, *, workers: int | None) -> Forecast:
    """Return what an ensemble of so many points, or sets of points that belong together, would take."""
    design = ensemble.design
    points = sets * design.together if design.size is None else min(sets, design.size)
    load_kernels(ensemble.scenarios)
    factors: dict[int, float] = {}
    make = PointRun(ensemble, factors)
    each = design.replications
    tried = (
        range(ensemble.unfiltered, ensemble.unfiltered + TRIED) if ensemble.filters else range(min(points, 4))
    )

    def run(name: int, point: int) -> str:
        tables = make(ensemble.scenarios[name], point * each, seed=0, deadline=None, keep="metrics")
        if ensemble.matches:
            factors[point] = float(tables["runs"][FACTOR.name][0])
        return str(tables["runs"][ENDING][0])

    began = time.perf_counter()
    kept = sum(run(0, point) == RAN for point in tried)
    of_baseline = (time.perf_counter() - began) / len(tried)
    began = time.perf_counter()
    for name in range(1, len(ensemble.scenarios)):
        run(name, tried[0])
    of_rivals = (time.perf_counter() - began) / len(ensemble.rivals)
    share = (kept + 1) / (len(tried) + 2) if ensemble.filters else 1.0
    whole = min(points, ensemble.unfiltered) if ensemble.filters else points
    rivals = round((whole + share * (points - whole)) * len(ensemble.rivals) * each)
    seconds = points * of_baseline + rivals * of_rivals
    return Forecast(
        points=points,
        runs=points + rivals,
        seconds=seconds / (available_cores() if workers is None else workers),
        megabytes=(points + rivals) * BYTES / 1e6,
    )
