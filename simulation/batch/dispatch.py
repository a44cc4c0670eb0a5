"""Sending blocks of replications to workers and collecting their outcomes, also from workers that fail."""

from __future__ import annotations

import contextlib
import pickle
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import BrokenExecutor, CancelledError, Future
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from hashlib import sha256
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from simulation import plugins
from simulation.batch.workers import KEPT, NoAnswerError, Workers
from simulation.errors import HyperclusterError, MachineError
from simulation.results.blocks import block_of_temporary, part_name
from simulation.results.delivery import Delivered, Delivery
from simulation.results.manifest import model_versions, other_versions
from simulation.results.tables import TABLES_OF, Tables

MOST_SENT = 64
"""Scenarios whose bytes a parent remembers, and their scenarios a worker: making either takes 0.3 ms."""


class Named(Protocol):
    """What is replicated: a scenario of the model, or of another one."""

    @property
    def name(self) -> str:
        """The name in the study."""


class Replicate[S: Named](Protocol):
    """Makes the rows of one replication of a scenario that differs between replications, or is not of our model."""

    def __call__(self, spec: S, replication: int, *, seed: int, deadline: float | None, keep: str) -> Tables:
        """Return the rows; ``seed`` is that of the study."""

    def case(self, spec: S, replication: int) -> tuple[S, int]:
        """Return the scenario and the seed of a replication, for a message about its failure."""


@dataclass(frozen=True, slots=True)
class Block[S: Named]:
    """Replications of one scenario, to be computed together."""

    spec: S
    seed: int  # of replication 0
    replications: tuple[int, ...]
    deadline: float | None = None  # deadline of each replication, in seconds
    again: bool = False  # tried once before, and lost with its worker
    keep: str = "all"  # which tables are written
    threads: int = 1  # cores for each replication, if it is large
    replicate: Replicate[S] | None = (
        None  # what makes the rows of a replication; by default one run of the scenario
    )

    def __reduce__(self) -> tuple[Callable[..., Block], tuple[object, ...]]:
        """Send what all blocks of a scenario share as bytes that are made once."""
        rest = (self.seed, self.replications, self.deadline, self.again, self.keep, self.threads)
        return _block_of_bytes, (plugins.carried(), _bytes_of(self.spec), _bytes_of(self.replicate), *rest)


_sent: dict[int, tuple[object, bytes]] = {}
"""What was sent, by identity, which it keeps while it is here, with its bytes."""


def _bytes_of(shared: object) -> bytes:
    known = _sent.get(id(shared))
    if known is None:
        if len(_sent) >= MOST_SENT:
            _sent.clear()
        known = _sent[id(shared)] = shared, pickle.dumps(shared)
    return known[1]


@lru_cache(maxsize=MOST_SENT)
def _of_bytes(content: bytes) -> Any:
    return pickle.loads(content)


def _block_of_bytes(files: tuple[tuple[str, bytes], ...], spec: bytes, replicate: bytes, *rest: Any) -> Block:
    plugins.adopt(files)  # before the scenario, which may have instruments of theirs
    seed, replications, deadline, again, keep, threads = rest
    return Block(_of_bytes(spec), seed, replications, deadline, again, keep, threads, _of_bytes(replicate))


