"""Whatever stands in a results folder as a link: nothing outside of the folder is written or removed."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.errors import ResultsError
from simulation.results.own_files import RECORD, place, placed, record, remove

if sys.platform == "win32":
    pytest.skip("links need rights there", allow_module_level=True)

FOLDERS = ("figures", "tables", "failed", "figures/inner")
FILES = ("comparison.csv", *(f"{folder}/file.csv" for folder in FOLDERS))
BESIDE = (".comparison.csv.tmp", "figures/.file.csv.tmp", RECORD)


def entries(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@settings(max_examples=60, deadline=None)
@given(
    links=st.lists(st.sampled_from([*FOLDERS, *FILES, *BESIDE]), max_size=4),
    names=st.lists(st.sampled_from(FILES), min_size=1, unique=True),
)
def test_nothing_behind_a_link_is_written_or_removed(links: list[str], names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, other = Path(name) / "study", Path(name) / "other"
        (other / "figures" / "inner").mkdir(parents=True)
        for path in ("file.csv", "inner/file.csv", "figures/file.csv", "letter.txt", RECORD):
            target = other / path
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(b"{}\n")
        folder.mkdir()
        record(folder, FILES)  # also by a record that says so
        before = entries(other)
        for link in links:
            path = folder / link
            if path.exists() or path.is_symlink() or any(parent.is_symlink() for parent in path.parents):
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            is_folder = link in FOLDERS
            path.symlink_to(other if is_folder else other / "letter.txt", target_is_directory=is_folder)
        for file in names:
            try:
                place(folder, {file: b"new"})
                with placed(folder, file) as temporary:
                    temporary.write_bytes(b"newer")
            except ResultsError as error:
                told = str(error)
            else:
                told = "" if (folder / file).read_bytes() == b"newer" else "not written"
            assert not told or "is a link to" in told
        remove(folder)
        assert entries(other) == before


def test_a_record_that_is_a_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "study").mkdir()
    (tmp_path / "letter.txt").write_bytes(b"not ours\n")
    (tmp_path / "study" / RECORD).symlink_to(tmp_path / "letter.txt")
    with pytest.raises(ResultsError, match=f"{RECORD}: is a link to"):
        place(tmp_path / "study", {"comparison.csv": b"new"})
    assert (tmp_path / "letter.txt").read_bytes() == b"not ours\n"
