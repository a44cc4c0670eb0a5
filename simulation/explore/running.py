"""Running an ensemble on any executor, into a results folder that can be resumed and extended.

A sample goes through rounds of points: first the baseline, which tells where the patterns are shown, and then the
rivals there. So what has been computed at any time is a sample of its own, and its answers hold as far as it goes.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from simulation.batch.progress import Progress
from simulation.batch.running import Batch, command, opened_batch
from simulation.errors import HyperclusterError
from simulation.explore.designs import Design, values_of
from simulation.explore.ensemble import Ensemble
from simulation.explore.matching import FACTOR
from simulation.explore.points import PointRun
from simulation.explore.regimes import points_to_refine
from simulation.results.reader import DESIGN, Results
from simulation.results.tables import RAN

SMALLEST_ROUND = 64
LARGEST_ROUND = 1024
"""Points between two looks at the rules for stopping: as many as there are already, within these limits."""

FEWEST_KEPT = 256
"""Kept points before a sample may stop because its shares are known well enough."""


@dataclass(frozen=True, slots=True)
class Size:
    """How far an ensemble goes: to the first of these that is reached."""

    points: int
    kept: int | None = None  # points at which the baseline shows the patterns
    minutes: float | None = None
    enough: Callable[[Results], bool] | None = None  # asked when points have doubled


def run_ensemble(
    ensemble: Ensemble,
    size: Size,
    *,
    out: str | Path,
    workers: int | None = None,
    executor: Executor | str = "processes",
    deadline: float | None = None,
    fresh: bool = False,
    take_over: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> Results:
    """Run an ensemble and return its results; they do not depend on workers, executor or interruptions.

    Points in the folder are kept; only the rest is computed. Errors and arguments are those of
    :func:`simulation.batch.running.run_batch`.
    """
    design = ensemble.design
    sets = size.points if design.size is None else 1
    points = sets * design.together if design.size is None else min(size.points, design.size)
    manifest = ensemble.manifest(points, command=command())
    with opened_batch(
        ensemble.scenarios,
        manifest,
        out=out,
        workers=workers,
        executor=executor,
        deadline=deadline,
        merge=True,
        fresh=fresh,
        take_over=take_over,
        progress=progress,
        replicate=PointRun(ensemble),
    ) as batch:
        if design.size is not None:
            batch.store.put(DESIGN, design_table(design, points))
        began = time.monotonic()
        for chosen, last in _rounds(ensemble, batch, points):
            _round(ensemble, batch, chosen, points)
            if _is_enough(ensemble, size, batch, done=last, began=began):
                batch.store.manifest["ensemble"]["points"] = last
                break
        batch.store.put(DESIGN, design_table(design, batch.store.manifest["ensemble"]["points"]))
    return Results(batch.store.folder)


def _rounds(ensemble: Ensemble, batch: Batch, points: int) -> Iterator[tuple[Sequence[int], int]]:
    """Yield the points of a round, and how many points are then done.

    Rounds are each as large as all before, from ``SMALLEST_ROUND`` to ``LARGEST_ROUND`` points. Those of a grid whose
    steps are halved follow from what has run: first the coarsest grid, and then what is near a contour.
    """
    if ensemble.design.finer:
        yield from _halvings(ensemble, batch, points)
        return
    first = 0
    while first < points:
        last = min(first + min(max(first, SMALLEST_ROUND), LARGEST_ROUND), points)
        yield range(first, last), last
        first = last


def _halvings(ensemble: Ensemble, batch: Batch, points: int) -> Iterator[tuple[Sequence[int], int]]:
    ends = [min(end, points) for end in ensemble.design.rounds]
    yield range(ends[0]), ends[0]
    asked: set[int] = set()  # a point that failed is not asked for twice
    for halved, end in enumerate(ends[1:], start=1):
        while True:
            near = points_to_refine(Results(batch.store.folder), halved=halved)
            wanted = [point for point in near if point < end and point not in asked]
            if not wanted:
                break
            asked.update(wanted)
            yield wanted, end


def _round(ensemble: Ensemble, batch: Batch, points: Sequence[int], in_all: int) -> None:
    """Run the baseline at some points, and then the rivals where it shows the patterns."""
    each = ensemble.design.replications
    baseline = ensemble.baseline.name
    batch.run({baseline: [point * each for point in points]}, expected=_expected(ensemble, batch, in_all))
    chosen = [
        point * each + number
        for point in points
        if not ensemble.filters
        or point < ensemble.unfiltered
        or batch.endings.get((baseline, point * each)) == RAN
        for number in range(each)
    ]
    if ensemble.matches:
        batch.replicate = PointRun(ensemble, _factors(ensemble, Results(batch.store.folder), points))
    wanted = {spec.name: chosen for spec in ensemble.rivals}
    batch.run(wanted, expected=_expected(ensemble, batch, in_all))


def _factors(ensemble: Ensemble, results: Results, points: Sequence[int]) -> dict[int, float]:
    """Return the factors on the rates that the baseline was matched with, by point."""
    runs = results.runs(["scenario", "replication", FACTOR.name])
    runs = runs[runs["scenario"] == ensemble.baseline.name]
    found = (runs["replication"] // ensemble.design.replications).to_numpy()
    factors = runs[FACTOR.name].to_numpy()
    inside = np.isin(found, points)
    return dict(zip(found[inside].tolist(), factors[inside].tolist(), strict=True))


def _expected(ensemble: Ensemble, batch: Batch, points: int) -> int:
    """Return about how many runs there will be in all, from the points so far."""
    looked, kept = kept_so_far(ensemble, batch)
    share = 1.0 if not ensemble.filters else (kept + 1) / (looked + 2)
    rivals = len(ensemble.rivals) * ensemble.design.replications
    whole = min(points, ensemble.unfiltered) if ensemble.filters else points
    return points + round(rivals * (whole + share * (points - whole)))


def kept_so_far(ensemble: Ensemble, batch: Batch) -> tuple[int, int]:
    """Return at how many points the baseline has ended, and at how many it shows the patterns."""
    endings = [word for (name, _), word in batch.endings.items() if name == ensemble.baseline.name]
    return len(endings), endings.count(RAN)


def _is_enough(ensemble: Ensemble, size: Size, batch: Batch, *, done: int, began: float) -> bool:
    _, kept = kept_so_far(ensemble, batch)
    if size.kept is not None and kept >= size.kept:
        return True
    if size.minutes is not None and time.monotonic() - began >= 60 * size.minutes:
        return True
    doubled = done & (done - 1) == 0
    if size.enough is None or not doubled or kept < FEWEST_KEPT:
        return False
    return size.enough(Results(batch.store.folder))


def design_table(design: Design, points: int) -> bytes:
    """Return the values of the first points as a Parquet file: column ``point``, and one for each parameter."""
    numbers = list(range(points))
    columns = {"point": numbers} | values_of(design, numbers)
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, compression="zstd")
    return sink.getvalue()


def refuse_too_many(points: int, ensemble: Ensemble) -> None:
    """Raise ``HyperclusterError`` if a study may not have so many runs."""
    from simulation.arguments import MOST_REPLICATIONS

    runs = points * ensemble.design.together * ensemble.design.replications
    if runs > MOST_REPLICATIONS:
        raise HyperclusterError(
            f"{points:,} points have {runs:,} replications of a scenario; there must be {MOST_REPLICATIONS:,} or fewer"
        )
