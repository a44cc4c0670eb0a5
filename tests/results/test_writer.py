"""Writing a results folder: whatever is damaged is found, what is sound in it is saved, and one process writes."""

from __future__ import annotations

import contextlib
import errno
import itertools
import json
import os
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from remembered_blocks import remembered_blocks
from small_studies import checksums, content, write_scenarios

import simulation.results.writer
from simulation.batch.running import run_batch
from simulation.errors import ResultsError
from simulation.files.durable import written_beside
from simulation.results.manifest import ranges
from simulation.results.reader import Results
from simulation.results.tables import TABLES
from simulation.results.writer import Store
from simulation.scenario.loading import load_scenario
from simulation.scenario.schema import Scenario

REPLICATIONS = 4


@pytest.fixture(scope="module")
def specs(tmp_path_factory: pytest.TempPathFactory) -> list[Scenario]:
    return [load_scenario(file) for file in write_scenarios(tmp_path_factory.mktemp("scenarios"))]


@pytest.fixture
def folder(specs: list[Scenario], tmp_path: Path) -> Path:
    """A study that is finished."""
    with remembered_blocks():
        return run(specs, tmp_path / "study").path


def run(specs: list[Scenario], folder: Path, replications: int = REPLICATIONS) -> Results:
    return run_batch(specs, replications, out=folder, executor="serial")


@pytest.mark.parametrize(
    ("numbers", "text"),
    [([], ""), ([3], "3"), ([0, 1, 2, 5, 7, 8], "0-2, 5, 7-8"), ([4, 0, 3], "0, 3-4")],
)
def test_numbers_are_written_as_ranges(numbers: list[int], text: str):
    assert ranges(numbers) == text


@pytest.mark.parametrize("table", TABLES)
def test_a_finished_file_that_was_cut_is_set_aside_and_all_is_computed_again(
    specs: list[Scenario], folder: Path, table: str
):
    before = content(folder)
    path = folder / f"{table}.parquet"
    path.write_bytes(path.read_bytes()[:-9])
    results = run(specs, folder)
    assert content(folder) == before
    (damaged,) = results.manifest["damaged"]
    assert f"{table}.parquet: damaged" in damaged
    assert sorted(file.name for file in (folder / "damaged" / "finished-0").iterdir()) == sorted(before)


def test_a_finished_file_that_is_missing_is_noticed(specs: list[Scenario], folder: Path):
    before = content(folder)
    (folder / "ledger.parquet").unlink()
    results = run(specs, folder)
    assert content(folder) == before
    assert "ledger.parquet" in results.manifest["damaged"][0]


