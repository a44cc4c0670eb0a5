"""Scenarios x replications on any executor, into a results folder that can be resumed.

Replication j has the seed ``seed + j`` in every scenario, so that scenarios share their luck (common random numbers).
Work goes out in blocks of replications, scenarios taking turns, so that a batch that was stopped is balanced. A block
comes back as the bytes of its files, and the parent alone writes: workers need not share a disk with it.
"""

from __future__ import annotations

import contextlib
import math
import multiprocessing
import os
import shlex
import signal
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from multiprocessing import resource_tracker
from multiprocessing.connection import wait as wait_for_any
from pathlib import Path
from typing import Self

import pyarrow as pa

from simulation.engine import simulate
from simulation.errors import HyperclusterError, ResultsError
from simulation.manifest import new_manifest
from simulation.metrics import compute, reasons
from simulation.results import Replication, Results, part_name
from simulation.rows import TABLES, Tables, tables_of, to_parquet
from simulation.scenario import Scenario, load_scenario
from simulation.store import FAILED, Store, replace

BLOCK = 5
"""Replications in a block: what a worker that dies loses at most."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch is; handed to the callback at the start and after every block."""

    done: int  # replications that are finished, those kept from an earlier start included
    total: int
    kept: int  # of those done, found finished on disk
    failed: int
    elapsed_seconds: float


