"""Who computes: what goes wrong in one task touches no other, whoever has it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

import dask
import pytest
import tasks
from distributed import LocalCluster

import simulation.batch.workers
from simulation.batch.workers import NoAnswerError, WorkerDiedError, opened
from simulation.errors import HyperclusterError, MachineError
from simulation.results.manifest import model_versions


def test_a_process_that_dies_costs_its_task_and_is_replaced():
    with opened("processes", workers=1, deadline=None, prepare=tasks.nothing) as pool:
        first = pool.submit(tasks.pid, None).result()
        with pytest.raises(WorkerDiedError, match="process died"):
            pool.submit(tasks.dying, None).result()
        assert pool.submit(tasks.pid, None).result() not in (first, os.getpid())


def test_a_process_that_does_not_answer_is_ended_and_the_other_goes_on(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(simulation.batch.workers, "GRACE_SECONDS", 0.1)
    with opened("processes", workers=2, deadline=0.2, prepare=tasks.nothing) as pool:
        stuck = pool.submit(tasks.hanging, None)
        others = [pool.submit(tasks.doubled, number) for number in range(20)]
        assert [future.result() for future in others] == list(range(0, 40, 2))
        assert isinstance(stuck.exception(), NoAnswerError)


def test_a_process_killed_while_it_answers_costs_its_own_task_alone():
    """Where all processes answer on one line, as in Pebble 5.2, the rest of such an answer is awaited for ever."""
    with opened("processes", workers=2, deadline=None, prepare=tasks.nothing) as pool:
        for delay in (0.02, 0.05, 0.1):
            cut_off = pool.submit(tasks.killed_while_it_answers, delay)
            other = pool.submit(tasks.doubled, 21)
            assert isinstance(cut_off.exception(timeout=60), WorkerDiedError | None)
            assert other.result(timeout=60) == 42
        assert pool.submit(tasks.doubled, 4).result(timeout=60) == 8


def test_an_exception_comes_back_with_the_place_where_it_was_raised():
    with opened("processes", workers=1, deadline=None, prepare=tasks.nothing) as pool:
        error = pool.submit(tasks.failing, "luck").exception()
    assert isinstance(error, ValueError)
    assert str(error) == "no luck"
    assert "in failing" in error.__notes__[0]


def test_processes_that_never_begin_are_not_started_for_ever(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(simulation.batch.workers, "MAX_FAILED_STARTS", 2)
    with opened("processes", workers=1, deadline=None, prepare=tasks.dying_at_once) as pool:
        first, second = (pool.submit(tasks.doubled, 1).exception() for _ in range(2))
    assert isinstance(first, WorkerDiedError)
    assert isinstance(second, MachineError)
    assert "__main__" in str(second)


def test_the_end_does_not_wait_for_what_is_under_way():
    with opened("processes", workers=1, deadline=None, prepare=tasks.nothing) as pool:
        pool.submit(tasks.pid, None).result()
        stuck = pool.submit(tasks.hanging, None)
        waiting = pool.submit(tasks.pid, None)
        while not stuck.running():
            time.sleep(0.01)
    assert isinstance(stuck.exception(), WorkerDiedError)
    assert waiting.cancelled()


def test_serial_computes_here_and_keeps_exceptions_for_later():
    with opened("serial", workers=4, deadline=None, prepare=tasks.nothing) as pool:
        assert pool.capacity == pool.slots == 1
        assert pool.submit(tasks.pid, None).result() == os.getpid()
        assert isinstance(pool.submit(tasks.failing, "luck").exception(), ValueError)


def test_tasks_that_are_fewer_than_the_workers_share_their_cores(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("simulation.batch.workers.available_cores", lambda: 8)
    for executor, workers, shares in (("processes", 8, [8, 4, 2, 1]), ("processes", 3, [3, 1, 1, 1])):
        with opened(executor, workers=workers, deadline=None, prepare=tasks.nothing) as pool:
            assert [pool.cores_each(n) for n in (1, 2, 3, 9)] == shares
    with opened("serial", workers=8, deadline=None, prepare=tasks.nothing) as pool:
        assert pool.cores_each(1) == 1


def test_an_executor_of_the_caller_is_given_up_on_but_not_ended():
    with ThreadPoolExecutor(1) as threads:
        with opened(threads, workers=3, deadline=1.0, prepare=tasks.nothing) as pool:
            assert (pool.slots, pool.capacity, pool.patience) == (3, 6, 62.0)
        assert threads.submit(tasks.doubled, 1).result() == 2


class Closed(Executor):
    """An executor that is shut down already."""

    def submit(self, *_: Any, **__: Any) -> Future[Any]:
        raise RuntimeError("cannot schedule new futures after shutdown")


def test_an_executor_that_takes_no_work_is_the_machine_s_fault():
    with (
        opened(Closed(), workers=1, deadline=None, prepare=tasks.nothing) as pool,
        pytest.raises(MachineError, match="accepts no more work"),
    ):
        pool.submit(tasks.pid, None)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("proceses", 'did you mean "processes"'),
        ("dask://localhost", "an address is dask://HOST:PORT"),
        ("dask://localhost:99999999", "an address is dask://HOST:PORT"),
        ("dask://[::1", "an address is dask://HOST:PORT"),
        ("dask", "set DASK_SCHEDULER_ADDRESS"),
    ],
)
def test_workers_that_do_not_exist_are_refused_with_what_would_do(name: str, words: str):
    with (
        pytest.raises(HyperclusterError, match=words),
        opened(name, workers=1, deadline=None, prepare=tasks.nothing),
    ):
        pass


@pytest.mark.parametrize(
    ("task", "error", "message"),
    [
        (tasks.killed, WorkerDiedError, "lack of memory; use fewer --workers"),
        (tasks.crashing, WorkerDiedError, r"it crashed \(SIGSEGV\)"),
        (tasks.dying, WorkerDiedError, "it ended with exit code 9"),
        (tasks.greedy, MemoryError, None),
    ],
)
def test_the_end_of_a_process_is_told_with_its_likely_cause(
    task: Callable[[object], None], error: type[Exception], message: str | None
):
    with (
        opened("processes", workers=1, deadline=None, prepare=tasks.nothing) as workers,
        pytest.raises(error, match=message),
    ):
        workers.submit(task, None).result()


def test_without_dask_the_message_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(HyperclusterError, match=r"pip install .hypercluster-abm\[cluster\]"),
        opened("dask", workers=1, deadline=None, prepare=tasks.nothing),
    ):
        pass


def test_a_cluster_that_dask_is_told_of_is_found_and_has_as_many_slots_as_threads():
    with (
        LocalCluster(
            n_workers=1, threads_per_worker=2, processes=False, protocol="tcp", dashboard_address=":0"
        ) as cluster,
        dask.config.set({"scheduler-address": cluster.scheduler_address}),
        opened("dask", workers=1, deadline=None, prepare=tasks.nothing) as pool,
    ):
        assert pool.slots == 2
        assert [pool.submit(tasks.doubled, 4).result() for _ in range(2)] == [8, 8]


def test_a_cluster_with_another_model_is_refused():
    class Client:
        def run(self, _: object, *, on_error: str) -> dict[str, object]:
            there = {**model_versions(), "the model": "another"}
            return {"tcp://here:1": model_versions(), "tcp://there:2": there}

    with pytest.raises(
        HyperclusterError, match=r"(?s)differ\n  tcp://there:2 has another version of the model\n"
    ):
        simulation.batch.workers._check_code(Client(), "dask")  # type: ignore[arg-type]


def test_a_cluster_is_not_asked_for_its_size_before_every_task():
    asked = []

    def slots() -> int:
        asked.append(True)
        return 3

    workers = simulation.batch.workers._Foreign(Closed(), slots, None)
    assert [workers.capacity for _ in range(100)] == [6] * 100
    assert len(asked) < 10
