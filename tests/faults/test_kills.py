"""kill -9 at random moments of a small study: nothing finished is lost, and it ends as if nothing had happened.

``uv run pytest tests/faults/test_kills.py --kills 200 -rP`` does it as often as one likes, and prints what it saw.
"""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from processes import PATIENCE, SUPPORT, end, session_members, started, wait_until, workers_of
from small_studies import REPLICATIONS, Study, content, notes

from simulation.batch.running import BLOCK, BLOCKS_PER_WORKER
from simulation.results.blocks import part_folders
from simulation.results.reader import Replication, Results

WORKERS = 2
SEED = 20
GONE_WITHIN = 3.0


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    asked = metafunc.config.getoption("--kills", default=None)
    by_default = [pytest.param(10, marks=pytest.mark.slow)]
    metafunc.parametrize("kills", by_default if asked is None else [asked])


@dataclass
class Tally:
    """What was seen of the kills so far."""

    killed: list[str] = field(default_factory=list)  # "parent" or "worker"
    recomputed: list[int] = field(default_factory=list)  # replications, by kill
    lost: set[Replication] = field(default_factory=set)  # finished on disk, and computed again all the same
    left_seconds: list[float] = field(default_factory=list)  # until no process was left, by kill
    studies: int = 0  # that came to their end

    def __str__(self) -> str:
        return (
            f"kills {len(self.killed)}: parent {self.killed.count('parent')}, worker {self.killed.count('worker')}; "
            f"studies {self.studies}; finished replications lost {len(self.lost)}; "
            f"recomputed after a kill: mean {sum(self.recomputed) / len(self.recomputed):.1f}, "
            f"most {max(self.recomputed)}; slowest to leave no process {max(self.left_seconds):.2f} s"
        )


def test_a_study_killed_at_random_moments_ends_as_if_it_had_not_been(
    study: Study, tmp_path: Path, kills: int
):
    moments = random.Random(SEED)
    life = seconds_undisturbed(study, tmp_path / "first")
    tally = Tally()
    kept: set[Replication] = set()
    start = 0
    while len(tally.killed) < kills or kept:
        out = tmp_path / f"study-{tally.studies}"
        noted_in = tmp_path / f"notes-{start}"
        start += 1
        with noted_process(study, out, noted_in) as process:
            # Half of a life is spent on starting, the rest in proportion to what is missing.
            left = life * (1 - 0.5 * len(kept) / len(study.checksums))
            victim, moment = moments.choice(["parent", "worker"]), moments.uniform(0, left)
            if len(tally.killed) == kills:
                moment = PATIENCE
            if ended_within(process, moment):
                tally.lost |= kept & set(notes(noted_in))
            elif victim == "parent":
                kept = kill_parent(process, out, noted_in, kept, tally)
            else:
                kill_worker(process, out, noted_in, kept, tally, moments)
        if process.returncode == 0:
            assert_as_undisturbed(study, out)
            tally.studies += 1
            kept = set()
    print(tally)
    assert tally.lost == set()
    block = min(len(study.checksums) // (BLOCKS_PER_WORKER * WORKERS), BLOCK)
    assert max(tally.recomputed) <= block * WORKERS
    assert max(tally.left_seconds) <= GONE_WITHIN


def seconds_undisturbed(study: Study, folder: Path) -> float:
    """Run the study once as it will be run, see that the notes are complete, and return how long it took."""
    began = time.monotonic()
    noted_in = folder.with_suffix(".notes")
    with noted_process(study, folder, noted_in) as process:
        process.wait(PATIENCE)
    taken = time.monotonic() - began
    assert_as_undisturbed(study, folder)
    assert sorted(notes(noted_in)) == sorted(study.checksums)
    return taken


@contextmanager
def noted_process(study: Study, out: Path, noted_in: Path) -> Iterator[subprocess.Popen[str]]:
    command = [SUPPORT / "noted_study.py", REPLICATIONS, WORKERS, out, *study.files]
    with started(command, changes={"NOTES": str(noted_in)}) as process:
        yield process


def ended_within(process: subprocess.Popen[str], seconds: float) -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def kill_parent(
    process: subprocess.Popen[str], out: Path, noted_in: Path, kept: set[Replication], tally: Tally
) -> set[Replication]:
    """Kill the process that writes, and return what is finished on disk then."""
    end(process.pid, signal.SIGKILL)
    process.wait(PATIENCE)
    tally.left_seconds.append(wait_until(lambda: not session_members(process.pid)))
    computed, finished = notes(noted_in), finished_in(out)
    tally.killed.append("parent")
    tally.lost |= (kept & set(computed)) | (kept - finished)
    tally.recomputed.append(len(computed) - len(finished - kept))
    return finished


def kill_worker(
    process: subprocess.Popen[str],
    out: Path,
    noted_in: Path,
    kept: set[Replication],
    tally: Tally,
    moments: random.Random,
) -> None:
    """Kill a process that computes, as soon as there is one, and let the study come to its end."""
    wait_until(lambda: workers_of(process.pid) or process.poll() is not None)
    # The parent stands still meanwhile, so that nothing moves between the look at its folder and the kill.
    end(process.pid, signal.SIGSTOP)
    workers = workers_of(process.pid)
    finished = finished_in(out)
    noted = len(notes(noted_in))
    if workers:
        end(moments.choice(sorted(workers)), signal.SIGKILL)
        tally.killed.append("worker")
    end(process.pid, signal.SIGCONT)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors
    if workers:
        computed = notes(noted_in)
        tally.left_seconds.append(wait_until(lambda: not session_members(process.pid)))
        tally.lost |= (kept & set(computed)) | (finished & set(computed[noted:]))
        tally.recomputed.append(len(computed) - len(set(computed)))


def finished_in(out: Path) -> set[Replication]:
    """What a reader finds in the folder of a study under way."""
    if not part_folders(out) and not (out / "runs.parquet").exists():
        return set()
    runs = Results(out).runs(["scenario", "replication"])
    return set(zip(runs["scenario"], runs["replication"], strict=True))


def assert_as_undisturbed(study: Study, out: Path) -> None:
    assert Results(out).manifest["failures"] == []
    assert Results(out).manifest["status"] == "finished"
    assert content(out) == content(study.undisturbed)  # and with every byte the SHA-256 of every replication