@dataclass(frozen=True, slots=True)
class Block:
    """Replications of one scenario, to be computed together."""

    spec: Scenario
    seed: int  # of replication 0
    replications: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """A replication that ended in an exception, or whose process died."""

    replication: int
    error: str  # one line
    traceback: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a block leaves: its files, and the replications that failed."""

    files: dict[str, bytes] = field(default_factory=dict)  # Parquet by table; none if all failed
    failures: tuple[Failure, ...] = ()


def replicate(spec: Scenario, replication: int, *, seed: int) -> Tables:
    """Simulate one replication and return its rows; ``seed`` is that of replication 0."""
    record = simulate(spec, seed + replication)
    metrics = compute(record)
    undefined = reasons(record) if any(math.isnan(value) for value in metrics.values()) else {}
    return tables_of(record, metrics, reasons=undefined, replication=replication)


def run_block(block: Block) -> Outcome:
    """Simulate a block; an exception in one replication leaves the others whole."""
    rows: list[Tables] = []
    failures: list[Failure] = []
    for replication in block.replications:
        try:
            rows.append(replicate(block.spec, replication, seed=block.seed))
        except Exception as error:  # noqa: BLE001 - whatever it was, it is recorded and the others go on
            failures.append(Failure(replication, _one_line(error), traceback.format_exc()))
    if not rows:
        return Outcome(failures=tuple(failures))
    files = {name: to_parquet(pa.concat_tables([tables[name] for tables in rows])) for name in TABLES}
    return Outcome(files=files, failures=tuple(failures))


def run_batch(
    scenarios: Sequence[Scenario | str | Path],
    replications: int = 30,
    *,
    out: str | Path,
    seed: int = 1,
    workers: int | None = None,
    executor: Executor | None = None,
    fresh: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> Results:
    """Run every scenario ``replications`` times and return the results; they do not depend on workers or executor.

    What is finished in the folder already is kept, and only the rest is computed. Replications that failed are listed
    in ``Results.manifest["failures"]``, and tried again by the next call.

    Parameters
    ----------
    scenarios : scenarios, or their files or shipped names; no two with the same name.
    replications : at least 1. Replication j has seed ``seed + j`` in every scenario.
    out : the results folder.
    workers : processes, as many as there are cores unless given. Scripts need the usual
        ``if __name__ == "__main__":``.
    executor : where blocks run instead, with ``workers`` as the number that it computes at a time.
    fresh : replace what is in the folder.
    progress : called in this process at the start and after every block.

    Raises
    ------
    ResultsError
        If the folder holds another study: its scenarios, seed or program differ. Nothing is written then.
    ScenarioError, DataError
        If a scenario cannot be loaded. Nothing is written then.
    KeyboardInterrupt
        After the workers have ended; finished blocks are kept and the next call goes on from there.
    """
    specs = [spec if isinstance(spec, Scenario) else load_scenario(spec) for spec in scenarios]
    workers = available_cores() if workers is None else workers
    _check_arguments(specs, replications, seed=seed, workers=workers)
    store = Store(Path(out))
    manifest = new_manifest(specs, replications, seed=seed, command=_command())
    finished = store.begin(manifest, fresh=fresh)
    wanted = {(spec.name, number) for spec in specs for number in range(replications)}
    blocks = _blocks(specs, replications, seed=seed, finished=finished)
    batch = _Batch(store, progress, total=len(wanted), kept=len(wanted & finished))
    try:
        batch.report()
        if blocks:
            with _Workers(workers, executor) as pool:
                if executor is None:
                    _compile_kernels(blocks, pool)
                _work_through(blocks, pool, batch.take)
        store.compact()
    except BaseException:
        with contextlib.suppress(OSError):  # a full disk must not hide what went wrong first
            store.end("interrupted")
        raise
    store.end("failures" if batch.failed else "finished")
    return Results(store.folder)


def _command() -> str:
    return shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])


def available_cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _check_arguments(specs: Sequence[Scenario], replications: int, *, seed: int, workers: int) -> None:
    names = [spec.name for spec in specs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if not names:
        raise HyperclusterError("a study needs at least one scenario")
    if twice:
        raise HyperclusterError(
            f"two scenarios of one study are called {', '.join(twice)}; give each its own name"
        )
    for what, value, least in (("replications", replications, 1), ("seed", seed, 0), ("workers", workers, 1)):
        if value < least:
            raise HyperclusterError(f"{what} = {value}: must be {least} or more")


def _blocks(
    specs: Sequence[Scenario], replications: int, *, seed: int, finished: set[Replication]
) -> list[Block]:
    """Return what is missing, in blocks; scenarios take turns."""
    blocks = []
    for first in range(0, replications, BLOCK):
        for spec in specs:
            numbers = range(first, min(first + BLOCK, replications))
            missing = tuple(number for number in numbers if (spec.name, number) not in finished)
            if missing:
                blocks.append(Block(spec, seed, missing))
    return blocks


class _Batch:
    """Takes the outcomes of blocks as they come in: files to disk, failures to the manifest, progress to the caller."""

    def __init__(
        self, store: Store, progress: Callable[[Progress], None] | None, *, total: int, kept: int
    ) -> None:
        self.store = store
        self.progress = progress
        self.total = total
        self.kept = kept
        self.done = kept
        self.failed = 0
        self.began = time.monotonic()

    def report(self) -> None:
        if self.progress is not None:
            elapsed = time.monotonic() - self.began
            self.progress(Progress(self.done, self.total, self.kept, self.failed, elapsed))

    def take(self, block: Block, outcome: Outcome) -> None:
        if outcome.files:
            self.store.add(part_name(block.spec.name, block.replications), outcome.files)
        self.done += len(block.replications) - len(outcome.failures)
        self.failed += len(outcome.failures)
        for failure in outcome.failures:
            self._record(block, failure)
        if outcome.failures:
            self.store.save()
        self.report()

    def _record(self, block: Block, failure: Failure) -> None:
        name, seed = block.spec.name, block.seed + failure.replication
        scenario = self.store.folder / FAILED / f"{name}.toml"
        scenario.parent.mkdir(exist_ok=True)
        replace(scenario, block.spec.to_toml().encode())
        self.store.manifest["failures"].append(
            {
                "scenario": name,
                "replication": failure.replication,
                "seed": seed,
                "error": failure.error,
                "traceback": failure.traceback,
                "reproduce": f"hypercluster run {scenario} --seed {seed} --replications 1 --workers 1 "
                f"--out {scenario.with_name(f'{name}-seed-{seed}')}",
            }
        )


class _Workers:
    """The executor that blocks go to: the caller's, or processes of our own that can be replaced when one dies."""

    def __init__(self, workers: int, executor: Executor | None) -> None:
        self.workers = workers
        self.ours = executor is None
        self._executor = executor

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self.ours:
            self._end(at_once=kind is not None)

    def submit[T](self, task: Callable[[Block], T], block: Block) -> Future[T]:
        if self._executor is None:
            # New processes rather than copies of this one, which may have threads that a copy would miss.
            context = multiprocessing.get_context("spawn")
            self._executor = ProcessPoolExecutor(self.workers, mp_context=context, initializer=_start_worker)
        with _interrupt_kept_from_children():
            return self._executor.submit(task, block)

    def replace(self) -> None:
        """Start over with new processes after one has died."""
        if not self.ours:
            raise ResultsError(
                "the executor broke down; what had finished is kept, and the same call goes on from it"
            )
        self._end(at_once=True)

    def _end(self, *, at_once: bool) -> None:
        pool, self._executor = self._executor, None
        if not isinstance(pool, ProcessPoolExecutor):
            return
        if at_once:  # a future that runs cannot be cancelled, but its process can be ended
            for process in list((pool._processes or {}).values()):
                process.terminate()
        pool.shutdown(wait=True, cancel_futures=True)


