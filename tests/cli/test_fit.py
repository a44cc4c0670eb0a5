"""The command ``fit``: from a survey to values, words and an ensemble of worlds; and going on after a stop."""

import json
import os
import subprocess
import sys
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from made_up_survey import made_up, write_tables
from observed_worlds import simulated, write_agents, write_world

from simulation.cli.main import cli
from simulation.explore.ensemble import ensemble_of
from simulation.explore.study import study_with
from simulation.fit.posterior import MOST_R_HAT
from simulation.fit.running import run_fit
from simulation.fit.study import read_fit
from simulation.scenario.loading import load_scenario

OBSERVED = os.environ.get("HYPERCLUSTER_OBSERVED", "")


def invoke(*arguments):
    return CliRunner().invoke(cli, [str(each) for each in arguments])


@contextmanager
def fewer_draws():
    """Shorter blocks of steps, and fewer draws where regions are left out: enough for sentences and files."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("simulation.fit.posterior.BLOCK", 100)
        patch.setattr("simulation.fit.posterior._EFFECTIVE", 100.0)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fit")
    survey = write_tables(folder / "survey", *made_up(villages=4, size=15))
    assert invoke("new-dataset", folder / "seen", "--from-netdiffuser", survey).exit_code == 0
    study = folder / "seen" / "fit.toml"
    study.write_text("effective = 100\nstarts = 2\nruns = 100\n" + study.read_text())
    with fewer_draws():
        result = invoke("fit", study, "--out", folder / "out")
    assert result.exit_code == 0, result.output
    (folder / "said.txt").write_text(result.output)
    return folder


def test_a_fit_says_what_it_found_and_writes_it(folder):
    said = (folder / "said.txt").read_text()
    assert "60 enterprises in 4 regions, 1 technology, 7 periods of 1/1 year" in said
    assert "Institutions and platforms are off" in said
    summary = pd.read_csv(folder / "out" / "summary.csv")
    assert summary.parameter.tolist() == ["spontaneous", "spatial", "network", "variation"]
    assert ((summary.maximum >= summary.profile_low) & (summary.maximum <= summary.profile_high)).all()
    assert (summary.effective_draws >= 100).all() and (summary.r_hat <= MOST_R_HAT).all()
    draws = pd.read_parquet(folder / "out" / "posterior.parquet")
    assert draws.columns.tolist() == summary.key.tolist() and len(draws) == 2000
    inside = (draws >= summary.range_low.to_numpy()) & (draws <= summary.range_high.to_numpy())
    assert inside.all().all()
    spec = load_scenario(folder / "out" / "scenario.toml")
    assert spec.diffusion.spontaneous == summary.maximum[0]
    assert spec.seeds and spec.time.months == 7
    profiles = pd.read_csv(folder / "out" / "profiles.csv")
    best = profiles.groupby("parameter").log_likelihood.max()
    assert best.to_numpy() == pytest.approx(np.full(4, best.max()), abs=1e-3)
    assert (folder / "out" / "fit.md").read_text().startswith("# Fit of")


def test_what_was_observed_stands_beside_runs_of_the_fitted_model(folder):
    said, out = (folder / "said.txt").read_text(), folder / "out"
    found = pd.read_csv(out / "synchronization.csv")
    assert found.metric.tolist() == ["phi", "w1_years", "t50_years", "t50_sd_years", "theil_50"]
    assert "Synchronization:\n- Phi of what was observed" in said and "Regions left out:" in said
    page = (out / "fit.md").read_text()
    assert "## Synchronization" in page and "## Caveats" in page and "is no calibration" in page
    agents = pd.read_csv(folder / "seen" / "agents.csv")
    curves = pd.read_csv(out / "curves.csv")
    last = curves[curves.period == 7].set_index("region").observed
    assert (last == agents[agents.period.notna()].groupby("region_id").size()[last.index]).all()
    assert len(pd.read_csv(out / "runs.csv")) == 100
    without = pd.read_csv(out / "left_out.csv")
    assert without.model.unique().tolist() == ["model", "bass", "logistic"]
    assert without.region.nunique() == 4 and (without.refitted == (without.k > 0.7)).all()
    result = invoke("report", out)
    assert result.exit_code == 0, result.output
    assert "](figures/fit_by_region.png)" in (out / "report.md").read_text()
    assert "data:image/png" in (out / "report.html").read_text()


def test_the_posterior_is_an_ensemble_of_worlds(folder):
    study = study_with(
        {
            "scenarios": ["scenario.toml", "other.toml"],
            "baseline": "baseline.toml",
            "design": "posterior.parquet",
            "patterns": "none",
        }
    )
    text = (folder / "out" / "scenario.toml").read_text()
    for name in ("other", "baseline"):
        (folder / "out" / f"{name}.toml").write_text(text.replace("scenario-fitted", name))
    design = ensemble_of(study, folder=folder / "out").design
    draws = pd.read_parquet(folder / "out" / "posterior.parquet")
    assert design.kind == "rows" and design.size == 2000
    assert design.values(7) == tuple(draws.loc[7])


@pytest.mark.slow
@fewer_draws()
def test_a_fit_that_was_interrupted_ends_as_if_it_had_not_been(folder, tmp_path):
    study = read_fit(folder / "seen" / "fit.toml").model_copy(update={"effective": 100_000, "starts": 1})
    once, short = (study.model_copy(update={"most_steps": steps}) for steps in (200, 100))
    run_fit(once, folder / "seen", tmp_path / "once")
    run_fit(short, folder / "seen", tmp_path / "twice")
    run_fit(once, folder / "seen", tmp_path / "twice")
    for name in ("posterior.parquet", "summary.csv", "fit.md", "scenario.toml"):
        assert (tmp_path / "once" / name).read_bytes() == (tmp_path / "twice" / name).read_bytes()
    assert "The sampler has not converged after 200 steps" in (tmp_path / "once" / "fit.md").read_text()
    whole = (tmp_path / "once" / "chain.npz").read_bytes()
    (tmp_path / "once" / "chain.npz").write_bytes(whole[: len(whole) // 2])
    run_fit(once, folder / "seen", tmp_path / "once")  # a damaged chain is sampled again
    assert (tmp_path / "once" / "chain.npz").stat().st_size == len(whole)


def test_another_fit_is_not_continued(folder, tmp_path):
    study = folder / "seen" / "other.toml"
    study.write_text("seed = 2\n" + (folder / "seen" / "fit.toml").read_text())
    result = invoke("fit", study, "--out", folder / "out")
    assert result.exit_code == 2 and "holds another fit (study)" in result.output
    (tmp_path / "x").write_text("a file of the user")
    result = invoke("fit", study, "--out", tmp_path)
    assert result.exit_code == 2 and "not the folder of a fit" in result.output
    identity = json.loads((folder / "out" / "fit.json").read_text())
    assert {"study", "scenario", "observed", "code of fits"} < set(identity)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('scenario = "none.toml"\n', "none.toml"),
        ('scenario = "scenario.toml"\n[parameters.a]\nkey = "time.years"\n', "cannot be fitted"),
        ('scenario = "scenario.toml"\nties = "directed"\n', "nominations.csv"),
    ],
)
def test_what_a_user_does_wrong_ends_in_a_message(folder, tmp_path, text, words):
    seen = folder / "seen"
    study = seen / "wrong.toml"
    study.write_text(text)
    if "directed" in text:
        (seen / "nominations.csv").rename(tmp_path / "kept.csv")
    result = invoke("fit", study, "--out", tmp_path / "out")
    if "directed" in text:
        (tmp_path / "kept.csv").rename(seen / "nominations.csv")
    assert result.exit_code == 2 and words in result.output, result.output
    assert not (tmp_path / "out").exists()
    assert invoke("fit", tmp_path / "none.toml").exit_code == 2


@pytest.mark.slow
def test_six_parameters_are_found(tmp_path):
    """Simulated data with coordinates and two industries; the true values lie in the intervals of 99.9 %."""
    counts = {f"r{n}": {"coal": 20, "mining_services": 12} for n in range(6)}
    file = write_world(tmp_path, counts, periods=24, steps=2, complexity=0.1, partners=2, seeds=1)
    spec, engine, period = simulated(file, 3)
    write_agents(tmp_path, engine.world, period)
    keys = {
        "diffusion.spontaneous": (0.001, 1.0, "log"),
        "diffusion.spatial": (0.0, 5.0, "linear"),
        "diffusion.network": (0.0, 5.0, "linear"),
        "diffusion.absorptive_capacity_cv": (0.0, 2.0, "linear"),
        "diffusion.half_distance_km": (30.0, 1000.0, "log"),
        "diffusion.relatedness_services": (0.05, 1.0, "linear"),
    }
    text = 'scenario = "world.toml"\npriors = "none"\neffective = 500\n'
    for name, (low, high, scale) in keys.items():
        text += f'[parameters.{name.split(".")[1]}]\nkey = "{name}"\nlow = {low}\nhigh = {high}\nscale = "{scale}"\n'
    (tmp_path / "fit.toml").write_text(text)
    fitted = run_fit(read_fit(tmp_path / "fit.toml"), tmp_path, tmp_path / "out")
    assert fitted.diagnostics.has_converged
    low, high = np.quantile(fitted.draws, [0.0005, 0.9995], axis=0)
    truth = np.array([getattr(spec.diffusion, key.split(".")[1]) for key in keys])
    assert ((low <= truth) & (truth <= high)).all()


@pytest.mark.slow
@pytest.mark.skipif(not OBSERVED, reason="HYPERCLUSTER_OBSERVED does not say where the classic data sets are")
@pytest.mark.parametrize(
    ("name", "steps"), [("medical_innovation", 12), ("brazilian_farmers", 1), ("korean_family", 1)]
)
def test_fits_to_the_classic_data_sets_converge(tmp_path, name, steps):
    survey = f"{OBSERVED}/{name}"
    result = invoke("new-dataset", tmp_path / "o", "--from-netdiffuser", survey, "--steps-per-year", steps)
    assert result.exit_code == 0, result.output
    result = invoke("fit", tmp_path / "o" / "fit.toml", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "has not converged" not in result.output


@pytest.mark.slow
@fewer_draws()
def test_what_was_held_out_is_predicted_beside_rivals(folder, tmp_path):
    study = folder / "seen" / "fit.toml"
    result = invoke("fit", study, "--until", 4, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "a logistic hazard without contacts" in result.output and "By Akaike's criterion" in result.output
    assert "of 4 regions" in result.output
    found = pd.read_csv(tmp_path / "out" / "forecast.csv")
    assert len(found) == 5 * 4 and (found.low <= found.high).all()
    agents = pd.read_csv(folder / "seen" / "agents.csv")
    late = agents[agents.period > 4].groupby("region_id").size()
    ours = found[found.model == "model"].set_index("region").adopted
    assert (ours == late.reindex(ours.index, fill_value=0)).all()
    result = invoke("fit", study, "--until", 7, "--out", tmp_path / "other")
    assert result.exit_code == 2 and "must be 1 to 6" in result.output


@pytest.mark.slow
def test_a_fit_computes_with_one_thread_of_blas(tmp_path):
    """BLAS reads the environment when NumPy is loaded, so the command has to set it before."""
    code = (
        "import json, click.testing, threadpoolctl; from simulation.cli.main import cli;"
        f"click.testing.CliRunner().invoke(cli, ['fit', {str(tmp_path / 'none.toml')!r}]);"
        "print(json.dumps([one['num_threads'] for one in threadpoolctl.threadpool_info()]))"
    )
    without = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=without, capture_output=True, text=True, check=True
    )
    threads = json.loads(done.stdout.splitlines()[-1])
    assert threads and set(threads) == {1}
