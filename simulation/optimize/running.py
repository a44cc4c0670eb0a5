"""Running a search: each generation is a results folder, so that a search goes on where it was interrupted.

    search.json            what determines the search: the study, its scenarios, the program
    generation_000/        candidates x replications of the first generation, with the policies of the study
    generation_001/        the survivors and new candidates, on seeds of this generation
    final_012/             the front after 12 generations and the policies of the study, on fresh seeds

To go on, the optimiser is asked again from its seed and told what the folders hold; it then asks for the same
candidates. So a search does not depend on interruptions, workers or executors.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from simulation.batch.progress import Progress
from simulation.batch.running import run_batch
from simulation.errors import HyperclusterError, ResultsError, listed
from simulation.files.durable import replace
from simulation.files.held_folder import make_folder
from simulation.files.plain import read_plain
from simulation.optimize.optimiser import Optimiser, evolve
from simulation.optimize.space import Space
from simulation.policies.plan import NotAffordable
from simulation.results.manifest import ARITHMETIC, PROGRAM, Manifest
from simulation.results.reader import Results
from simulation.scenario.schema import Scenario
from simulation.world import Array

RECORD = "search.json"
FRESH_SEEDS = 1_000_000
"""Distance from the first seed of a search to those of its final comparison: more than any search uses."""


@dataclass(frozen=True, slots=True)
class Call:
    """How a search computes; none of it changes a number."""

    workers: int | None = None
    executor: Executor | str = "processes"
    deadline: float | None = None
    fresh: bool = False
    take_over: bool = False
    progress: Callable[[Progress], None] | None = None
    tell: Callable[[str], None] = field(default=lambda _: None)


@dataclass(frozen=True, slots=True)
class Found:
    """What a search has found, before its answers are written."""

    space: Space
    policies: tuple[Scenario, ...]
    candidates: dict[str, Array]  # on the front of the last generation, by name: genes
    survivors: dict[str, Array]  # all that the last generation left, those on the front first
    offspring: Array  # float64 (n, genes), what the next generation would try
    tried: int  # different candidates that were simulated
    refused: int  # candidates that broke a constraint, and were not simulated
    results: Results  # of the final comparison: the baseline, the policies, and the candidates


def run_search(space: Space, policies: tuple[Scenario, ...], *, out: str | Path, call: Call) -> Found:
    """Run a search to its end and return what it found.

    Errors are those of :func:`simulation.batch.running.run_batch`.

    Raises
    ------
    ResultsError
        If the folder holds another search. Nothing is written then.
    HyperclusterError
        If pymoo is not installed, a replication failed, or no candidate has values.
    """
    search, folder = space.search, Path(out)
    first = first_generation(space, policies)
    optimiser = Optimiser(first, canonical=space.canonical, seed=search.seed)
    _open(folder, _identity(space, policies), fresh=call.fresh)
    judge = _Judge(space, policies, folder, call)

    def began(generation: int) -> None:
        call.tell(f"generation {generation + 1} of {search.generations}")

    evolve(optimiser, judge, search.generations, began=began)
    candidates = {judge.name_of(genes): genes for genes in optimiser.first_front}
    if not candidates:
        raise HyperclusterError(
            f"none of {judge.tried + judge.refused} candidates keeps all bounds and has values of both objectives; "
            "widen the bounds of the shares, or choose objectives that are defined in every run"
        )
    survivors = candidates | {judge.name_of(genes): genes for genes in optimiser.parents}
    call.tell(f"final comparison of {len(candidates)} candidates on fresh seeds")
    specs = [space.scenario(genes, name=name) for name, genes in candidates.items()]
    results = _run(
        [space.baseline, *policies, *specs],
        folder / f"final_{search.generations:03}",
        replications=search.final_replications,
        seed=search.seed + FRESH_SEEDS,
        call=call,
    )
    return Found(
        space=space,
        policies=policies,
        candidates=candidates,
        survivors=survivors,
        offspring=optimiser.ask(),
        tried=judge.tried,
        refused=judge.refused,
        results=results,
    )


def first_generation(space: Space, policies: tuple[Scenario, ...]) -> Array:
    """Return the first candidates, float64 (population, genes): what is most like the policies, and random ones."""
    wanted = space.search.population
    like = [space.nearest(spec) for spec in policies]
    rng = np.random.default_rng(space.search.seed)
    distinct: dict[bytes, Array] = {row.tobytes(): row for row in like}
    for _ in range(100):  # a small space may have fewer candidates than the population
        if len(distinct) >= wanted:
            break
        for row in space.drawn(wanted, rng):
            canonical = space.canonical(row)
            distinct.setdefault(canonical.tobytes(), canonical)
    return np.array(list(distinct.values())[: max(wanted, len(like))])


class _Judge:
    """Judges candidates by simulation, each generation in its own folder."""

    def __init__(self, space: Space, policies: tuple[Scenario, ...], folder: Path, call: Call) -> None:
        self.space, self.policies, self.folder, self.call = space, policies, folder, call
        self.tried = self.refused = 0
        self._names: dict[bytes, str] = {}
        self._refused: set[str] = set()

    def name_of(self, genes: Array) -> str:
        """Return the name of a candidate, which tells when it was new."""
        return self._names[genes.tobytes()]

    def __call__(self, generation: int, genes: Array) -> tuple[Array, Array]:
        search = self.space.search
        names = []
        for row in genes:
            born = sum(name.startswith(f"g{generation:03}_") for name in self._names.values())
            names.append(self._names.setdefault(row.tobytes(), f"g{generation:03}_{born:03}"))
        violations = np.array([self.space.shortfall(row) for row in genes])
        specs: list[Scenario | None] = []
        for n, (name, row) in enumerate(zip(names, genes, strict=True)):
            try:
                specs.append(self.space.scenario(row, name=name) if violations[n] == 0 else None)
            except NotAffordable:
                specs.append(None)
                violations[n] = 1.0
        new = [
            (name, spec) for name, spec in zip(names, specs, strict=True) if name[1:4] == f"{generation:03}"
        ]
        self.tried += sum(spec is not None for _, spec in new)
        self.refused += sum(spec is None for _, spec in new)
        wanted = [spec for spec in specs if spec is not None]
        objectives = np.zeros((len(genes), 2))
        if wanted:
            results = _run(
                [*(self.policies if generation == 0 else ()), *wanted],
                self.folder / f"generation_{generation:03}",
                replications=search.replications,
                seed=search.seed + generation * search.replications,
                call=self.call,
            )
            values = values_of(results, search.objectives, replications=search.replications)
            means = values.mean(axis=1)
            place = {name: n for n, name in enumerate(results.scenarios)}
            for n, spec in enumerate(specs):
                if spec is not None:
                    objectives[n] = search.signs * means[place[spec.name]]
        undefined = np.isnan(objectives).any(axis=1)
        return np.where(undefined[:, None], 0.0, objectives), np.where(undefined, 1.0, violations)


def values_of(results: Results, metrics: Sequence[str], *, replications: int) -> Array:
    """Return metrics of the first replications, float64 (scenarios, replications, metrics); nan if undefined.

    The folder may hold more, of an earlier call.
    """
    runs = results.runs(["scenario", "replication", *metrics])
    runs = runs[runs["replication"] < replications].sort_values("replication")
    by_scenario = {str(name): rows for name, rows in runs.groupby("scenario", observed=True)}
    return np.stack([by_scenario[name][list(metrics)].to_numpy() for name in results.scenarios])


def _run(specs: list[Scenario], folder: Path, *, replications: int, seed: int, call: Call) -> Results:
    results = run_batch(
        specs,
        replications,
        out=folder,
        seed=seed,
        workers=call.workers,
        executor=call.executor,
        deadline=call.deadline,
        keep="metrics",
        fresh=call.fresh,
        take_over=call.take_over,
        progress=call.progress,
    )
    refuse_failures(results.manifest, folder)
    return results


def refuse_failures(manifest: Manifest, folder: Path) -> None:
    """Raise ``HyperclusterError`` if replications failed: candidates cannot be compared without them."""
    if failures := manifest["failures"]:
        raise HyperclusterError(
            f"{folder}: {len(failures)} replications failed, the first with: {failures[0]['error']}. The same command "
            "tries them again; manifest.json has the whole messages"
        )


def _identity(space: Space, policies: tuple[Scenario, ...]) -> dict[str, Any]:
    """Return what must be the same for generations to belong to one search.

    Other code of the program is not part of it: each results folder refuses candidates or a model that differ.
    """
    shown = space.search.model_dump(
        mode="json", exclude={"title", "generations", "final_replications", "robust"}
    )
    return {
        "study": {key: json.dumps(value, sort_keys=True) for key, value in shown.items()},
        "scenarios": {spec.name: spec.digest for spec in (space.baseline, *policies)},
        "versions": {name: version(name) for name in (*ARITHMETIC, "pymoo")},
    }


def _open(folder: Path, identity: dict[str, Any], *, fresh: bool) -> None:
    """Record what determines a search, or compare it with what its folder records."""
    path = folder / RECORD
    if not fresh and path.exists():
        try:
            there = json.loads(read_plain(path).decode())
            old = dict(there["identity"]) if there["program"] == PROGRAM else {}
        except (OSError, ValueError, KeyError, TypeError):
            old = {}
        changed = [
            f"{part}: {key}"
            for part, now in identity.items()
            for key in now
            if old.get(part, {}).get(key) != now[key]
        ]
        if changed:
            raise ResultsError(
                f"{folder}: holds another search; different are {listed(changed)}. Choose another --out, or replace it "
                "with --fresh"
            )
        return
    if not fresh and folder.is_dir() and any(folder.iterdir()):
        raise ResultsError(
            f"{folder}: is not empty and holds no search ({RECORD} is missing); choose another --out"
        )
    make_folder(folder)
    replace(path, json.dumps({"program": PROGRAM, "identity": identity}, indent=1).encode())
