"""A file that lost its end: whoever reads it notices, and so does the study that goes on from it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest
from small_studies import REPLICATIONS, Study, checksums

from simulation.batch.running import Progress, run_batch
from simulation.errors import ResultsError
from simulation.results.blocks import part_folders, part_replications
from simulation.results.merge import sound_replications
from simulation.results.reader import Results
from simulation.results.tables import TABLES

LAST = 400
"""The most bytes that are taken from the end."""

EACH = 16
"""Up to so many, one more at a time: here Parquet keeps its mark and the length of what stands before it."""

tables = pytest.mark.parametrize("table", TABLES)
strides = pytest.mark.parametrize("stride", [13, pytest.param(1, marks=pytest.mark.slow)])


@pytest.fixture(scope="module")
def part(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A block of the scenario with a platform, in a study that was stopped after it."""
    out = tmp_path_factory.mktemp("cuts") / "study"
    stop_after(study, out, done=5)
    return next(part for part in part_folders(out) if ("platform", 3) in part_replications(part))


def stop_after(study: Study, out: Path, *, done: int) -> None:
    """Begin the scenario with a platform, and stop as soon as so many replications have finished."""

    def stop(now: Progress) -> None:
        if now.done >= done:
            raise KeyboardInterrupt

    with ThreadPoolExecutor(1) as executor, pytest.raises(KeyboardInterrupt):
        run_batch(study.specs[1:], REPLICATIONS, out=out, executor=executor, workers=1, progress=stop)


def cuts(path: Path, stride: int) -> Iterator[int]:
    """Cut the file shorter and shorter, by so many bytes at a time after the first few, and put it back at the end."""
    whole = path.read_bytes()
    try:
        for cut in [*range(1, EACH), *range(EACH, min(LAST, len(whole)) + 1, stride)]:
            path.write_bytes(whole[:-cut])
            yield cut
    finally:
        path.write_bytes(whole)


def reader(folder: Path, table: str) -> Callable[[], pd.DataFrame]:
    results = Results(folder)
    return {
        "runs": results.runs,
        "curves": lambda: results.curves(scenario="platform", replication=3),
        "memberships": results.memberships,
        "ledger": results.ledger,
    }[table]


@strides
@tables
def test_a_cut_part_is_an_error_to_its_reader(part: Path, table: str, stride: int):
    read = reader(part.parent.parent, table)
    assert len(read()) > 0
    for _ in cuts(part / f"{table}.parquet", stride):
        with pytest.raises(ResultsError, match=rf"{table}\.parquet: damaged"):
            read()


@strides
@tables
def test_a_cut_part_does_not_count_as_finished(part: Path, table: str, stride: int):
    assert ("platform", 3) in sound_replications(part, TABLES)
    for _ in cuts(part / f"{table}.parquet", stride):
        with pytest.raises(ResultsError, match=rf"{table}\.parquet: damaged"):
            sound_replications(part, TABLES)


@strides
@tables
def test_a_cut_table_of_a_finished_study_is_an_error_to_its_reader(
    study: Study, tmp_path: Path, table: str, stride: int
):
    out = shutil.copytree(study.undisturbed, tmp_path / "study")
    read = reader(out, table)
    assert len(read()) > 0
    for _ in cuts(out / f"{table}.parquet", stride):
        with pytest.raises(ResultsError, match=rf"{table}\.parquet: damaged"):
            read()


@strides
def test_a_cut_manifest_is_an_error_or_tells_the_same(study: Study, tmp_path: Path, stride: int):
    out = shutil.copytree(study.undisturbed, tmp_path / "study")
    whole = Results(out).manifest
    told = 0
    for _ in cuts(out / "manifest.json", stride):
        try:
            assert Results(out).manifest == whole
            told += 1
        except ResultsError as error:
            assert "manifest.json: cannot be read" in str(error)  # noqa: PT017 - either will do
    assert told == 1  # without its last line break


@tables
def test_a_study_goes_on_from_a_cut_part_as_if_it_were_missing(study: Study, tmp_path: Path, table: str):
    out = tmp_path / "study"
    stop_after(study, out, done=5)
    path = part_folders(out)[0] / f"{table}.parquet"
    path.write_bytes(path.read_bytes()[:-1])
    with ThreadPoolExecutor(1) as executor:
        results = run_batch(study.specs[1:], 10, out=out, executor=executor, workers=1)
    (damaged,) = results.manifest["damaged"]
    assert f"{table}.parquet" in damaged
    expected = {key: sha for key, sha in study.checksums.items() if key[0] == "platform" and key[1] < 10}
    assert checksums(out) == expected
