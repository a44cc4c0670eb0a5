"""Scenarios in the EMA Workbench, and ensembles in the form that its analyses read."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_ensembles import small_ensemble

from simulation.errors import HyperclusterError
from simulation.explore.parameters import changed
from simulation.explore.running import Size, run_ensemble
from simulation.explore.workbench import SCENARIO, WorkbenchModel, experiments_and_outcomes
from simulation.replication import run
from simulation.results.tables import RAN
from simulation.scenario.loading import parse_scenario

ema = pytest.importorskip("ema_workbench")
pytestmark = pytest.mark.slow  # the workbench takes five seconds to import
TINY = """
name = "{name}"
[time]
years = 5
[world]
scale = 0.02
[technologies]
release = "at_start"
"""
TRAINED = '[[policies]]\ninstrument = "training"\nshare = 1.0\n'
METRICS = ("restricted_time_years", "final_share")


@pytest.fixture(scope="module")
def model() -> WorkbenchModel:
    specs = [parse_scenario(TINY.format(name="none")), parse_scenario(TINY.format(name="trained") + TRAINED)]
    return WorkbenchModel("regions", specs, replications=2, seed=5, outcomes=METRICS)


@pytest.fixture(scope="module")
def performed(model: WorkbenchModel):
    return ema.perform_experiments(model, scenarios=6, policies=2)


def test_an_experiment_has_the_means_of_runs_with_its_values(model: WorkbenchModel, performed):
    experiments, outcomes = performed
    assert len(experiments) == 12
    assert set(experiments[SCENARIO]) == {"none", "trained"}
    row = experiments.iloc[0]
    values = [
        (each, row[name].item() if isinstance(row[name], np.generic) else row[name])
        for name, each in model.parameters.items()
    ]
    spec, _ = changed(model.specs[row[SCENARIO]], values)
    runs = [run(spec, seed).metrics for seed in (5, 6)]
    for name in METRICS:
        assert outcomes[name][0] == np.mean([metrics[name] for metrics in runs])


def test_uncertainties_are_the_ranges_of_what_the_scenarios_use(model: WorkbenchModel, performed):
    experiments, _ = performed
    assert "effects_training" in model.parameters
    assert "membership_rate" not in model.parameters
    for name, parameter in model.parameters.items():
        found = experiments[name]
        if parameter.scale == "values":
            assert set(found) <= set(parameter.values)
        else:
            assert parameter.low <= found.min() <= found.max() <= parameter.high


def test_what_cannot_be_afforded_has_no_outcome():
    spec = parse_scenario(
        TINY.format(name="dear")
        + '[[policies]]\ninstrument = "training"\ncoverage = 0.1\n[costs]\ntraining = 1.0\n'
    )
    dear = WorkbenchModel("dear", [spec], replications=1, outcomes=METRICS)
    found = dear.run_experiment({SCENARIO: "dear", "seed": 1, "budget_per_year": 1e-9})
    assert found.keys() == set(METRICS)
    assert all(math.isnan(value) for value in found.values())


@pytest.mark.parametrize(
    "call",
    [
        lambda: WorkbenchModel("regions", [parse_scenario(TINY.format(name="none"))], outcomes=["speed"]),
        lambda: experiments_and_outcomes("nowhere", outcomes=["speed"]),
    ],
)
def test_an_unknown_metric_is_refused(call):
    with pytest.raises(HyperclusterError, match='no metric "speed"'):
        call()


def test_an_ensemble_has_a_row_for_each_point_and_scenario_that_ran(tmp_path: Path):
    results = run_ensemble(small_ensemble(), Size(6), out=tmp_path / "study", executor="serial")
    experiments, outcomes = experiments_and_outcomes(results, ["restricted_time_years"])
    runs = results.runs_by_point(["scenario", "ending", "restricted_time_years"])
    ran = (
        runs[runs["ending"] == RAN]
        .groupby(["scenario", "point"], observed=True)["restricted_time_years"]
        .mean()
    )
    rows = pd.MultiIndex.from_arrays([experiments["policy"].astype(str), experiments["scenario"]])
    assert len(experiments) == len(set(rows)) > 6
    np.testing.assert_array_equal(outcomes["restricted_time_years"], ran.loc[rows].to_numpy())
    values = results.design().set_index("point").loc[experiments["scenario"]]
    for name in values.columns:
        assert experiments[name].astype(values[name].dtype).tolist() == values[name].tolist()


def test_the_analyses_of_the_workbench_read_both(performed, tmp_path: Path):
    from ema_workbench.analysis import feature_scoring, prim

    results = run_ensemble(small_ensemble(), Size(40), out=tmp_path / "study", executor="serial")
    for experiments, outcomes in (performed, experiments_and_outcomes(results, ["restricted_time_years"])):
        assert len(feature_scoring.get_feature_scores_all(experiments, outcomes)) > 2
        speed = outcomes["restricted_time_years"]
        box = prim.Prim(experiments, speed < np.median(speed)).find_box()
        assert box is None or box.density > 0.5
