"""The results folder: what was written is read back exactly, and damage never goes unnoticed."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from small_studies import write_scenarios

from simulation.batch.running import run_batch
from simulation.channels import Channel
from simulation.cli.main import cli
from simulation.errors import ResultsError
from simulation.hidden_characters import fault_of
from simulation.record import Record
from simulation.results.blocks import part_folders, part_name
from simulation.results.manifest import Manifest
from simulation.results.reader import Results
from simulation.results.tables import TABLES, Tables, tables_of, to_parquet
from simulation.results.writer import Store
from simulation.scenario.loading import load_scenario

MONTHS = 6
REGIONS, INDUSTRIES = ("east", "north", "west"), ("coal", "oil_gas")
TECHNOLOGIES = {"drill": "mining", "sensor": "mining", "unreleased": "mining"}


def record(scenario: str, seed: int) -> Record:
    """A small run whose adopters grow at random; north has no coal, and sensor comes out in month 2."""
    rng = np.random.default_rng(seed)
    release = np.array([0, 2])
    eligible = np.array([[[5, 40], [0, 30], [7, 20]]])[..., None] * np.ones(2, dtype=np.int64)
    growth = rng.integers(0, 3, size=(MONTHS + 1, 3, 2, 2)) * (rng.random((MONTHS + 1, 3, 2, 2)) < 0.5)
    growth *= np.arange(MONTHS + 1)[:, None, None, None] > release
    return Record(
        scenario=scenario,
        seed=seed,
        steps_per_year=12,
        regions=REGIONS,
        macroregions=("A", "B"),
        macroregion_of=np.array([1, 0, 0]),
        industries=INDUSTRIES,
        technologies=("drill", "sensor"),
        directions=("mining", "mining"),
        environmental=np.array([False, True]),
        platforms=("national",),
        release_month=release,
        eligible=eligible,
        adopters=np.minimum(growth.cumsum(axis=0), eligible).astype(np.int32),
        may_join=np.array([[[45, 30, 0]]]),
        members=rng.integers(0, 30, size=(MONTHS + 1, 1, 3)).astype(np.int32),
        members_anywhere=np.zeros(MONTHS + 1, dtype=np.int32),
        enterprises=np.array([102]),
        mastered=np.zeros((MONTHS + 1, 2), dtype=np.int32),
        attribution=np.zeros((3, 2, len(Channel))),
        ledger=pd.DataFrame(
            {
                "policy": ["policies[0]"] * 2,
                "instrument": ["training"] * 2,
                "region": ["east", "west"],
                "year": [0, 0],
                "planned": [0.1, 0.2],
                "spent": [0.1, 1 / 3],
                "unspent": [0.0, 0.2 - 1 / 3],
            }
        ),
        planned_pv=0.3,
        spent_pv=0.3,
        technologies_left_out=1,
    )


def rows(scenario: str, replication: int) -> Tables:
    run = record(scenario, 100 + replication)
    values = {"phi": 1 / (3 + replication), "t50_years": float("nan")}
    return tables_of(run, values, reasons={"t50_years": "Half is never reached."}, replication=replication)


def manifest(*scenarios: str) -> Manifest:
    return {
        "program": "hypercluster",
        "format": 3,
        "version": "1.0",
        "code": {"shared": "c"},
        "seed": 100,
        "replications": 4,
        "command": "hypercluster run",
        "python": "3.12.1",
        "packages": {"numpy": "2.5.5"},
        "started": "",
        "ended": None,
        "failures": [],
        "damaged": [],
        "scenarios": [
            {
                "name": name,
                "title": name.title(),
                "description": "",
                "digest": "d",
                "dataset_digest": "e",
                "text": "",
                "months": MONTHS,
                "steps_per_year": 12,
                "regions": [
                    {"id": r, "name": r.title(), "macroregion": m, "latitude": 60.0, "longitude": 90.0}
                    for r, m in zip(REGIONS, "BAA", strict=True)
                ],
                "industries": list(INDUSTRIES),
                "technologies": [{"name": name, "direction": d} for name, d in TECHNOLOGIES.items()],
            }
            for name in scenarios
        ],
    }


def add(store: Store, scenario: str, *replications: int) -> None:
    parts = [rows(scenario, number) for number in replications]
    files = {table: to_parquet(pa.concat_tables([part[table] for part in parts])) for table in TABLES}
    store.add(part_name(scenario, replications), files)
    store.finished |= {(scenario, number) for number in replications}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A study of two scenarios and four replications, all in parts, the second scenario added first."""
    store = Store(tmp_path / "study")
    store.begin(manifest("plain", "dense"), fresh=False)
    add(store, "dense", 0, 1)
    add(store, "plain", 2, 3)
    add(store, "dense", 2, 3)
    add(store, "plain", 0, 1)
    return store


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.parquet"))}


