"""Options of ``hypercluster run`` for long batches, as a user meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from small_studies import write_scenarios

from simulation.cli.main import cli
from simulation.figures import plot


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two tiny scenarios in the working directory; a run draws one figure."""
    monkeypatch.setattr(
        "simulation.figures.write_study_figures", lambda results: plot(results, ["adoption_raster"]).paths
    )
    monkeypatch.chdir(tmp_path)
    return [path.name for path in write_scenarios(tmp_path)]


def run(*arguments: object) -> Result:
    options = ["run", *arguments, "--executor", "serial", "--out", "out"]
    return CliRunner().invoke(cli, [str(option) for option in options], catch_exceptions=False)


def test_json_is_one_object_a_line_and_the_last_says_how_it_ended(files: list[str]):
    result = run(*files, "--replications", 2, "--json")
    assert result.exit_code == 0
    events = [json.loads(line) for line in result.stdout.splitlines()]
    assert [event["event"] for event in events[:-1]] == ["progress"] * (len(events) - 1)
    assert (events[-2]["done"], events[-2]["total"]) == (4, 4)
    end = events[-1]
    assert (end["event"], end["outcome"], end["exit_code"], end["folder"]) == ("end", "finished", 0, "out")
    assert end["state"]["platform"] == {"finished": "0-1", "failed": ""}
    assert Path("out/comparison.csv").exists()


def test_json_tells_of_a_refusal_too(files: list[str]):
    result = run("missing.toml", "--json")
    assert result.exit_code == 2
    (end,) = [json.loads(line) for line in result.stdout.splitlines()]
    assert (end["outcome"], end["exit_code"]) == ("refused", 2)
    assert "missing.toml" in end["message"]
    assert "missing.toml" in result.stderr


def test_a_replication_beyond_its_deadline_is_exit_code_3_with_a_command_that_repeats_it(files: list[str]):
    result = run(files[0], "--replications", 1, "--deadline", "1e-6")
    assert result.exit_code == 3
    assert "not finished within the deadline of 1e-06 s" in result.stderr
    assert "--seed 1 --replications 1 --workers 1 --deadline 1e-06 --out" in result.stderr


@pytest.mark.slow
def test_the_number_of_replications_that_it_took_is_told(files: list[str]):
    result = run(*files, "--replications", 3, "--until-halfwidth", 0.9)
    assert result.exit_code == 0
    assert "3 replications of each scenario were enough: every 95 % interval" in " ".join(
        result.stdout.split()
    )
    result = run(*files, "--replications", 3, "--until-halfwidth", 1e-9, "--max-replications", 5)
    assert "The limit of 5 replications was reached before" in " ".join(result.stdout.split())
    assert "platform minus plain" in result.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("--executor", "proceses"),
        ("--executor", "dask://nowhere"),
        ("--deadline", "0"),
        ("--until-halfwidth", "-1"),
        ("--until-halfwidth", "0.1"),  # of a single scenario
    ],
)
def test_options_that_make_no_sense_are_refused_and_nothing_is_written(
    files: list[str], arguments: tuple[str, str]
):
    result = CliRunner().invoke(cli, ["run", files[0], "--out", "out", *arguments])
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert not Path("out").exists()
