"""Whoever computes, in whatever order, the checksum of every replication is the same."""

from __future__ import annotations

import json
import random
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from distributed import Client
from processes import PATIENCE, SUPPORT, end, started, wait_until
from small_studies import REPLICATIONS, Study, checksums, notes

from simulation.batch import run_batch
from simulation.parts import part_folders
from simulation.results import Results

SEED = 5


class Shuffled(Executor):
    """Computes tasks one by one in a thread, always a random one of those that wait."""

    def __init__(self, *, at_least: int) -> None:
        self.at_least = at_least  # tasks that wait before one is chosen, for as long as tasks come in
        self.waiting: list[tuple[int, Future[Any], Callable[..., Any], tuple[Any, ...]]] = []
        self.order: list[int] = []
        self.submitted = 0
        self.random = random.Random(SEED)
        self.changed = threading.Condition()
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def submit(self, task: Callable[..., Any], /, *arguments: Any) -> Future[Any]:  # type: ignore[override]
        future: Future[Any] = Future()
        with self.changed:
            self.waiting.append((self.submitted, future, task, arguments))
            self.submitted += 1
            self.changed.notify()
        return future

    def work(self) -> None:
        while True:
            with self.changed:
                self.changed.wait_for(lambda: len(self.waiting) >= self.at_least, timeout=0.2)
                if not self.waiting:
                    continue
                chosen = self.random.randrange(len(self.waiting))
                number, future, task, arguments = self.waiting.pop(chosen)
            self.order.append(number)
            future.set_running_or_notify_cancel()
            future.set_result(task(*arguments))


def test_completion_in_shuffled_order_changes_nothing(study: Study, tmp_path: Path):
    executor = Shuffled(at_least=8)
    results = run_batch(study.specs, REPLICATIONS, out=tmp_path / "study", executor=executor, workers=8)
    assert executor.order != sorted(executor.order)
    assert sorted(executor.order) == list(range(len(executor.order)))
    assert checksums(results.path) == study.checksums


def test_one_process_after_the_other_changes_nothing(study: Study, tmp_path: Path):
    results = run_batch(study.specs, REPLICATIONS, out=tmp_path / "study", executor="serial")
    assert checksums(results.path) == study.checksums


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2, 8])
def test_the_number_of_workers_changes_nothing(study: Study, tmp_path: Path, workers: int):
    results = run_batch(study.specs, REPLICATIONS, out=tmp_path / "study", workers=workers)
    assert checksums(results.path) == study.checksums


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_sets_changes_nothing(study: Study, tmp_path: Path, seed: int):
    command = [SUPPORT / "noted_study.py", REPLICATIONS, 2, tmp_path / "study", *study.files]
    with started(command, changes={"PYTHONHASHSEED": str(seed), "NOTES": str(tmp_path / "notes")}) as process:
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors
    assert sorted(notes(tmp_path / "notes")) == sorted(study.checksums)
    assert checksums(tmp_path / "study") == study.checksums


@contextmanager
def cluster(folder: Path) -> Iterator[tuple[str, list[int]]]:
    """A Dask scheduler and two workers, processes that listen on loopback only; gives its address and the workers."""
    contact = folder / "scheduler.json"
    here = ["--host", "127.0.0.1", "--no-dashboard"]
    with ExitStack() as stack:
        stack.enter_context(
            started(["-m", "dask", "scheduler", *here, "--port", 0, "--scheduler-file", contact])
        )
        wait_until(lambda: contact.exists() and contact.read_text().endswith("}"))
        address = json.loads(contact.read_text())["address"]
        worker = ["-m", "dask", "worker", address, *here, "--no-nanny", "--nthreads", 1]
        workers = [
            stack.enter_context(started([*worker, "--local-directory", folder / name])).pid
            for name in ("one", "two")
        ]
        with Client(address) as client:
            client.wait_for_workers(2, timeout=PATIENCE)
        yield address.removeprefix("tcp://"), workers


@pytest.mark.slow
def test_a_dask_cluster_changes_nothing_though_one_worker_is_killed_mid_way(study: Study, tmp_path: Path):
    out = tmp_path / "study"
    with cluster(tmp_path) as (address, workers):
        options = ["--replications", REPLICATIONS, "--executor", f"dask://{address}", "--out", out]
        with started(["-m", "simulation", "run", *study.files, *options]) as process:
            wait_until(lambda: len(part_folders(out)) >= 2 or process.poll() is not None)
            end(workers[0], signal.SIGKILL)
            done_by_then = len(Results(out).runs(["replication"]))
            _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors
    assert 2 <= done_by_then < len(study.checksums)
    assert checksums(out) == study.checksums
