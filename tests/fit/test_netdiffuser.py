"""Surveys of netdiffuseR become observed folders that can be fitted."""

import os
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadr
import pytest
from click.testing import CliRunner
from made_up_survey import made_up, write_tables

from simulation.cli.main import cli
from simulation.data.reader import load_dataset
from simulation.data.tables import read_table
from simulation.errors import HyperclusterError
from simulation.fit.netdiffuser import Survey, read_survey, write_observed
from simulation.fit.observed import observe
from simulation.fit.study import read_fit
from simulation.scenario.loading import load_scenario

OBSERVED = os.environ.get("HYPERCLUSTER_OBSERVED", "")


@pytest.fixture
def survey(tmp_path):
    return write_tables(tmp_path / "survey", *made_up())


def invoke(*arguments):
    return CliRunner().invoke(cli, [str(each) for each in arguments])


def test_a_survey_becomes_what_was_observed(survey, tmp_path):
    agents, ties = made_up()
    result = invoke("new-dataset", tmp_path / "out", "--from-netdiffuser", survey, "--steps-per-year", 4)
    assert result.exit_code == 0, result.output
    assert "hypercluster fit" in result.output
    found = observe(load_scenario(tmp_path / "out" / "scenario.toml"))
    expected = Counter(toa - 1 for _, _, toa in agents)  # seeds have period 0, those that had not adopted 8
    assert Counter(found.period.tolist()) == expected
    assert found.periods == 7 and found.world.steps_per_year == 4
    mutual = {(v, min(a, b), max(a, b)) for v, a, b in ties}
    assert found.world.enterprises.indices.size == 2 * len(mutual)
    directed = observe(load_scenario(tmp_path / "out" / "scenario.toml"), ties="directed")
    assert directed.world.enterprises.indices.size == len(set(ties))
    assert read_fit(tmp_path / "out" / "fit.toml").parameters
    proximity = found.world.regions.proximity
    assert np.array_equal(proximity, np.eye(3))
    spec = load_scenario(tmp_path / "out" / "scenario.toml")
    assert sum(seed.number for seed in spec.seeds) == expected[0]


def test_a_file_of_r_is_the_same_survey(survey, tmp_path):
    agents, ties = made_up()
    named = {}
    for v, agent, other in ties:
        named.setdefault((v, agent), []).append(other)
    rows = [
        {"city": v, "id": agent, "toa": float(toa), "net1_1": named[v, agent][0], "net2_1": named[v, agent][1],
         "net2_2": np.nan, "network": 1, "net3_1": 99}  # no agent has this number
        for v, agent, toa in agents
    ]  # fmt: skip
    file, text = tmp_path / "made_up.rda", tmp_path / "made_up.csv"
    pyreadr.write_rdata(str(file), pd.DataFrame(rows), df_name="madeUp")
    for row in rows:
        row["doctor"] = '"yes", sometimes'
    rows[0]["doctor"] = None
    write_as_r(text, pd.DataFrame(rows))
    one = read_survey(survey)
    for other in (read_survey(file), read_survey(text)):
        assert one.toa == other.toa
        assert sorted(set(one.named)) == list(other.named)


