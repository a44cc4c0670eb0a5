"""Whoever computes, in whatever order, the checksum of every replication is the same."""

from __future__ import annotations

import json
import random
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from distributed import Client
from processes import PATIENCE, SUPPORT, end, started, wait_until
from remembered_blocks import remembered_blocks
from small_studies import REPLICATIONS, Study, checksums, notes

from simulation.batch.running import Outcome, run_batch
from simulation.errors import HyperclusterError, MachineError
from simulation.results.blocks import part_folders
from simulation.results.reader import Replication, Results

SEED = 5
FEW = 8
"""Replications of each scenario that are enough for several blocks to each of several threads."""


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
    results = run_batch(study.specs, FEW, out=tmp_path / "study", executor=executor, workers=8)
    assert executor.order != sorted(executor.order)
    assert sorted(executor.order) == list(range(len(executor.order)))
    assert checksums(results.path) == first(study, FEW)


def first(study: Study, replications: int) -> dict[Replication, str]:
    """Checksums of the first replications of each scenario."""
    return {key: sha for key, sha in study.checksums.items() if key[1] < replications}


@pytest.mark.slow
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


class Wrong(Executor):
    """Answers, or does not, in one of the ways in which somebody else's executor may be wrong."""

    def __init__(self, how: Callable[[Callable[..., Any], tuple[Any, ...]], Any], *, after: int) -> None:
        self.how = how
        self.after = after  # tasks that are computed as they should be
        self.submitted = 0

    def submit(self, task: Callable[..., Any], /, *arguments: Any) -> Future[Any]:  # type: ignore[override]
        self.submitted += 1
        if self.submitted > self.after:
            return self.how(task, arguments)
        return answer(task(*arguments))


def answer(result: Any) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_result(result)
    return future


def cancelled(*_: Any) -> Future[Any]:
    future: Future[Any] = Future()
    future.cancel()
    return future


def refusing(*_: Any) -> Future[Any]:
    raise ZeroDivisionError("not today")


def with_other_versions(task: Callable[..., Any], arguments: tuple[Any, ...]) -> Future[Any]:
    return answer(replace(task(*arguments), versions={"the model": "an older one", "numpy": "1.0"}))


def with_another_block(task: Callable[..., Any], arguments: tuple[Any, ...]) -> Future[Any]:
    return answer(task(replace(arguments[0], replications=(1000,))))


STOPPING = {
    "cancelled": (cancelled, MachineError, "the executor no longer exists"),
    "refused": (refusing, MachineError, "not today"),
    "no future": (lambda *_: None, HyperclusterError, "returned None"),
    "other versions": (with_other_versions, HyperclusterError, r"the model, .*numpy \(1.0 there"),
    "an older class": (lambda *_: answer(Outcome(versions=None)), HyperclusterError, "the model"),  # type: ignore[arg-type]
    "no memory": (lambda *_: raising(MemoryError("none")), MemoryError, "none"),
}


def raising(error: BaseException) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_exception(error)
    return future


@pytest.mark.parametrize("name", STOPPING)
def test_an_executor_that_cannot_be_used_ends_in_a_message_and_nothing_is_lost(
    study: Study, tmp_path: Path, name: str
):
    how, error, message = STOPPING[name]
    with remembered_blocks():
        with pytest.raises(error, match=message):
            run_batch(study.specs, 4, out=tmp_path / "study", executor=Wrong(how, after=5), workers=2)
        assert Results(tmp_path / "study").manifest["status"] == "interrupted"
        kept = checksums(tmp_path / "study")
        assert 4 <= len(kept) < 8
        run_batch(study.specs, 4, out=tmp_path / "study", executor="serial")
    assert checksums(tmp_path / "study") == first(study, 4)


FAILING = {
    "garbage": (lambda *_: answer("garbage"), "'garbage' instead of the outcome"),
    "nothing": (lambda *_: answer(None), "None instead of the outcome"),
    "another block": (with_another_block, "another block"),
    "no files": (lambda *_: answer(Outcome()), "another block"),
    "ended": (lambda *_: raising(SystemExit(3)), "SystemExit"),
}


