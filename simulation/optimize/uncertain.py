"""Running the best of a search, and the policies of its study, in uncertain worlds by successive halving.

The worlds are points of an ensemble: everything that is assumed is drawn from its plausible range, and a world is used
if its baseline shows what is known of diffusion. All candidates have the same worlds and the same draws. All runs are
in one results folder, so that an interrupted comparison goes on within a rung; who goes on follows from the stored
values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from simulation.analysis.patterns import load_patterns
from simulation.analysis.priors import load_priors
from simulation.batch.running import Batch, command, opened_batch
from simulation.errors import HyperclusterError
from simulation.explore.designs import Design
from simulation.explore.ensemble import Ensemble, checks_of
from simulation.explore.parameters import shipped_parameters
from simulation.explore.points import NOT_AFFORDABLE, PointRun
from simulation.explore.running import design_table
from simulation.explore.study import Study
from simulation.optimize.halving import better_half, rungs
from simulation.optimize.running import FRESH_SEEDS, Call, Found, refuse_failures
from simulation.optimize.space import Space
from simulation.policies.plan import NotAffordable
from simulation.results.reader import DESIGN, Results
from simulation.results.tables import ENDING, RAN
from simulation.world import Array

ROUND = 64
"""Worlds that are drawn at a time, until enough of them show the patterns."""
MOST_DRAWN = 100
"""Worlds that are drawn at most for each that is wanted."""
SEEDS = FRESH_SEEDS + 100_000
"""Distance from the first seed of a search to those of the worlds: behind those of the final comparison."""


@dataclass(frozen=True, slots=True)
class Rung:
    """Candidates that ran in the first worlds."""

    worlds: int
    candidates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InWorlds:
    """What ran in uncertain worlds, before its answers are written."""

    found: Found
    pool: dict[str, Array]  # genes of all candidates, by name
    rungs: tuple[Rung, ...]  # the last one has all worlds
    points: tuple[int, ...]  # of the worlds
    drawn: int  # worlds that were looked at to find them
    results: Results

    @property
    def rivals(self) -> tuple[str, ...]:
        """Names of all that ran in all worlds: the policies, and the candidates of the last rung."""
        return (*(spec.name for spec in self.found.policies), *self.rungs[-1].candidates)


def run_in_worlds(found: Found, *, out: str | Path, call: Call) -> InWorlds:
    """Run candidates in more and more worlds, those that are better in fewer ones go on; policies run in all worlds.

    Errors are those of :func:`simulation.optimize.running.run_search`.

    Raises
    ------
    HyperclusterError
        If too few worlds show the patterns.
    """
    search = found.space.search
    pool = pool_of(found)
    ensemble = ensemble_in(found, pool)
    with opened_batch(
        ensemble.scenarios,
        ensemble.manifest(MOST_DRAWN * search.robust.worlds, command=command()),
        out=Path(out) / f"robust_{search.generations:03}",
        workers=call.workers,
        executor=call.executor,
        deadline=call.deadline,
        merge=True,
        fresh=call.fresh,
        take_over=call.take_over,
        progress=call.progress,
        replicate=PointRun(_alone(ensemble)),
    ) as batch:
        call.tell("looking for worlds that show the patterns")
        points, drawn = _worlds(batch, found.space, ensemble)
        policies = [spec.name for spec in found.policies]
        left = list(pool)
        climbed = []
        for number, worlds in enumerate(sizes := rungs(search.robust.worlds), start=1):
            call.tell(f"rung {number} of {len(sizes)}: {len(left)} candidates in {worlds} worlds")
            _run(batch, [*policies, *left], points[:worlds], ensemble)
            climbed.append(Rung(worlds, tuple(left)))
            if number < len(sizes):
                values, _ = values_in(Results(batch.store.folder), left, points[:worlds], space=found.space)
                left = [left[n] for n in better_half(search.signs * values.mean(axis=(1, 2)))]
        batch.store.manifest["ensemble"]["points"] = drawn
        batch.store.put(DESIGN, design_table(ensemble.design, drawn))
    return InWorlds(found, pool, tuple(climbed), tuple(points), drawn, Results(batch.store.folder))


def pool_of(found: Found) -> dict[str, Array]:
    """Return the candidates at the start by name: survivors of the search, their offspring, and random ones."""
    space = found.space
    wanted = space.search.robust.candidates
    rng = np.random.default_rng([space.search.seed, 1])
    pool: dict[str, Array] = {}
    seen: set[bytes] = set()

    def add(name: str, genes: Array) -> None:
        genes = space.canonical(genes)
        if len(pool) < wanted and genes.tobytes() not in seen and _is_possible(space, genes):
            pool[name] = genes
        seen.add(genes.tobytes())

    for name, genes in found.survivors.items():
        add(name, genes)
    for n, genes in enumerate(found.offspring):
        add(f"g{space.search.generations:03}_{n:03}", genes)
    for n in range(10 * wanted):  # a small space may have fewer
        add(f"random_{n:03}", space.drawn(1, rng)[0])
    return pool


def values_in(
    results: Results, names: Sequence[str], points: Sequence[int], *, space: Space
) -> tuple[Array, Array]:
    """Return the objectives of some scenarios in some worlds, and which worlds can pay for them.

    Where a plan is not affordable nothing is done, and the values are those of the baseline.

    Returns
    -------
    values : float64 (names, worlds, replications, 2); nan if undefined.
    paid : bool (names, worlds).
    """
    metrics = list(space.search.objectives)
    each, base = space.search.robust.replications, space.baseline.name
    runs = results.runs(["scenario", "replication", ENDING, *metrics])
    numbers = [point * each + n for point in points for n in range(each)]
    by_scenario = {
        str(name): rows.set_index("replication").loc[numbers]
        for name, rows in runs.groupby("scenario", observed=True)
        if name in (*names, base)
    }
    shape = (len(points), each, len(metrics))
    baseline = by_scenario[base][metrics].to_numpy().reshape(shape)
    values, paid = [], []
    for name in names:
        rows = by_scenario[name]
        affordable = (rows[ENDING] != NOT_AFFORDABLE).to_numpy().reshape(shape[:2]).all(axis=1)
        mine = rows[metrics].to_numpy().reshape(shape)
        values.append(np.where(affordable[:, None, None], mine, baseline))
        paid.append(affordable)
    return np.stack(values), np.stack(paid)


def ensemble_in(found: Found, pool: Mapping[str, Array]) -> Ensemble:
    """Return the ensemble of the baseline, the policies of the study, and candidates by name."""
    space, search = found.space, found.space.search
    candidates = [space.scenario(genes, name=name) for name, genes in pool.items()]
    rivals = (*found.policies, *candidates)
    seed = search.seed + SEEDS
    study = Study(
        title=search.title,
        scenarios=tuple(spec.name for spec in rivals),
        baseline=search.baseline,
        replications=search.robust.replications,
        seed=seed,
        patterns=search.robust.patterns,
        set=search.set,
    )
    parameters = shipped_parameters(load_priors(), [space.baseline, *rivals], replaced=(), fixed=())
    patterns, ranges = checks_of(study, space.baseline)
    return Ensemble(
        study=study,
        design=Design("sample", tuple(parameters), seed, study.replications),
        baseline=space.baseline,
        rivals=rivals,
        patterns=patterns,
        ranges=ranges,
        years=load_patterns().years,
        unfiltered=0,
    )


def _alone(ensemble: Ensemble) -> Ensemble:
    """Return the ensemble without its rivals, which a worker need not know: a block brings its own scenario."""
    return replace(ensemble, rivals=())


def _is_possible(space: Space, genes: Array) -> bool:
    try:
        space.scenario(genes, name="candidate")
    except NotAffordable:
        return False
    return space.shortfall(genes) == 0


def _worlds(batch: Batch, space: Space, ensemble: Ensemble) -> tuple[list[int], int]:
    """Return the first points whose baseline shows the patterns and has both objectives, and how many were looked at.

    The patterns are looked for with the first seed of a world; its other seeds then run whatever they show.
    """
    each, baseline, wanted = ensemble.design.replications, ensemble.baseline.name, space.search.robust.worlds
    first = PointRun(_alone(ensemble))
    rest = PointRun(replace(_alone(ensemble), unfiltered=MOST_DRAWN * wanted))
    usable: list[int] = []
    drawn = 0
    while len(usable) < wanted:
        if drawn >= MOST_DRAWN * wanted:
            raise HyperclusterError(
                f"robust: only {len(usable)} of {drawn:,} worlds show the patterns and have values of the objectives "
                f'without policy, and {wanted} are wanted; take fewer worlds, or  patterns = "none"  in [robust]'
            )
        new = range(drawn, drawn + (ROUND if ensemble.filters else wanted))
        numbers = [point * each for point in new]
        batch.replicate = first
        batch.run({baseline: numbers}, expected=_expected(batch, [baseline], numbers))
        shown = [point for point in new if batch.endings.get((baseline, point * each)) == RAN]
        batch.replicate = rest
        _run(batch, [baseline], shown, ensemble)
        if shown:
            values, _ = values_in(Results(batch.store.folder), [baseline], shown, space=space)
            defined = ~np.isnan(values[0]).any(axis=(1, 2))
            usable += [point for point, is_defined in zip(shown, defined, strict=True) if is_defined]
        drawn = new.stop
    return usable[:wanted], drawn


def _run(batch: Batch, names: Sequence[str], points: Sequence[int], ensemble: Ensemble) -> None:
    each = ensemble.design.replications
    numbers = [point * each + n for point in points for n in range(each)]
    batch.run(dict.fromkeys(names, numbers), expected=_expected(batch, names, numbers))
    refuse_failures(batch.store.manifest, batch.store.folder)


def _expected(batch: Batch, names: Sequence[str], numbers: Sequence[int]) -> int:
    """Return how many runs there will be after those that are asked for."""
    return len(batch.store.finished | {(name, number) for name in names for number in numbers})
