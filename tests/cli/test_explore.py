"""The command ``explore``: a study, two scenarios, a folder of results; and what a user does wrong."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from small_ensembles import SMALL, small_study

from simulation.cli.explore import _size_of, _study_of
from simulation.cli.main import cli
from simulation.errors import HyperclusterError
from simulation.explore.ensemble import ensemble_of
from simulation.explore.study import STUDIES, read_study, study_with
from simulation.results.reader import Results
from simulation.scenario.loading import load_scenario


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a study and its finished results."""
    folder = tmp_path_factory.mktemp("explore")
    (folder / "small.toml").write_text(study_with(small_study(points=5)).to_toml())
    result = invoke("explore", folder / "small.toml", "--executor", "serial", "--out", folder / "out")
    assert result.exit_code == 0, result.output
    assert "Of 5 worlds drawn from our ranges" in result.stdout
    return folder


def test_a_study_ends_with_tables_sentences_and_the_files(folder: Path):
    for name in ("runs.parquet", "design.parquet", "outcomes.csv", "acceptance.csv", "answers.md"):
        assert (folder / "out" / name).is_file()
    assert not (folder / "out" / "figures").exists()
    design = Results(folder / "out").design()
    assert list(design) == ["point", "spatial", "onboarding"]
    assert len(design) == 5


def test_the_answers_of_a_folder_are_written_anew(folder: Path):
    before = (folder / "out" / "outcomes.csv").read_bytes()
    (folder / "out" / "outcomes.csv").unlink()
    assert invoke("explore", folder / "out", "--quiet").exit_code == 0
    assert (folder / "out" / "outcomes.csv").read_bytes() == before


def test_too_few_worlds_for_figures_are_told_and_prevent_nothing_else(folder: Path):
    result = invoke("explore", folder / "out")
    assert result.exit_code == 0
    assert "No figures: fewer than 20 worlds" in result.stderr
    assert "worlds drawn from our ranges" in result.stdout


def test_a_world_is_written_as_scenarios_that_give_the_same_run(folder: Path):
    result = invoke("explore", folder / "out", "--world", 3, "--write", folder / "w.toml")
    assert result.exit_code == 0, result.output
    spec = load_scenario(folder / "w_hypercluster.toml")
    design = Results(folder / "out").design()
    assert spec.diffusion.spatial == design["spatial"][3]
    assert (folder / "w_baseline.toml").is_file()
    again = invoke("explore", folder / "out", "--world", 3, "--write", folder / "w.toml")
    assert again.exit_code == 2
    assert "already there" in again.output
    assert (
        "--world = 99: must be a whole number from 0 to 4"
        in invoke("explore", folder / "out", "--world", 99).output
    )


def test_two_scenarios_need_no_file_and_the_study_can_be_written_instead(tmp_path: Path):
    file = tmp_path / "mine.toml"
    sets = [word for key in SMALL for word in ("--set", key)]
    result = invoke(
        "explore", "regional_cluster", "mixed", "--points", 8, "--replications", 2, *sets, "--write", file
    )
    assert result.exit_code == 0, result.output
    study = read_study(file)
    assert study.scenarios == ("regional_cluster", "mixed")
    assert (study.points, study.replications, study.set) == (8, 2, SMALL)


def test_a_dry_run_says_what_would_be_run(folder: Path):
    result = invoke("explore", folder / "small.toml", "--dry-run", "--points", 4)
    assert result.exit_code == 0, result.output
    assert "4 points, about" in result.stdout
    assert "spatial: 0.2 to 2 1/year (log)" in result.stdout
    assert not Path("results").exists() or not Path("results/explore-small").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["verdikt"], 'no such study; did you mean "verdict"?'),
        (["baseline"], "A study compares at least two scenarios"),
        (["regional_cluster", "hyperclster"], 'did you mean "hypercluster"?'),
        (
            ["regional_cluster", "hypercluster", "--baseline", "hypercluster"],
            "two scenarios of one study are called",
        ),
        (["regional_cluster", "hypercluster", "--design", "sobel"], "no such file"),
        (["regional_cluster", "hypercluster", "--world", "3"], "--world needs DIR"),
        (
            ["regional_cluster", "hypercluster", "--points", "400000"],
            "points = 400000: must be 300000 or less",
        ),
        (["regional_cluster", "kuzbass", "--set", "hypercluster:time.years=3"], "no scenario is named"),
    ],
)
def test_a_mistake_ends_in_a_message(arguments: list[str], words: str, tmp_path: Path):
    result = invoke("explore", *arguments, "--out", tmp_path / "out")
    assert result.exit_code == 2, result.output
    assert words in result.output
    assert "Traceback" not in result.output
    assert not (tmp_path / "out").exists()


