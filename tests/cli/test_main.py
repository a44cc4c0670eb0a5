"""The command line as a user meets it: messages, exit codes, files."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import faulty_blocks
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from rich.console import Console

import simulation.batch.replications
import simulation.batch.running
from simulation.analysis.comparison import compare
from simulation.cli import console
from simulation.cli.main import cli, main
from simulation.cli.progress import form_of, progress_shown
from simulation.cli.run import STUDY
from simulation.data.reader import load_dataset
from simulation.figures import plot
from simulation.reporting.analysis import analyse
from simulation.reporting.tables import tables
from simulation.results.reader import Results
from simulation.scenario.loading import load_scenario, shipped_scenarios
from simulation.scenario.schema import Scenario

TINY = """
title = "Tiny"
[time]
years = 5
[world]
scale = 0.05
[diffusion]
spontaneous = 0.1
[technologies]
release = "at_start"
"""
TRAINED = """
extends = "tiny.toml"
title = "Trained"
[[policies]]
instrument = "training"
budget = 50.0
"""
HEAVY = ("numpy", "pandas", "pydantic", "numba", "rich", "scipy", "pyarrow", "mesa", "matplotlib")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with two tiny scenarios, where a run draws one figure; ``study`` has them all."""
    monkeypatch.setattr(
        "simulation.figures.write_study_figures", lambda results: plot(results, ["adoption_raster"]).paths
    )
    (tmp_path / "tiny.toml").write_text(TINY)
    (tmp_path / "trained.toml").write_text(TRAINED)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """A study of both scenarios, run once, and what the command printed."""
    folder = tmp_path_factory.mktemp("study")
    (folder / "tiny.toml").write_text(TINY)
    (folder / "trained.toml").write_text(TRAINED)
    files = [str(folder / name) for name in ("tiny.toml", "trained.toml")]
    out = folder / "out"
    result = invoke("run", *files, "--replications", 4, "--seed", 5, "--workers", 1, "--out", out)
    assert result.exit_code == 0, result.output
    return out, result


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], catch_exceptions=False)