@pytest.mark.parametrize("name", FAILING)
def test_an_answer_that_is_none_costs_its_replications_and_nothing_else(
    study: Study, tmp_path: Path, name: str
):
    how, message = FAILING[name]
    with remembered_blocks():
        results = run_batch(study.specs, 4, out=tmp_path / "study", executor=Wrong(how, after=6), workers=2)
    failures = results.manifest["failures"]
    assert len(failures) == 2
    assert all(message in failure["error"] for failure in failures)
    done = checksums(tmp_path / "study")
    assert len(done) == 6
    assert done.items() <= study.checksums.items()


def test_threads_change_nothing(study: Study, tmp_path: Path):
    with ThreadPoolExecutor(3) as executor:
        results = run_batch(study.specs, FEW, out=tmp_path / "study", executor=executor, workers=3)
    assert checksums(results.path) == first(study, FEW)


def test_thousands_of_processes_are_refused_before_anything_is_written(study: Study, tmp_path: Path):
    with pytest.raises(HyperclusterError, match="workers = 5000: must be 1024 or fewer"):
        run_batch(study.specs, 4, out=tmp_path / "study", workers=5000)
    assert not (tmp_path / "study").exists()


WORKER = ("-m", "dask", "worker")
WITHOUT = "import sys; sys.modules['simulation'] = None"
OLD_NUMPY = """
import simulation.results.manifest as manifest
version = manifest.version
manifest.version = lambda name: "1.0" if name == "numpy" else version(name)
"""
OLD_MODEL = "import simulation.results.manifest as manifest; del manifest.model_versions"


def prepared(code: str) -> tuple[str, ...]:
    """Command of a Dask worker that runs something first."""
    return "-c", f"{code}\nfrom distributed.cli.dask_worker import main\nmain()"


@contextmanager
def cluster(folder: Path, worker_command: Sequence[str] = WORKER) -> Iterator[tuple[str, list[int]]]:
    """A Dask scheduler and two workers, processes that listen on loopback only.

    Gives the scheduler's address, and the numbers of the processes: the workers, and the scheduler last.
    """
    contact = folder / "scheduler.json"
    here = ["--host", "127.0.0.1", "--no-dashboard"]
    with ExitStack() as stack:
        scheduler = stack.enter_context(
            started(["-m", "dask", "scheduler", *here, "--port", 0, "--scheduler-file", contact])
        )
        wait_until(lambda: contact.exists() and contact.read_text().endswith("}"))
        address = json.loads(contact.read_text())["address"]
        worker = [*worker_command, address, *here, "--no-nanny", "--nthreads", 1]
        workers = [
            stack.enter_context(started([*worker, "--local-directory", folder / name])).pid
            for name in ("one", "two")
        ]
        with Client(address) as client:
            client.wait_for_workers(2, timeout=PATIENCE)
        yield address.removeprefix("tcp://"), [*workers, scheduler.pid]


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


@pytest.mark.slow
def test_a_scheduler_that_is_lost_ends_in_a_message_and_what_is_finished_is_kept(
    study: Study, tmp_path: Path
):
    out = tmp_path / "study"
    with cluster(tmp_path) as (address, processes):
        options = ["--replications", REPLICATIONS, "--executor", f"dask://{address}", "--out", out]
        with started(["-m", "simulation", "run", *study.files, *options]) as process:
            wait_until(lambda: len(part_folders(out)) >= 2 or process.poll() is not None)
            end(processes[-1], signal.SIGKILL)
            _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 4, errors
    assert "finished runs are kept" in errors.lower()
    assert "Traceback" not in errors
    assert Results(out).manifest["status"] == "interrupted"
    assert 2 <= len(checksums(out)) < len(study.checksums)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "message"),
    [
        (WITHOUT, "lacks this version of the program"),
        (OLD_MODEL, "lacks this version of the program"),
        (OLD_NUMPY, "has another version of numpy (1.0 there"),
    ],
)
def test_workers_with_other_versions_are_refused_by_name(
    study: Study, tmp_path: Path, code: str, message: str
):
    out = tmp_path / "study"
    with cluster(tmp_path, prepared(code)) as (address, _):
        options = ["--replications", 2, "--executor", f"dask://{address}", "--out", out]
        with started(["-m", "simulation", "run", *study.files, *options]) as process:
            _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2, errors
    assert errors.count(message) == 2 and "tcp://127.0.0.1" in errors
    assert "Traceback" not in errors
    assert not out.exists()
