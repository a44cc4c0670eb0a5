"""What ``--keep`` writes, and what every reader of the folder then does or says."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner
from small_studies import PLAIN, PLATFORM

from simulation import figures
from simulation.analysis.comparison import compare
from simulation.analysis.unspent import unspent_money
from simulation.batch.running import run_batch
from simulation.cli.main import cli
from simulation.errors import HyperclusterError, ResultsError
from simulation.figures.film.animation import animate
from simulation.metrics import METRICS
from simulation.results.derived import notes_on
from simulation.results.reader import Results
from simulation.results.tables import TABLES_OF
from simulation.results.writer import Store
from simulation.scenario.loading import load_scenario
from simulation.scenario.schema import Scenario
from simulation.server.sides.replay import ReplaySide

REPLICATIONS = 3
LESS = ("curves", "metrics")


@pytest.fixture(scope="module")
def specs(tmp_path_factory: pytest.TempPathFactory) -> list[Scenario]:
    """Two tiny scenarios, one without and one with platform and policy."""
    folder = tmp_path_factory.mktemp("scenarios")
    (folder / "plain.toml").write_text(PLAIN)
    (folder / "platform.toml").write_text(PLATFORM)
    return [load_scenario(folder / "plain.toml"), load_scenario(folder / "platform.toml")]


@pytest.fixture(scope="module")
def kept(specs: list[Scenario], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Results]:
    """The same study with every ``--keep``."""
    folder = tmp_path_factory.mktemp("kept")
    return {
        keep: run_batch(specs, REPLICATIONS, out=folder / keep, executor="serial", keep=keep)
        for keep in TABLES_OF
    }


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("*.parquet")}


@pytest.mark.parametrize("keep", TABLES_OF)
def test_the_tables_that_are_kept_are_those_of_a_study_that_keeps_all(kept: dict[str, Results], keep: str):
    results = kept[keep]
    assert results.keep == keep
    assert files(results.path) == {f"{table}.parquet" for table in TABLES_OF[keep]}
    columns = ["scenario", "replication", "seed", *METRICS, "undefined"]
    assert results.runs(columns).equals(kept["all"].runs(columns))
    if "curves" in TABLES_OF[keep]:
        assert results.curves().equals(kept["all"].curves())


@pytest.mark.parametrize("keep", TABLES_OF)
def test_a_kept_table_that_was_changed_is_found(kept: dict[str, Results], keep: str, tmp_path: Path):
    """The checksum covers what is kept: with other rows in any of its files it does not match."""
    assert kept[keep].verify() == []
    for table in TABLES_OF[keep]:
        if table == "runs":
            continue
        folder = tmp_path / table
        folder.mkdir()
        for name in (*files(kept[keep].path), "manifest.json"):
            (folder / name).write_bytes((kept[keep].path / name).read_bytes())
        other = run_batch(
            [load_scenario(entry) for entry in _scenario_files(kept[keep], tmp_path)],
            REPLICATIONS,
            out=tmp_path / f"other-{table}",
            executor="serial",
            seed=77,
            keep=keep,
        )
        (folder / f"{table}.parquet").write_bytes((other.path / f"{table}.parquet").read_bytes())
        # The ledger does not depend on the seed.
        assert bool(Results(folder).verify()) == (table != "ledger")


def _scenario_files(results: Results, folder: Path) -> list[Path]:
    found = []
    for entry in results.manifest["scenarios"]:
        found.append(folder / f"{entry['name']}.toml")
        found[-1].write_text(entry["text"])
    return found


@pytest.mark.parametrize("keep", LESS)
def test_the_comparison_needs_only_metrics(kept: dict[str, Results], keep: str):
    assert compare(kept[keep]).equals(compare(kept["all"]))


READERS: dict[str, tuple[set[str], Callable[[Results, Path], object]]] = {
    "Results.curves": ({"curves"}, lambda results, _: results.curves()),
    "Results.counts": ({"curves"}, lambda results, _: results.counts("plain", 0)),
    "Results.each_counts": ({"curves"}, lambda results, _: list(results.each_counts({("plain", 0)}))),
    "Results.memberships": ({"memberships"}, lambda results, _: results.memberships()),
    "Results.ledger": ({"ledger"}, lambda results, _: results.ledger()),
    "a figure of curves": ({"curves"}, lambda results, _: figures.adoption_curves(results)),
    "a figure of platforms": (
        {"curves", "memberships"},
        lambda results, _: figures.platform_membership(results),
    ),
    "a map": ({"curves", "memberships"}, lambda results, _: figures.region_map(results)),
    "the figure of the ledger": ({"curves", "ledger"}, lambda results, _: figures.ledger(results)),
    "plot": ({"curves"}, lambda results, _: figures.plot(results, ["adoption_curves"], formats=["svg"])),
    "animate": (
        {"curves", "memberships"},
        lambda results, _: animate(results, ("plain", "platform"), seed=1),
    ),
    "replay": (
        {"curves", "memberships", "ledger"},
        lambda results, _: ReplaySide(results.path, "platform", 1),
    ),
}


@pytest.mark.parametrize("keep", LESS)
@pytest.mark.parametrize("reader", READERS)
def test_a_reader_works_or_names_the_missing_file_and_the_choice_that_writes_it(
    kept: dict[str, Results], keep: str, reader: str, tmp_path: Path
):
    needed, read = READERS[reader]
    missing = needed - set(TABLES_OF[keep])
    if not missing:
        read(kept[keep], tmp_path)
        return
    with pytest.raises(ResultsError) as refused:
        read(kept[keep], tmp_path)
    message = str(refused.value)
    assert "\n" not in message and str(kept[keep].path) in message
    assert any(f"no {table}.parquet" in message for table in missing)
    assert f"the study was run with --keep {keep}" in message
    # What it advises would be enough.
    (advised,) = [choice for choice in TABLES_OF if f"again with --keep {choice} " in message]
    assert any(table in TABLES_OF[advised] for table in missing)


@pytest.mark.parametrize("keep", LESS)
@pytest.mark.parametrize("command", ["compare", pytest.param("report", marks=pytest.mark.slow)])
def test_a_command_that_can_do_a_part_does_it_and_notes_the_rest_once(
    kept: dict[str, Results], keep: str, command: str
):
    done = CliRunner().invoke(cli, [command, str(kept[keep].path)])
    assert done.exit_code == 0, done.output
    assert done.stderr.count("Note:") == 1
    assert f"--keep {keep}" in done.stderr and "--keep all" in done.stderr
    for name in ("additionality.csv", "decomposition.csv", "places.csv"):
        assert (kept[keep].path / name).exists() == ("curves" in TABLES_OF[keep])
    assert unspent_money(kept[keep]) == []


def test_plotting_without_curves_ends_in_one_message_and_exit_code_2(kept: dict[str, Results]):
    refused = CliRunner().invoke(cli, ["plot", str(kept["metrics"].path)])
    assert refused.exit_code == 2
    assert refused.stderr.count("\n") == 1 and "--keep curves" in refused.stderr


def test_a_study_that_keeps_all_is_not_noted(kept: dict[str, Results]):
    assert not kept["all"].lacking(*TABLES_OF["all"])
    assert notes_on(kept["all"]) == []


@pytest.mark.parametrize("first", TABLES_OF)
@pytest.mark.parametrize("second", TABLES_OF)
def test_another_choice_on_resume_is_refused_and_nothing_is_touched(
    kept: dict[str, Results], specs: list[Scenario], first: str, second: str
):
    folder = kept[first].path
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    again = lambda: run_batch(specs, REPLICATIONS, out=folder, executor="serial", keep=second)  # noqa: E731
    if first == second:
        Store(folder).check(kept[first].manifest, fresh=False)
        return
    with pytest.raises(ResultsError, match=f"what is kept: --keep {first} there, --keep {second} now"):
        again()
    assert before == {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_a_folder_from_before_the_choice_keeps_all(kept: dict[str, Results]):
    there = {key: value for key, value in kept["all"].manifest.items() if key != "keep"}
    Store(kept["all"].path).check(there, fresh=False)
    with pytest.raises(ResultsError, match="what is kept: --keep all there, --keep metrics now"):
        Store(kept["all"].path).check(there | {"keep": "metrics"}, fresh=False)


@pytest.mark.parametrize("keep", LESS)
def test_a_stopped_study_goes_on_with_the_same_bytes(
    kept: dict[str, Results], specs: list[Scenario], keep: str, tmp_path: Path
):
    def stop(now: object) -> None:
        if now.done >= 2:  # type: ignore[attr-defined]
            raise KeyboardInterrupt

    with ThreadPoolExecutor(1) as executor, pytest.raises(KeyboardInterrupt):
        run_batch(specs, REPLICATIONS, out=tmp_path, executor=executor, keep=keep, progress=stop)
    stopped = Results(tmp_path)
    assert 0 < len(stopped.runs(["replication"])) < 2 * REPLICATIONS and stopped.verify() == []
    done = run_batch(specs, REPLICATIONS, out=tmp_path, executor="serial", keep=keep)
    assert {name: (tmp_path / name).read_bytes() for name in files(tmp_path)} == {
        name: (kept[keep].path / name).read_bytes() for name in files(kept[keep].path)
    }
    assert done.verify() == []


def test_fresh_replaces_a_study_that_kept_more(specs: list[Scenario], tmp_path: Path):
    run_batch(specs, 1, out=tmp_path, executor="serial")
    run_batch(specs, 1, out=tmp_path, executor="serial", keep="metrics", fresh=True)
    assert files(tmp_path) == {"runs.parquet"}
    run_batch(specs, 1, out=tmp_path, executor="serial", fresh=True)
    assert files(tmp_path) == {f"{table}.parquet" for table in TABLES_OF["all"]}


@pytest.mark.parametrize("keep", ["everything", "", None, 1, ["all"]])
def test_an_unknown_choice_is_refused_and_nothing_is_written(
    specs: list[Scenario], tmp_path: Path, keep: object
):
    with pytest.raises(HyperclusterError, match=r'keep = .*: must be one of "all", "curves", "metrics"'):
        run_batch(specs, 1, out=tmp_path / "study", keep=keep)  # type: ignore[arg-type]
    assert not (tmp_path / "study").exists()