def test_counts_give_the_recorded_adopters_back(store: Store):
    for compacted in (False, True):
        if compacted:
            store.compact()
        run = record("plain", 103)
        counts = Results(store.folder).counts("plain", 3)
        assert np.array_equal(counts.adopters, run.adopters)
        assert np.array_equal(counts.eligible, run.eligible)
        assert np.array_equal(counts.release_month, run.release_month)
        assert (counts.technologies, counts.directions) == (run.technologies, run.directions)
        assert (counts.macroregions, counts.macroregion_of.tolist()) == (("A", "B"), [1, 0, 0])


def test_curves_file_holds_release_and_changes_only(store: Store):
    store.compact()
    sparse = pq.read_table(store.folder / "curves.parquet").to_pandas()
    one = sparse[(sparse["scenario"] == "plain") & (sparse["replication"] == 0)]
    run = record("plain", 100)
    changes = int((np.diff(run.adopters, axis=0) != 0).sum())
    cells = int((run.eligible > 0).sum())
    assert len(one) == changes + cells
    first = one.groupby(["region", "industry", "technology"])[["month", "adopters"]].first()
    assert (first["adopters"] == 0).all()
    assert (first.xs("sensor", level="technology")["month"] == 2).all()


def test_curves_are_read_whole(store: Store):
    curves = Results(store.folder).curves(scenario="dense", replication=1)
    run = record("dense", 101)
    assert len(curves) == int((run.eligible > 0).sum()) * (MONTHS + 1)
    cell = curves[
        (curves["region"] == "west") & (curves["industry"] == "oil_gas") & (curves["technology"] == "drill")
    ]
    assert cell["month"].tolist() == list(range(MONTHS + 1))
    assert cell["adopters"].tolist() == run.adopters[:, 2, 1, 0].tolist()
    assert (cell["eligible"] == 20).all()


def test_curves_of_a_study_hold_every_replication(store: Store):
    curves = Results(store.folder).curves(["scenario", "replication", "adopters"])
    assert curves.groupby(["scenario", "replication"], observed=True).size().tolist() == [70] * 8


def test_numbers_are_kept_to_the_last_bit(store: Store):
    store.compact()
    results = Results(store.folder)
    assert results.runs(["phi"])["phi"].tolist() == [1 / 3, 1 / 4, 1 / 5, 1 / 6] * 2
    assert results.ledger(["spent"], scenario="plain", replication=0)["spent"].tolist() == [0.1, 1 / 3]


def test_technologies_due_after_the_horizon_are_counted(store: Store):
    assert set(Results(store.folder).runs(["technologies_left_out"])["technologies_left_out"]) == {1}


def test_an_undefined_metric_comes_with_its_reason(store: Store):
    runs = Results(store.folder).runs(["t50_years", "undefined"])
    assert runs["t50_years"].isna().all()
    assert set(runs["undefined"]) == {"t50_years: Half is never reached."}


def test_memberships_have_a_row_a_month_where_someone_may_join(store: Store):
    found = Results(store.folder).memberships(scenario="plain", replication=0)
    assert found["region"].unique().tolist() == ["east", "north"]
    assert found["may_join"].unique().tolist() == [45, 30]
    assert found["members"].tolist() == record("plain", 100).members[:, 0, :2].T.ravel().tolist()


def test_members_of_all_replications_are_dense_arrays(store: Store):
    results = Results(store.folder)
    found = results.members("plain")
    table = results.memberships(scenario="plain")
    for column, dense in (("members", found.members), ("may_join", found.may_join)):
        for place, number in enumerate(found.replications):
            rows = table.loc[table["replication"] == number, column]
            assert dense[place, :, 0, :2].T.ravel().tolist() == rows.tolist()
        assert not dense[:, :, 0, 2].any()  # nobody may join in the west
    assert found.replications.tolist() == sorted(set(table["replication"]))


def test_rows_stand_in_the_order_of_the_study_whatever_finished_first(store: Store):
    for compacted in (False, True):
        if compacted:
            store.compact()
        runs = Results(store.folder).runs(["scenario", "replication"])
        assert runs["scenario"].tolist() == ["plain"] * 4 + ["dense"] * 4
        assert runs["replication"].tolist() == [0, 1, 2, 3] * 2