def test_every_problem_of_a_study_is_told_with_its_line(tmp_path: Path):
    file = tmp_path / "wrong.toml"
    file.write_text(
        'scenarios = ["regional_cluster", "hypercluster"]\n'
        'fix = ["membership.rat"]\n'
        "[parameters.a]\n"
        'key = "diffusion.spatial"\nlow = 1\nhigh = 2\n'
        "[parameters.b]\n"
        'keys = ["diffusion.spatial", "diffusion.network"]\nlow = 1\nhigh = 2\n'
    )
    output = invoke("explore", file).output
    assert "2 problems" in output
    assert (
        'line 2  fix = ["membership.rat"]: "membership.rat" does not vary; did you mean "membership.rate"?'
        in output
    )
    assert "line 8  parameters.b.keys = " in output
    assert 'moves diffusion.spatial, which "a" moves too; each key once' in output


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("low = 2\nhigh = 1", "needs low and high, with low below high"),
        ("low = 0\nhigh = 1\nscale = 'log'", "low 0 must be above 0 on the scale log"),
        ("values = [1]", "values must be at least two, all different"),
        ("values = [1, 2]\nweights = [1]", "1 weights for 2 values"),
        ("low = 1\nhigh = 2\nvalues = [1, 2]", "give one of: low and high; multiply; values"),
    ],
)
def test_a_range_that_is_none_is_told(tmp_path: Path, table: str, words: str):
    file = tmp_path / "wrong.toml"
    file.write_text(
        'scenarios = ["regional_cluster", "hypercluster"]\n[parameters.a]\nkey = "diffusion.spatial"\n'
        + table
    )
    assert words in invoke("explore", file).output


def test_a_parameter_that_moves_nothing_is_refused(tmp_path: Path):
    file = tmp_path / "idle.toml"
    file.write_text(
        'scenarios = ["regional_cluster", "hypercluster"]\n[parameters.a]\nkey = "effects.adoption_incentive"\n'
        "low = 1\nhigh = 2\n"
    )
    assert "moves nothing: no scenario uses it" in invoke("explore", file).output


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('key = "diffusion.spatial"\nlow = 1\nhigh = 2\nlowest = 1', 'unknown key; did you mean "low"?'),
        ('key = "diffusion.spacial"\nlow = 1\nhigh = 2', 'no key of a scenario; did you mean "spatial"?'),
        ('key = "nowhere.spatial"\nlow = 1\nhigh = 2', "no key of a scenario"),
        ('key = "turnover.spatial"\nlow = 1\nhigh = 2', "moves nothing"),
        ('key = "diffusion..spatial"\nlow = 1\nhigh = 2', "must be keys of a scenario"),
        ('key = "name"\nvalues = ["a", "b"]', "must be keys of a scenario"),
        ('key = "platforms[7].subsidy"\nlow = 1\nhigh = 2', "no key of a scenario"),
        ('key = "diffusion.spatial"\nvalues = ["fast", "slow"]', "must be a number"),
        ('key = "diffusion.contacts"\nlow = 1\nhigh = 2', 'must be "added" or "substituted"'),
        ('key = "diffusion.contacts"\nvalues = ["added", 1]', "either all numbers or all texts"),
        ('keys = ["diffusion.contacts"]\nmultiply = { low = 1, high = 2 }', "which no factor can multiply"),
        ('keys = ["world.dataset"]\nmultiply = { low = 1, high = 2 }', "which no factor can multiply"),
        ('key = "world.dataset"\nvalues = ["russia-2023", "nowhere"]', "no such dataset"),
    ],
)
def test_a_parameter_that_no_run_could_have_is_refused_before_any_run(tmp_path: Path, table: str, words: str):
    file = tmp_path / "wrong.toml"
    file.write_text(f'scenarios = ["regional_cluster", "hypercluster"]\n[parameters.a]\n{table}\n')
    result = invoke("explore", file, "--out", tmp_path / "out")
    assert result.exit_code == 2, result.output
    assert words in result.output
    assert not (tmp_path / "out").exists()


