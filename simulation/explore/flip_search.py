"""The nearest flip of an ensemble's verdict, with worlds that are simulated during the search."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from simulation.arguments import whole_number
from simulation.batch.compiling import has_to_compile
from simulation.batch.replications import load_kernels
from simulation.batch.workers import Workers, opened
from simulation.engine.simulate import simulate
from simulation.errors import HyperclusterError, ScenarioError
from simulation.explore.designs import Design
from simulation.explore.ensemble import Ensemble, design_of, recorded
from simulation.explore.flips import Found, Search
from simulation.explore.parameters import Parameter, changed, paths_in
from simulation.explore.points import NOT_AFFORDABLE, NOT_SHOWN, PointRun
from simulation.explore.study import SPEED
from simulation.metrics import METRICS, compute
from simulation.policies.plan import NotAffordable
from simulation.results.reader import Results
from simulation.results.tables import ENDING, RAN
from simulation.scenario.document import contains, value_at
from simulation.scenario.schema import Scenario
from simulation.threads import available_cores
from simulation.world import Array

SEEDS = 8
"""Of every set of values that the search tries."""

LOOKS = 5
"""Seeds with which the baseline is looked at; it must show the patterns with most of them."""


@dataclass(slots=True)
class Worlds:
    """Evaluates changed values by simulating the baseline and the pair; an ``Evaluate`` of a search."""

    ensemble: Ensemble
    scenario: Scenario
    reference: Scenario
    metric: str
    pool: Workers  # computes the runs
    _shown: dict[tuple[tuple[str, Any], ...], bool] = field(default_factory=dict)

    def __call__(self, values: Mapping[str, Any], seeds: Sequence[int]) -> Array | str:
        """Return the gain of the scenario with each seed, or why there is none."""
        given = [(each, values[each.name]) for each in self.ensemble.design.parameters if each.name in values]
        try:
            baseline, *pair = (
                changed(spec, given)[0] for spec in (self.ensemble.baseline, self.scenario, self.reference)
            )
        except NotAffordable:
            return NOT_AFFORDABLE
        except ScenarioError as error:
            return str(error)
        looked = list(seeds[:LOOKS])
        # The scenarios' own values are where the search begins, whatever their baseline shows.
        if given and 2 * self._showing(baseline, given, looked) <= len(looked):
            return NOT_SHOWN
        runs = [_Run(spec, seed, self.metric) for spec in pair for seed in seeds]
        here, there = np.split(np.array(self._computed(_metric_of, runs)), 2)
        gains = there - here if METRICS[self.metric].better == "lower" else here - there
        gains = gains[~np.isnan(gains)]
        return gains if gains.size > 1 else f"{self.metric} is undefined"

    def _showing(
        self, baseline: Scenario, given: Sequence[tuple[Parameter, Any]], seeds: Sequence[int]
    ) -> int:
        """Return with how many seeds the baseline shows the patterns."""
        # What moves policies alone leaves the baseline as it is.
        moved = tuple((each.name, value) for each, value in given if paths_in(self.ensemble.baseline, each))
        keys = [(("seed", seed), *moved) for seed in seeds]
        new = [(key, seed) for key, seed in zip(keys, seeds, strict=True) if key not in self._shown]
        found = self._computed(_shows_patterns, [_Look(self.ensemble, baseline, seed) for _, seed in new])
        self._shown.update(zip((key for key, _ in new), found, strict=True))
        return sum(self._shown[key] for key in keys)

    def _computed[A, T](self, task: Callable[[A], T], arguments: Iterable[A]) -> list[T]:
        sent = [self.pool.submit(task, argument) for argument in arguments]
        return [future.result() for future in sent]


@dataclass(frozen=True, slots=True)
class _Run:
    spec: Scenario
    seed: int
    metric: str


def _metric_of(run: _Run) -> float:
    return compute(simulate(run.spec, run.seed))[run.metric]


@dataclass(frozen=True, slots=True)
class _Look:
    ensemble: Ensemble
    baseline: Scenario
    seed: int


def _shows_patterns(look: _Look) -> bool:
    return PointRun(look.ensemble).shows_patterns(look.baseline, look.seed)


def nearest_flip(
    ensemble: Ensemble,
    results: Results,
    *,
    scenario: str | None = None,
    metric: str = SPEED,
    to: str | None = None,
    tries: int = 300,
    workers: int | None = None,
    executor: Executor | str = "processes",
) -> Found:
    """Search for the nearest flip of the verdict of a scenario over the first of the study.

    Parameters
    ----------
    results : a sample of this ensemble.
    scenario : by default the second of the study.
    metric : a metric of a verdict.
    to : "ahead", "alike" or "behind", if only flips to that verdict count.
    tries : the largest number of sets of values that are simulated before a flip is checked.
    workers, executor : as for :func:`simulation.batch.running.run_batch`; what is found does not depend on them.

    Raises
    ------
    HyperclusterError
        If the ensemble is no sample, or is matched to a target, which no single world has.
    """
    if ensemble.matches or design_of(results).kind != "sample":
        raise HyperclusterError("the nearest flip needs a sample whose worlds are not matched to a target")
    reference = ensemble.rivals[0]
    rival = next(spec for spec in ensemble.rivals[1:] if scenario in (None, spec.name))
    margin = float(getattr(ensemble.study.margin, metric))
    design = ensemble.design
    pair = (rival.name, reference.name)
    gains = mean_gains(results, pair, metric=metric, replications=design.replications)
    first = design.seed_of(len(results.design()), 0)  # no point of the sample has it
    places = np.array([design.places(point) for point in gains]).reshape(-1, len(design.parameters))
    workers = available_cores() if workers is None else whole_number("workers", workers, least=1)
    prepare = partial(load_kernels, ensemble.scenarios)
    if has_to_compile():
        prepare()  # this process compiles for all
    with opened(executor, workers=workers, deadline=None, prepare=prepare) as pool:
        search = Search(
            design.parameters,
            own_values(design, (ensemble.baseline, reference, rival)),
            Worlds(ensemble, rival, reference, metric, pool),
            margin=margin,
            seeds=range(first, first + SEEDS),
            to=to,
            tries=tries,
        )
        return search.run(places, np.array(list(gains.values())))


def mean_gains(
    results: Results, pair: tuple[str, str], *, metric: str, replications: int
) -> dict[int, float]:
    """Return the mean gain of a scenario over its reference at each point where the baseline shows the patterns."""
    runs = results.runs(["scenario", "replication", ENDING, metric])
    baseline = recorded(results.manifest)["identity"]["baseline"]
    point = runs["replication"].to_numpy() // replications
    names = runs["scenario"].astype(str)
    shown = set(point[(names == baseline) & (runs[ENDING] == RAN)])
    by_name = [
        runs[(names == name) & (runs[ENDING] == RAN)].set_index("replication")[metric] for name in pair
    ]
    gains = by_name[1] - by_name[0] if METRICS[metric].better == "lower" else by_name[0] - by_name[1]
    means = gains.groupby(gains.index // replications).mean().dropna()
    numbers = means.index.to_numpy()
    return {
        int(number): float(mean)
        for number, mean in zip(numbers, means.to_numpy(), strict=True)
        if number in shown
    }


def own_values(design: Design, scenarios: Sequence[Scenario]) -> dict[str, Any]:
    """Return the scenarios' own value of each parameter that has one in all scenarios that use it."""
    found: dict[str, Any] = {}
    for parameter in design.parameters:
        if parameter.multiply:
            found[parameter.name] = 1.0
            continue
        values = []
        for spec in scenarios:
            data = spec.model_dump()
            values += [value_at(data, path) for path in paths_in(spec, parameter) if contains(data, path)]
        if values and values[0] is not None and all(value == values[0] for value in values):
            found[parameter.name] = values[0]
    return found