def test_files_do_not_depend_on_the_blocks_that_replications_came_in(store: Store, tmp_path: Path):
    other = Store(tmp_path / "other")
    other.begin(manifest("plain", "dense"), fresh=False)
    for number in (3, 0, 2, 1):
        add(other, "plain", number)
    other.compact()
    add(other, "dense", 3)
    add(other, "dense", 0, 1, 2)
    other.compact()
    store.compact()
    assert content(other.folder) == content(store.folder)


def test_a_merge_that_was_killed_half_way_loses_and_doubles_nothing(store: Store, tmp_path: Path):
    store.compact()
    whole = content(store.folder)
    again = Store(tmp_path / "again")
    again.begin(manifest("plain", "dense"), fresh=False)
    add(again, "plain", 0, 1, 2, 3)
    add(again, "dense", 0, 1, 2, 3)
    (again.folder / "curves.parquet").write_bytes(whole["curves.parquet"])
    (again.folder / ".runs.parquet.tmp").write_bytes(b"half")
    assert len(Results(again.folder).counts("plain", 0).technologies) == 2
    assert len(again.begin(manifest("plain", "dense"), fresh=False)) == 8
    again.compact()
    assert content(again.folder) == whole
    assert not part_folders(again.folder)
    assert not list(again.folder.glob(".*"))


def test_verify_finds_nothing_in_a_sound_study(store: Store):
    store.compact()
    assert Results(store.folder).verify() == []


def test_verify_finds_a_changed_number(store: Store):
    store.compact()
    path = store.folder / "ledger.parquet"
    ledger = pq.read_table(path)
    spent = ledger["spent"].to_numpy().copy()
    spent[0] = np.nextafter(spent[0], 1)
    place = ledger.schema.get_field_index("spent")
    pq.write_table(ledger.set_column(place, "spent", pa.array(spent)), path)
    assert Results(store.folder).verify() == [("plain", 0)]


def test_a_file_cut_short_is_an_error_and_never_fewer_rows(store: Store):
    store.compact()
    path = store.folder / "runs.parquet"
    whole = path.read_bytes()
    for cut in range(1, 400, 7):
        path.write_bytes(whole[:-cut])
        with pytest.raises(ResultsError, match=r"runs\.parquet: damaged"):
            Results(store.folder).runs()


def test_no_flipped_bit_in_a_column_changes_its_numbers_silently(store: Store):
    store.compact()
    path = store.folder / "runs.parquet"
    whole = path.read_bytes()
    metadata = pq.read_metadata(path)
    column = metadata.row_group(0).column(metadata.schema.names.index("phi"))
    first = column.dictionary_page_offset or column.data_page_offset
    before = Results(store.folder).runs(["phi"])["phi"].tolist()
    noticed = 0
    for place in range(first, first + column.total_compressed_size):
        damaged = bytearray(whole)
        damaged[place] ^= 1
        path.write_bytes(bytes(damaged))
        try:
            assert Results(store.folder).runs(["phi"])["phi"].tolist() == before
        except ResultsError:
            noticed += 1
    assert noticed > 8 * len(set(before))  # every byte of the numbers themselves, at least


def test_a_damaged_part_is_set_aside_and_its_replications_are_missing(store: Store):
    part = store.folder / "parts" / "plain-000002-000003" / "curves.parquet"
    part.write_bytes(part.read_bytes()[:-1])
    again = Store(store.folder)
    finished = again.begin(manifest("plain", "dense"), fresh=False)
    assert finished == {("dense", n) for n in range(4)} | {("plain", 0), ("plain", 1)}
    assert [path.name for path in (store.folder / "damaged").iterdir()] == ["plain-000002-000003-0"]
    assert "curves.parquet" in again.manifest["damaged"][0]


def test_a_part_whose_rows_were_changed_is_set_aside(store: Store):
    changed = rows("plain", 0)
    part = store.folder / "parts" / "plain-000000-000001"
    (part / "ledger.parquet").write_bytes(to_parquet(pa.concat_tables([changed["ledger"]] * 2)))
    again = Store(store.folder)
    assert ("plain", 0) not in again.begin(manifest("plain", "dense"), fresh=False)
    assert "checksum" in again.manifest["damaged"][0]