@dataclass(frozen=True, slots=True)
class Failure:
    """A replication that ended in an exception, took too long, or whose process died."""

    replication: int
    error: str  # one line
    traceback: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a block: its files, and the replications that failed."""

    files: dict[str, bytes] = field(default_factory=dict)  # Parquet by table; none if all failed or delivered
    failures: tuple[Failure, ...] = ()
    # By finished replication Phi and t50; nothing of other models.
    headline: Mapping[int, tuple[float, ...]] = field(default_factory=dict)
    endings: dict[int, str] = field(default_factory=dict)  # by replication; in an ensemble only
    seconds: float = 0.0  # time that it took
    versions: Mapping[str, str] = field(default_factory=model_versions)  # where it was computed
    delivered: Delivered | None = None  # the files, if the worker wrote them

    @property
    def sizes(self) -> Mapping[str, int]:
        """Bytes of each table."""
        if self.delivered is not None:
            return self.delivered.sizes
        return {table: len(content) for table, content in self.files.items()}


@dataclass(frozen=True, slots=True)
class Delivering:
    """Computes a block and writes it too, where that is possible and the parent would accept it."""

    compute: Callable[[Block], Outcome]
    delivery: Delivery
    versions: str  # of the parent

    def __call__(self, block: Block) -> Outcome:
        outcome = self.compute(block)
        if not outcome.files or self.versions != versions_digest():
            return outcome
        delivered = self.delivery.write(name_of(block, outcome), outcome.files)
        return outcome if delivered is None else replace(outcome, files={}, delivered=delivered)


@cache
def versions_digest() -> str:
    """Return a digest of the versions of this process: shorter than they are, since every task has it."""
    return sha256(repr(sorted(model_versions().items())).encode()).hexdigest()


def name_of(block: Block, outcome: Outcome) -> str:
    """Return the name of a block after its finished replications: failed ones may return in one with the same ends."""
    return part_name(block.spec.name, list(outcome.headline))


def single(block: Block, replication: int, *, again: bool = False) -> Block:
    return replace(block, replications=(replication,), again=again)


class Waiting:
    """Blocks to be sent out, those of the same replications to one worker after the other.

    The worlds of one seed have much in common, which a worker that has just drawn it need not draw again
    (:mod:`simulation.engine.shared`). Only where nothing else is left do others help it.
    """

    def __init__(self, blocks: Iterable[Block]) -> None:
        self._first: deque[Block] = deque()
        self._begun: dict[int, deque[Block]] = {}
        self._fresh: dict[int, deque[Block]] = {}
        for block in blocks:
            # By the last replication, because a first one may have been computed before the rest.
            self._fresh.setdefault(block.replications[-1], deque()).append(block)

    def __bool__(self) -> bool:
        return bool(self._first or self._begun or self._fresh)

    def take(self, ended: Block | None) -> Block:
        """Return the next block for a worker that has just ended another one, or none."""
        if self._first:
            return self._first.popleft()
        last = ended.replications[-1] if ended is not None else None
        if last not in self._begun:
            last = next(iter(self._fresh or self._begun))
            if last in self._fresh:
                self._begun[last] = self._fresh.pop(last)
        block = self._begun[last].popleft()
        if not self._begun[last]:
            del self._begun[last]
        return block

    def add(self, blocks: Iterable[Block]) -> None:
        """Add blocks that come before all others."""
        self._first.extend(blocks)


def work_through(
    blocks: Iterable[Block],
    compute: Callable[[Block], Outcome],
    pool: Workers,
    take: Callable[[list[tuple[Block, Outcome]]], None],
    *,
    at_a_time: Callable[[], int],
) -> None:
    """Send out all blocks, a few at a time, and pass every outcome to ``take`` exactly once, those together that are
    there at the same time.

    The replications of a lost block, which usually is lost with its worker, are tried once more, each in a block of its
    own, so that only the one that causes the loss fails.
    """
    waiting = Waiting(blocks)
    ended: deque[Block] = deque()
    running: dict[Future[Outcome], tuple[Block, float]] = {}
    # Not concurrent.futures.wait: it never returns for a future that its executor cancels meanwhile.
    done: SimpleQueue[Future[Outcome]] = SimpleQueue()
    try:
        while waiting or running:
            while waiting and len(running) < at_a_time():
                block = waiting.take(ended.popleft() if ended else None)
                future = pool.submit(compute, block)
                running[future] = block, time.monotonic()
                future.add_done_callback(done.put)
            ended.clear()
            back = _come_back(running, done, pool.patience)
            answered: list[tuple[Block, Outcome]] = []
            try:
                for future, error in back:
                    block, _ = running.pop(future)
                    ended.append(block)
                    if error is None:
                        error = _wrong(future.result(), block)
                    if error is None:
                        answered.append((block, future.result()))
                    elif block.again or isinstance(error, NoAnswerError):
                        answered.append((block, _failed(block, error)))
                    else:
                        waiting.add(single(block, number, again=True) for number in block.replications)
            finally:
                if answered:
                    take(answered)
    except (HyperclusterError, MemoryError):
        # Keep the outcomes that arrived before the executor broke down.
        for future, (block, _) in running.items():
            with contextlib.suppress(HyperclusterError, MemoryError):
                if future.done() and (_error_of(future) or _wrong(future.result(), block)) is None:
                    take([(block, future.result())])
        raise
    finally:
        for future in running:  # a foreign executor must not go on with unneeded tasks
            future.cancel()


def _come_back(
    running: dict[Future[Outcome], tuple[Block, float]],
    done: SimpleQueue[Future[Outcome]],
    patience: float | None,
) -> list[tuple[Future[Outcome], BaseException | None]]:
    """Wait, and return the futures that are done or exceeded their time limit in seconds, with their errors."""
    timeout = None
    if patience is not None:
        first = min(sent for _, sent in running.values())
        timeout = max(first + patience - time.monotonic(), 0.0)
    back = []
    with contextlib.suppress(Empty):
        back.append(done.get(timeout=timeout))
        while True:
            back.append(done.get_nowait())
    back = [future for future in back if future in running]  # its block was given up earlier
    if back or patience is None:
        return [(future, _error_of(future)) for future in back]
    late = [future for future, (_, sent) in running.items() if sent <= time.monotonic() - patience]
    for future in late:
        future.cancel()
    return [(future, NoAnswerError(f"no answer for {patience:g} s; it was given up")) for future in late]


def _error_of(future: Future[Outcome]) -> BaseException | None:
    """Return the error that occurred outside of a replication, if any.

    Raises
    ------
    MemoryError, MachineError
        If the batch cannot continue.
    """
    try:
        error = future.exception()
    except CancelledError:
        raise MachineError(f"the executor no longer exists; {KEPT}") from None
    if isinstance(error, BrokenExecutor):
        raise MachineError(f"the executor failed: {error}; {KEPT}") from error
    if isinstance(error, (MemoryError, MachineError)):
        raise error
    return error


def _wrong(outcome: object, block: Block) -> Exception | None:
    """Return the fault of an answer, if any: a foreign executor may return anything.

    Raises
    ------
    HyperclusterError
        If it was computed with other versions, for instance by a worker that joined late.
    """
    if not isinstance(outcome, Outcome):
        return TypeError(f"the executor returned {outcome!r:.100} instead of the outcome of a block")
    if others := other_versions(getattr(outcome, "versions", None)):
        raise HyperclusterError(
            f"a worker has another version of {', '.join(others)}, and numbers would differ; install the same "
            f"versions on all machines. {KEPT.capitalize()}."
        )
    answered = [*outcome.headline, *(failure.replication for failure in outcome.failures)]
    tables = set(TABLES_OF[block.keep]) if outcome.headline else set()
    if sorted(answered) != sorted(block.replications) or outcome.sizes.keys() != tables:
        return ValueError("the executor returned the outcome of another block")
    name = outcome.delivered and (block_of_temporary(outcome.delivered.name) or outcome.delivered.name)
    if name and name != name_of(block, outcome):
        return ValueError("the executor returned the files of another block")
    return None


def _failed(block: Block, error: BaseException) -> Outcome:
    text = "".join(traceback.format_exception(error))
    return Outcome(failures=tuple(Failure(number, one_line(error), text) for number in block.replications))


def one_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0]
