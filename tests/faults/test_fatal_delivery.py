"""A worker that dies while it writes its block, and workers whose parent dies meanwhile, leave a study that goes on."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from processes import PATIENCE, SUPPORT, session_members, started, wait_until
from small_studies import Study, content

from simulation.batch.running import run_batch
from simulation.results.blocks import unfinished_parts
from simulation.results.reader import Results

FEW = 4


@pytest.fixture(scope="module")
def few(study: Study, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    results = run_batch(study.specs, FEW, out=tmp_path_factory.mktemp("few") / "study", executor="serial")
    return content(results.path)


def entries(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


@pytest.mark.slow
@pytest.mark.parametrize("file", [1, 4, 7])
def test_a_worker_killed_while_it_writes_costs_only_its_block(
    study: Study, few: dict[str, bytes], tmp_path: Path, file: int
):
    out = tmp_path / "study"
    command = [SUPPORT / "fatal_delivery.py", "worker", file, FEW, out, *study.files]
    with started(command) as process:
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors
    assert out.with_suffix(".killed").exists()
    assert Results(out).manifest["failures"] == []
    assert content(out) == few
    assert entries(out) == {*few, "manifest.json", "written.jsonl"}


@pytest.mark.slow
@pytest.mark.parametrize("file", [1, 4, 7])
def test_a_program_killed_while_workers_write_goes_on_from_the_blocks_that_have_their_names(
    study: Study, few: dict[str, bytes], tmp_path: Path, file: int
):
    out = tmp_path / "study"
    command = [SUPPORT / "fatal_delivery.py", "parent", file, FEW, out, *study.files]
    with started(command) as process:
        _, errors = process.communicate(timeout=PATIENCE)
        assert process.returncode == -signal.SIGKILL, errors
        wait_until(lambda: not session_members(process.pid))
    assert unfinished_parts(out) != []  # what the worker had begun
    run_batch(study.specs, FEW, out=out, executor="serial")
    assert content(out) == few
    assert entries(out) == {*few, "manifest.json", "written.jsonl"}