def write_as_r(path, frame):
    """Write a table as write.csv of R does: names of rows, quoted texts with doubled quotes, and NA."""

    def cell(value):
        if value is None or value != value:
            return "NA"
        if isinstance(value, str):
            return '"' + value.replace('"', '""') + '"'
        return f"{value:.15g}"

    lines = [",".join(cell(name) for name in ("", *frame.columns))]
    lines += [
        ",".join([f'"{n}"', *map(cell, row)]) for n, row in enumerate(frame.to_numpy(dtype=object), start=1)
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_two_tables_that_r_wrote_are_the_same_survey(survey, tmp_path):
    expected, folder = read_survey(survey), tmp_path / "r"
    folder.mkdir()
    for name in ("agents", "ties"):
        table = pd.read_csv(survey / f"{name}.csv", dtype=object)
        missing = table.iloc[:1].assign(agent="100", **{"toa" if name == "agents" else "named": None})
        if name == "ties":
            missing["agent"] = table.agent.iloc[0]
        write_as_r(folder / f"{name}.csv", pd.concat([table.astype(float), missing]))
    text = (folder / "agents.csv").read_text(encoding="utf-8")
    assert text.startswith('"","village","agent","toa"\n"1",1,') and "NA" in text
    found = read_survey(folder)
    assert found.toa == {**expected.toa, (1, 100): None}
    assert found.named == expected.named
    # Elsewhere a column without a name stays a fault.
    problems = []
    read_table(folder / "agents.csv", columns=("village",), problems=problems)
    assert "a column has no name" in str(problems[0])


def test_first_and_last_period_can_stand_for_adopters(survey, tmp_path):
    agents, _ = made_up()
    write_observed(read_survey(survey), tmp_path / "o", last_period="adopters", first_period="adopters")
    found = observe(load_scenario(tmp_path / "o" / "scenario.toml"))
    assert Counter(found.period.tolist()) == Counter(toa for _, _, toa in agents)
    assert found.periods == 9 and found.at_risk.all() and not found.spec.seeds


def test_a_last_value_that_looks_like_a_period_is_doubted(tmp_path):
    toa = {(1, n): 1 + n % 5 for n in range(40)}
    with pytest.raises(HyperclusterError, match="say --last-period adopters"):
        write_observed(Survey(toa), tmp_path / "o")
    assert not (tmp_path / "o").exists()
    write_observed(Survey(toa), tmp_path / "o", last_period="adopters")
    with pytest.raises(HyperclusterError, match="nothing is overwritten"):
        write_observed(Survey(toa), tmp_path / "o", last_period="adopters")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: (s / "agents.csv").write_text("village,agent,toa\n1,x,3\n"), "line 2  agent"),
        (lambda s: (s / "agents.csv").write_text("village,agent\n1,2\n"), "toa: missing column"),
        (lambda s: (s / "ties.csv").write_text("village,agent,named\n1,0,0\n"), "no agent of village 1"),
        (lambda s: (s / "ties.csv").unlink(), "ties.csv"),
    ],
)
def test_a_fault_ends_in_a_message(survey, tmp_path, change, words):
    change(survey)
    result = invoke("new-dataset", tmp_path / "out", "--from-netdiffuser", survey)
    assert result.exit_code == 2 and words in result.output


def test_what_is_no_survey_ends_in_a_message(tmp_path):
    (tmp_path / "x.rda").write_bytes(b"no file of R")
    (tmp_path / "x.csv").write_bytes(b"\xff\xfe\x00\n")
    (tmp_path / "empty.csv").write_bytes(b"")
    for name in ("x.rda", "none.rda", "x.txt", "x.csv", "empty.csv", "none.csv"):
        result = invoke("new-dataset", tmp_path / "out", "--from-netdiffuser", tmp_path / name)
        assert result.exit_code == 2 and name in result.output, result.output
    pyreadr.write_rdata(str(tmp_path / "y.rda"), pd.DataFrame({"id": [1], "village": [1]}))
    result = invoke("new-dataset", tmp_path / "out", "--from-netdiffuser", tmp_path / "y.rda")
    assert result.exit_code == 2 and 'no column "toa"' in result.output
    result = invoke("new-dataset", tmp_path / "out", "--last-period", "adopters")
    assert result.exit_code == 2 and "--last-period needs --from-netdiffuser" in result.output


@pytest.mark.skipif(not OBSERVED, reason="HYPERCLUSTER_OBSERVED does not say where the classic data sets are")
@pytest.mark.parametrize(
    ("name", "agents", "villages", "periods", "never"),
    [
        ("medical_innovation", 125, 4, 16, 16),
        ("brazilian_farmers", 692, 11, 18, 152),
        ("korean_family", 1047, 25, 9, 374),
    ],
)
def test_the_classic_data_sets(tmp_path, name, agents, villages, periods, never):
    write_observed(read_survey(Path(OBSERVED) / name), tmp_path / "o")
    assert len(load_dataset(tmp_path / "o").regions) == villages
    found = observe(load_scenario(tmp_path / "o" / "scenario.toml"))
    assert found.period.size == agents and found.periods == periods
    assert (found.period > found.periods).sum() == never
