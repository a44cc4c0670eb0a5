"""Results folders among other people's files: theirs survive, and ours are told apart by names and by the record."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from itertools import combinations
from pathlib import Path

import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from dying_fresh import AGAIN
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from processes import SUPPORT
from small_studies import content, write_scenarios

from simulation.batch.running import run_batch
from simulation.cli.run import LONGEST_FOLDER, STUDY, default_folder
from simulation.errors import ResultsError
from simulation.results.blocks import block_of, ignored, part_folders, part_name, part_replications
from simulation.results.derived import notes_on, outputs_of, stale
from simulation.results.manifest import ARITHMETIC, Manifest
from simulation.results.manifest_form import read_manifest
from simulation.results.own_files import RECORD, Origin, place
from simulation.results.reader import Results
from simulation.results.tables import TABLES, to_parquet
from simulation.results.writer import Store, free_name
from simulation.scenario.loading import load_scenario, shipped_scenarios
from simulation.scenario.schema import Scenario

REPLICATIONS = 3


@pytest.fixture(scope="module")
def specs(tmp_path_factory: pytest.TempPathFactory) -> list[Scenario]:
    return [load_scenario(file) for file in write_scenarios(tmp_path_factory.mktemp("scenarios"))]


@pytest.fixture(scope="module")
def merged(specs: list[Scenario], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study that is finished."""
    return run_batch(
        specs, REPLICATIONS, out=tmp_path_factory.mktemp("merged") / "study", executor="serial"
    ).path