def command(*arguments: str, options: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *options, "-m", "simulation", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_imports_the_command_line_and_nothing_heavy():
    result = command("--help", options=["-X", "importtime"])
    assert result.returncode == 0
    assert "Usage: hypercluster" in result.stdout
    lines = [line.split("|") for line in result.stderr.splitlines() if line.count("|") == 2]
    imported = {name.strip().split(".")[0] for _, _, name in lines}
    assert not imported & set(HEAVY)
    ours = {name.strip() for _, _, name in lines if name.strip().startswith("simulation.")}
    assert all(name.startswith("simulation.cli") or name == "simulation.errors" for name in ours), ours


def test_run_ends_with_table_differences_verdict_and_files(study: tuple[Path, Result]):
    out, result = study
    text = " ".join(result.stdout.split())
    for words in (
        "seeds 5 to 8",
        "1 - Phi",
        "Paired differences, 95 % intervals",
        "Trained minus",
        "Trained against Tiny, for unequal planned money",
        "Digital readiness of regions is an assumption in three tiers (0.2, 0.5, 0.8), not data",
    ):
        assert words in text
    listed = result.stdout.split("Files written:")[1].split()
    assert set(listed) == {str(path) for path in out.rglob("*") if path.is_file()}
    assert {"runs.parquet", "curves.parquet", "comparison.csv", "manifest.json"} <= {
        path.name for path in out.iterdir()
    }
    assert list((out / "figures").glob("*.png"))


def test_progress_goes_to_standard_error_as_plain_lines(study: tuple[Path, Result]):
    _, result = study
    assert "0 of 8 replications" in result.stderr
    assert "8 of 8 replications" in result.stderr
    assert "of 8 replications" not in result.stdout


def test_the_same_command_again_computes_nothing(study: tuple[Path, Result], monkeypatch: pytest.MonkeyPatch):
    out, _ = study
    monkeypatch.setattr(simulation.batch.replications, "simulate", None)
    files = [str(out.parent / name) for name in ("tiny.toml", "trained.toml")]
    result = invoke("run", *files, "--replications", 4, "--seed", 5, "--workers", 1, "--out", out)
    assert result.exit_code == 0
    assert "8 kept from before" in result.stderr


def test_another_seed_in_the_same_folder_is_refused(study: tuple[Path, Result]):
    out, _ = study
    files = [str(out.parent / name) for name in ("tiny.toml", "trained.toml")]
    result = invoke("run", *files, "--replications", 4, "--seed", 6, "--out", out)
    assert result.exit_code == 2
    assert "seed: 5 there, 6 now" in result.stderr
    assert "--fresh" in result.stderr


@pytest.mark.slow
def test_compare_and_plot_read_a_folder(study: tuple[Path, Result]):
    out, _ = study
    (out / "comparison.csv").unlink()
    compared = invoke("compare", out, "--reference", "trained")
    assert compared.exit_code == 0
    assert "Tiny against Trained" in " ".join(compared.stdout.split())
    assert (
        (out / "comparison.csv").read_text().startswith("scenario,reference,metric,unit,better,scenario_mean")
    )
    plotted = invoke("plot", out, "--format", "svg", "--width", "90")
    assert plotted.exit_code == 0
    written = {Path(line.strip()) for line in plotted.stdout.splitlines()[1:]}
    assert out / "figures" / "t50_by_region.svg" in written
    assert all(path.suffix in {".svg", ".csv", ".md"} for path in written)
    assert "Not drawn: platform_membership: no platform to show" in plotted.stderr


def test_plot_draws_the_figures_that_are_asked_for(study: tuple[Path, Result]):
    out, _ = study
    plotted = invoke("plot", out, "--figure", "ledger", "--figure", "t50_ecdf", "--format", "pdf,svg")
    assert plotted.exit_code == 0
    pictures = {Path(line.strip()).name for line in plotted.stdout.splitlines() if not line.endswith("md")}
    assert {"ledger.pdf", "ledger.svg", "t50_ecdf.pdf", "t50_ecdf.svg"} <= pictures
    refused = invoke("plot", out, "--figure", "platform_membership")
    assert refused.exit_code == 2
    assert "no platform to show" in refused.stderr


def test_an_unknown_reference_is_the_user_s_mistake(study: tuple[Path, Result]):
    result = invoke("compare", study[0], "--reference", "tinny")
    assert result.exit_code == 2
    assert 'did you mean "tiny"' in result.stderr


def test_one_scenario_goes_to_a_folder_of_its_name_and_set_changes_it(folder: Path):
    result = invoke(
        *("run", "tiny.toml", "--replications", 1, "--executor", "serial", "--quiet"),
        *("--set", "diffusion.spontaneous=0.2", "--set", "time.years=4"),
    )
    assert result.exit_code == 0
    assert result.stdout == ""
    manifest = json.loads((folder / "results" / "tiny" / "manifest.json").read_text())
    assert manifest["scenarios"][0]["months"] == 48
    assert "spontaneous = 0.2" in manifest["scenarios"][0]["text"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "missing.toml"], "missing.toml"),
        (["run", "tiny.toml", "--set", "diffusion.half_distance=300"], "half_distance_km"),
        (["run", "tiny.toml", "--set", "diffusion.spatial=-1"], "diffusion.spatial"),
        (["run", "tiny.toml", "tiny.toml"], "called tiny"),
        (["run", "tiny.toml", "--replications", "0"], "--replications"),
        (["run", "tiny.toml", "--workers", "many"], "--workers"),
        (["compare", "nowhere"], "no results here"),
        (["plot", "nowhere"], "no results here"),
        (["validate", "missing.toml"], "missing.toml"),
        (["fly"], "No such command"),
        (["run", "tiny.toml", "--out", "a" * 300], "File name too long"),
    ],
)
def test_a_user_s_mistake_is_a_message_with_exit_code_2_and_writes_nothing(
    folder: Path, arguments: list[str], words: str
):
    before = sorted(folder.rglob("*"))
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert "Traceback" not in result.output
    assert sorted(folder.rglob("*")) == before