@given(
    path=st.lists(
        st.sampled_from(["diffusion", "spatial", "policies", "platforms", "[0]", "[*]", ".", "x"]), max_size=6
    ),
    kind=st.sampled_from(
        ["low = 0.5\nhigh = 2", 'values = ["a", "b"]', "multiply = { low = 0.5, high = 2 }"]
    ),
)
@settings(max_examples=60, deadline=None)
def test_no_key_ends_in_a_traceback(path: list[str], kind: str):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "any.toml"
        head = 'scenarios = ["regional_cluster", "hypercluster"]\npoints = 1\npriors = "none"\n'
        file.write_text(f"{head}[parameters.a]\nkey = {json.dumps(''.join(path))}\n{kind}\n")
        result = invoke("explore", file, "--write", Path(folder) / "out.toml")
        if result.exit_code == 0:
            study, ensemble_folder = _study_of((str(file),), {})
            with contextlib.suppress(HyperclusterError):
                ensemble_of(study, folder=ensemble_folder)
        else:
            assert result.exit_code == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("diffusion.spatial,diffusion.spatial\n1,2\n", "two columns have this name"),
        ("diffusion.spacial\n1\n2\n", 'did you mean "spatial"?'),
        ('diffusion.spatial\n\n1\n""\n', "line 4  diffusion.spatial: must be a number or a text"),
        ("diffusion.spatial\n1\nnan\n", "line 3  diffusion.spatial = nan"),
    ],
)
def test_a_design_in_a_file_is_checked_before_any_run(tmp_path: Path, text: str, words: str):
    (tmp_path / "rows.csv").write_text(text)
    result = invoke(
        *("explore", "regional_cluster", "hypercluster", "--design", tmp_path / "rows.csv"),
        *("--out", tmp_path / "out"),
    )
    assert result.exit_code == 2, result.output
    assert words in result.output


def test_a_key_is_either_fixed_or_moved():
    with pytest.raises(HyperclusterError, match='is moved by "spatial"'):
        study_with(small_study(fix=["diffusion.spatial"]))


def test_a_grid_is_run_to_its_end_unless_points_are_given():
    changes = {"design": "grid", "levels": 70}
    values = small_study(**changes)
    assert _size_of(study_with(values), ensemble_of(study_with(values))).points == 12
    del values["points"]
    study = study_with(values)
    assert _size_of(study, ensemble_of(study)).points == 4900


def test_the_shipped_studies_can_be_read_and_found_by_name():
    assert [path.stem for path in STUDIES.files()]
    for path in STUDIES.files():
        assert read_study(path).title
        assert STUDIES.find(path.stem) == path


def test_a_flip_needs_a_sample_and_a_critical_mass_one_scenario_with_a_platform(folder: Path):
    assert "--flip needs DIR" in invoke("explore", folder / "small.toml", "--flip").output
    assert "needs one SCENARIO" in invoke("explore", "baseline", "mixed", "--critical-mass").output
    assert 'scenario "baseline" has no platform' in invoke("explore", "baseline", "--critical-mass").output


@pytest.mark.slow
def test_the_nearest_flip_is_searched_in_a_folder(folder: Path):
    result = invoke("explore", folder / "out", "--flip")
    assert result.exit_code == 0, result.output
    assert "tries" in result.stdout


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("points", 0),
        ("scenarios", ["hypercluster"]),
        ("identity", {}),
        ("margin", None),
        ("identity.design", "x"),
    ],
)
def test_a_record_of_an_ensemble_that_was_damaged_is_told(folder: Path, tmp_path: Path, key: str, value: Any):
    shutil.copytree(folder / "out", tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    place = manifest["ensemble"]
    *above, last = key.split(".")
    for step in above:
        place = place[step]
    place[last] = value
    (tmp_path / "out" / "manifest.json").write_text(json.dumps(manifest))
    result = invoke("explore", tmp_path / "out")
    assert result.exit_code == 2, result.output
    assert f"manifest.json: ensemble.{key}" in result.output


@pytest.mark.parametrize("command", ["plot", "animate"])
def test_what_needs_curves_says_how_to_get_those_of_one_world(folder: Path, command: str):
    result = invoke(command, folder / "out")
    assert "Traceback" not in result.output
    if result.exit_code:
        assert result.exit_code == 2
        assert "hypercluster explore DIR --world N" in result.output


@pytest.mark.slow
def test_a_grid_of_two_parameters_ends_with_what_its_map_shows(tmp_path: Path):
    changes = {"design": "grid", "levels": 2, "patterns": "none", "points": 4}
    (tmp_path / "grid.toml").write_text(study_with(small_study(**changes)).to_toml())
    result = invoke("explore", tmp_path / "grid.toml", "--executor", "serial", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "Hypercluster is sooner than Regional clusters (hubs) in " in result.stdout
    assert " of 4 cells" in result.stdout
    assert (tmp_path / "out" / "figures" / "regime_map.png").is_file()
