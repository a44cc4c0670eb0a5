"""Workers that compute: our own processes, this process, a Dask cluster, or any ``concurrent.futures`` executor.

All have the same interface: one task with one argument at a time, answered by a future. ``ProcessPoolExecutor`` is
not used because the death of one process breaks the whole pool, does not reveal which task it had, and a process
cannot be ended. Pebble can do that, but its processes share one pipe for answers: a process killed in the middle of an
answer blocks the others for ever (Pebble 5.2.3). Here each process has its own pipe and thread. If it dies or does not
answer, only its task is lost, and it is replaced.
"""

from __future__ import annotations

import contextlib
import logging
import math
import multiprocessing
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as wait_for_any
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from simulation.errors import HyperclusterError, MachineError, suggestion
from simulation.plugins import carrying
from simulation.results.manifest import model_versions, other_versions
from simulation.threads import available_cores

if TYPE_CHECKING:
    from distributed import Client

KINDS = ("processes", "serial", "dask")
"""Names of executors; that of a Dask cluster may be followed by its address."""

GRACE_SECONDS = 1.0
"""Time beyond its deadline after which the process of a task is ended: the task may be about to stop by itself."""

GRACE_ELSEWHERE_SECONDS = 60.0
"""The same for a foreign executor, where starting a process and sending a task count too."""

MAX_FAILED_STARTS = 5
"""Processes that may end in a row before they have begun, until no new ones are started."""

MOST_PROCESSES = 1024
"""Each takes about 200 MB, and a computer that swaps cannot even be interrupted."""

SECONDS_BETWEEN_COUNTS = 1.0
"""A cluster is asked for its size this often, and not before every task: the answer takes as long as sending one."""

KEPT = "finished runs are kept, and the same call continues from there"
INSTALL = 'pip install "hypercluster-abm[cluster]"'


class NoAnswerError(Exception):
    """A task did not answer in time."""


class WorkerDiedError(Exception):
    """The process that had the task is gone."""


class Workers(Protocol):
    """The interface of all workers."""

    @property
    def slots(self) -> int:
        """Number of tasks that are computed at the same time."""

    @property
    def capacity(self) -> int:
        """Number of tasks to have sent out at the same time."""

    @property
    def is_here(self) -> bool:
        """Whether they are processes of this program, on this machine."""

    @property
    def patience(self) -> float | None:
        """Seconds after which the caller should give up a task that it has sent; None if the workers do so."""

    def cores_each(self, tasks: int) -> int:
        """Return how many cores each task may use if there are no more than so many."""

    def submit[A, T](self, task: Callable[[A], T], argument: A) -> Future[T]:
        """Send out a task.

        Its future may raise the exception of the task, WorkerDiedError, or NoAnswerError after its time limit.
        """


@contextlib.contextmanager
def opened(
    executor: Executor | str, *, workers: int, deadline: float | None, prepare: Callable[[], None]
) -> Iterator[Workers]:
    """Yield the workers with this name, or those of an executor; end our own processes when the block ends.

    Parameters
    ----------
    executor : "processes", "serial", "dask", "dask://HOST:PORT", or an executor.
    workers : tasks at the same time; "serial" takes one, a Dask cluster as many as it has threads.
    deadline : seconds that a task may take once it has begun; None for no limit.
    prepare : called once in each of our processes before its first task; its time does not count.

    Raises
    ------
    HyperclusterError
        If there are no such workers.
    """
    if not isinstance(executor, str):
        yield _Foreign(executor, lambda: workers, deadline)
    elif executor == "serial":
        yield _Serial(prepare)
    elif executor == "processes":
        if workers > MOST_PROCESSES:
            raise HyperclusterError(f"workers = {workers}: must be {MOST_PROCESSES} or fewer on one machine")
        processes = _Processes(workers, deadline=deadline, prepare=prepare)
        try:
            yield processes
        finally:
            processes.end()
    elif executor == "dask" or executor.startswith("dask://"):
        with _connected(executor) as client:
            # pure=False: two tasks that look the same are two tasks.
            yield _Foreign(client.get_executor(pure=False), lambda: _threads_of(client), deadline)
    else:
        raise HyperclusterError(
            f'--executor {executor}: no such executor{suggestion(executor, KINDS)}; there are "processes", "serial", '
            '"dask" and "dask://HOST:PORT"'
        )


class _Serial:
    """Runs every task immediately in this process, where a debugger can follow it."""

    slots = capacity = 1
    is_here = True
    patience = None

    def __init__(self, prepare: Callable[[], None]) -> None:
        self._prepare: Callable[[], None] | None = prepare

    def cores_each(self, tasks: int) -> int:
        return 1

    def submit[A, T](self, task: Callable[[A], T], argument: A) -> Future[T]:
        future: Future[T] = Future()
        if self._prepare is not None:
            self._prepare()
            self._prepare = None
        try:
            future.set_result(task(argument))
        except Exception as error:  # noqa: BLE001 - a future keeps any exception
            future.set_exception(error)
        return future