def test_a_part_that_is_still_being_written_does_not_count(store: Store):
    part = store.folder / "parts" / "plain-000000-000001"
    part.rename(part.with_name(f".{part.name}.tmp"))
    assert len(Results(store.folder).runs()) == 6
    assert len(Store(store.folder).begin(manifest("plain", "dense"), fresh=False)) == 6


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"seed": 7}, "seed: 100 there, 7 now"),
        ({"version": "2.0"}, "version of hypercluster: 1.0 there, 2.0 now"),
        ({"format": 4}, "format of the folder: 3 there, 4 now"),
        ({"code": {"shared": "other"}}, "the model: its code or shipped tables were edited"),
        ({"scenarios": manifest("plain")["scenarios"]}, "scenario dense: there, but not asked for now"),
    ],
)
def test_another_study_is_refused_by_name_and_nothing_is_written(store: Store, change: Manifest, words: str):
    before = (store.folder / "manifest.json").read_bytes()
    with pytest.raises(ResultsError) as refused:
        Store(store.folder).begin(manifest("plain", "dense") | change, fresh=False)
    assert words in str(refused.value)
    assert "--fresh" in str(refused.value)
    assert (store.folder / "manifest.json").read_bytes() == before


def test_a_changed_scenario_is_refused_with_the_keys_that_changed(store: Store):
    text = '[diffusion]\nspatial = 0.9\n[[policies]]\nbudget = 5.0\nregions = ["east"]\n'
    before, after = manifest("plain", "dense"), manifest("plain", "dense")
    before["scenarios"][1]["text"] = text
    Store(store.folder).begin(before, fresh=False)
    after["scenarios"][1] |= {"digest": "other", "text": text.replace("5.0", "6.0").replace("0.9", "1.4")}
    with pytest.raises(ResultsError) as refused:
        Store(store.folder).begin(after, fresh=False)
    assert "scenario dense: diffusion.spatial: 0.9 there, 1.4 now" in str(refused.value)
    assert "scenario dense: policies[0].budget: 5.0 there, 6.0 now" in str(refused.value)


def test_fresh_replaces_a_study_and_leaves_other_files_alone(store: Store):
    (store.folder / "notes.txt").write_text("mine")
    assert Store(store.folder).begin(manifest("plain") | {"seed": 7}, fresh=True) == set()
    assert sorted(path.name for path in store.folder.iterdir()) == [
        "manifest.json",
        "notes.txt",
        "written.jsonl",
    ]


def test_a_folder_of_other_files_is_never_written_to(tmp_path: Path):
    (tmp_path / "thesis.txt").write_text("mine")
    for fresh in (False, True):
        with pytest.raises(ResultsError, match="not results"):
            Store(tmp_path).begin(manifest("plain"), fresh=fresh)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_study_may_grow_by_scenarios_and_keeps_their_order(store: Store):
    store.compact()
    again = Store(store.folder)
    again.begin(manifest("new", "dense", "plain"), fresh=False)
    add(again, "new", 0)
    again.compact()
    assert Results(store.folder).runs()["scenario"].unique().tolist() == ["plain", "dense", "new"]


def test_unknown_names_are_refused_with_a_suggestion(store: Store):
    results = Results(store.folder)
    with pytest.raises(ResultsError, match='did you mean "plain"'):
        results.curves(scenario="plane")
    with pytest.raises(ResultsError, match='did you mean "phi"'):
        results.runs(["phy"])
    with pytest.raises(
        ResultsError, match=r"runs\.parquet has no column 'xyzzy'; if another version wrote it"
    ):
        results.runs(["xyzzy"])
    with pytest.raises(ResultsError, match='did you mean "adopters"'):
        results.curves(["adopter"])
    with pytest.raises(ResultsError, match="no replication 9 of scenario 'plain'"):
        results.counts("plain", 9)


def change_manifest(folder: Path, change: Callable[[Manifest], None]) -> None:
    changed = manifest("plain", "dense")
    change(changed)
    (folder / "manifest.json").write_text(json.dumps(changed))


def test_all_that_a_manifest_lacks_or_has_wrong_is_told_at_once(store: Store):
    def spoil(changed: Manifest) -> None:
        for key in ("name", "title"):
            del changed["scenarios"][1][key]
        changed["scenarios"][0] |= {"months": "six", "regions": [], "text": "a = ["}
        changed["scenarios"][1]["regions"][2]["latitude"] = float("nan")
        changed["seed"] = None

    change_manifest(store.folder, spoil)
    with pytest.raises(ResultsError) as caught:
        Results(store.folder)
    assert str(caught.value).splitlines() == [
        f"{store.folder}/manifest.json: 7 problems",
        "  seed = null: must be a whole number",
        '  scenarios[0].months = "six": must be a whole number',
        "  scenarios[0].regions = []: must not be empty",
        '  scenarios[0].text = "a = [": must be a scenario: not TOML: Invalid value (at end of document)',
        "  scenarios[1].name: missing",
        "  scenarios[1].title: missing",
        "  scenarios[1].regions[2].latitude = NaN: must be a finite number",
        "Restore the file, or run the study again into another folder.",
    ]


