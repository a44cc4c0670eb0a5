"""Temporary names: no two programs share one, and what a killed process left goes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.files.durable import remove_abandoned, replace, written_beside

WRITER = """
import sys
from pathlib import Path
from simulation.files.durable import written_beside
with written_beside(Path(sys.argv[1])) as temporary:
    temporary.write_text("half")
    print(temporary.name, flush=True)
    sys.stdin.read()
"""


@settings(max_examples=30, deadline=None)
@given(ends=st.permutations(range(4)))
def test_of_several_that_write_one_file_at_once_the_last_wins(
    tmp_path_factory: pytest.TempPathFactory, ends: list[int]
):
    path = tmp_path_factory.mktemp("folder") / "report.html"
    writers = [written_beside(path) for _ in ends]
    for number, writer in enumerate(writers):
        writer.__enter__().write_text(f"whole {number}")
    for number in ends:
        writers[number].__exit__(None, None, None)
        assert path.read_text() == f"whole {number}"
    assert [entry.name for entry in path.parent.iterdir()] == ["report.html"]


def test_threads_that_write_one_file_leave_a_whole_one_and_nothing_else(tmp_path: Path):
    path = tmp_path / "table [1].csv"
    contents = [bytes([number]) * 10_000 for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda content: replace(path, content), contents))
    assert path.read_bytes() in contents
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(sys.platform == "win32", reason="there a process cannot be asked after without ending it")
def test_what_a_killed_process_left_goes_and_what_a_running_one_writes_stays(tmp_path: Path):
    path = tmp_path / "report.html"
    command = [sys.executable, "-c", WRITER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        temporary = tmp_path / process.stdout.readline().strip()
        replace(path, b"other")
        assert temporary.read_text() == "half"
        process.kill()
    assert temporary.exists()
    replace(path, b"new")
    assert {entry.name: entry.read_bytes() for entry in tmp_path.iterdir()} == {"report.html": b"new"}


@pytest.mark.parametrize(("days", "stays"), [(0.5, True), (1.5, False)])
def test_what_a_process_of_another_machine_left_goes_after_a_day(tmp_path: Path, days: float, stays: bool):
    path = tmp_path / "report.html"
    there = tmp_path / ".report.html.00000000-1-0.tmp"
    there.write_text("half")
    changed = time.time() - days * 86_400
    os.utime(there, (changed, changed))
    remove_abandoned(path)
    assert there.exists() == stays


@pytest.mark.parametrize(
    "name", [".report.html.tmp.txt", "report.html.tmp", ".other.html.tmp", ".report.html.mine.tmp"]
)
def test_other_names_are_not_temporary(tmp_path: Path, name: str):
    (tmp_path / name).write_text("mine")
    os.utime(tmp_path / name, (0, 0))
    replace(tmp_path / "report.html", b"new")
    assert (tmp_path / name).read_text() == "mine"
