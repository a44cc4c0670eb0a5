"""A study of all combinations of the four factors adds up."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from simulation.batch.running import run_batch
from simulation.cli.main import cli
from simulation.errors import ResultsError
from simulation.explain.channels import FACTORS
from simulation.reporting.factors import (
    COMBINATIONS,
    OUTCOMES,
    Contribution,
    combinations_of,
    contributions,
    in_words,
    name_of,
    tables,
)
from simulation.results.reader import Results
from simulation.scenario.loading import load_scenario
from simulation.scenario.schema import Scenario

SMALL = """
title = "Small"
[time]
years = 6
[world]
scale = 0.05
[diffusion]
spontaneous = 0.05
digital = 3.0
[technologies]
release = "at_start"
[[platforms]]
name = "national"
vectors = ["B2B", "B2SC"]
institutions = "all"
"""
REPLICATIONS = 3


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("scenario") / "small.toml"
    file.write_text(SMALL)
    return file


@pytest.fixture(scope="module")
def spec(scenario: Path) -> Scenario:
    return load_scenario(scenario)


@pytest.fixture(scope="module")
def results(spec: Scenario, tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("factors")
    return run_batch(combinations_of(spec), REPLICATIONS, out=folder / "small", executor="serial")


def test_combinations_are_all_different_and_go_from_none_to_all(spec: Scenario):
    found = combinations_of(spec)
    assert len({scenario.digest for scenario in found}) == COMBINATIONS == 16
    assert [scenario.name for scenario in found][:4] == ["none", "spatial", "network", "spatial-network"]
    assert found[-1].name == "all"
    assert found[-1].digest == spec.digest


def test_a_factor_that_is_off_earns_no_attribution(results: Results):
    runs = results.runs(["scenario", *(f"attributed_{factor}" for factor in FACTORS)]).set_index("scenario")
    for number in range(COMBINATIONS):
        for place, factor in enumerate(FACTORS):
            attribution = runs.loc[[name_of(number)], f"attributed_{factor}"]
            assert (attribution > 0).all() if number >> place & 1 else (attribution == 0).all(), (
                number,
                factor,
            )


def test_contributions_add_up_to_the_difference_between_all_and_none(results: Results):
    found = contributions(results)
    means = results.runs(["scenario", *OUTCOMES]).groupby("scenario", observed=True).mean()
    for metric, sign in OUTCOMES.items():
        alone = {row.factor: row for row in found if row.metric == metric and not row.partner}
        assert {row.n for row in alone.values()} == {REPLICATIONS}
        whole = sign * (means.loc["all", metric] - means.loc["none", metric])
        assert alone["all"].mean == pytest.approx(whole)
        assert sum(alone[factor].mean for factor in FACTORS) == pytest.approx(whole)
        assert all(row.low <= row.mean <= row.high for row in alone.values())


def test_words_and_tables_name_every_factor(results: Results):
    found = contributions(results)
    words = in_words(found, "Small")
    values, pairs = tables(found)
    for name in FACTORS.values():
        assert name in words
        assert name in values.markdown()
    assert len(pairs.rows) == 6


@pytest.mark.parametrize(
    ("wide", "said"),
    [
        ("none", "the highest is that of spatial concentration"),
        ("network", "whether spatial concentration or business networks is higher cannot be established"),
        # The lowest mean may be the highest value, where its interval is wide.
        ("digital", "whether spatial concentration or digital environment is higher cannot be established"),
    ],
)
def test_the_highest_value_is_named_only_where_no_interval_reaches_it(wide: str, said: str):
    def row(metric: str, factor: str, mean: float) -> Contribution:
        half = 3.7 - mean if factor == wide else 0.4  # 3.7 reaches into the interval of the highest
        return Contribution(metric, factor, "", mean, mean - half, mean + half, 5, 5)

    means = dict(zip((*FACTORS, "all"), (4.0, 3.0, 2.0, 1.0, 10.0), strict=True))
    found = [row(metric, factor, mean) for metric in OUTCOMES for factor, mean in means.items()]
    assert in_words(found, "Four").count(f"; {said}.") == len(OUTCOMES)


def test_what_rounds_to_nothing_has_no_sign():
    rows = [
        Contribution(metric, factor, "", -0.01, -0.02, -1e-5, 5, 5)
        for metric in OUTCOMES
        for factor in (*FACTORS, "all")
    ]
    assert "spatial concentration -0.010 (-0.020 to 0.000)" in in_words(rows, "Small")
    assert tables(rows)[0].rows[0][1:] == ("-0.01 [-0.02, 0.00]", "-0.010 [-0.020, 0.000]")


def test_a_single_replication_is_too_few_to_tell(spec: Scenario, tmp_path: Path):
    found = contributions(run_batch(combinations_of(spec), 1, out=tmp_path / "one", executor="serial"))
    assert "in 1 of 1 replications" in in_words(found, "Small")
    assert "undefined" in tables(found)[0].markdown()


def test_a_study_without_the_combinations_is_refused(spec: Scenario, tmp_path: Path):
    other = run_batch([spec], 1, out=tmp_path / "other", executor="serial")
    with pytest.raises(ResultsError, match="it lacks none, spatial"):
        contributions(other)


def test_the_command_ends_in_a_verdict_and_a_table(scenario: Path, tmp_path: Path):
    out = tmp_path / "study"
    command = ["factors", str(scenario), "--replications", "2", "--workers", "1", "--out", str(out)]
    result = CliRunner().invoke(cli, command)
    assert result.exit_code == 0, result.output
    assert "time to adoption saved: all four together" in result.output
    assert (out / "figures" / "factors.png").read_bytes().startswith(b"\x89PNG")
    assert (out / "factors.csv").read_text().startswith("metric,factor,partner,mean,low,high,n,replications")
