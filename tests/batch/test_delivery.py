"""Workers write their blocks where they see the parent's disk, and whoever wrote them, the study is the same."""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from remembered_blocks import remembered_blocks
from small_studies import Study, checksums, content, undisturbed_study

import simulation.results.delivery
from simulation.batch.dispatch import Block, Delivering, Outcome
from simulation.batch.running import run_batch
from simulation.errors import HyperclusterError, MachineError
from simulation.results.blocks import part_name, unfinished_parts
from simulation.results.delivery import Delivered, Delivery
from simulation.results.reader import Results

FEW = 4
"""Replications of each of two scenarios: each is a block of its own, since eight workers share them."""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return undisturbed_study(tmp_path_factory.mktemp("delivered"))


@pytest.fixture(scope="module")
def few(study: Study, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    out = tmp_path_factory.mktemp("few") / "study"
    with remembered_blocks():
        run_batch(study.specs, FEW, out=out, executor="serial")
    return content(out)


Compute = Callable[[Delivering, Block], Outcome]


class Workers(Executor):
    """Answers every task as one of several workers would, chosen by its number."""

    def __init__(self, *workers: Compute) -> None:
        self.workers = workers
        self.outcomes: list[Outcome] = []

    def submit(self, task: Callable[..., Any], /, *arguments: Any) -> Future[Any]:  # type: ignore[override]
        future: Future[Any] = Future()
        worker = self.workers[len(self.outcomes) % len(self.workers)]
        try:
            self.outcomes.append(worker(task, arguments[0]))  # type: ignore[arg-type]
            future.set_result(self.outcomes[-1])
        except Exception as error:  # noqa: BLE001 - a future keeps any exception
            self.outcomes.append(Outcome())
            future.set_exception(error)
        return future


def here(task: Delivering, block: Block) -> Outcome:
    return task(block)


def elsewhere(task: Delivering, block: Block) -> Outcome:
    """See another disk under the same path."""
    there = replace(task.delivery, mark=task.delivery.mark.with_name("unknown"))
    return replace(task, delivery=there)(block)


def full(task: Delivering, block: Block) -> Outcome:
    """Lack the room for the second file."""
    written = []

    def flushed(path: Path, file: bytes) -> None:
        written.append(path)
        path.write_bytes(file[: 100 if len(written) > 1 else None])
        if len(written) > 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulation.results.delivery, "flushed", flushed)
        return task(block)


def lost(task: Delivering, block: Block) -> Outcome:
    """Die once the block is written, before the answer."""
    task(block)
    raise OSError("connection lost")


def dying(task: Delivering, block: Block) -> Outcome:
    """Die in the middle of the first file."""
    folder = task.delivery.parts / f".{part_name(block.spec.name, block.replications)}.0badc0de.tmp"
    folder.mkdir(exist_ok=True)
    (folder / "curves.parquet").write_bytes(b"PAR1")
    raise OSError("connection lost")


def run(study: Study, out: Path, *workers: Compute) -> list[Outcome]:
    executor = Workers(*workers)
    with remembered_blocks():
        run_batch(study.specs, FEW, out=out, executor=executor, workers=8)
    return executor.outcomes


def entries(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def test_a_worker_that_sees_the_disk_sends_no_bytes(study: Study, few: dict[str, bytes], tmp_path: Path):
    outcomes = run(study, tmp_path / "study", here)
    assert all(outcome.delivered and not outcome.files for outcome in outcomes)
    assert content(tmp_path / "study") == few


@pytest.mark.parametrize("worker", [elsewhere, full])
def test_a_worker_that_cannot_write_sends_the_bytes_and_leaves_nothing(
    study: Study, few: dict[str, bytes], tmp_path: Path, worker: Compute
):
    seen = []

    def watched(task: Delivering, block: Block) -> Outcome:
        outcome = worker(task, block)
        seen.append(unfinished_parts(tmp_path / "study"))
        return outcome

    outcomes = run(study, tmp_path / "study", watched)
    assert all(outcome.files and not outcome.delivered for outcome in outcomes)
    assert not any(seen)
    assert content(tmp_path / "study") == few


@pytest.mark.slow
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    workers=st.lists(st.sampled_from([here, elsewhere, full, lost, dying]), min_size=1, max_size=7).filter(
        lambda workers: workers[-1] not in (lost, dying)
    ),
    number=st.integers(0, 10**9),
)
def test_whoever_writes_a_block_and_whoever_dies_the_study_is_the_same(
    study: Study, few: dict[str, bytes], tmp_path: Path, workers: list[Compute], number: int
):
    out = tmp_path / f"{number}-{random.getrandbits(64):x}"
    run(study, out, *workers)
    again = run(study, out, here)  # what died twice with its worker
    files = {*few, "manifest.json", "written.jsonl"}
    assert entries(out) - {"failed", "failed/plain.toml", "failed/platform.toml"} == files
    assert content(out) == few
    assert Results(out).manifest["status"] == "finished"
    assert len(again) <= 2 * FEW