def test_a_folder_of_other_files_is_left_alone(folder: Path):
    (folder / "thesis").mkdir()
    (folder / "thesis" / "chapter.txt").write_text("mine")
    result = invoke("run", "tiny.toml", "--replications", 1, "--out", "thesis", "--fresh")
    assert result.exit_code == 2
    assert [path.name for path in (folder / "thesis").iterdir()] == ["chapter.txt"]


def test_fresh_refuses_a_folder_with_the_manifest_of_another_program_by_name(folder: Path):
    (folder / "webapp").mkdir()
    (folder / "webapp" / "manifest.json").write_text('{"name": "My PWA", "icons": []}')
    result = invoke("run", "tiny.toml", "--replications", 1, "--out", "webapp", "--fresh")
    assert result.exit_code == 2
    assert "webapp/manifest.json: not the manifest of a study" in result.stderr
    assert [path.name for path in (folder / "webapp").iterdir()] == ["manifest.json"]


def test_old_tables_are_named_until_they_are_renewed_and_so_is_what_is_not_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("simulation.figures.write_study_figures", lambda _: [])  # they take most of the time
    study = ("run", "tiny.toml", "trained.toml", "--executor", "serial", "--out", "out", "--replications")
    assert "Note:" not in invoke(*study, 1).stderr
    assert "Note:" not in invoke("compare", "out").stderr
    (folder / "out" / "parts" / "New folder").mkdir(parents=True)
    grown = invoke(*study, 2)
    assert "renew with: hypercluster compare out" in grown.stderr
    assert "comparison.csv" not in grown.stderr  # the run has renewed it
    renewed = invoke("compare", "out").stderr
    assert "made from other runs" not in renewed
    assert (
        "not read in out, because their names are not those that this program gives: parts/New folder"
        in renewed
    )


def test_a_results_folder_that_cannot_be_made_is_a_message(folder: Path):
    result = invoke("run", "tiny.toml", "--replications", 1, "--out", "tiny.toml/inside")
    assert result.exit_code == 2
    assert "tiny.toml/inside" in result.stderr


def test_the_table_of_policies_fits_into_80_columns(folder: Path):
    told = invoke("validate", "hypercluster", "regional_cluster").stdout.splitlines()
    rows = [line for line in told if re.match(r"  (\[|policies)", line)]
    assert len(rows) == 8 and max(map(len, rows)) <= 80


def test_validate_prints_the_planned_present_value_and_every_fault(folder: Path):
    (folder / "wrong.toml").write_text(TINY.replace("0.05", "-1") + "[polices]\n")
    good = invoke("validate", "tiny.toml", "trained.toml")
    assert good.exit_code == 0
    # 50 units a year for 5 years: 50 / 12 times the sum of 1.05^(-m / 12) over 60 months.
    value = sum(50 / 12 / 1.05 ** (month / 12) for month in range(60))
    assumed = [f"    Assumed: {text}" for text in load_dataset().assumptions]
    full = load_dataset().scaled_counts(0.05).sum()
    lines = good.stdout.splitlines()
    table = [re.split(r"\s{2,}", line.strip()) for line in lines[2 + len(assumed) : 5 + len(assumed)]]
    assert table == [
        ["cost", "planned", "planned", "spent"],
        ["policies", "a year", "a year", "coverage", "years", "PV", "PV"],
        ["[0] training", f"{full}", "50", f"{50 / full:.1%}", "0 to 5", f"{value:,.0f}", f"{value:,.0f}"],
    ]
    assert [*lines[: 2 + len(assumed)], *lines[5 + len(assumed) :]] == [
        "OK  tiny.toml: Tiny; planned present value 0 units",
        *assumed,
        f"OK  trained.toml: Trained; planned present value {value:,.0f} units",
        *assumed,
    ]
    bad = invoke("validate", "wrong.toml", "tiny.toml", "missing.toml")
    assert bad.exit_code == 2
    assert bad.stdout.startswith("OK  tiny.toml")
    for words in ("wrong.toml: 2 problems", "world.scale", 'did you mean "policies"', "missing.toml"):
        assert words in bad.stderr


