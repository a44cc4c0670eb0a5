"""Adoptions owed to a policy, what one cost, and where the change in Phi comes from."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from simulation.analysis.effects import (
    BETWEEN,
    END,
    HALF,
    INDUSTRY,
    REGION,
    WITHIN,
    Effects,
    effects,
    write_effects,
)
from simulation.batch.running import run_batch
from simulation.results.derived import Outputs
from simulation.results.own_files import Origin
from simulation.results.reader import Results
from simulation.scenario.loading import parse_scenario

PLAIN = """
name = "plain"
[time]
years = 8
[world]
scale = 0.1
[diffusion]
spontaneous = 0.02
[technologies]
release = "at_start"
"""
TRAINED = PLAIN.replace("plain", "trained") + '[[policies]]\ninstrument = "training"\nbudget = 500.0\n'
NOTHING = PLAIN.replace("plain", "nothing").replace("0.02", "0.0\ninstitutional = 0.0")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Results:
    specs = [parse_scenario(text) for text in (PLAIN, TRAINED, NOTHING)]
    return run_batch(specs, 4, out=tmp_path_factory.mktemp("study") / "out", executor="serial")


@pytest.fixture(scope="module")
def found(study: Results) -> Effects:
    return effects(study)


def row(table: pd.DataFrame, scenario: str) -> pd.Series:
    return table.set_index(["scenario", "reference"]).loc[(scenario, "plain")]


def test_extra_adoptions_are_the_paired_difference_of_adopters_at_the_horizon(study: Results, found: Effects):
    adopters = {}
    for name in ("plain", "trained"):
        curves = study.curves(["replication", "month", "adopters"], scenario=name)
        last = curves[curves["month"] == 96]
        adopters[name] = last.groupby("replication")["adopters"].sum().to_numpy()
    extra = row(found.additionality, "trained")
    assert extra["difference"] == (adopters["trained"] - adopters["plain"]).mean() > 0
    assert extra["n"] == 4


def test_the_cost_of_one_is_the_extra_money_over_the_extra_adoptions(study: Results, found: Effects):
    extra = row(found.additionality, "trained")
    spent = study.runs(["scenario", "spent_pv"]).groupby("scenario")["spent_pv"].mean()
    assert extra["extra_spent_pv"] == pytest.approx(spent["trained"])
    assert spent["trained"] > 100
    assert extra["cost_per_adoption"] == pytest.approx(spent["trained"] / extra["difference"])
    assert extra["cost_low"] < extra["cost_per_adoption"] < extra["cost_high"]


def test_where_no_more_was_spent_an_extra_adoption_has_no_cost(found: Effects):
    table = found.additionality
    fewer = table[table["scenario"] == "nothing"]
    assert (fewer["difference"] < 0).all()
    assert fewer["cost_per_adoption"].isna().all()


def test_parts_of_the_change_sum_to_the_change_in_phi(study: Results, found: Effects):
    phi = study.runs(["scenario", "phi"]).groupby("scenario")["phi"].mean()
    change = phi["trained"] - phi["plain"]
    parts = found.decomposition
    parts = parts[(parts["scenario"] == "trained") & (parts["reference"] == "plain")]
    sums = parts.groupby("level")["difference"].sum()
    assert sums[REGION] == pytest.approx(change, abs=1e-12)
    assert sums[BETWEEN] + sums[WITHIN] == pytest.approx(change, abs=1e-12)
    assert abs(change) > 1e-3


@pytest.mark.parametrize(("level", "name"), [(REGION, "tatarstan"), (INDUSTRY, "coal")])
@pytest.mark.parametrize(("moment", "month"), [(HALF, 48), (END, 96)])
def test_a_place_has_the_difference_of_its_adoption_share_at_that_moment(
    study: Results, found: Effects, level: str, name: str, moment: str, month: int
):
    shares = {}
    for scenario in ("plain", "trained"):
        curves = study.curves(["replication", "month", level, "adopters", "eligible"], scenario=scenario)
        there = curves[(curves[level] == name) & (curves["month"] == month)]
        sums = there.groupby("replication")[["adopters", "eligible"]].sum()
        shares[scenario] = sums["adopters"] / sums["eligible"]
    place = row(found.places, "trained").set_index(["level", "name", "moment"]).loc[(level, name, moment)]
    assert place["difference"] == pytest.approx((shares["trained"] - shares["plain"]).mean(), abs=1e-12)
    assert place["reference_mean"] == pytest.approx(shares["plain"].mean(), abs=1e-12)


def test_a_scenario_in_which_nobody_adopts_has_no_parts_but_is_there(found: Effects):
    assert row(found.additionality, "nothing")["scenario_mean"] == 0
    parts = found.decomposition
    parts = parts[parts["scenario"] == "nothing"]
    assert (parts["n"] == 0).all() and len(parts)
    assert parts["difference"].isna().all()


def test_all_tables_are_written_and_give_back_their_numbers(found: Effects, tmp_path: Path):
    additionality, decomposition, places = write_effects(found, Outputs(tmp_path, Origin()))
    assert [path.name for path in (additionality, decomposition, places)] == [
        "additionality.csv",
        "decomposition.csv",
        "places.csv",
    ]
    assert np.array_equal(pd.read_csv(places)["low"], found.places["low"], equal_nan=True)
    read = pd.read_csv(decomposition)
    assert np.array_equal(read["difference"], found.decomposition["difference"], equal_nan=True)
    assert math.isclose(pd.read_csv(additionality)["difference"][0], found.additionality["difference"][0])