class _Foreign:
    """A foreign executor."""

    is_here = False

    def __init__(self, executor: Executor, count_slots: Callable[[], int], deadline: float | None) -> None:
        self._executor = executor
        self._count_slots = count_slots
        self._counted = (-math.inf, 1)  # when, and how many
        # A task may have to wait for another one of the same worker.
        self.patience = None if deadline is None else 2 * deadline + GRACE_ELSEWHERE_SECONDS

    @property
    def slots(self) -> int:
        when, slots = self._counted
        if time.monotonic() > when + SECONDS_BETWEEN_COUNTS:
            slots = self._count_slots()
            self._counted = time.monotonic(), slots
        return slots

    @property
    def capacity(self) -> int:
        return 2 * self.slots  # one task in reserve, so that a worker does not wait for the network

    def cores_each(self, tasks: int) -> int:
        return 1  # how many there are is not known here

    def submit[A, T](self, task: Callable[[A], T], argument: A) -> Future[T]:
        try:
            future = self._executor.submit(carrying(task), argument)
        except Exception as error:  # broken, shut down, or faulty in any other way
            raise MachineError(f"the executor accepts no more work: {error!r}; {KEPT}") from error
        if not isinstance(future, Future):
            raise HyperclusterError(
                f"executor: submit() returned {future!r:.100}, not a concurrent.futures.Future; {KEPT}"
            )
        return future


@contextlib.contextmanager
def _connected(executor: str) -> Iterator[Client]:
    try:
        import dask
        from distributed import Client
    except ImportError:
        raise HyperclusterError(f"--executor {executor}: Dask is not installed; {INSTALL}") from None
    address = executor.removeprefix("dask").removeprefix("://")
    if address:
        try:
            place = urlsplit(f"//{address}")
            complete = place.hostname and place.port
        except ValueError:  # no port of that number, or half of an IPv6 address
            complete = None
        if not complete:
            raise HyperclusterError(f"--executor {executor}: an address is dask://HOST:PORT")
        address = f"tcp://{address}"
    else:
        address = dask.config.get("scheduler-address", None)
        if address is None:
            raise HyperclusterError(
                "--executor dask: no cluster is named; set DASK_SCHEDULER_ADDRESS, or use dask://HOST:PORT"
            )
    with _quiet("distributed", "distributed.client", "tornado.application"):
        try:
            client = Client(address, timeout=10, set_as_default=False, name="hypercluster")
        except (OSError, ValueError) as error:
            raise HyperclusterError(
                f"--executor {executor}: no scheduler answers at {address}: {error}"
            ) from None
        try:
            _check_code(client, executor)
            yield client
        finally:
            client.close(timeout=1)


@contextlib.contextmanager
def _quiet(*names: str) -> Iterator[None]:
    """Keep Dask's loggers from printing tracebacks of a lost machine, which our message already reports."""
    loggers = [logging.getLogger(name) for name in names]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _threads_of(client: Client) -> int:
    """Return how many tasks the cluster computes at the same time at present, at least 1: it may be about to grow."""
    try:
        return max(sum(client.nthreads().values()), 1)
    except OSError as error:
        raise MachineError(
            f"the connection to the scheduler of the cluster is lost: {error}; {KEPT}"
        ) from error


def _check_code(client: Client, executor: str) -> None:
    """Refuse workers whose numbers would differ: other versions of the model or of its numerical packages.

    Workers that join later are checked when they answer.
    """
    try:
        found = client.run(carrying(model_versions), on_error="return")
    except OSError as error:
        raise MachineError(
            f"the connection to the scheduler of the cluster is lost: {error}; {KEPT}"
        ) from error
    refused = []
    for worker, there in sorted(found.items()):
        if isinstance(there, OSError):
            raise MachineError(f"the worker {worker} does not answer: {there}; {KEPT}") from there
        if isinstance(there, Exception):  # usually it cannot import the program, or imports an older one
            refused.append(f"{worker} lacks this version of the program: {there}")
        elif others := other_versions(there):
            refused.append(f"{worker} has another version of {', '.join(others)}")
    if refused:
        raise HyperclusterError(
            f"--executor {executor}: numbers would differ\n"
            + "".join(f"  {line}\n" for line in refused)
            + "Install the same versions on all machines; manifest.json of a results folder names them."
        )