def of_another_block(task: Delivering, block: Block) -> Outcome:
    outcome = task(block)
    assert outcome.delivered is not None
    return replace(outcome, delivered=replace(outcome.delivered, name=".plain-000000-000099.00000000.tmp"))


def out_of_the_folder(task: Delivering, block: Block) -> Outcome:
    outcome = task(block)
    assert outcome.delivered is not None
    return replace(outcome, delivered=replace(outcome.delivered, name="../../elsewhere"))


@pytest.mark.parametrize("worker", [of_another_block, out_of_the_folder])
def test_a_block_under_the_name_of_another_is_not_accepted(study: Study, tmp_path: Path, worker: Compute):
    out = tmp_path / "study"
    run(study, out, *[here] * 6, worker, worker, worker, worker)
    failures = Results(out).manifest["failures"]
    assert failures and all("files of another block" in failure["error"] for failure in failures)


def test_what_a_refused_worker_wrote_is_not_part_of_the_study(study: Study, tmp_path: Path):
    def of_another_version(task: Delivering, block: Block) -> Outcome:
        return replace(task(block), versions={"the model": "an older one"})

    out = tmp_path / "study"
    with pytest.raises(HyperclusterError, match="another version of the model"):
        run(study, out, here, here, of_another_version)
    assert len(Results(out).runs(["replication"])) == 6  # all but the answers of the third worker
    assert unfinished_parts(out) == []


def test_a_block_that_was_removed_before_it_got_its_name_ends_the_batch_in_a_message(
    study: Study, tmp_path: Path
):
    def removed(task: Delivering, block: Block) -> Outcome:
        outcome = task(block)
        assert outcome.delivered is not None
        folder = task.delivery.parts / outcome.delivered.name
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
        return outcome

    with pytest.raises(MachineError, match=r"removed during the run"):
        run(study, tmp_path / "study", here, here, here, removed)


def test_blocks_that_are_back_together_wait_once_for_the_disk(
    study: Study, few: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    flushed: list[Path] = []
    flush = simulation.results.writer.flush_folder

    def counted(path: Path) -> bool:
        flushed.append(path)
        return flush(path)

    monkeypatch.setattr(simulation.results.writer, "flush_folder", counted)
    run(study, tmp_path / "study", here)  # all answers are there as soon as the tasks are sent
    # Twice alone, one of each kind of scenario; the others together; once more when they are merged.
    assert flushed.count(tmp_path / "study" / "parts") == 4
    assert content(tmp_path / "study") == few


def test_the_mark_goes_with_its_writer_and_that_of_a_killed_one_with_the_next(study: Study, tmp_path: Path):
    out = tmp_path / "study"
    out.mkdir()
    (out / ".writer-here-0123456789abcdef.lock").touch()
    seen = []

    def looking(task: Delivering, block: Block) -> Outcome:
        seen.append([path.name for path in out.glob(".writer-here-*")])
        return task(block)

    run(study, out, looking)
    assert all(len(names) == 1 and names[0] != ".writer-here-0123456789abcdef.lock" for names in seen)
    assert not any(name.startswith(".writer") for name in entries(out))


def test_nothing_is_delivered_through_a_link(tmp_path: Path):
    (tmp_path / "mark").touch()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "parts").symlink_to(tmp_path / "elsewhere")
    delivery = Delivery(tmp_path / "parts", tmp_path / "mark")
    assert delivery.write("plain-000000-000001", {"runs": b"rows"}) is None
    assert entries(tmp_path / "elsewhere") == set()


def test_a_delivery_says_how_large_its_files_are(tmp_path: Path):
    (tmp_path / "mark").touch()
    delivered = Delivery(tmp_path, tmp_path / "mark").write("plain-000000-000001", {"runs": b"rows"})
    assert isinstance(delivered, Delivered)
    assert delivered.sizes == {"runs": 4}
    assert (tmp_path / delivered.name / "runs.parquet").read_bytes() == b"rows"


def test_blocks_that_are_not_merged_are_read_like_merged_ones_and_can_be_merged_later(
    study: Study, few: dict[str, bytes], tmp_path: Path
):
    out = tmp_path / "study"
    with remembered_blocks():
        run_batch(study.specs, FEW - 1, out=out, executor="serial", merge=False)
        results = run_batch(study.specs, FEW, out=out, executor="serial", merge=False)
        assert content(out) == {}
        assert results.verify() == []
        checked = checksums(out)
        assert checked == {key: sha for key, sha in study.checksums.items() if key[1] < FEW}
        run_batch(study.specs, FEW, out=out, executor="serial")
    assert content(out) == few
    assert not (out / "parts").exists()


def test_a_block_that_is_missing_in_the_end_is_told_though_nothing_is_merged(study: Study, tmp_path: Path):
    out = tmp_path / "study"

    def losing(task: Delivering, block: Block) -> Outcome:
        for path in sorted(out.glob("parts/plain-000000*/*")):
            path.unlink()
        return task(block)

    with remembered_blocks(), pytest.raises(MachineError, match="1 finished replications are missing"):
        run_batch(study.specs, FEW, out=out, executor=Workers(here, here, losing), workers=8, merge=False)
