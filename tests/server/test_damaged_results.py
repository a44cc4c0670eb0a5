"""A results folder that is damaged, however it is, costs its own replay and nothing else."""

from __future__ import annotations

import contextlib
import copy
import json
import math
import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from page import connected
from served import Served

from simulation.errors import HyperclusterError
from simulation.server.processes.reading import listing
from simulation.server.processes.worker import CatalogueRequest
from simulation.server.protocol.messages import encoded
from simulation.server.sides.replay import ReplaySide
from simulation.server.web.catalogue import Catalogue

Path_ = tuple[str | int, ...]
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(
        ["__proto__", "constructor", "../..", "\ud800", "\x1b]0;x\x07", "x" * 5000, "0-99999999999"]
    ),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
)


def places(data: Any, path: Path_ = ()) -> Iterator[Path_]:
    """Where a value stands, of the first three elements of each array."""
    inside: dict[Any, Any] = data if isinstance(data, dict) else {}
    if isinstance(data, list):
        inside = dict(enumerate(data[:3]))
    for key, value in inside.items():
        yield (*path, key)
        yield from places(value, (*path, key))


@st.composite
def damaged(draw: st.DrawFn, manifest: dict[str, Any]) -> dict[str, Any]:
    """A manifest with up to three faults: a value replaced, left out, doubled, or an array in another order."""
    found = copy.deepcopy(manifest)
    for _ in range(draw(st.integers(1, 3))):
        *above, last = draw(st.sampled_from(list(places(found))))
        holder: Any = found
        for step in above:
            holder = holder[step]
        what = draw(st.sampled_from(["replace", "delete", "double", "shuffle"]))
        value = holder[last]
        if what == "delete":
            del holder[last]
        elif what == "double" and isinstance(holder, list):
            holder.append(copy.deepcopy(value))
        elif what == "shuffle" and isinstance(value, list):
            holder[last] = draw(st.permutations(value))
        else:
            holder[last] = draw(VALUES)
        if not found:
            break
    return found