class _Processes:
    """Our own processes, started when there are tasks.

    None has a second task queued: it would begin that one before the first is on disk, and a stop would lose both.
    """

    is_here = True
    patience = None

    def __init__(self, workers: int, *, deadline: float | None, prepare: Callable[[], None]) -> None:
        self.slots = self.capacity = workers
        self._limit = None if deadline is None else deadline + GRACE_SECONDS
        self._prepare = prepare
        self._threads = ThreadPoolExecutor(workers, initializer=_keep_interrupts_away)
        self._mine = threading.local()  # child: the process of this thread
        self._children: set[_Child] = set()
        self._starting = threading.Lock()
        self._ended = False
        self._failed_starts = 0  # processes in a row that ended before they were ready
        # If the tracker were started from a thread, it would receive interrupts again.
        resource_tracker.ensure_running()

    def cores_each(self, tasks: int) -> int:
        return max(1, min(self.slots, available_cores()) // max(1, tasks))

    def submit[A, T](self, task: Callable[[A], T], argument: A) -> Future[T]:
        return self._threads.submit(self._ask, task, argument)

    def _ask[A, T](self, task: Callable[[A], T], argument: A) -> T:
        child = getattr(self._mine, "child", None) or self._start()
        try:
            return child.ask(task, argument, within=self._limit)
        except (NoAnswerError, WorkerDiedError):
            self._mine.child = None
            self._children.discard(child)
            child.end()
            self._count_failed_starts(child)
            raise

    def _count_failed_starts(self, child: _Child) -> None:
        self._failed_starts = 0 if child.ready else self._failed_starts + 1
        if self._failed_starts == MAX_FAILED_STARTS and not self._ended:
            raise MachineError(
                f"{MAX_FAILED_STARTS} worker processes in a row ended before they started work; a script needs "
                f'`if __name__ == "__main__":` around its code, and memory may be short; {KEPT}'
            )

    def _start(self) -> _Child:
        with self._starting:
            if self._ended:
                raise WorkerDiedError("the batch is over")
            child = self._mine.child = _Child(self._prepare)
            self._children.add(child)
        return child

    def end(self) -> None:
        """End all processes at once, even in the middle of a task."""
        with self._starting:
            self._ended = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        for child in list(self._children):
            child.end()
        self._threads.shutdown(wait=True)


class _Child:
    """One process and the pipe to it."""

    def __init__(self, prepare: Callable[[], None]) -> None:
        # New processes, not forks of this one: a fork would lack its threads.
        context = multiprocessing.get_context("spawn")
        self._line, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, prepare), daemon=True)
        self._process.start()
        theirs.close()  # else the pipe would stay open when the process ends
        self.ready = False

    def ask[A, T](self, task: Callable[[A], T], argument: A, *, within: float | None) -> T:
        """Return what the task returns, or raise what it raises.

        Raises
        ------
        NoAnswerError
            After ``within`` seconds, not counting the start of the process.
        WorkerDiedError
            If the process ends.
        """
        try:
            if not self.ready:
                self._line.recv()
                self.ready = True
            self._line.send((task, argument))
            if not self._line.poll(within):
                raise NoAnswerError("no answer within the deadline; its process was ended")
            result, error = self._line.recv()
        except (EOFError, OSError):
            raise WorkerDiedError(self._how_it_ended()) from None
        if error is not None:
            raise error
        return result

    def _how_it_ended(self) -> str:
        self._process.join(timeout=GRACE_SECONDS)
        code = self._process.exitcode
        if code == -getattr(signal, "SIGKILL", 0):
            return "the worker process died: killed, probably for lack of memory; use fewer --workers"
        if code is not None and code < 0:
            return f"the worker process died: it crashed ({signal.Signals(-code).name})"
        return f"the worker process died: it ended with exit code {code}"

    def end(self) -> None:
        self._process.kill()
        self._process.join()


def _keep_interrupts_away() -> None:
    """Block stop signals in this thread, and thereby in the processes that it starts.

    A terminal sends Ctrl-C, and a batch system SIGTERM, to all of them. Only the parent handles it and ends the others.
    """
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})


def _serve(line: Connection, prepare: Callable[[], None]) -> None:
    """Answer tasks until the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where it could not be blocked
    threading.Thread(target=_follow_the_parent, daemon=True).start()
    prepare()
    line.send(None)
    with contextlib.suppress(EOFError, OSError):  # the parent is gone
        while True:
            task, argument = line.recv()
            line.send(_answer(task, argument))


def _answer[A, T](task: Callable[[A], T], argument: A) -> tuple[T | None, Exception | None]:
    try:
        return task(argument), None
    except Exception as error:  # noqa: BLE001 - it is raised again in the parent
        error.add_note(traceback.format_exc())
        return None, error


def _follow_the_parent() -> None:
    """End this process when the parent is gone, even in the middle of a task."""
    parent = multiprocessing.parent_process()
    assert parent is not None, "a worker is started by a parent"
    wait_for_any([parent.sentinel])
    os._exit(1)
