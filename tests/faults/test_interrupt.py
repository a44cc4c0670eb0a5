"""Ctrl-C as a terminal sends it, and SIGTERM as a batch system does: to every process that the command started."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from processes import PATIENCE, end, session_members, started, wait_until, workers_of
from small_studies import Study

from simulation.results.blocks import part_folders
from simulation.results.own_files import RECORD
from simulation.results.reader import Results

ENDS_WITHIN = 2.0
"""Seconds from Ctrl-C until nothing is left, on a machine that has nothing else to do."""

BUSY = 30 * ENDS_WITHIN
"""The same on any machine: what is longer hangs."""


def starting_workers(out: Path, process: subprocess.Popen[str]) -> bool:
    """No worker computes yet."""
    return bool(workers_of(process.pid))


def computing(out: Path, process: subprocess.Popen[str]) -> bool:
    return bool(part_folders(out))


def interrupt(process: subprocess.Popen[str], by: signal.Signals = signal.SIGINT) -> None:
    os.killpg(process.pid, by)


@pytest.mark.parametrize(
    ("by", "code", "words", "moment"),
    [
        pytest.param(signal.SIGINT, 130, "Interrupted", starting_workers, marks=pytest.mark.slow),
        (signal.SIGINT, 130, "Interrupted", computing),
        pytest.param(signal.SIGTERM, 143, "Stopped by SIGTERM", computing, marks=pytest.mark.slow),
        pytest.param(signal.SIGTERM, 143, "Stopped by SIGTERM", starting_workers, marks=pytest.mark.slow),
        pytest.param(signal.SIGHUP, 129, "Stopped by SIGHUP", computing, marks=pytest.mark.slow),
    ],
)
def test_who_is_asked_to_stop_keeps_what_is_finished_and_leaves_no_process(
    study: Study,
    tmp_path: Path,
    by: signal.Signals,
    code: int,
    words: str,
    moment: Callable[[Path, subprocess.Popen[str]], bool],
):
    out = tmp_path / "study"
    with started(long_run(study, out)) as process:
        wait_until(lambda: moment(out, process) or process.poll() is not None)
        kept = part_folders(out)
        interrupt(process, by)
        if by != signal.SIGINT:
            interrupt(process, by)  # batch systems say it twice, and mean no more by it
        _, errors = process.communicate(timeout=BUSY)
        gone(process)
    assert process.returncode == code, errors
    assert words in errors and "Traceback" not in errors
    assert Results(out).manifest["status"] == "interrupted"
    assert set(kept) <= set(part_folders(out))
    if kept:
        assert Results(out).verify() == []


MOMENTS = 12


@pytest.mark.slow
def test_ctrl_c_at_any_moment_of_a_command_leaves_files_whole_or_absent(study: Study, tmp_path: Path):
    """While it starts, builds, computes, merges, compares and draws, and when it tidies up."""
    command = [
        "-m",
        "simulation",
        "run",
        *study.files,
        "--replications",
        6,
        "--workers",
        1,
        "--quiet",
        "--out",
    ]
    whole = tmp_path / "whole"
    began = time.monotonic()
    with started([*command, whole]) as process:
        _, errors = process.communicate(timeout=PATIENCE)
    life = time.monotonic() - began
    assert process.returncode == 0, errors
    stopped = 0
    for moment in range(MOMENTS):
        out = tmp_path / f"study-{moment}"
        began = time.monotonic()
        with started([*command, out]) as process:
            try:
                process.wait(life * (moment + 0.5) / MOMENTS)
                life = time.monotonic() - began  # a machine that is less busy now
            except subprocess.TimeoutExpired:
                interrupt(process)
            _, errors = process.communicate(timeout=BUSY)
            gone(process)
        # Until Python has set itself up, Ctrl-C ends it as it ends any program; a shell says 130 to that too.
        assert process.returncode in (130, -signal.SIGINT, 0), errors
        if process.returncode == 130:
            assert "Traceback" not in errors
        stopped += process.returncode != 0
        for path in out.rglob("*"):
            assert not path.name.startswith("."), path
            if path.is_file() and path.name != "manifest.json" and "parts" not in path.parts:
                expected = (whole / path.relative_to(out)).read_bytes()
                there = path.read_bytes()
                # The record grows by a line a file; all others are put in place whole.
                assert expected.startswith(there) if path.name == RECORD else there == expected, path
        if (out / "manifest.json").exists():
            assert Results(out).manifest["status"] in ("interrupted", "finished")
    assert stopped >= MOMENTS / 2


def test_a_second_ctrl_c_ends_all_at_once(study: Study, tmp_path: Path):
    """One worker stands still, as a computer does that swaps: whoever waits for it waits long."""
    out = tmp_path / "study"
    with started(long_run(study, out, workers=2)) as process:
        wait_until(lambda: computing(out, process) or process.poll() is not None)
        kept = part_folders(out)
        end(workers_of(process.pid)[0], signal.SIGSTOP)
        interrupt(process)
        time.sleep(0.05)
        interrupt(process)
        _, errors = process.communicate(timeout=BUSY)
        gone(process)
    assert process.returncode in (130, -signal.SIGINT), errors  # to a shell both are 130
    assert "Traceback" not in errors
    assert kept and set(kept) <= set(part_folders(out))
    assert Results(out).verify() == []


@pytest.mark.slow
@pytest.mark.parametrize("moment", [pytest.param(starting_workers, marks=pytest.mark.slow), computing])
def test_ctrl_c_ends_within_two_seconds_though_a_worker_does_not_answer(
    study: Study, tmp_path: Path, moment: Callable[[Path, subprocess.Popen[str]], bool]
):
    """The fastest of three, so that other work on the machine is not held against us."""
    took = []
    for attempt in range(3):
        out = tmp_path / f"study-{attempt}"
        with started(long_run(study, out)) as process:
            wait_until(lambda out=out, process=process: moment(out, process) or process.poll() is not None)
            end(workers_of(process.pid)[0], signal.SIGSTOP)
            began = time.monotonic()
            interrupt(process)
            _, errors = process.communicate(timeout=BUSY)
            gone(process)
            took.append(time.monotonic() - began)
        assert process.returncode == 130, errors
        assert "Interrupted" in errors and "Traceback" not in errors
        assert Results(out).manifest["status"] == "interrupted"
        if took[-1] <= ENDS_WITHIN:
            return
    pytest.fail(f"it took {took} s")


def gone(process: subprocess.Popen[str]) -> None:
    """Wait until all that a command started has ended; multiprocessing's own helper ends just after the command."""
    wait_until(lambda: not session_members(process.pid), within=BUSY)


def long_run(study: Study, out: Path, *, workers: int = 1) -> list[object]:
    """A command that would take minutes."""
    options = ["--replications", 5000, "--workers", workers, "--out", out, "--quiet"]
    return ["-m", "simulation", "run", *study.files, *options]