@pytest.mark.parametrize(
    ("scenarios", "words"),
    [((), r"scenarios = \[\]: must not be empty"), (("plain",) * 2, 'each name must occur once; "plain"')],
)
def test_a_manifest_lists_a_scenario_at_least_and_none_twice(
    store: Store, scenarios: tuple[str, ...], words: str
):
    change_manifest(store.folder, lambda changed: changed.update(scenarios=manifest(*scenarios)["scenarios"]))
    with pytest.raises(ResultsError, match=words):
        Results(store.folder)


def test_rows_of_a_scenario_that_the_manifest_does_not_list_are_an_error(store: Store):
    store.compact()
    change_manifest(store.folder, lambda changed: changed["scenarios"].pop())
    results = Results(store.folder)
    for read in (results.runs, partial(results.runs, ["phi"]), results.curves, results.verify):
        with pytest.raises(ResultsError, match=r'rows of "dense", which manifest\.json does not list'):
            read()


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="needs a file that nobody can open")
def test_a_file_that_the_machine_does_not_open_is_not_called_damaged(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    store.compact()
    (store.folder / "runs.parquet").unlink()
    monkeypatch.chdir(store.folder)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as refusing:
        refusing.bind("runs.parquet")
    with pytest.raises(ResultsError, match=r"runs\.parquet: cannot be read: not a regular file"):
        Results(store.folder).runs()


def test_a_table_that_is_missing_is_named(store: Store):
    store.compact()
    (store.folder / "curves.parquet").unlink()
    with pytest.raises(ResultsError, match=r"curves\.parquet is missing"):
        Results(store.folder).curves(["adopters"])


def test_a_folder_without_results_says_so(tmp_path: Path):
    with pytest.raises(ResultsError, match=r"no results here \(manifest.json is missing\)"):
        Results(tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(ResultsError, match=r"manifest\.json: cannot be read"):
        Results(tmp_path)
    (tmp_path / "manifest.json").write_text(json.dumps([1]))
    with pytest.raises(ResultsError, match="not the manifest of a study"):
        Results(tmp_path)
    with pytest.raises(ResultsError, match=r"manifest\.json: is a file; expected the folder of a study"):
        Results(tmp_path / "manifest.json")


def test_no_text_of_a_manifest_that_readers_show_may_hold_a_hidden_character(tmp_path: Path):
    """Captions and reports show versions and digests of folders that somebody else may have sent."""
    (file,) = write_scenarios(tmp_path)[:1]
    spec = load_scenario(file, overrides=["time.years=1"])
    out = run_batch([spec], 2, out=tmp_path / "study", executor="serial").path
    path = out / "manifest.json"
    sound = json.loads(path.read_text(encoding="utf-8"))
    for key in ("version", "code.shared", "python", "started", "ended"):
        value = {"shared": "1\x1b[31m"} if key == "code.shared" else "1\x1b[31m"
        path.write_text(json.dumps(sound | {key.split(".")[0]: value}), encoding="utf-8")
        with pytest.raises(ResultsError, match=rf"{key} = .*: holds the hidden character U\+001B"):
            Results(out)
    for key in ("name", "title", "description", "digest", "dataset_digest"):
        (entry,) = sound["scenarios"]
        path.write_text(json.dumps(sound | {"scenarios": [entry | {key: "1\u202e"}]}), encoding="utf-8")
        with pytest.raises(ResultsError, match=rf"{key} = .*: holds the hidden character U\+202E"):
            Results(out)


@pytest.mark.slow
def test_the_name_of_a_folder_is_printed_without_hidden_characters(tmp_path: Path):
    files = write_scenarios(tmp_path)
    specs = [load_scenario(file, overrides=["time.years=1"]) for file in files]
    out = tmp_path / "st\x1b[31mudy\u202e"
    run_batch(specs, 2, out=out, executor="serial")
    for command in ("compare", "report"):
        ended = CliRunner().invoke(cli, [command, str(out)])
        assert ended.exit_code == 0 and not fault_of(ended.output, lines=True), repr(ended.output)
    for name in ("report.md", "report.html"):
        assert not fault_of((out / name).read_text(encoding="utf-8"), lines=True)