def test_what_is_sound_in_a_damaged_file_is_kept(
    specs: list[Scenario], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """One row group a replication, so that a flipped bit costs one."""
    monkeypatch.setattr("simulation.results.merge.VALUES_IN_MEMORY", 1)
    folder = run(specs, tmp_path / "study").path
    expected = checksums(folder)
    path = folder / "curves.parquet"
    damaged = bytearray(path.read_bytes())
    column = pq.read_metadata(path).row_group(2).column(6)
    damaged[column.data_page_offset + column.total_compressed_size // 2] ^= 1
    path.write_bytes(bytes(damaged))
    store = Store(folder)
    finished = store.begin(json.loads((folder / "manifest.json").read_text()), fresh=False)
    assert finished == set(expected) - {("plain", 2)}
    assert "page" in store.damaged[0].lower() or "crc" in store.damaged[0].lower()
    assert checksums(folder) == {key: expected[key] for key in finished}


def test_rows_with_another_value_in_a_sound_file_are_computed_again(specs: list[Scenario], folder: Path):
    """The checksums of pages cannot tell that another program has written a file; those of the rows can."""
    before = content(folder)
    file = folder / "curves.parquet"
    rows = pq.read_table(file)
    adopters = rows["adopters"].to_numpy().copy()
    adopters[-1] += 1
    place = rows.schema.get_field_index("adopters")
    other = rows.set_column(
        place, rows.schema.field(place), pa.array(adopters, rows.schema.field(place).type)
    )
    pq.write_table(other, file, write_page_checksum=True)
    results = run(specs, folder)
    assert content(folder) == before
    assert results.verify() == []
    assert "does not match its checksum" in json.dumps(results.manifest)


def test_a_sound_study_is_left_as_it_is(specs: list[Scenario], folder: Path):
    times = {path: path.stat().st_mtime_ns for path in folder.glob("*.parquet")}
    assert run(specs, folder).manifest["damaged"] == []
    assert {path: path.stat().st_mtime_ns for path in folder.glob("*.parquet")} == times


def test_damage_found_once_stays_in_the_manifest(specs: list[Scenario], folder: Path):
    path = folder / "runs.parquet"
    path.write_bytes(path.read_bytes()[:-9])
    found = run(specs, folder).manifest["damaged"]
    assert len(found) == 1
    assert run(specs, folder).manifest["damaged"] == found


@pytest.mark.skipif(os.name != "posix", reason="folders are locked on POSIX systems only")
def test_two_processes_cannot_write_to_one_folder(specs: list[Scenario], folder: Path):
    with Store(folder).alone():
        with pytest.raises(ResultsError, match="another process is writing"):
            run(specs, folder, REPLICATIONS + 1)
        assert Results(folder).manifest["replications"] == REPLICATIONS
    run(specs, folder, REPLICATIONS + 1)


def test_a_start_that_was_killed_before_anything_was_there_does_not_lock_the_folder(
    specs: list[Scenario], tmp_path: Path
):
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / ".manifest.json.tmp").write_bytes(b"{")
    assert run(specs, folder).manifest["status"] == "finished"
    assert not list(folder.glob(".*"))


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))])
@pytest.mark.parametrize(
    "step",
    [0, 1, 2, 3, 5, 8, 11, 20, 30, 40, *(pytest.param(n, marks=pytest.mark.slow) for n in (4, 6, 7, 9, 10))],
)
def test_whoever_is_stopped_between_two_files_leaves_no_unfinished_block(
    specs: list[Scenario], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int, error: BaseException
):
    """Stopped as a file or folder is about to be flushed: while blocks are written, and while they are merged."""
    steps = itertools.count()

    def stopping[**P, T](function: Callable[P, T]) -> Callable[P, T]:
        def stopped(*args: P.args, **kwargs: P.kwargs) -> T:
            if next(steps) == step:
                raise error
            return function(*args, **kwargs)

        return stopped

    folder = tmp_path / "study"
    for name in ("flushed", "flush_folder"):
        monkeypatch.setattr(
            simulation.results.writer, name, stopping(getattr(simulation.results.writer, name))
        )
    with remembered_blocks():
        with contextlib.suppress(KeyboardInterrupt, OSError):
            run(specs, folder)
        assert not list((folder / "parts").glob(".*"))
        monkeypatch.undo()
        assert run(specs, folder).manifest["status"] == "finished"


def test_every_replication_has_its_state_in_the_manifest(
    specs: list[Scenario], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    compute = simulation.batch.replications.values_and_reasons

    def unlucky(record):
        if record.scenario == "plain" and record.seed == 3:
            raise ValueError("no luck")
        return compute(record)

    monkeypatch.setattr(simulation.batch.replications, "values_and_reasons", unlucky)
    assert run(specs, tmp_path / "study").manifest["state"] == {
        "plain": {"finished": "0-1, 3", "failed": "2"},
        "platform": {"finished": "0-3", "failed": ""},
    }


def test_a_file_that_cannot_be_written_is_named_and_leaves_nothing_behind(tmp_path: Path):
    path = tmp_path / "runs.parquet"
    path.write_bytes(b"old")

    def write() -> None:
        with written_beside(path) as temporary:
            temporary.write_bytes(b"ne")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(OSError, match="No space left") as full:
        write()
    assert full.value.filename == str(path)
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"old"]
