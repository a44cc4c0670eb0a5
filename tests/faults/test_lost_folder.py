"""A results folder that is moved, deleted or replaced during a run: told with exit code 4, and nothing is lost."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from dying_store import CHANGES, WRITING, Block, put
from small_studies import Study, content

from simulation.batch import running as batch
from simulation.batch.progress import Progress
from simulation.errors import MachineError, ResultsError
from simulation.results.manifest import new_manifest
from simulation.results.reader import Results
from simulation.results.writer import Store

REPLICATIONS = 4


@pytest.fixture(scope="module")
def blocks(study: Study) -> list[Block]:
    """One block of each scenario."""
    numbers = tuple(range(REPLICATIONS))
    found = []
    for spec in study.specs:
        outcome = batch.run_block(batch.Block(spec, 1, numbers))
        found.append((spec.name, numbers, dict(outcome.files)))
    return found


def write(
    study: Study, folder: Path, blocks: list[Block], *, meanwhile: Callable[[], None] = lambda: None
) -> None:
    store = Store(folder)
    with store.alone(), store.ended():
        store.begin(new_manifest(study.specs, REPLICATIONS, seed=1, command=""), fresh=False)
        put(store, blocks)
        meanwhile()
        store.compact()


def moved(folder: Path) -> None:
    folder.rename(folder.with_name("away"))


def deleted(folder: Path) -> None:
    shutil.rmtree(folder)


class _Before:
    """Does something to a folder before its files are changed for the n-th time."""

    def __init__(self) -> None:
        self.act: Callable[[], None] | None = None
        self.left = 0

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.act is None:
            return
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING
        if event in CHANGES or writes:
            self.left -= 1
            if self.left == 0:
                act, self.act = self.act, None
                act()


_before = _Before()
sys.addaudithook(_before)  # a hook cannot be taken away, but it is told when to act


@pytest.mark.parametrize("step", [pytest.param(1, marks=pytest.mark.slow), 13])
@pytest.mark.parametrize("lose", [moved, deleted])
def test_a_folder_lost_before_any_file_operation_is_missed_and_never_made_anew(
    study: Study, tmp_path: Path, blocks: list[Block], lose: Callable[[Path], None], step: int
):
    whole = tmp_path / "whole"
    write(study, whole, blocks)
    for operation in count(2, step):  # the first makes the folder
        folder = tmp_path / str(operation) / "study"
        folder.parent.mkdir()
        _before.left, _before.act = operation, lambda folder=folder: lose(folder)
        try:
            write(study, folder, blocks)
        except MachineError as error:
            told = str(error)
        else:
            break
        finally:
            lost, _before.act = _before.act is None, None
        assert lost and not folder.exists()
        assert str(folder) in told and lose.__name__ in told
        again = folder.with_name("away") if lose is moved else folder
        write(study, again, blocks)
        assert content(again) == content(whole)
        assert Results(again).manifest["status"] == "finished"
        shutil.rmtree(folder.parent)
    assert operation > 40
    assert not lost, "lost in the end, and not a word"


def replaced(folder: Path) -> None:
    moved(folder)
    folder.mkdir()
    (folder / "letter.txt").write_text("not ours")


def led_elsewhere(folder: Path) -> None:
    other = folder.with_name("other")
    other.mkdir()
    (other / "letter.txt").write_text("not ours")
    folder.unlink()
    folder.symlink_to(other, target_is_directory=True)


@pytest.mark.parametrize("at", [1, 3])
@pytest.mark.parametrize("how", [replaced, led_elsewhere, moved, deleted])
def test_nothing_is_written_to_what_takes_the_place_of_the_folder(
    study: Study, tmp_path: Path, how: Callable[[Path], None], at: int
):
    """At the start of a batch, and among its blocks."""
    out = tmp_path / "study"
    if how is led_elsewhere:
        (tmp_path / "real").mkdir()
        out.symlink_to(tmp_path / "real", target_is_directory=True)
    calls = count(1)

    def lose(progress: Progress) -> None:
        if next(calls) == at:
            how(out)

    replacing = how in (replaced, led_elsewhere)
    with pytest.raises(MachineError, match="put in its place" if replacing else how.__name__):
        batch.run_batch(study.specs, REPLICATIONS, out=out, executor="serial", progress=lose)
    if replacing:
        assert [path.name for path in out.iterdir()] == ["letter.txt"]
    else:
        assert not out.exists()


@pytest.mark.parametrize(("name", "lost"), [("parts", 8), ("parts/plain-000000-000003", 4)])
def test_a_part_that_somebody_removes_is_missed_before_the_study_counts_as_finished(
    study: Study, tmp_path: Path, blocks: list[Block], name: str, lost: int
):
    folder = tmp_path / "study"
    with pytest.raises(MachineError, match=f"the rows of {lost} finished replications are missing"):
        write(study, folder, blocks, meanwhile=lambda: shutil.rmtree(folder / name))
    manifest = Results(folder).manifest
    assert manifest["status"] == "interrupted"
    assert manifest["state"]["plain"]["finished"] == ""
    write(study, folder, blocks)
    assert Results(folder).manifest["state"]["plain"]["finished"] == "0-3"


@pytest.mark.parametrize("name", ["parts", "damaged", "failed"])
def test_a_link_among_the_folders_of_a_study_is_refused_and_nothing_goes_through_it(
    study: Study, tmp_path: Path, blocks: list[Block], name: str
):
    folder, other = tmp_path / "study", tmp_path / "other"
    write(study, folder, blocks)
    other.mkdir()
    (other / "letter.txt").write_text("not ours")
    (folder / name).symlink_to(other, target_is_directory=True)
    for fresh in (False, True):
        with pytest.raises(ResultsError, match=f"{name}: is a link to {other}"):
            batch.run_batch(study.specs, REPLICATIONS + 1, out=folder, executor="serial", fresh=fresh)
    assert [path.name for path in other.iterdir()] == ["letter.txt"]


def test_files_that_are_links_are_replaced_and_what_they_point_to_stays(
    study: Study, tmp_path: Path, blocks: list[Block]
):
    """As a program leaves them that keeps large files elsewhere; also a link under the name of a temporary file."""
    folder, other = tmp_path / "study", tmp_path / "other"
    write(study, folder, blocks)
    whole = content(folder)
    other.mkdir()
    for path in [*folder.glob("*.parquet"), folder / "manifest.json"]:
        shutil.move(path, other / path.name)
        path.symlink_to(other / path.name)
    (folder / ".manifest.json.tmp").symlink_to(other / "manifest.json")
    (folder / ".runs.parquet.tmp").symlink_to(other, target_is_directory=True)
    before = {path.name: path.read_bytes() for path in other.iterdir()}
    assert content(folder) == whole
    batch.run_batch(study.specs, REPLICATIONS + 1, out=folder, executor="serial")
    assert {path.name: path.read_bytes() for path in other.iterdir()} == before
    assert not any(path.is_symlink() for path in folder.iterdir())
    assert len(Results(folder).runs(["seed"])) == 2 * (REPLICATIONS + 1)


def test_a_results_folder_may_itself_be_a_link(study: Study, tmp_path: Path, blocks: list[Block]):
    (tmp_path / "real").mkdir()
    (tmp_path / "study").symlink_to("real", target_is_directory=True)
    write(study, tmp_path / "study", blocks)
    assert Results(tmp_path / "real").manifest["status"] == "finished"
    assert (tmp_path / "study").is_symlink()


def test_a_results_path_that_is_no_text_is_refused_before_anything_is_made(study: Study, tmp_path: Path):
    out = tmp_path / os.fsdecode(b"caf\xe9")
    with pytest.raises(ResultsError, match=r"caf\\udce9: the name of the results folder is not UTF-8"):
        batch.run_batch(study.specs, 1, out=out, executor="serial")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ResultsError, match="not UTF-8"):
        Results(out)
