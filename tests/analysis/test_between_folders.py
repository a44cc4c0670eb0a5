"""Two results folders: replications of one seed make a pair, and other worlds are not taken for the same."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from small_studies import write_scenarios

from simulation.analysis.between_folders import compare_folders
from simulation.analysis.comparison import compare
from simulation.batch.running import run_batch
from simulation.cli.main import cli
from simulation.errors import ResultsError
from simulation.reporting.analysis import analyse
from simulation.reporting.tables import differences, differences_across
from simulation.results.reader import Results
from simulation.scenario.loading import load_scenario


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """A study of two scenarios with seeds 1 to 5, and of either one alone: with seeds 3 to 7, and in a larger world."""
    folder = tmp_path_factory.mktemp("studies")
    plain, platform = write_scenarios(folder)
    both, late, large = folder / "both", folder / "late", folder / "large"
    run_batch([plain, platform], 5, out=both, executor="serial")
    run_batch([platform], 5, out=late, seed=3, executor="serial")
    spec = load_scenario(plain, overrides=["world.scale=0.06", "diffusion.spatial=0.8"])
    run_batch([spec], 5, out=large, executor="serial")
    return both, late, large


def changed(folder: Path, copy: Path, change: Callable[[dict], None]) -> Path:
    """A copy of a results folder with another manifest."""
    shutil.copytree(folder, copy)
    manifest = json.loads((copy / "manifest.json").read_text())
    change(manifest)
    (copy / "manifest.json").write_text(json.dumps(manifest))
    return copy


def test_replications_of_one_seed_are_paired(folders: tuple[Path, Path, Path]):
    both, late, _ = folders
    across = compare_folders(both, late)
    found = across.comparison.set_index("metric").loc["phi"]
    before = Results(both).runs(["scenario", "seed", "phi"])
    before = before[before["scenario"] == "platform"].set_index("seed")["phi"]
    after = Results(late).runs(["seed", "phi"]).set_index("seed")["phi"]
    assert (found["n"], found["pairs"]) == (3, 3)
    assert found["scenario_mean"] == pytest.approx(after[[3, 4, 5]].mean())
    assert found["difference"] == pytest.approx(0, abs=0) == (after - before)[[3, 4, 5]].mean()
    assert f"of {late} only the 3 replications with seeds 3 to 5 are paired" in across.notes


def test_sums_of_another_version_of_numba_are_noted(folders: tuple[Path, Path, Path], tmp_path: Path):
    both, late, _ = folders
    here = Results(late).manifest["packages"]["numba"]
    older = changed(both, tmp_path / "older", lambda manifest: manifest["packages"].update(numba="0.1"))
    assert f"numba {here} here and 0.1 there may round differently" in compare_folders(older, late).notes
    assert not any("round" in note for note in compare_folders(both, late).notes)


def test_a_scenario_is_compared_with_its_namesake_or_with_the_reference_that_is_named(
    folders: tuple[Path, Path, Path],
):
    both, late, _ = folders
    namesake = compare_folders(both, both).comparison
    pairs = namesake[["scenario", "reference"]].drop_duplicates().values.tolist()
    assert [pair[0].split()[0] for pair in pairs] == ["plain", "platform"]
    assert [pair[1].split()[0] for pair in pairs] == ["plain", "platform"]
    named = compare_folders(both, late, reference="plain")
    inside = compare(both).set_index("metric")
    assert named.comparison.set_index("metric").loc["phi", "reference"] == "plain (both)"
    assert named.titles == {"platform (late)": "Platform (late)", "plain (both)": "Plain (both)"}
    assert named.comparison["n"].max() == 3 < inside["n"].max()


def test_the_table_of_two_folders_says_what_that_of_one_says(folders: tuple[Path, Path, Path]):
    """A study against itself by its reference gives the pair of the study, with all that stands beside it."""
    both = Results(folders[0])
    analysis = analyse(both, "plain", precision=0.2)
    inside = differences(analysis.pairs(), precision=0.2)
    across = differences_across(compare_folders(both, both, reference="plain", precision=0.2))
    assert across.head == inside.head and across.note == inside.note
    of_pair = [row for row in across.rows if row[0].startswith("Platform")]
    assert [row[1:] for row in of_pair] == [row[1:] for row in inside.rows]


def test_another_world_is_named_and_other_changes_are_not(folders: tuple[Path, Path, Path]):
    both, _, large = folders
    notes = compare_folders(both, large).notes
    assert [note for note in notes if "world.scale: 0.05 there, 0.06" in note]
    assert not [note for note in notes if "diffusion" in note]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda manifest: manifest.update(version="9.9"), "version of hypercluster"),
        (lambda manifest: manifest.update(code="other"), "its code or shipped tables were edited"),
        (lambda manifest: manifest["scenarios"][0].update(dataset_digest="other"), "their datasets differ"),
        (lambda manifest: manifest.update(seed=77), "no seed in common: 1 to 5 there, 77 to 81 here"),
    ],
)
def test_folders_without_a_world_in_common_are_refused(
    folders: tuple[Path, Path, Path], tmp_path: Path, change: Callable[[dict], None], words: str
):
    other = changed(folders[1], tmp_path / "other", change)
    with pytest.raises(ResultsError, match=words):
        compare_folders(folders[0], other)


def test_the_command_prints_the_differences_and_writes_them_into_the_second_folder(
    folders: tuple[Path, Path, Path],
):
    both, late, _ = folders
    result = CliRunner().invoke(cli, ["compare", str(both), str(late)], catch_exceptions=False)
    assert result.exit_code == 0
    assert "Platform (late) against Platform (both)" in " ".join(result.stdout.split())
    assert "Note: of" in result.stderr
    table = (late / "comparison-with-both.csv").read_text()
    assert table.startswith("scenario,reference,metric")
    for suffix in ("md", "tex"):
        written = (late / "tables" / f"comparison-with-both.{suffix}").read_text()
        assert (
            "Platform (late) minus Platform (both)" in written and "Holm" in written and "needed" in written
        )
    assert CliRunner().invoke(cli, ["compare", str(both), "nowhere"]).exit_code == 2
