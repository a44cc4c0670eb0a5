"""Scenarios x replications on any executor, into a results folder that can be resumed.

Replication j has the seed ``seed + j`` in every scenario, so that scenarios share their random draws (common random
numbers). Work is sent out in blocks of replications, with scenarios alternating, so that a stopped batch is balanced.
Workers write their blocks where they share a disk with the parent, which puts them in place; elsewhere they return the
bytes of the files.
"""

from __future__ import annotations

import contextlib
import math
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from simulation.arguments import MOST_REPLICATIONS, real_number, seed_of, whole_number
from simulation.batch.compiling import has_to_compile
from simulation.batch.dispatch import (
    Block,
    Delivering,
    Failure,
    Named,
    Outcome,
    Replicate,
    name_of,
    single,
    versions_digest,
    work_through,
)
from simulation.batch.progress import HEADLINE, Estimate, Progress, Report
from simulation.batch.replications import kind_of, load_kernels, run_block
from simulation.batch.workers import Workers, opened
from simulation.errors import HyperclusterError, listed
from simulation.files.objects import located
from simulation.results.blocks import Replication
from simulation.results.bookkeeping import SCENARIOS, Kind
from simulation.results.manifest import Manifest, new_manifest
from simulation.results.object_store import store_of
from simulation.results.reader import Results
from simulation.results.tables import ENDING, TABLES_OF
from simulation.results.writer import Store
from simulation.scenario.loading import load_scenario
from simulation.scenario.schema import Scenario
from simulation.threads import available_cores

if TYPE_CHECKING:
    from simulation.analysis.stopping import Goal

BLOCK = 20
"""Largest number of replications in a block: what a worker loses if it dies. Each block has a fixed cost."""

BLOCK_BYTES = 8_000_000
"""Largest size of a block with more than one replication: a worker holds its rows, and sends its files at once."""

BLOCKS_PER_WORKER = 8
"""Desired number of blocks per worker over the batch, so that all workers end at about the same time."""

MOST_WORKERS = 10_000
"""More than any machine has cores."""

MOST_SECONDS = 1e6
"""The longest deadline, eleven days: operating systems cannot wait for much more than twice as long."""

MAX_REPLICATIONS = 1000
"""Default maximum number of replications if they are added until differences are precise enough."""


def run_batch(
    scenarios: Sequence[Scenario | str | Path] | Scenario | str | Path,
    replications: int = 30,
    *,
    out: str | Path,
    seed: int = 1,
    workers: int | None = None,
    executor: Executor | str = "processes",
    deadline: float | None = None,
    until_halfwidth: float | None = None,
    max_replications: int = MAX_REPLICATIONS,
    keep: str = "all",
    merge: bool = True,
    fresh: bool = False,
    take_over: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> Results:
    """Run every scenario ``replications`` times and return the results; they do not depend on workers or executor.

    Finished replications in the folder are kept, and only the rest is computed. Failed replications are listed in
    ``Results.manifest["failures"]`` and tried again by the next call.

    Parameters
    ----------
    scenarios : scenarios, or their files or shipped names, no two with the same name; or one of these alone.
    replications : at least 1. Replication j has seed ``seed + j`` in every scenario.
    out : the results folder, or ``s3://BUCKET/NAME`` in an object store.
    seed : 0 or more; that of the last replication is at most MOST_SEED of :mod:`simulation.arguments`.
    workers : blocks computed at the same time; by default the number of cores.
    executor : "processes" (scripts need the usual ``if __name__ == "__main__":``), "serial", "dask",
        "dask://HOST:PORT", or any ``concurrent.futures`` executor.
    deadline : seconds that a replication may take, at most MOST_SECONDS; a longer one is recorded as failed.
    until_halfwidth : go on after ``replications``, in rounds of ``simulation.analysis.stopping.ROUND``, until the 95 %
        interval of every paired difference in Phi is no wider than twice this.
    max_replications : the largest number of replications with ``until_halfwidth``.
    keep : what is written of each replication: "all", "curves" (no memberships and no ledger) or "metrics".
    merge : merge the blocks into one file per table at the end; otherwise they stay in ``parts/``, which all readers
        of a study read. Merging a very large study takes longer than computing it on a cluster.
    fresh : replace the contents of the folder.
    take_over : take the folder from a process on another machine that has ended; needed only on disks that cannot lock.
    progress : called in this process at the start and after every block.

    Raises
    ------
    ResultsError
        If the folder holds another study: its scenarios, seed, program or what it keeps differ. Nothing is written
        then.
    ScenarioError, DataError
        If a scenario cannot be loaded. Nothing is written then.
    HyperclusterError
        If an argument is invalid, or there is no such executor. Nothing is written then.
    MachineError, OSError, MemoryError
        If the machine fails, for instance because a disk is full. The next call continues from the finished blocks.
    KeyboardInterrupt
        After the workers have ended; the next call continues from the finished blocks.
    """
    specs = _specs_of([scenarios] if isinstance(scenarios, Scenario | str | Path) else scenarios)
    replications = whole_number("replications", replications, least=1, most=MOST_REPLICATIONS)
    goal = _goal(until_halfwidth, max_replications, scenarios=len(specs))
    seed = seed_of(seed, replications=replications if goal is None else max(replications, goal.ceiling))
    if keep not in tuple(TABLES_OF):
        raise HyperclusterError(f"keep = {keep!r}: must be one of {listed(TABLES_OF)}")
    manifest = new_manifest(specs, replications, seed=seed, command=command(), keep=keep)
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
    ) as batch:
        if goal is None:
            batch.run_to(replications)
        else:
            batch.run_until(goal, first=replications)
    return Results(batch.store.folder)


