"""kill -9 of whoever writes, at each file operation in turn: no moment in which anything finished could be lost."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from dying_store import Block, put
from processes import PATIENCE, SUPPORT, started
from small_studies import Study, content

from simulation.batch import running as batch
from simulation.results.manifest import new_manifest
from simulation.results.reader import Replication, Results
from simulation.results.writer import Store

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def blocks(study: Study) -> list[Block]:
    """Two blocks of each scenario."""
    found = []
    for numbers in ((0, 1), (2, 3)):
        for spec in study.specs:
            outcome = batch.run_block(batch.Block(spec, 1, numbers))
            found.append((spec.name, numbers, dict(outcome.files)))
    return found


def test_whoever_writes_may_be_killed_at_any_file_operation(
    study: Study, tmp_path: Path, blocks: list[Block]
):
    (tmp_path / "blocks").write_bytes(pickle.dumps(blocks))
    command = [SUPPORT / "dying_store.py", tmp_path / "tries", tmp_path / "blocks", *study.files]
    (tmp_path / "tries").mkdir()
    with started(command) as process:
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors

    tries = sorted(
        (path for path in (tmp_path / "tries").iterdir() if path.is_dir()), key=lambda p: int(p.name)
    )
    whole = content(tries[-1])
    assert len(whole) == 4
    killed = [path for path in tries[:-1] if (path / "manifest.json").exists()]
    assert len(killed) > 50
    for folder in killed:
        kept = kept_in(folder)
        if kept:
            runs = Results(folder).runs(["scenario", "replication"])
            found = list(zip(runs["scenario"], runs["replication"], strict=True))
            assert len(found) == len(set(found)) and set(found) >= kept, folder.name
            assert Results(folder).verify() == [], folder.name
        store = Store(folder)
        assert store.begin(new_manifest(study.specs, 4, seed=1, command=""), fresh=False) >= kept, folder.name
        assert store.damaged == [], folder.name
        with store.ended():
            put(store, blocks)
            store.compact()
        assert content(folder) == whole, folder.name
        assert [path.name for path in folder.iterdir() if path.name.startswith((".", "parts"))] == [], (
            folder.name
        )


def kept_in(folder: Path) -> set[Replication]:
    notes = folder.with_suffix(".kept")
    lines = notes.read_text().splitlines() if notes.exists() else []
    return {(name, int(number)) for name, number in (line.split() for line in lines)}
