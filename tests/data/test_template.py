"""A new dataset is valid as it is, explains itself, and overwrites nothing."""

import csv
import os

import pytest
from click.testing import CliRunner

from simulation.cli.main import cli
from simulation.data.dictionary import TABLES
from simulation.data.reader import load_dataset
from simulation.data.template import data_dictionary, write_template
from simulation.engine.simulate import simulate
from simulation.errors import DataError
from simulation.hidden_characters import fault_of
from simulation.scenario.loading import parse_scenario


def test_the_template_is_valid_and_runs(tmp_path):
    write_template(tmp_path / "own")
    dataset = load_dataset(tmp_path / "own")
    assert dataset.counts.sum() == 180
    assert (dataset.platforms, dataset.ties, dataset.facts) == ((), None, ())
    text = '[world]\ndataset = "own"\n[technologies]\nrelease = "at_start"\n'
    record = simulate(parse_scenario(text, file=tmp_path / "s.toml"), 1)
    assert record.adopters[-1].sum() > 0


def test_every_table_is_written_with_the_columns_that_are_needed(tmp_path):
    write_template(tmp_path / "own")
    for name, kind in TABLES.items():
        with (tmp_path / "own" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            header = next(csv.reader(file))
        assert set(kind.required_columns) <= set(header)
        assert set(header) <= set(kind.known_columns) or kind.industries


def test_the_dictionary_explains_every_column_of_every_table():
    sections = data_dictionary().split("\n## ")[1:]
    assert [section.splitlines()[0] for section in sections] == [f"{name}.csv" for name in TABLES]
    for section, kind in zip(sections, TABLES.values(), strict=True):
        cells = [line.split(" | ")[0].strip("| ") for line in section.splitlines() if line.startswith("| ")]
        assert cells == ["column", *kind.known_columns, *(["any other"] if kind.industries else [])]


def test_every_invented_row_says_so(tmp_path):
    for path in write_template(tmp_path / "own"):
        if path.suffix == ".csv":
            with path.open(encoding="utf-8", newline="") as file:
                assert all(row["source"] == "invented" for row in csv.DictReader(file))


@pytest.mark.parametrize("name", ["regions.csv", "README.md"])
def test_nothing_is_overwritten_and_nothing_written_beside_it(tmp_path, name):
    (tmp_path / name).write_text("mine", encoding="utf-8")
    with pytest.raises(DataError, match=f'already holds "{name}"'):
        write_template(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("name", [os.fsdecode(b"caf\xe9"), "caf\udce9/own", "a\nb", "\x1b[31m", "\u202e"])
def test_a_folder_that_no_scenario_could_name_is_refused_before_it_is_made(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    refused = CliRunner().invoke(cli, ["new-dataset", name])
    assert refused.exit_code == 2
    assert "the name of the folder holds the" in refused.output
    assert fault_of(refused.output, lines=True) == "" and len(refused.output.splitlines()) == 2
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_place_of_the_folder_is_refused_and_kept(tmp_path):
    (tmp_path / "own").write_text("mine", encoding="utf-8")
    refused = CliRunner().invoke(cli, ["new-dataset", str(tmp_path / "own")])
    assert refused.exit_code == 2
    assert "not a folder; choose another name" in refused.output
    assert (tmp_path / "own").read_text(encoding="utf-8") == "mine"


def test_the_command_writes_the_tables_and_refuses_to_do_so_twice(tmp_path):
    folder = tmp_path / "deep" / "own"
    first = CliRunner().invoke(cli, ["new-dataset", str(folder)])
    assert first.exit_code == 0
    assert all(f"{name}.csv" in first.output for name in TABLES)
    again = CliRunner().invoke(cli, ["new-dataset", str(folder)])
    assert again.exit_code == 2
    assert "nothing is overwritten" in again.output


def test_validate_checks_a_dataset_and_says_what_is_assumed(tmp_path):
    write_template(tmp_path)
    (tmp_path / "dataset.toml").write_text('assumptions = "All of it."\n', encoding="utf-8")
    good = CliRunner().invoke(cli, ["validate", str(tmp_path)])
    assert good.exit_code == 0
    assert "2 regions, 2 industries, 180 enterprises, 2 institutions, 3 technologies" in good.output
    assert "Assumed: All of it." in good.output
    (tmp_path / "relevance.csv").unlink()
    bad = CliRunner().invoke(cli, ["validate", str(tmp_path), "baseline"])
    assert bad.exit_code == 2
    assert "missing file" in bad.output
    assert "OK  baseline" in bad.output


def test_validate_notes_what_keeps_technologies_from_spreading(tmp_path):
    write_template(tmp_path)
    assert "Note" not in CliRunner().invoke(cli, ["validate", str(tmp_path)]).output
    (tmp_path / "institutions.csv").write_text(
        "region_id,name,kind\nnorth,Park,technopark\n", encoding="utf-8"
    )
    (tmp_path / "relevance.csv").write_text("direction,coal,mining_services\nmining,0,0\n", encoding="utf-8")
    result = CliRunner().invoke(cli, ["validate", str(tmp_path)])
    assert result.exit_code == 0
    assert "Note: No institution is of a research kind, so technologies have no origin." in result.output
    assert 'Note: No enterprise can use a technology of the direction "mining".' in result.output


@pytest.mark.parametrize(
    ("name", "said"),
    [("two-vectors", "15 regions, 5 industries"), ("kuzbass", "planned present value 0 units")],
)
def test_validate_knows_shipped_datasets_by_name_unless_a_scenario_has_it(name, said):
    result = CliRunner().invoke(cli, ["validate", name])
    assert result.exit_code == 0
    assert said in result.output.splitlines()[0]
    assert all(f"Assumed: {text}" in result.output for text in load_dataset(name).assumptions)