@contextlib.contextmanager
def opened_batch(
    specs: Sequence[Named],
    manifest: Manifest,
    *,
    out: str | Path,
    workers: int | None,
    executor: Executor | str,
    deadline: float | None,
    merge: bool,
    fresh: bool,
    take_over: bool,
    progress: Callable[[Progress], None] | None,
    replicate: Replicate | None = None,
    batch: type[Batch] | None = None,
) -> Iterator[Batch]:
    """Open a results folder and workers for a study, and record and merge what they finish when the block ends.

    Parameters
    ----------
    manifest : of the study, as :func:`simulation.results.manifest.new_manifest` makes it.
    replicate : what makes the rows of a replication; by default one run of its scenario.
    batch : by default one of scenarios of the model.

    The others, and the errors, are those of :func:`run_batch`.
    """
    workers = (
        available_cores() if workers is None else whole_number("workers", workers, least=1, most=MOST_WORKERS)
    )
    if deadline is not None:
        deadline = real_number("deadline", deadline, above=0, most=MOST_SECONDS)
    batch = batch or Batch
    store = store_of(located(out), batch.kind)
    store.check(manifest, fresh=fresh)
    prepare = batch.preparation(specs, replicate)
    with contextlib.ExitStack() as opening:
        # Before anything is written, because there may be no such workers.
        pool = opening.enter_context(opened(executor, workers=workers, deadline=deadline, prepare=prepare))
        with store.alone(take_over=take_over), store.ended():
            with opening.pop_all():  # they have ended, and write no more, when the rest is recorded or merged
                store.begin(manifest, fresh=fresh)
                yield batch(
                    specs,
                    manifest["seed"],
                    deadline=deadline,
                    store=store,
                    pool=pool,
                    progress=progress,
                    replicate=replicate,
                )
            store.compact(merge=merge)


def _goal(until_halfwidth: float | None, max_replications: int, *, scenarios: int) -> Goal | None:
    """Return the precision to reach; None if none is asked for."""
    ceiling = whole_number("max_replications", max_replications, least=2, most=MOST_REPLICATIONS)
    if until_halfwidth is None:
        return None
    halfwidth = real_number("until_halfwidth", until_halfwidth, above=0)
    if scenarios < 2:
        raise HyperclusterError(
            "until_halfwidth needs at least two scenarios, because it applies to their differences"
        )
    from simulation.analysis.stopping import Goal  # only here, because its statistics are slow to load

    return Goal(halfwidth, ceiling)


def command() -> str:
    """Return the command of this process, for the manifest."""
    program = Path(sys.argv[0]).name
    whole = shlex.join(["hypercluster" if program == "__main__.py" else program, *sys.argv[1:]])
    return whole.encode(errors="backslashreplace").decode()  # the name of a file need not be text