@pytest.fixture(scope="module")
def sound(small_results: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((small_results / "study" / "manifest.json").read_text("utf-8"))
    return manifest


@pytest.fixture(scope="module")
def folder(small_results: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the study, to be damaged."""
    return Path(shutil.copytree(small_results / "study", tmp_path_factory.mktemp("damaged") / "study"))


def looked_at(folder: Path) -> None:
    """All that a page asks of a replay."""
    side = ReplaySide(folder, "small", 6)
    told = [side.world(), side.map(), side.series(3, [], until=math.inf), side.series(3, [0], until=math.inf)]
    for answer in told:
        assert answer is not None
        encoded(answer).encode()
    assert side.frames(0, 0, 100, until=math.inf)


def check(folder: Path, manifest: Any) -> None:
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    catalogue = Catalogue(results=folder.parent)
    encoded(listing(CatalogueRequest({}, catalogue.folders))).encode()
    with contextlib.suppress(HyperclusterError):  # refused in words; anything else is a mistake of ours
        looked_at(folder)


@pytest.mark.slow
@settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_damaged_manifest_is_shown_or_refused(
    folder: Path, sound: dict[str, Any], data: st.DataObject
) -> None:
    check(folder, data.draw(damaged(sound)))


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_damaged_manifest_is_shown_or_refused(
    folder: Path, sound: dict[str, Any], data: st.DataObject
) -> None:
    check(folder, data.draw(damaged(sound)))


def test_names_that_stand_twice_are_refused(folder: Path, sound: dict[str, Any]) -> None:
    for key, name in (("regions", "id"), ("technologies", "name")):
        manifest = copy.deepcopy(sound)
        entry = manifest["scenarios"][0]
        entry[key][1][name] = entry[key][0][name]
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        with pytest.raises(HyperclusterError, match="must occur once"):
            looked_at(folder)


def test_rows_of_a_region_that_the_manifest_lacks_are_not_given_to_another(
    folder: Path, sound: dict[str, Any]
) -> None:
    manifest = copy.deepcopy(sound)
    manifest["scenarios"][0]["regions"][0]["id"] = "elsewhere"
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(HyperclusterError, match=r"which manifest\.json does not list"):
        looked_at(folder)


@pytest.mark.parametrize(
    "finished",
    ["0-99999999999", "0-999999999", "0-2", "5-1, x", "-1", "0-1, 0-1", 7, None, "0, " * 100_000 + "0", "٣"],
)
def test_replications_are_listed_only_as_far_as_there_are_rows(
    folder: Path, sound: dict[str, Any], finished: object
) -> None:
    manifest = {**sound, "state": {"small": {"finished": finished}}}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    found = listing(CatalogueRequest({}, [folder]))["results"][0]
    assert found["scenarios"] == [] and "manifest.json" in found["problem"]
    assert str(folder.parent) not in found["problem"]


def test_whatever_lies_among_the_entries_the_list_comes_and_says_what_is_bad(
    folder: Path, sound: dict[str, Any], tmp_path: Path
) -> None:
    own = {
        name: tmp_path / f"{name}.toml"
        for name in ("fifo", "folder", "binary", "huge", "zero", "deep", "locked", "gone")
    }
    os.mkfifo(own["fifo"])
    own["folder"].mkdir()
    own["binary"].write_bytes(b"\x7fELF\xff\xfe\x00")
    own["huge"].write_bytes(b"# " + b"x" * 1_000_001)
    own["zero"].symlink_to("/dev/zero")
    own["deep"].write_text("x = " + "[" * 5000, encoding="utf-8")
    own["locked"].symlink_to(tmp_path / "locked.toml")  # a link to itself
    own["gone"].symlink_to(tmp_path / "nothing")
    results = tmp_path / "results"
    for name in ("pipe", "socket", "list", "nest", "many", "rows"):
        (results / name).mkdir(parents=True)
    os.mkfifo(results / "pipe" / "manifest.json")
    (results / "list" / "manifest.json").write_text("[]", encoding="utf-8")
    (results / "nest" / "manifest.json").write_text("[" * 100_000, encoding="utf-8")
    entry = sound["scenarios"][0]
    (results / "many" / "manifest.json").write_text(
        json.dumps({**sound, "scenarios": [{**entry, "name": f"s{n}"} for n in range(500)]}), encoding="utf-8"
    )
    (results / "rows" / "manifest.json").write_text(json.dumps(sound), encoding="utf-8")
    os.mkfifo(results / "rows" / "runs.parquet")
    with socket.socket(socket.AF_UNIX) as bound:
        here = Path.cwd()
        os.chdir(results / "socket")  # the path of a socket must be short
        try:
            bound.bind("manifest.json")
        finally:
            os.chdir(here)
        found = listing(CatalogueRequest(own, Catalogue(results=results).folders))
    assert {entry["name"]: bool(entry["problem"]) for entry in found["scenarios"]} == dict.fromkeys(own, True)
    assert {entry["name"]: bool(entry["problem"]) for entry in found["results"]} == dict.fromkeys(
        ["list", "many", "nest", "pipe", "rows", "socket"], True
    )
    problems = {entry["name"]: entry["problem"] for entry in (*found["scenarios"], *found["results"])}
    assert "pipe" in problems["fifo"] and "larger" in problems["huge"] and "device" in problems["zero"]
    assert str(tmp_path) not in str(problems)


def test_a_page_is_served_beside_bad_entries_and_told_of_them(served: Served) -> None:
    bad = served.results / "bad"
    bad.mkdir()
    os.mkfifo(bad / "manifest.json")
    try:
        with connected(served.client) as page:
            found = {entry["name"]: entry["problem"] for entry in page.welcome["results"]}
            assert found["study"] == "" and "pipe" in found["bad"]
            error = page.open({"results": "bad", "scenario": "small"})
            assert error["kind"] == "results" and "pipe" in error["text"]
            assert page.open({"results": "study", "scenario": "small"}, seed=6)["a"]["live"] is False
    finally:
        shutil.rmtree(bad)