@contextlib.contextmanager
def _interrupt_kept_from_children() -> Iterator[None]:
    """Start processes with Ctrl-C blocked, which they inherit: the terminal sends it to all, but it is for us alone.

    It reaches us at the end of the block.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # would unblock it again, if it had to be started on the way
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_worker() -> None:
    """Leave Ctrl-C to the parent, where it could not be blocked, and end when the parent is gone, however it went."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None, "a worker is started by a parent"

    def follow() -> None:
        wait_for_any([parent.sentinel])
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


def _work_through(blocks: Iterable[Block], pool: _Workers, take: Callable[[Block, Outcome], None]) -> None:
    """Send out all blocks and hand every outcome to ``take``, once.

    When a process dies nobody knows whose block did it. All that were under way are tried once more, one replication
    at a time and alone, so that only the guilty one is lost.
    """
    waiting = deque(blocks)
    while waiting:
        suspects = _run_until_one_dies(waiting, pool, take)
        for suspect in [_single(block, number) for block in suspects for number in block.replications]:
            if _run_until_one_dies(deque([suspect]), pool, take):
                take(suspect, Outcome(failures=(_lost(suspect),)))


def _run_until_one_dies(
    waiting: deque[Block], pool: _Workers, take: Callable[[Block, Outcome], None]
) -> list[Block]:
    """Take blocks from ``waiting`` until there are none or a process dies; return those then under way, unfinished.

    Few blocks are sent out at a time, so that memory does not grow with their number.
    """
    running: dict[Future[Outcome], Block] = {}
    unfinished: list[Block] = []
    alive = True
    try:
        while running or (waiting and alive):
            while waiting and alive and len(running) < 2 * pool.workers:
                try:
                    future = pool.submit(run_block, waiting[0])
                except BrokenExecutor:
                    alive = False
                else:
                    running[future] = waiting.popleft()
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                block = running.pop(future)
                if isinstance(future.exception(), BrokenExecutor):
                    alive = False
                    unfinished.append(block)
                else:
                    take(block, _outcome(future, block))
    finally:
        for future in running:  # an executor that is not ours must not go on with what nobody waits for
            future.cancel()
    if not alive:
        pool.replace()
    return unfinished


def _single(block: Block, replication: int) -> Block:
    return Block(block.spec, block.seed, (replication,))


def _outcome(future: Future[Outcome], block: Block) -> Outcome:
    error = future.exception()
    if error is None:
        return future.result()
    text = "".join(traceback.format_exception(error))
    return Outcome(failures=tuple(Failure(number, _one_line(error), text) for number in block.replications))


def _lost(block: Block) -> Failure:
    why = "the worker process died: it was killed, ran out of memory or crashed"
    return Failure(block.replications[0], why, "")


def _one_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0]


def _compile_kernels(blocks: Iterable[Block], pool: _Workers) -> None:
    """Let one worker simulate first, so that kernels are compiled once and the others find them in numba's cache.

    Platforms and policies decide which kernels a scenario needs: one replication of each such kind will do. It is not
    done here, because compiling takes 100 MB that a process keeps.
    """
    kinds = {(bool(block.spec.platforms), bool(block.spec.policies)): block for block in blocks}
    for block in kinds.values():
        with contextlib.suppress(Exception):  # what goes wrong will go wrong again, and then it is recorded
            pool.submit(_simulate_first, block).result()


def _simulate_first(block: Block) -> None:
    simulate(block.spec, block.seed + block.replications[0])