def _specs_of(scenarios: Sequence[Scenario | str | Path]) -> list[Scenario]:
    """Return the scenarios of a study, of which no two may have the same name; files are loaded."""
    specs = [spec if isinstance(spec, Scenario) else load_scenario(spec) for spec in scenarios]
    names = [spec.name for spec in specs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if not names:
        raise HyperclusterError("a study needs at least one scenario")
    if twice:
        raise HyperclusterError(
            f"two scenarios of one study are called {', '.join(twice)}; give each its own name"
        )
    return specs


class Batch:
    """Sends out the missing blocks and stores their outcomes: files, failures in the manifest, progress."""

    kind: ClassVar[Kind] = SCENARIOS

    @classmethod
    def preparation(cls, specs: Sequence[Any], replicate: Replicate | None) -> Callable[[], None]:
        """Return what a process does before its first task; its time does not count."""
        kinds = {kind_of(spec): spec for spec in specs}
        return partial(load_kernels, list(kinds.values()))

    def __init__(
        self,
        specs: Sequence[Any],
        seed: int,
        *,
        deadline: float | None,
        store: Store,
        pool: Workers,
        progress: Callable[[Progress], None] | None,
        replicate: Replicate | None = None,
    ) -> None:
        self.specs = specs
        self.replicate = replicate
        self.seed = seed
        self.deadline = deadline
        self.store = store
        self.pool = pool
        self.phi: dict[Replication, float] = {}
        self.endings: dict[Replication, str] = {}
        self.report = Report(progress, damaged=store.damaged, notes=store.notes)
        self.piloted = False
        # A process of this machine that exceeds its deadline is ended, and must not wait for a busy disk meanwhile.
        delivery = None if deadline is not None and pool.patience is None else store.delivery()
        compute = self._computation()
        self.compute = compute if delivery is None else Delivering(compute, delivery, versions_digest())
        if store.finished:
            self._read_finished()

    def _computation(self) -> Callable[[Block], Outcome]:
        """Return the function that computes a block, which workers import by its name."""
        return run_block

    def _read_finished(self) -> None:
        """Take note of what is finished in the folder."""
        results = Results(self.store.folder)
        more = [] if self.replicate is None else [ENDING]
        runs = results.runs(["scenario", "replication", *HEADLINE, *more])
        for scenario, number, phi, t50, *ending in runs.itertuples(index=False):
            self._note(scenario, number, (phi, t50))
            if ending:
                self.endings[scenario, number] = ending[0]

    def run_to(self, replications: int) -> None:
        """Compute the missing ones among the first replications of every scenario."""
        wanted = {(spec.name, number) for spec in self.specs for number in range(replications)}
        self.report.expect(len(wanted), done=len(wanted & self.store.finished))
        self.run({spec.name: range(replications) for spec in self.specs})

    def run(self, wanted: Mapping[str, Sequence[int]], *, expected: int | None = None) -> None:
        """Compute the missing ones among the replications of each scenario, in this order.

        Parameters
        ----------
        expected : number of all replications of the study, where it is not known before and reported from here.
        """
        if expected is not None:
            self.report.expect(expected, done=len(self.store.finished))
        blocks = _blocks(
            self.specs,
            {
                name: [number for number in numbers if (name, number) not in self.store.finished]
                for name, numbers in wanted.items()
            },
            seed=self.seed,
            deadline=self.deadline,
            slots=self.pool.slots,
            keep=self.store.keep,
            replicate=self.replicate,
        )
        if (threads := self.pool.cores_each(len(blocks))) > 1:
            blocks = [replace(block, threads=threads) for block in blocks]
        if blocks and not self.piloted:
            blocks = self._pilot(blocks)
        work_through(blocks, self.compute, self.pool, self._take, at_a_time=lambda: self.pool.capacity)

    def run_until(self, goal: Goal, *, first: int) -> None:
        """Compute rounds of replications until the target precision or the maximum is reached."""
        from simulation.analysis.stopping import widest_interval

        names = [spec.name for spec in self.specs]
        for replications in goal.rounds(first):
            self.run_to(replications)
            widest = widest_interval(self.phi, names, replications=replications)
            reached = widest.halfwidth <= goal.halfwidth
            found = {
                "halfwidth": goal.halfwidth,
                "max_replications": goal.ceiling,
                "replications": replications,
                "reached": reached,
                "widest": None if math.isinf(widest.halfwidth) else widest.halfwidth,
                "pair": [widest.scenario, widest.reference],
            }
            self.store.record("until", found, replications=replications)
            if reached:
                return

    def _pilot(self, blocks: list[Block]) -> list[Block]:
        """Compute one replication of each kind, alone, estimate the cost of the rest, and return the rest.

        This also makes one worker compile the kernels, which the others then read from numba's cache.
        """
        self.piloted = True
        if self.pool.is_here and has_to_compile():
            self.report.compiling()
        pilots: dict[tuple[bool, bool], Block] = {}
        for block in blocks:
            pilots.setdefault(kind_of(block.spec), single(block, block.replications[0]))
        cost: dict[tuple[bool, bool], Outcome] = {}

        def take(answered: list[tuple[Block, Outcome]]) -> None:
            cost.update({kind_of(block.spec): outcome for block, outcome in answered})
            self._take(answered)

        work_through(pilots.values(), self.compute, self.pool, take, at_a_time=lambda: 1)
        taken = {(block.spec.name, *block.replications) for block in pilots.values()}
        rest = [
            replace(block, replications=left)
            for block in blocks
            if (left := tuple(n for n in block.replications if (block.spec.name, n) not in taken))
        ]
        rest = [
            piece
            for block in rest
            for piece in in_pieces(block, size=sum(cost[kind_of(block.spec)].sizes.values()))
        ]
        spent = [(len(block.replications), cost[kind_of(block.spec)]) for block in rest]
        self.report.estimated(
            Estimate(
                seconds=sum(n * outcome.seconds for n, outcome in spent) / self.pool.slots,
                bytes=sum(n * sum(outcome.sizes.values()) for n, outcome in spent),
            )
        )
        return rest

    def _take(self, answered: list[tuple[Block, Outcome]]) -> None:
        """Store outcomes; the names of blocks that workers have written go to the disk together, which takes long."""
        self.store.accept(
            [(name_of(block, outcome), outcome.delivered) for block, outcome in answered if outcome.delivered]
        )
        for block, outcome in answered:
            self._account(block, outcome)

    def _account(self, block: Block, outcome: Outcome) -> None:
        name = block.spec.name
        failed = {failure.replication for failure in outcome.failures}
        done = [number for number in block.replications if number not in failed]
        if outcome.files:
            self.store.add(name_of(block, outcome), outcome.files)
        self.store.finished.update((name, number) for number in done)
        for failure in outcome.failures:
            self._add_failure(block, failure)
        for number, values in outcome.headline.items():
            if values:
                self._note(name, number, values)
        self.endings.update({(name, number): ending for number, ending in outcome.endings.items()})
        self.report.took(len(done), failed=len(failed))

    def _add_failure(self, block: Block, failure: Failure) -> None:
        spec, seed = self._case(block, failure.replication)
        self.store.add_failure(
            block.spec.name,
            failure.replication,
            spec=spec,
            seed=seed,
            error=failure.error,
            traceback=failure.traceback,
            deadline=block.deadline,
        )

    def _case(self, block: Block, replication: int) -> tuple[Scenario, int]:
        """Return the scenario and the seed that reproduce a replication."""
        if block.replicate is not None:
            with contextlib.suppress(HyperclusterError):  # which may be the failure itself
                return block.replicate.case(block.spec, replication)
        return block.spec, block.seed + replication

    def _note(self, scenario: str, replication: int, values: Sequence[float]) -> None:
        self.phi[scenario, replication] = values[0]
        self.report.average(scenario, values)


def in_pieces(block: Block, *, size: int) -> list[Block]:
    """Divide a block into those of at most ``BLOCK_BYTES``, where a replication has ``size`` bytes."""
    most = max(1, BLOCK_BYTES // max(size, 1))
    numbers = block.replications
    return [replace(block, replications=numbers[n : n + most]) for n in range(0, len(numbers), most)]


def _blocks(
    specs: Sequence[Named],
    missing: Mapping[str, Sequence[int]],
    *,
    seed: int,
    deadline: float | None,
    slots: int,
    keep: str = "all",
    replicate: Replicate | None = None,
) -> list[Block]:
    """Return what is missing, by the name of the scenario, in blocks; scenarios take turns.

    With a deadline every replication is a block of its own, so that it is known which one does not answer.
    """
    size = min(sum(map(len, missing.values())) // (BLOCKS_PER_WORKER * slots), BLOCK)
    if size < 1 or deadline is not None:
        size = 1
    return [
        Block(
            spec,
            seed,
            tuple(missing[spec.name][first : first + size]),
            deadline,
            keep=keep,
            replicate=replicate,
        )
        for first in range(0, max(map(len, missing.values()), default=0), size)
        for spec in specs
        if first < len(missing.get(spec.name, ()))
    ]