@pytest.fixture(scope="module")
def in_parts(specs: list[Scenario], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same study, stopped before its blocks were merged."""
    folder = tmp_path_factory.mktemp("parts") / "study"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Store, "compact", lambda _, merge: None)
        run_batch(specs, REPLICATIONS, out=folder, executor="serial")
    assert len(part_folders(folder)) > len(specs)
    return folder


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No power fails here, and many folders are written."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def begin(folder: Path, *, fresh: bool) -> Store:
    """Begin the study of a folder again."""
    store = Store(folder)
    store.begin({**read_manifest(folder), "failures": []}, fresh=fresh)
    return store


OURS_BY_NAME = {f"{table}.parquet" for table in TABLES}
FOREIGN = st.dictionaries(
    st.sampled_from(
        (
            *(
                "figures/photo.png",
                "figures/adoption_raster.png",
                "comparison_of_vendors.csv",
                "comparison.csv",
            ),
            *("comparison-with-vendors.csv", "parts/engine.step", "parts/plain-000000-000000/notes.txt"),
            *("parts/plain-000000-000000 (1)/runs.parquet", "parts/.hidden", "failed/notes.txt"),
            *(
                "failed/plain.toml",
                "damaged/finished-0/runs.parquet",
                "damaged/photo.png",
                "tables/means.tex",
            ),
            *(
                "report.html",
                "runs (1).parquet",
                "runs.parquet",
                "curves.parquet",
                ".parts-merged/a",
                ".mine.tmp",
            ),
            *("places.csv", "notes.txt", ".DS_Store", "desktop.ini", "parts/.DS_Store"),
        )
    ),
    st.binary(min_size=1, max_size=20),
    max_size=8,
)
NOT_OURS = st.sampled_from(
    (
        {"name": "My PWA", "icons": []},
        {"scenarios": []},
        {"program": "hypercluster"},
        {"program": "hypercluster", "scenarios": []},
        {"program": "other", "scenarios": [{"name": "plain"}]},
        {"manifest_version": 3, "version": "1.0", "name": "extension"},
        [],
        None,
        "hypercluster",
    )
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(foreign=FOREIGN, found=NOT_OURS, fresh=st.booleans())
def test_a_folder_whose_manifest_is_not_ours_is_refused_by_name_and_left_as_it_is(
    merged: Path,
    tmp_path_factory: pytest.TempPathFactory,
    foreign: dict[str, bytes],
    found: object,
    fresh: bool,
):
    folder = tmp_path_factory.mktemp("webapp")
    write(folder, foreign | {"manifest.json": json.dumps(found).encode()})
    before = files(folder)
    with pytest.raises(ResultsError, match=f"{folder.name}/manifest.json"):
        Store(folder).begin(read_manifest(merged), fresh=fresh)
    assert files(folder) == before


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    foreign=FOREIGN,
    own=st.sets(st.sampled_from(("report.html", "tables/means.tex", "figures/adoption_raster.png"))),
)
def test_other_files_beside_our_manifest_survive_fresh_byte_for_byte(
    merged: Path, tmp_path_factory: pytest.TempPathFactory, foreign: dict[str, bytes], own: set[str]
):
    folder = tmp_path_factory.mktemp("copied")
    write(folder, foreign | {"manifest.json": (merged / "manifest.json").read_bytes()})
    for name in own - foreign.keys():
        place(folder, {name: b"ours"})
    if in_the_way := [name for name in (*OURS_BY_NAME, "failed/plain.toml") if name in foreign]:
        with pytest.raises(ResultsError) as refused:
            begin(folder, fresh=True)
        assert all(f'"{name}"' in str(refused.value) for name in in_the_way)
        assert files(folder).keys() >= own
    else:
        begin(folder, fresh=True)
        assert not (own - foreign.keys()) & files(folder).keys()
        for name in ("comparison.csv", "tables/means.tex", "figures/adoption_raster.png"):
            with pytest.raises(ResultsError, match=name) if name in foreign else contextlib.nullcontext():
                place(folder, {name: b"new"}, Origin("digest", ("compare", ".")))
    assert {name: text for name, text in files(folder).items() if name in foreign} == foreign


def write(folder: Path, contents: dict[str, bytes]) -> None:
    for name, text in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text)


def test_fresh_leaves_nothing_of_the_old_study(specs: list[Scenario], merged: Path, tmp_path: Path):
    folder = shutil.copytree(merged, tmp_path / "study")
    outputs = outputs_of(Results(folder), "compare", ".")
    outputs.write(
        {"tables/means.tex": b"old", "report.html": b"old", "figures/a.png": b"old", "additionality.csv": b""}
    )
    (folder / "figures" / "my_edited_figure.svg").write_text("mine")
    run_batch(specs[:1], 1, out=folder, executor="serial", fresh=True)
    assert files(folder).keys() == {
        *(f"{table}.parquet" for table in TABLES),
        "manifest.json",
        RECORD,
        "figures/my_edited_figure.svg",
    }


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork and kill -9")
@pytest.mark.parametrize("step", [13, pytest.param(1, marks=pytest.mark.slow)])
def test_a_kill_at_any_file_operation_of_fresh_leaves_a_folder_that_fresh_makes_clean(
    in_parts: Path, tmp_path: Path, step: int
):
    study = shutil.copytree(in_parts, tmp_path / "study")
    place(study, {"tables/means.tex": b"old", "figures/a.png": b"old"}, Origin("old", ("plot", ".")))
    mine = {"figures/mine.svg": b"mine", "parts/mine.txt": b"mine", "notes.txt": b"mine"}
    write(study, mine)
    script = [SUPPORT / "dying_fresh.py", study, tmp_path / "tries", step]
    subprocess.run([sys.executable, *map(str, script)], check=True)
    tries = sorted((tmp_path / "tries").iterdir(), key=lambda path: int(path.name))
    assert len(tries) > 50 / step
    assert files(tries[-1]).keys() == mine.keys() | AGAIN.keys() | {"manifest.json", RECORD}
    for folder in tries:
        begin(folder, fresh=True)
        found = files(folder)
        assert {name: found.pop(name) for name in mine} == mine
        assert found.keys() == {"manifest.json", RECORD}, folder.name


COPIES = st.sampled_from(
    (
        *("{} (1)", "{} (conflicted copy)", "{} - Copy", "Copy of {}", "{}.tmp", ".{}", "{}~", "{}-000000"),
        *("{}\n", "new/{}", "New folder"),
    )
)


@example(copies={(0, "{}-000000"), (1, "{} (conflicted copy)")}, empty={"New folder"}, root=set())
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    copies=st.sets(st.tuples(st.integers(0, 20), COPIES), max_size=4),
    empty=st.sets(
        st.text(st.characters(exclude_characters="/\0", exclude_categories=("Cs",)), min_size=1, max_size=12),
        max_size=3,
    ),
    root=st.sets(
        st.sampled_from(("runs (1).parquet", "runs (conflicted copy).parquet", ".DS_Store", "desktop.ini")),
        max_size=2,
    ),
)
def test_whatever_lies_beside_the_blocks_the_results_are_the_same_and_it_is_named(
    in_parts: Path,
    merged: Path,
    tmp_path_factory: pytest.TempPathFactory,
    copies: set[tuple[int, str]],
    empty: set[str],
    root: set[str],
):
    folder = shutil.copytree(in_parts, tmp_path_factory.mktemp("copies") / "study")
    parts = part_folders(folder)
    foreign = set()
    for number, form in copies:
        part = parts[number % len(parts)]
        name = form.format(part.name)
        assume(not (folder / "parts" / name).exists())
        shutil.copytree(part, folder / "parts" / name)
        foreign.add(f"parts/{name.split('/')[0]}")
    for name in empty - {".", ".."}:
        assume(not (folder / "parts" / name).exists() and len(name.encode()) < 200)
        (folder / "parts" / name).mkdir()
        foreign.add(f"parts/{name}")
    for name in root:
        (folder / name).write_bytes((merged / "runs.parquet").read_bytes())
    lookalikes = {name for name in root if name.startswith("runs")}
    before = {
        name: text for name, text in files(folder).items() if any(name.startswith(f"{f}/") for f in foreign)
    }
    results = Results(folder)
    pd.testing.assert_frame_equal(results.runs(), Results(merged).runs())
    assert results.verify() == []
    assert set(ignored(folder, results.scenarios)) == foreign | lookalikes
    assert bool(foreign | lookalikes) == any(note.startswith("not read") for note in notes_on(results))
    begin(folder, fresh=False).compact()
    assert {name: text for name, text in content(folder).items() if name not in root} == content(merged)
    assert before.items() <= files(folder).items()


def test_two_sound_blocks_with_the_same_replication_count_once(in_parts: Path, merged: Path, tmp_path: Path):
    """A block that was taken for lost and computed again in other company."""
    folder = shutil.copytree(in_parts, tmp_path / "study")
    store = begin(folder, fresh=False)
    both = {table: (merged / f"{table}.parquet").read_bytes() for table in TABLES}
    store.add(part_name("plain", [0, 2]), {table: only_plain(text) for table, text in both.items()})
    assert len(part_replications(folder / "parts" / "plain-000000-000002")) == 3
    results = Results(folder)
    pd.testing.assert_frame_equal(results.runs(), Results(merged).runs())
    pd.testing.assert_frame_equal(results.ledger(), Results(merged).ledger())
    begin(folder, fresh=False).compact()
    assert content(folder) == content(merged)
    assert not (folder / "parts").exists()


def only_plain(table: bytes) -> bytes:
    rows = pq.read_table(io.BytesIO(table))
    return to_parquet(rows.filter(pc.equal(rows["scenario"], "plain")))


def test_a_block_under_the_name_of_another_is_set_aside(in_parts: Path, tmp_path: Path):
    folder = shutil.copytree(in_parts, tmp_path / "study")
    first, second = part_folders(folder)[:2]
    shutil.rmtree(second)
    shutil.copytree(first, second)
    with pytest.raises(ResultsError, match="named after"):
        Results(folder).runs()
    store = begin(folder, fresh=False)
    assert len(store.finished) == 2 * REPLICATIONS - 1
    assert second.name in store.damaged[0]


@pytest.mark.parametrize("inside", ["", "/notes.txt"])
def test_what_has_the_name_of_a_block_and_is_none_gives_way_to_the_block_and_survives(
    in_parts: Path, merged: Path, tmp_path: Path, inside: str
):
    folder = shutil.copytree(in_parts, tmp_path / "study")
    part = next(part for part in part_folders(folder) if part.name == "plain-000000-000000")
    block = {table: (part / f"{table}.parquet").read_bytes() for table in TABLES}
    shutil.rmtree(part)
    write(folder, {f"parts/{part.name}{inside}": b"mine"})
    assert len(Results(folder).runs()) == 2 * REPLICATIONS - 1
    assert ignored(folder, Results(folder).scenarios) == [f"parts/{part.name}"]
    store = begin(folder, fresh=False)
    assert len(store.finished) == 2 * REPLICATIONS - 1
    store.add(part.name, block)
    store.finished.add(("plain", 0))
    assert (folder / "damaged" / f"{part.name}-0{inside}").read_bytes() == b"mine"
    store.compact()
    assert content(folder) == content(merged)


def test_a_file_in_the_folder_of_a_block_stays_where_it_is_when_the_block_is_merged(
    in_parts: Path, tmp_path: Path
):
    folder = shutil.copytree(in_parts, tmp_path / "study")
    write(folder, {"parts/plain-000000-000000/notes.txt": b"mine"})
    begin(folder, fresh=False).compact()
    assert {path.relative_to(folder).as_posix() for path in (folder / "parts").rglob("*.*")} == {
        "parts/plain-000000-000000/notes.txt"
    }
    assert len(begin(folder, fresh=False).finished) == 2 * REPLICATIONS
    assert (folder / "parts" / "plain-000000-000000" / "notes.txt").read_bytes() == b"mine"


@given(st.from_regex(r"[a-z0-9_-]{1,64}", fullmatch=True), st.integers(0, 10**7), st.integers(0, 10**7))
def test_a_block_s_name_says_what_it_may_hold(scenario: str, one: int, other: int):
    first, last = sorted((one, other))
    assert block_of(part_name(scenario, [last, first])) == (scenario, range(first, last + 1))


def test_files_of_an_older_study_are_named_with_the_command_that_renews_them(
    specs: list[Scenario], merged: Path, tmp_path: Path
):
    folder = shutil.copytree(merged, tmp_path / "study")
    outputs = outputs_of(Results(folder), "compare", ".", "--reference", "platform")
    outputs.write({"comparison.csv": b"", **{f"tables/{name}.md": b"" for name in "abcd"}})
    outputs_of(Results(folder), "report", ".").write({"report.html": b""})
    assert notes_on(Results(folder)) == []
    grown = run_batch(specs, REPLICATIONS + 1, out=folder, executor="serial")
    assert notes_on(grown) == [
        f"made from other runs than those in {folder} now: comparison.csv, 4 files in tables/, report.html; renew "
        f"with: hypercluster compare {folder} --reference platform && hypercluster report {folder}"
    ]
    (folder / "report.html").unlink()
    outputs_of(grown, "compare", ".").write({"comparison.csv": b""})
    assert stale(grown).keys() == {f"tables/{name}.md" for name in "abcd"}


def test_a_comparison_is_old_once_the_other_study_has_changed(
    specs: list[Scenario], merged: Path, tmp_path: Path
):
    first, second = (shutil.copytree(merged, tmp_path / name) for name in ("first", "second"))
    outputs = outputs_of(Results(second), "compare", str(first), ".", others=[Results(first)])
    outputs.write({"comparison-with-first.csv": b""})
    assert stale(Results(second)) == {}
    run_batch(specs, REPLICATIONS + 1, out=first, executor="serial")
    assert stale(Results(second)).keys() == {"comparison-with-first.csv"}
    shutil.rmtree(first)
    assert stale(Results(second)) == {}


def test_blocks_and_merged_files_of_the_same_runs_have_one_digest(in_parts: Path, merged: Path):
    assert Results(in_parts).digest() == Results(merged).digest()


def test_another_study_is_told_of_another_folder_first_and_of_fresh_last(merged: Path, tmp_path: Path):
    folder = shutil.copytree(merged, tmp_path / "my study")
    (tmp_path / "my study-2").mkdir()
    other: Manifest = {**read_manifest(folder), "seed": 7}
    with pytest.raises(ResultsError) as refused:
        Store(folder).check(other, fresh=False)
    last = str(refused.value).splitlines()[-1]
    assert f"--out '{tmp_path}/my study-3'" in last
    assert last.index("--out") < last.index("--fresh")
    assert not free_name(folder).exists()


@pytest.mark.parametrize("name", ARITHMETIC)
@pytest.mark.parametrize("there", ["0.1", None])
def test_replications_of_another_arithmetic_do_not_come_into_one_folder(
    merged: Path, tmp_path: Path, name: str, there: str | None
):
    folder = shutil.copytree(merged, tmp_path / "study")
    here = read_manifest(folder)
    before = read_manifest(folder)
    del before["packages"][name]
    before["packages"] |= {} if there is None else {name: there}
    (folder / "manifest.json").write_text(json.dumps(before), encoding="utf-8")
    with pytest.raises(
        ResultsError, match=f"version of {name}: {there or 'unknown'} there, {version(name)} now"
    ):
        Store(folder).check(here, fresh=False)
    Store(folder).check(here, fresh=True)


SHIPPED = [path.stem for path in shipped_scenarios()]


@given(
    st.lists(st.from_regex(r"[a-z0-9_-]{1,64}", fullmatch=True), min_size=1, max_size=40, unique=True),
    st.randoms(),
)
def test_a_set_has_one_folder_in_any_order_with_a_name_that_every_disk_takes(names: list[str], chance):
    shuffled = list(names)
    chance.shuffle(shuffled)
    folder = default_folder(names)
    assert default_folder(shuffled) == folder
    assert folder.parent == Path("results")
    assert len(folder.name) <= LONGEST_FOLDER + 20


def test_different_sets_have_different_folders():
    sets = [names for size in (1, 2) for names in combinations(SHIPPED, size)]
    sets += [tuple(SHIPPED[:size]) for size in range(3, len(SHIPPED))] + [STUDY]
    assert len({default_folder(names) for names in sets}) == len(set(map(frozenset, sets)))
    assert default_folder(STUDY) == default_folder(STUDY[::-1]) == Path("results/study")


def test_no_two_commands_of_the_docs_write_different_studies_into_one_folder():
    """Whoever tries one row after the other is never told of another study."""
    pages = (Path(__file__).parents[2] / page for page in ("README.md", "docs/commands.md"))
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    studies: dict[str, set[tuple[str, ...]]] = {}
    commands = {
        line.split("hypercluster run")[1].split("`")[0]
        for line in text.splitlines()
        if "hypercluster run" in line
    }
    for command in commands:
        words = command.split()
        names = [word for word in words if Path(word).stem in SHIPPED or word.endswith(".toml")]
        folder = (
            words[words.index("--out") + 1]
            if "--out" in words
            else str(default_folder([Path(n).stem for n in names] or STUDY))
        )
        changed = tuple(words[place + 1] for place, word in enumerate(words) if word == "--set")
        studies.setdefault(folder, set()).add((*(names or STUDY), *changed))
    assert len(studies) > 4
    assert all(len(study) == 1 for study in studies.values()), studies
