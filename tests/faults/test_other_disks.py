"""Disks of clusters and clouds that cannot lock, or cannot flush a folder: the same promises, and a note."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from processes import PATIENCE, SUPPORT, end, started, wait_until
from small_studies import Study, content

from simulation.batch.running import run_batch
from simulation.results.blocks import part_folders
from simulation.results.locks import LOCK
from simulation.results.reader import Results
from simulation.results.writer import NOT_FLUSHED

CANNOT_LOCK = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.EBADF)
CANNOT_FLUSH = (errno.EINVAL, errno.EOPNOTSUPP, errno.EBADF, errno.ENOSYS)
REPLICATIONS = 8


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None and "CI" not in os.environ:
        pytest.skip("needs a compiler of C")
    assert compiler is not None, "CI lacks a compiler of C"
    library = tmp_path_factory.mktemp("shim") / "disk.so"
    command = [compiler, "-shared", "-fPIC", "-o", library, SUPPORT / "disk_without.c", "-ldl"]
    subprocess.run(command, check=True)
    return library


@contextmanager
def running(
    study: Study, out: Path, shim: Path, *, flock: int, flush: int
) -> Iterator[subprocess.Popen[str]]:
    options = ["--replications", REPLICATIONS, "--workers", 1, "--out", out, "--quiet"]
    changes = {"LD_PRELOAD": str(shim), "LACKS_FLOCK": str(flock), "LACKS_FOLDERS": str(flush)}
    with started(["-m", "simulation", "run", *study.files, *options], changes=changes) as process:
        yield process


@pytest.mark.slow
@pytest.mark.parametrize(("flock", "flush"), list(zip(CANNOT_LOCK, CANNOT_FLUSH, strict=True)))
def test_a_study_killed_on_such_a_disk_goes_on_with_the_same_command(
    study: Study, tmp_path: Path, shim: Path, flock: int, flush: int
):
    out = tmp_path / "study"
    with running(study, out, shim, flock=flock, flush=flush) as process:
        wait_until(lambda: part_folders(out) or process.poll() is not None)
        assert (out / LOCK).exists()
        end(process.pid, signal.SIGKILL)
        process.communicate(timeout=PATIENCE)
    assert process.returncode == -signal.SIGKILL
    assert (out / LOCK).exists()
    with running(study, out, shim, flock=flock, flush=flush) as process:
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors
    assert errors.count(NOT_FLUSHED) == 1 and "Traceback" not in errors
    results = Results(out)
    assert results.manifest["status"] == "finished" and results.manifest["notes"] == [NOT_FLUSHED]
    assert not [path.name for path in out.iterdir() if path.name.startswith(".")]
    run_batch(study.specs, REPLICATIONS, out=tmp_path / "usual", executor="serial")
    assert content(out) == content(tmp_path / "usual")
