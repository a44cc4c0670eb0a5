"""The command ``optimize``: what it prints and writes, and what a user does wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from small_searches import small_search

from simulation.cli.main import cli
from simulation.optimize.study import search_with

ROBUST = {"worlds": 4, "candidates": 6, "replications": 1, "patterns": "none"}


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("optimize") / "small.toml"
    path.write_text(search_with(small_search(title="A small search", robust=ROBUST), folder=Path()).to_toml())
    return path


def test_a_search_prints_a_table_of_80_columns_and_writes_its_files(study: Path):
    out = study.parent / "out"
    result = invoke("optimize", study, "--generations", 2, "--executor", "serial", "--out", out)
    assert result.exit_code == 0, result.output
    table = result.stdout[: result.stdout.index("Means of")]
    assert max(map(len, table.splitlines())) <= 80
    assert "candidates were tried in 2 generations" in result.stdout
    for name in ("front.csv", "front.md", "front/baseline.toml", "figures/front.png", "figures/front.md"):
        assert (out / "final_002" / name).is_file()
    assert "generation 2 of 2" in result.stderr


@pytest.mark.slow
def test_robust_prints_tables_of_80_columns_and_writes_its_files(study: Path):
    out = study.parent / "out"
    result = invoke(
        *("optimize", study, "--generations", 2, "--executor", "serial", "--out", out, "--robust"),
    )
    assert result.exit_code == 0, result.output
    first = result.stdout.index("In 4 uncertain worlds: speed")
    table = result.stdout[first : result.stdout.index("Expected: mean")]
    assert max(map(len, table.splitlines())) <= 80
    assert "6 candidates were tried (6 in 4 worlds), and 2 policies in all 4" in " ".join(
        result.stdout.split()
    )
    assert "rung 1 of 1: 6 candidates in 4 worlds" in result.stderr
    folder = out / "robust_002"
    for name in ("robust.csv", "robust.md", "finalists/baseline.toml", "figures/robust.png"):
        assert (folder / name).is_file()
    files = sorted((folder / "finalists").glob("*.toml"))
    assert invoke("validate", *files).exit_code == 0


def test_every_file_of_the_front_is_valid(study: Path):
    out = study.parent / "out"
    invoke("optimize", study, "--generations", 2, "--executor", "serial", "--out", out, "--quiet")
    files = sorted((out / "final_002" / "front").glob("g*.toml"))
    assert files
    result = invoke("validate", *files)
    assert result.exit_code == 0, result.output


def test_json_ends_with_the_sentences(study: Path):
    out = study.parent / "out"
    result = invoke("optimize", study, "--generations", 2, "--executor", "serial", "--out", out, "--json")
    last = json.loads(result.stdout.splitlines()[-1])
    assert last["outcome"] == "finished"
    assert any("candidates were tried" in line for line in last["sentences"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["budgt"], 'budgt: no such search; did you mean "budget"?'),
        (["--set", "time.yeers=3"], "time.yeers"),
        (["--set", "budget.per_year=100", "--quiet"], "not affordable"),
    ],
)
def test_a_mistake_of_the_user_ends_with_a_message_and_code_2(
    arguments: list[str], message: str, tmp_path: Path
):
    result = invoke("optimize", *arguments, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert message in result.output
    assert not (tmp_path / "out").exists()
