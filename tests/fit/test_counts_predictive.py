"""Counts: forecasts against a plain simulation, runs of the fitted model, and a fit from command to report."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from observed_worlds import SIX, plain_draws, simulated, world_of, write_adoption, write_agents, write_world

from simulation.cli.main import cli
from simulation.fit import rivals
from simulation.fit.counts import observe_counts
from simulation.fit.counts_likelihood import OVERDISPERSION, CountsLikelihood
from simulation.fit.counts_predictive import (
    by_period,
    by_region,
    counted_of,
    record_of_counts,
    simulated_counts,
)
from simulation.fit.left_out import weights_without
from simulation.fit.likelihood import Likelihood
from simulation.fit.observed import observe
from simulation.fit.predictive import measured
from simulation.fit.ranges import Range
from simulation.fit.validation import came

COUNTS = {"east": {"coal": 12, "oil_gas": 9}, "west": {"coal": 10, "oil_gas": 0}}
NONE = np.empty(0)


@pytest.fixture(scope="module")
def counted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("counted")
    spec, engine, period = simulated(write_world(folder, COUNTS, periods=8, seeds=2), 3)
    write_agents(folder, engine.world, period)
    write_adoption(folder, engine.world, period)
    return observe_counts(spec), observe(spec), engine


def test_a_forecast_of_counts_is_what_happens_after_the_same_counts(tmp_path):
    """Without network contact, given counts of two periods: two-sample chi-square, 4 standard deviations."""
    overrides = ["diffusion.network=0", "diffusion.spontaneous=0.3", "diffusion.spatial=1.5"]
    seen = world_of(tmp_path, SIX, periods=4, partners=1, overrides=overrides)
    write_adoption(tmp_path, seen.world, seen.period)
    found = observe_counts(seen.spec)
    periods = plain_draws(seen, 150_000, np.random.default_rng(5))
    stock = [
        np.stack([(periods[:, part] <= t).sum(axis=1) for part in (slice(4), slice(4, 6))]) for t in (1, 2, 4)
    ]
    same = (stock[0] == [[1], [0]]).all(axis=0) & (stock[1] == [[2], [1]]).all(axis=0)
    plain = (stock[2] - stock[1])[:, same].T @ [3, 1]
    early = replace(found, stock=np.array([[0, 1, 2], [0, 0, 1]]), periods=2)
    likelihood, draw = CountsLikelihood(early, ()), np.random.default_rng(1)
    forward = np.array([likelihood.forward(NONE, until=4, draw=draw) for _ in range(1500)]) @ [3, 1]
    one, other = (np.bincount(each, minlength=9) for each in (plain, forward))
    enough = one + other >= 20
    one, other = one[enough], other[enough]
    share = one.sum() / (one.sum() + other.sum())
    expected = (one + other) * share
    assert plain.size > 1500 and enough.sum() >= 5
    assert ((one - expected) ** 2 / (expected * (1 - share))).sum() < enough.sum() + 4 * np.sqrt(
        2 * enough.sum()
    )


def test_an_overdispersion_widens_a_forecast_and_leaves_its_mean(counted):
    early = counted[0].until(3)
    likelihood = CountsLikelihood(early, (OVERDISPERSION,))
    plain, wide = (
        np.array(
            [likelihood.forward(np.array([rho]), until=4, draw=np.random.default_rng(n)) for n in range(1000)]
        )
        for rho in (0.0, 0.3)
    )
    # Skellam (1948): variances are as 1 + (n - 1) times the correlation, which 1,000 draws tell to some 7 % each.
    left = early.eligible - early.stock[:, -1]
    ratio = wide.var(axis=0) / plain.var(axis=0)
    assert ratio == pytest.approx(1 + 0.3 * (left - 1), rel=4 * 0.1)
    error = np.hypot(plain.std(axis=0), wide.std(axis=0)) / np.sqrt(1000)
    assert (np.abs(wide.mean(axis=0) - plain.mean(axis=0)) < 4 * error).all()


def test_counts_are_measured_as_the_run_that_they_were(counted, tmp_path):
    found, _, engine = counted
    record = engine.record()
    again = record_of_counts(found, simulated_counts(found, found.spec, seed=9))
    assert np.array_equal(again.adopters, record.adopters)
    assert measured(again) == measured(record)


def test_runs_start_from_as_many_initial_adopters_as_were_counted(counted):
    found = counted[0]
    runs = [simulated_counts(found, found.spec, seed=seed).adopters for seed in (1, 2)]
    for adopters in runs:
        assert np.array_equal(adopters[0].sum(axis=(1, 2)), by_region(found, found.stock[:, 0]))
    assert not np.array_equal(runs[0], runs[1])


def test_a_run_by_period_is_what_it_was_at_the_end_of_each(tmp_path):
    _, engine, _ = simulated(write_world(tmp_path, COUNTS, periods=8, steps=4), 3)
    record = engine.record()
    found = by_period(record, 4)
    assert np.array_equal(found.adopters, record.adopters[::4]) and found.steps_per_year == 1
    assert by_period(record, 3) is record  # a year is no whole number of such periods


def test_rivals_count_what_was_counted(counted):
    found, named, _ = counted
    for one, other in zip(rivals.counts(found), rivals.counts(named), strict=True):
        assert np.array_equal(one, other)
    early, whole = (each.until(4) for each in (found, named))
    assert np.array_equal(came(early, found), came(whole, named))


def test_a_sample_of_all_adopters_is_all_of_them(counted):
    found = counted[0]
    adopted = np.array([[5, 2], [0, 8]])
    assert np.array_equal(counted_of(found, adopted, draw=np.random.default_rng(1)), adopted)
    half = replace(found, eligible=found.eligible // 2, stock=found.stock // 2)
    many = np.repeat(adopted, 4000, axis=0)
    drawn = counted_of(half, many, draw=np.random.default_rng(1))
    left = by_region(half, half.eligible - half.stock[:, 0]) / by_region(
        found, found.eligible - found.stock[:, 0]
    )
    assert drawn[:4000].mean(axis=0) == pytest.approx(adopted[0] * left, abs=4 * np.sqrt(1.5 / 4000))


def test_without_network_contact_weights_by_counts_are_those_by_names(tmp_path):
    spec, engine, period = simulated(
        write_world(tmp_path, {"a": 20, "b": 15}, periods=8), 3, overrides=["diffusion.network=0"]
    )
    write_agents(tmp_path, engine.world, period)
    write_adoption(tmp_path, engine.world, period)
    ranges = (Range("p", "diffusion.spontaneous", 0.01, 0.5, "log"),)
    draws = np.exp(np.random.default_rng(1).normal(-3.0, 0.3, size=(300, 1)))
    found = []
    for seen, kind in ((observe_counts(spec), CountsLikelihood), (observe(spec), Likelihood)):
        likelihood = kind(seen, [ranges[0].key])
        found.append(weights_without(SimpleNamespace(seen=seen, given_by=likelihood, draws=draws), 300)[0])
    assert found[0] == pytest.approx(found[1], rel=1e-8)


STUDY = """
scenario = "world.toml"
priors = "none"
effective = 200
starts = 2
runs = 100
[parameters.spread]
key = "overdispersion"
[parameters.spontaneous]
key = "diffusion.spontaneous"
low = 0.01
high = 0.4
"""

BY_SIMULATION = """
scenario = "world.toml"
method = "simulation"
priors = "none"
population = 30
least_acceptance = 0.3
runs = 100
[parameters.spontaneous]
key = "diffusion.spontaneous"
low = 0.01
high = 0.4
"""


@pytest.mark.slow
@pytest.mark.parametrize("study", [STUDY, BY_SIMULATION], ids=["likelihood", "simulation"])
def test_counts_are_forecast_drawn_and_reported(tmp_path, study):
    _, engine, period = simulated(write_world(tmp_path, {"a": 30, "b": 20, "c": 25}, periods=9, seeds=1), 3)
    write_adoption(tmp_path, engine.world, period)
    (tmp_path / "fit.toml").write_text(study, encoding="utf-8")
    out = tmp_path / "out"
    arguments = ["fit", str(tmp_path / "fit.toml"), "--out", str(out), "--until", "6", "--workers", "1"]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0, result.output
    assert "Forecast of the periods after 6" in result.output and "Synchronization" in result.output
    forecast = pd.read_csv(out / "forecast.csv")
    truth = [((period > 6) & (period <= 9))[engine.world.enterprises.region_of == r].sum() for r in range(3)]
    assert forecast[forecast.model == "model"].adopted.tolist() == truth
    ours = forecast[forecast.model == "model"]
    assert ((ours.low <= ours["mean"]) & (ours["mean"] <= ours.high)).all()
    curves = pd.read_csv(out / "curves.csv")
    assert curves.period.max() == 6 and (curves.low <= curves.high).all()
    has_likelihood = study is STUDY
    assert (out / "figures" / "profiles.png").is_file() == has_likelihood
    assert (out / "left_out.csv").is_file() == has_likelihood
    assert {"fit_by_region.png", "posterior.png", "synchronization.png", "calibration.png"} <= {
        path.name for path in (out / "figures").iterdir()
    }
    result = CliRunner().invoke(cli, ["report", str(out)])
    assert result.exit_code == 0, result.output
    page = (out / "report.md").read_text(encoding="utf-8")
    assert "## Periods held out" in page and "Nobody is named" in page and "\nruns = 100" in page
