"""The record of written files: whatever is not on it is neither overwritten nor removed, whenever a stop comes."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulation.errors import ResultsError
from simulation.results.own_files import RECORD, Origin, on_record, place, placed, record, remove

NAMES = st.sampled_from(
    (
        "report.html",
        "tables/means.tex",
        "tables/means.md",
        "figures/a.png",
        "a/b/c.csv",
        "damaged/x-0/runs.parquet",
    )
)
ORIGIN = Origin("digest", ("compare", "."), (("../study", "other"),))


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No power fails here, and many folders are written."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ours=st.sets(NAMES, min_size=1),
    others=st.dictionaries(NAMES | st.from_regex(r"[a-z]{1,3}\.png", fullmatch=True), st.binary()),
)
def test_removing_takes_what_is_on_record_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, ours: set[str], others: dict[str, bytes]
):
    folder = tmp_path_factory.mktemp("folder")
    for name, content in others.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    for name in ours:
        if name in others:
            with pytest.raises(ResultsError, match=name):
                place(folder, {name: b"ours"}, ORIGIN)
        else:
            place(folder, {name: b"ours"}, ORIGIN)
    assert files(folder).keys() - {RECORD} == ours | others.keys()
    remove(folder)
    assert files(folder) == others
    assert all(any(path.iterdir()) for path in folder.rglob("*") if path.is_dir())


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, 400))
def test_a_record_that_was_cut_within_a_line_takes_further_files(
    tmp_path_factory: pytest.TempPathFactory, cut: int
):
    folder = tmp_path_factory.mktemp("folder")
    record(folder, ["a.csv", "b.csv"], ORIGIN)
    (folder / RECORD).write_bytes((folder / RECORD).read_bytes()[:cut])
    kept = on_record(folder)
    record(folder, ["c.csv"], ORIGIN)
    assert on_record(folder).keys() - {"a.csv"} >= kept.keys() - {"a.csv"} | {"c.csv"}


@pytest.mark.parametrize(
    "line",
    [
        *(
            json.dumps({"file": name})
            for name in ("../mine.txt", "/etc/mine", "a/../../mine.txt", "", ".", 7)
        ),
        *("[]", "7", "{", "null", "[" * 100_000, '{"file": "ours.csv", "others": [1]}'),
    ],
)
def test_a_line_that_says_nothing_or_leads_out_of_the_folder_is_passed_over(tmp_path: Path, line: str):
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "mine.txt").write_text("mine")
    (folder / RECORD).write_text(f"{line}\n")
    assert on_record(folder) == {}
    remove(folder)
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_commands_at_the_same_time_do_not_lose_each_other_s_lines(tmp_path: Path):
    names = [[f"{one}/{two}.csv" for two in range(20)] for one in range(8)]
    threads = [
        threading.Thread(target=lambda some=some: [record(tmp_path, [name]) for name in some])
        for some in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert on_record(tmp_path).keys() == {name for some in names for name in some}


def test_a_file_that_may_be_half_old_counts_as_made_from_unknown_runs(tmp_path: Path):
    place(tmp_path, {"a.csv": b"old"}, Origin("old", ("compare", ".")))
    with pytest.raises(OSError, match="stop"), placed(tmp_path, "a.csv", Origin("new", ("compare", "."))):
        raise OSError(5, "stop")
    assert (tmp_path / "a.csv").read_bytes() == b"old"
    assert on_record(tmp_path)["a.csv"].runs == ""


@pytest.mark.skipif(os.name != "posix", reason="links need no permission on POSIX")
def test_a_link_in_the_place_of_a_file_goes_and_what_it_leads_to_stays(tmp_path: Path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "mine.txt").write_text("mine")
    record(folder, ["report.html"])
    (folder / "report.html").symlink_to(tmp_path / "mine.txt")
    remove(folder)
    assert (tmp_path / "mine.txt").read_text() == "mine"
    assert files(folder) == {}


def test_writing_the_same_again_adds_nothing_to_the_record(tmp_path: Path):
    place(tmp_path, {"a.csv": b"1"}, ORIGIN)
    before = (tmp_path / RECORD).read_bytes()
    place(tmp_path, {"a.csv": b"1"}, ORIGIN)
    assert (tmp_path / RECORD).read_bytes() == before