def test_scenarios_lists_all_that_are_shipped_by_group_with_their_titles():
    result = invoke("scenarios")
    assert result.exit_code == 0
    groups: dict[str, list[list[str]]] = {}
    for line in result.stdout.splitlines():
        if line and not line.startswith(" "):
            found = groups.setdefault(line, [])
        elif re.match(r"  \S", line):
            found.append(line.split())
    assert next(iter(groups)) == "Main question"
    assert set(STUDY) <= {words[0] for words in groups["Main question"]}
    every = [words[0] for found in groups.values() for words in found]
    assert sorted(every) == sorted(path.stem for path in shipped_scenarios())
    for found in groups.values():
        assert [words[0] for words in found] == sorted(words[0] for words in found)
        assert all(len(words) > 1 for words in found)


def test_a_failed_replication_gives_exit_code_3_and_keeps_the_rest(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(simulation.batch.running, "run_block", faulty_blocks.failing)
    result = invoke("run", "tiny.toml", "--replications", 5, "--executor", "serial", "--out", "out")
    assert result.exit_code == 3
    assert "tiny, replication 3, seed 4: ValueError: no such luck" in result.stderr
    assert "hypercluster run out/failed/tiny.toml --seed 4 --replications 1" in result.stderr
    assert len(Results("out").runs()) == 4


def test_all_replications_failed_is_exit_code_3_too(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(simulation.batch.running, "run_block", faulty_blocks.failing)
    monkeypatch.setattr(simulation.batch.running, "_blocks", only_the_faulty_replication)
    result = invoke("run", "tiny.toml", "--replications", 5, "--executor", "serial", "--out", "out")
    assert result.exit_code == 3
    assert "1 replication failed" in result.stderr
    assert "Traceback" not in result.output


def only_the_faulty_replication(
    specs: Sequence[Scenario],
    missing: Mapping[str, Sequence[int]],
    *,
    seed: int,
    deadline: float | None,
    slots: int,
    keep: str,
    replicate: object,
) -> list[simulation.batch.running.Block]:
    return [simulation.batch.running.Block(specs[0], seed, (faulty_blocks.REPLICATION,))]


def test_a_folder_that_may_not_be_written_is_the_user_s_mistake(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    def closed(*_: object) -> None:
        raise PermissionError(13, os.strerror(13), "out/.manifest.json.tmp")

    monkeypatch.setattr("simulation.results.writer.Store.save", closed)  # root may write anywhere
    result = invoke("run", "tiny.toml", "--replications", 1, "--executor", "serial", "--out", "out")
    assert result.exit_code == 2
    assert "out/.manifest.json.tmp: cannot be used: Permission denied" in result.stderr


def test_a_reader_who_stops_early_loses_no_figure(folder: Path, monkeypatch: pytest.MonkeyPatch):
    def stopped(*_: object) -> None:
        raise BrokenPipeError(32, os.strerror(32))

    monkeypatch.setattr("simulation.cli.console.print_study", stopped)
    invoke("run", "tiny.toml", "--replications", 1, "--executor", "serial", "--out", "out")
    assert (folder / "out" / "figures" / "adoption_raster.png").exists()


def test_a_folder_may_have_any_name(folder: Path):
    out = "deep[/bold] [red]"
    result = invoke("run", "tiny.toml", "--replications", 1, "--executor", "serial", "--out", out)
    assert result.exit_code == 0, result.output
    assert f"{out}: seeds 1 to 1" in result.stdout


def test_a_narrow_terminal_cuts_no_number_off(
    study: tuple[Path, Result], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    results = Results(study[0])
    whole = [
        line.split() for line in study[1].stdout.splitlines() if line.startswith((" Tiny ", " Trained "))
    ]
    monkeypatch.setattr(console, "_console", lambda: Console(highlight=False, width=30))
    console.print_study(results, compare(results))
    narrow = capsys.readouterr().out
    assert whole
    assert [line.split() for line in narrow.splitlines() if line.startswith((" Tiny ", " Trained "))] == whole


def test_the_study_fits_into_80_columns():
    class Shipped:
        path = Path("results/study")
        scenarios = STUDY
        titles = {name: load_scenario(name).title for name in STUDY}  # noqa: RUF012 - a stand-in

        def runs(self, columns: list[str]) -> pd.DataFrame:
            row = dict.fromkeys(columns, 38392.0) | dict.fromkeys(("final_share", "member_share"), 1.0)
            row |= {"t50_years": 10.55, "w1_years": 10.55, "synchronization": 0.5, "replication": 0}
            return pd.DataFrame([row | {"scenario": name, "seed": 30} for name in self.scenarios])

    table = console.summary_table(Shipped())  # type: ignore[arg-type]
    wide = Console(width=200)
    assert wide.measure(table).maximum <= 80


def test_every_table_of_a_comparison_fits_into_80_columns_and_loses_no_number(study: tuple[Path, Result]):
    ended = CliRunner().invoke(cli, ["compare", str(study[0])])
    rules = [line.rstrip() for line in ended.stdout.splitlines() if "───" in line]
    assert rules and max(map(len, rules)) <= 80
    for table in tables(analyse(Results(study[0]))):
        for cell in (cell for row in table.rows for cell in row[table.labels :]):
            assert " ".join(cell.split()) in " ".join(ended.stdout.split())


def test_a_program_without_a_console_prints_to_nowhere(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    with progress_shown(form_of(quiet=False, as_json=False)):
        pass
    assert console._console().width == 110


def test_a_full_disk_is_exit_code_4(folder: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28), "out/parts")

    for by in ("add", "accept"):  # the program writes a block, or a worker has written it
        monkeypatch.setattr(f"simulation.results.writer.Store.{by}", full)
    result = invoke("run", "tiny.toml", "--replications", 1, "--executor", "serial", "--out", "out")
    assert result.exit_code == 4
    free = f"out/parts: cannot be written: {os.strerror(28)}; "
    assert re.search(re.escape(free) + r"[\d,]+ bytes are free", result.stderr)


def test_our_own_fault_keeps_its_traceback(folder: Path, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object, **__: object) -> None:
        raise AssertionError("an invariant of ours")

    monkeypatch.setattr("simulation.results.writer.Store.compact", broken)
    with pytest.raises(AssertionError, match="an invariant of ours"):
        invoke("run", "tiny.toml", "--replications", 1, "--executor", "serial", "--out", "out")


def test_a_closed_pipe_is_quiet(tmp_path: Path):
    process = subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.close()"], stdin=subprocess.PIPE, cwd=tmp_path
    )
    process.wait()
    assert process.stdin is not None
    listing = subprocess.run(
        [sys.executable, "-m", "simulation", "scenarios"],
        stdout=process.stdin,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert listing.stderr == ""


@pytest.mark.parametrize(
    "code",
    [
        "import sys, simulation; assert not {'numpy', 'click'} & set(sys.modules)",
        "import simulation; assert set(simulation.__all__) <= set(dir(simulation))",
        "from simulation import run, compare; (run.__code__, compare.__code__)",
    ],
)
def test_the_package_gives_its_functions_lazily(code: str):
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_letters_that_a_terminal_cannot_show_end_no_command(folder: Path, monkeypatch: pytest.MonkeyPatch):
    (folder / "kuzbass.toml").write_text(TINY.replace("Tiny", "Кузбасс"), encoding="utf-8")
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="cp1252", write_through=True)
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr(sys, "argv", ["hypercluster", "validate", "./kuzbass.toml"])
    monkeypatch.setattr("signal.getsignal", lambda _: None)  # so that Ctrl-C remains that of the tests
    with pytest.raises(SystemExit) as ending:
        main()
    assert ending.value.code == 0
    assert "OK  ./kuzbass.toml: ???????; planned" in terminal.buffer.getvalue().decode("cp1252")
