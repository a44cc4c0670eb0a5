"""Programs on one results folder: one writes, others are refused, and whoever dies leaves all that it finished."""

from __future__ import annotations

import pickle
from collections import Counter
from pathlib import Path

import pytest
from processes import PATIENCE, SUPPORT, started
from store_histories import ALL, STUDY, Sessions, blocks_in, tables_in

from simulation.results.reader import Results

SEED, STUDIES = 3, 15


@pytest.mark.slow
def test_programs_that_contend_for_a_folder_lose_and_double_nothing(tmp_path: Path):
    sessions = Sessions(tmp_path, blocks_in(tmp_path))
    blocks = [(name, some, files) for (name, some), files in sessions.blocks.files.items() if len(some) == 1]
    (tmp_path / "blocks").write_bytes(pickle.dumps((sessions.manifest, blocks)))
    contended = tmp_path / "contended"
    contended.mkdir()
    with started(
        [SUPPORT / "contending_writers.py", contended, tmp_path / "blocks", STUDIES, SEED]
    ) as process:
        _, errors = process.communicate(timeout=PATIENCE + STUDIES)
    assert process.returncode == 0, errors

    whole = sessions.work({}, ALL).record.after
    names = {path.removeprefix(f"{STUDY}/") for path in whole if path.startswith(f"{STUDY}/")}
    seen: Counter[str] = Counter()
    for study in range(STUDIES):
        seen += follow((contended / f"{study}.notes").read_text())
        folder = contended / str(study)
        runs = Results(folder).runs(["scenario", "replication"])
        assert len(runs) == len(runs.drop_duplicates()) == len(sessions.sha)
        assert {path.stem: path.read_bytes() for path in folder.glob("*.parquet")} == tables_in(whole)
        assert {path.name for path in folder.iterdir()} == names
    print(f"studies {STUDIES}: {dict(seen)}; replications lost 0, doubled 0; two writers at once 0")
    assert min(seen["began"], seen["refused"], seen["added"]) > STUDIES


def follow(notes: str) -> Counter[str]:
    """See that one process wrote at a time, and that each found all that those before it had finished."""
    finished: set[str] = set()
    gone: set[str] = set()
    writing = ""
    seen: Counter[str] = Counter()
    for line in notes.splitlines():
        process, what, *rest = line.split()
        keys = set(rest[0].split(",")) if rest and what in ("began", "added") else set()
        seen["killed" if what == "is" else what] += 1
        if what == "began":
            assert not writing or writing in gone, f"{process} began beside {writing}"
            assert keys >= finished, f"{process} lost {finished - keys}"
            writing = process
        elif what in ("added", "ended"):
            assert process == writing, f"{process} wrote beside {writing}"
            assert not keys & finished, f"{process} did {keys & finished} again"
        if what in ("ended", "is"):
            gone.add(process)
        finished |= keys
    return seen
