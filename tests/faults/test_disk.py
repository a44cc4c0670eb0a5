"""A disk that is full: a message that helps, exit 4, and the same command goes on once there is room."""

from __future__ import annotations

import re
import resource
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from processes import PATIENCE, started
from small_studies import REPLICATIONS, Study, content

from simulation.batch.running import run_batch

KIB = 1024
MESSAGE = r"(?s){folder}.*?[0-9][0-9,.]* (bytes|[kKMG]i?B)( are| is)? free"


def run(
    study: Study, out: Path, *, before: Callable[[], None] | None = None
) -> subprocess.CompletedProcess[str]:
    options = ["--replications", REPLICATIONS, "--workers", 2, "--out", out, "--quiet"]
    # Python would leave half of the bytecode that it writes to such a disk, and trip over it at the next start.
    command, changes = ["-m", "simulation", "run", *study.files, *options], {"PYTHONDONTWRITEBYTECODE": "1"}
    with started(command, changes=changes, before=before) as process:
        output, errors = process.communicate(timeout=PATIENCE)
    return subprocess.CompletedProcess(process.args, process.returncode, output, errors)


def assert_stopped_by_the_disk(done: subprocess.CompletedProcess[str], folder: Path) -> None:
    assert done.returncode == 4, done.stderr
    assert re.search(MESSAGE.format(folder=re.escape(str(folder))), done.stderr), done.stderr
    assert "Traceback" not in done.stderr


def assert_goes_on(study: Study, out: Path) -> None:
    """See that the study can be resumed, without the pictures that the command would draw."""
    results = run_batch(study.specs, REPLICATIONS, out=out, workers=2)
    assert results.manifest["status"] == "finished"
    assert content(out) == content(study.undisturbed)


@pytest.mark.parametrize(
    "limit",
    [
        pytest.param(4 * KIB, id="not even the manifest fits", marks=pytest.mark.slow),
        pytest.param(100 * KIB, id="blocks fit but not the merged table", marks=pytest.mark.slow),
    ],
)
def test_files_that_cannot_grow_end_in_a_message_and_the_study_can_be_resumed(
    study: Study, tmp_path: Path, limit: int
):
    out = tmp_path / "study"
    assert (study.undisturbed / "curves.parquet").stat().st_size > 100 * KIB

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    assert_stopped_by_the_disk(run(study, out, before=limited), out)
    assert_goes_on(study, out)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 300 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=300k", "none", str(folder)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except OSError:
        mounted = False
    if not mounted:
        pytest.skip("mounting is not allowed")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.slow
def test_a_full_disk_ends_in_a_message_and_the_study_can_be_resumed(study: Study, small_disk: Path):
    out = small_disk / "study"
    assert_stopped_by_the_disk(run(study, out), out)
    subprocess.run(["mount", "-o", "remount,size=20m", str(small_disk)], check=True)
    assert_goes_on(study, out)
