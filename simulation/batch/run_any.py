"""Any function of parameters and a seed, such as a model of Mesa's, in batches that lose nothing."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from simulation.analysis.any_results import AnyResults
from simulation.arguments import MOST_REPLICATIONS, seed_of, whole_number
from simulation.batch.calls import AnyScenario, Call, Function, called, get_ready, run_calls
from simulation.batch.dispatch import Block, Failure, Outcome, Replicate, single, work_through
from simulation.batch.progress import Estimate, Progress
from simulation.batch.running import BLOCK, Batch, command, opened_batch
from simulation.errors import HyperclusterError, shortened
from simulation.results.any_manifest import RUNS_OF_A_FUNCTION, new_any_manifest
from simulation.results.blocks import read_rows
from simulation.results.bookkeeping import Kind
from simulation.results.tables import RESERVED
from simulation.settings import IDENTIFIER

BLOCK_SECONDS = 0.2
"""Time after which a block ends, about: what a worker loses if it is killed. Writing a block takes about 10 ms."""

MOST_TRIED = 10
"""Replications that may fail before one has shown what the function returns."""


def run_any(
    function: Function,
    scenarios: Mapping[str, Mapping[str, Any]],
    replications: int = 30,
    *,
    out: str | Path,
    seed: int = 1,
    workers: int | None = None,
    executor: Executor | str = "processes",
    deadline: float | None = None,
    merge: bool = True,
    fresh: bool = False,
    take_over: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> AnyResults:
    """Call a function ``replications`` times for every scenario, and return the results, which can be resumed.

    The results do not depend on workers, executor or interruptions, if the function draws all of its random numbers
    from generators that it seeds with the number it is given. Finished replications in the folder are kept, and only
    the rest is computed, including what failed before.

    Parameters
    ----------
    function : called as ``function(parameters, seed)`` in worker processes, which import it by its name: it is defined
        at the top of a module. Returns a dictionary of outcomes, the same names each time: numbers, truth values, or
        None or nan where there is no value.
    scenarios : parameters by the name of the scenario, as numbers, texts, truth values, None, and lists and
        dictionaries of these. Names have lower-case letters, digits, "_" and "-".
    replications : at least 1. Replication j has seed ``seed + j`` in every scenario.

    The others are those of :func:`simulation.batch.running.run_batch`.

    Raises
    ------
    ResultsError
        If the folder holds other runs: the function, its module or one that it imports from beside it, a version of a
        package that these import, the parameters of a scenario or the seed differ. Nothing is written then.
    HyperclusterError
        If an argument is invalid, and nothing is written then; or if the first ``MOST_TRIED`` replications all fail.
    MachineError, OSError, MemoryError, KeyboardInterrupt
        As for ``run_batch``; MachineError also if the code is edited during the run. The next call continues.
    """
    specs = _specs(scenarios)
    replications = whole_number("replications", replications, least=1, most=MOST_REPLICATIONS)
    seed = seed_of(seed, replications=replications)
    found = called(function)
    manifest = new_any_manifest(
        {spec.name: spec.parameters for spec in specs},
        replications,
        seed=seed,
        function=str(found),
        sources=dict(found.sources.modules),
        packages=dict(found.sources.packages),
        command=command(),
    )
    with opened_batch(
        specs,
        manifest,
        out=out,
        workers=workers,
        executor=executor,
        deadline=deadline,
        merge=merge,
        fresh=fresh,
        take_over=take_over,
        progress=progress,
        replicate=Call(found),
        batch=Calls,
    ) as batch:
        batch.run_to(replications)
    return AnyResults(batch.store.folder)


class Calls(Batch):
    """A batch of calls. The first replication that succeeds shows which outcomes all of them have."""

    kind: ClassVar[Kind] = RUNS_OF_A_FUNCTION
    replicate: Call

    @classmethod
    def preparation(cls, specs: Sequence[Any], replicate: Replicate | None) -> Callable[[], None]:
        """Return what a process does before its first task; its time does not count."""
        assert isinstance(replicate, Call), "a batch of calls"
        return partial(get_ready, replicate.function)

    def _computation(self) -> Callable[[Block], Outcome]:
        return run_calls

    def _read_finished(self) -> None:
        """Take the names of the outcomes from the rows that are there."""
        rows = read_rows(self.store.folder, "runs", order=[spec.name for spec in self.specs])
        names = tuple(name for name in rows.column_names if name not in RESERVED)
        self.replicate = replace(self.replicate, outcomes=names)

    def _pilot(self, blocks: list[Block]) -> list[Block]:
        """Compute replications one by one, in an order that depends on nothing else, until one succeeds.

        It shows the names of the outcomes, if they are not known, and how long a replication takes.

        Raises
        ------
        HyperclusterError
            If too many fail before the names are known.
        """
        self.piloted = True
        place = {spec.name: place for place, spec in enumerate(self.specs)}
        ordered = sorted(
            ((number, place[block.spec.name], block) for block in blocks for number in block.replications),
            key=lambda entry: entry[:2],
        )
        tried: set[tuple[str, int]] = set()
        answer: list[Outcome] = []

        def take(answered: list[tuple[Block, Outcome]]) -> None:
            answer[:] = [outcome for _, outcome in answered]
            self._take(answered)

        for number, _, block in ordered:
            work_through([single(block, number)], self.compute, self.pool, take, at_a_time=lambda: 1)
            tried.add((block.spec.name, number))
            if answer[0].headline or self.replicate.outcomes:
                break
            if len(tried) == MOST_TRIED:
                raise HyperclusterError(
                    f"the first {MOST_TRIED} replications all failed, the last one with {answer[0].failures[0].error}; "
                    f"{self.store.folder / 'manifest.json'} has their tracebacks"
                )
        if answer[0].headline:
            self._read_finished()
        return self._rest(blocks, tried, answer[0])

    def _rest(self, blocks: list[Block], tried: set[tuple[str, int]], one: Outcome) -> list[Block]:
        """Return the blocks without what was tried, in pieces that take ``BLOCK_SECONDS`` if all are like this one."""
        most = max(1, min(BLOCK, int(BLOCK_SECONDS / one.seconds))) if one.seconds else 1
        rest = []
        for block in blocks:
            left = [number for number in block.replications if (block.spec.name, number) not in tried]
            rest += [
                replace(block, replications=tuple(left[n : n + most]), replicate=self.replicate)
                for n in range(0, len(left), most)
            ]
        missing = sum(len(block.replications) for block in rest)
        self.report.estimated(
            Estimate(seconds=missing * one.seconds / self.pool.slots, bytes=missing * sum(one.sizes.values()))
        )
        return rest

    def _add_failure(self, block: Block, failure: Failure) -> None:
        seed = block.seed + failure.replication
        function = self.store.manifest["function"]
        module, _, name = function.partition(":")
        self.store.note_failure(
            block.spec.name,
            failure.replication,
            seed=seed,
            error=failure.error,
            traceback=failure.traceback,
            reproduce=f"from {module} import {name.partition('.')[0]}; {name}({block.spec.parameters!r}, {seed})",
        )


def _specs(scenarios: object) -> list[AnyScenario]:
    """Return the scenarios with their parameters as JSON keeps them.

    Raises
    ------
    HyperclusterError
        If they cannot be kept.
    """
    if not isinstance(scenarios, Mapping) or not scenarios:
        raise HyperclusterError(
            f"scenarios = {shortened(repr(scenarios))}: must be a dictionary with the parameters of each scenario, "
            'such as {"dense": {"density": 0.9}}'
        )
    found = []
    for name, parameters in scenarios.items():
        if not isinstance(name, str) or not re.fullmatch(IDENTIFIER, name):
            raise HyperclusterError(
                f"scenarios: the name {shortened(repr(name))} must be 1 to 64 lower-case letters, digits, _ and -"
            )
        where = f'scenarios["{name}"]'
        if not isinstance(parameters, Mapping):
            raise HyperclusterError(
                f"{where} = {shortened(repr(parameters))}: must be a dictionary of parameters"
            )
        found.append(AnyScenario(name, json.loads(json.dumps(_plain(parameters, where)))))
    return found


def _plain(value: object, where: str) -> Any:
    """Return a value of a parameter as JSON has it."""
    if getattr(value, "shape", None) == () and hasattr(value, "item"):  # of NumPy
        value = value.item()
    if value is None or isinstance(value, (bool, str, int)):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, (list, tuple)):
        return [_plain(each, f"{where}[{place}]") for place, each in enumerate(value)]
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: _plain(each, f'{where}["{key}"]') for key, each in value.items()}
    raise HyperclusterError(
        f"{where} = {shortened(repr(value))}: must be a finite number, a text, true, false, None, or a list or "
        "dictionary of these"
    )
