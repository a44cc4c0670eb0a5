"""Fits by simulation against the posterior of the exact likelihood."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from observed_worlds import simulated, write_adoption, write_world

from simulation.cli.main import cli
from simulation.fit.by_simulation import run_by_simulation
from simulation.fit.counts import observe_counts
from simulation.fit.counts_likelihood import CountsLikelihood
from simulation.fit.ranges import Range, values_at
from simulation.fit.simulated import search
from simulation.fit.study import read_fit
from simulation.scenario.loading import load_scenario

RANGES = (
    Range("spontaneous", "diffusion.spontaneous", 0.01, 0.4, "log"),
    Range("spatial", "diffusion.spatial", 0.0, 3.0, "linear"),
)


@pytest.fixture(scope="module")
def counted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("counted")
    overrides = ["diffusion.network=0", "diffusion.spatial=1.0"]
    spec, engine, period = simulated(write_world(folder, {"all": 40}, periods=6), 4, overrides=overrides)
    write_adoption(folder, engine.world, period)
    return observe_counts(spec)


def exact(counted):
    """Return means and standard deviations of the places, by the likelihood on a grid."""
    likelihood = CountsLikelihood(counted, [each.key for each in RANGES])
    line = (np.arange(60) + 0.5) / 60
    places = np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1).reshape(-1, 2)
    logs = likelihood.logs(values_at(RANGES, places)[0])
    weight = np.exp(logs - logs.max())
    weight /= weight.sum()
    mean = weight @ places
    return mean, np.sqrt(weight @ (places - mean) ** 2)


@pytest.mark.slow
def test_it_comes_near_the_posterior_of_the_exact_likelihood(counted, tmp_path):
    """Wider, as what is kept is only near; means within what 100 draws tell of them and a quarter of the width."""
    found = search(counted, RANGES, tmp_path / "simulations.db", population=100, least_acceptance=0.15)
    mean, width = exact(counted)
    there = found.weights @ found.places
    spread = np.sqrt(found.weights @ (found.places - there) ** 2)
    error = 3.5 * spread / np.sqrt(found.effective)
    assert (np.abs(there - mean) < error + 0.25 * width).all()
    assert (spread > 0.8 * width).all() and (spread < 2.0 * width).all()


@pytest.mark.slow
def test_an_interrupted_fit_goes_on_as_if_it_had_not_been_with_any_number_of_workers(counted, tmp_path):
    class Stop(Exception):
        pass

    def stop(line):
        if line.startswith("generation 2"):
            raise Stop

    given = {"population": 30, "most_simulations": 250, "seed": 7}
    whole = search(counted, RANGES, tmp_path / "whole.db", **given)
    with pytest.raises(Stop):
        search(counted, RANGES, tmp_path / "parts.db", tell=stop, **given)
    parts = search(counted, RANGES, tmp_path / "parts.db", workers=2, **given)
    assert whole.generations == parts.generations >= 2
    assert np.array_equal(np.sort(whole.places, axis=0), np.sort(parts.places, axis=0))
    assert whole.distance == parts.distance


@pytest.mark.slow
def test_a_monthly_model_is_fitted_with_institutions_to_yearly_counts(tmp_path):
    file = write_world(tmp_path, {"a": 30, "b": 20}, periods=36, steps=12, partners=2)
    _, engine, month = simulated(file, 1)
    write_adoption(tmp_path, yearly(engine.world, 3), np.ceil(month / 12))
    file.write_text(file.read_text().replace("institutional = 0.0", "institutional = 0.02"), encoding="utf-8")
    study = tmp_path / "fit.toml"
    text = 'scenario = "world.toml"\nmethod = "simulation"\npriors = "none"\n'
    text += "population = 20\nmost_simulations = 100\nruns = 100\n"
    parameter = '[parameters.institutional]\nkey = "diffusion.institutional"\n'
    study.write_text(f"{text}steps_per_period = 12\n{parameter}", encoding="utf-8")
    out, said = tmp_path / "out", []
    found = run_by_simulation(read_fit(study), tmp_path, out, workers=1, tell=said.append)
    assert said[0].startswith("generation 1") and "independent draws" in found.sentences()[0]
    draws = pd.read_parquet(out / "posterior.parquet")["diffusion.institutional"]
    assert draws.between(0.002, 0.2).all() and load_scenario(out / "scenario.toml")
    curves = pd.read_csv(out / "curves.csv")
    assert curves.period.max() == 3 and curves.years.max() == 3  # of runs by the month, the ends of years
    before = len(said)
    run_by_simulation(read_fit(study), tmp_path, out, workers=1, tell=said.append)
    assert not any(line.startswith("generation") for line in said[before:])
    study.write_text(f"{text}steps_per_period = 7\n{parameter}", encoding="utf-8")
    result = CliRunner().invoke(cli, ["fit", str(study), "--out", str(out)])
    assert result.exit_code == 2 and "no whole number of periods" in result.output


def yearly(world, years):
    """Return what the writer of counts reads of a world, with a horizon in years."""
    return SimpleNamespace(
        months=years,
        enterprises=world.enterprises,
        pairs=world.pairs,
        technologies=world.technologies,
        regions=world.regions,
    )
