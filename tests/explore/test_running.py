"""Running an ensemble: what runs where, resuming, extending, outcomes and failures."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from small_ensembles import UNFILTERED, small_ensemble

import simulation.explore.points
from simulation.batch.progress import Progress
from simulation.engine.simulate import simulate
from simulation.errors import DataError, ResultsError
from simulation.explore.ensemble import AS_DESIGNED, Ensemble
from simulation.explore.outcomes import read_ensemble
from simulation.explore.points import NOT_AFFORDABLE, NOT_SHOWN
from simulation.explore.running import Size, run_ensemble
from simulation.metrics import compute
from simulation.results.reader import Results
from simulation.results.tables import RAN


def run(ensemble: Ensemble, out: Path, points: int, **arguments: object) -> Results:
    return run_ensemble(ensemble, Size(points), out=out, executor="serial", **arguments)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def ensemble() -> Ensemble:
    return small_ensemble()


@pytest.fixture(scope="module")
def undisturbed(ensemble: Ensemble, tmp_path_factory: pytest.TempPathFactory) -> Results:
    return run(ensemble, tmp_path_factory.mktemp("ensemble") / "study", 12)


def by_scenario(results: Results) -> dict[str, pd.DataFrame]:
    runs = results.runs()
    return {str(name): rows for name, rows in runs.groupby("scenario", observed=True)}


def test_rivals_run_where_the_baseline_shows_the_patterns_and_at_the_first_points(
    undisturbed: Results, ensemble: Ensemble
):
    runs = by_scenario(undisturbed)
    each = ensemble.design.replications
    baseline = runs["baseline"].set_index("replication")["ending"]
    assert list(baseline.index) == [point * each for point in range(12)]
    assert set(baseline) == {RAN, NOT_SHOWN}
    chosen = [
        point * each + number
        for point in range(12)
        if point < UNFILTERED or baseline[point * each] == RAN
        for number in range(each)
    ]
    for name in ("regional_cluster", "hypercluster", f"hypercluster{AS_DESIGNED}"):
        assert list(runs[name]["replication"]) == chosen


def test_a_run_is_that_of_the_scenario_at_its_point(undisturbed: Results, ensemble: Ensemble):
    rows = by_scenario(undisturbed)["hypercluster"]
    make = simulation.explore.points.PointRun(ensemble)
    spec = next(spec for spec in ensemble.rivals if spec.name == "hypercluster")
    row = rows[rows["ending"] == RAN].iloc[-1]
    scenario, seed = make.case(spec, int(row["replication"]))
    point = int(row["replication"]) // ensemble.design.replications
    assert scenario.diffusion.spatial == undisturbed.design()["spatial"][point]
    assert scenario.costs.platform_onboarding == undisturbed.design()["onboarding"][point]
    assert seed == row["seed"]
    metrics = compute(simulate(scenario, seed))
    for name, value in metrics.items():
        assert row[name] == value or (np.isnan(value) and np.isnan(row[name]))


def test_scenarios_share_seeds_and_points_do_not(undisturbed: Results):
    runs = by_scenario(undisturbed)
    seeds = runs["hypercluster"].set_index("replication")["seed"]
    assert seeds.is_unique
    assert seeds.equals(runs["regional_cluster"].set_index("replication")["seed"])


def test_policies_as_designed_keep_their_costs(ensemble: Ensemble):
    make = simulation.explore.points.PointRun(ensemble)
    by_name = {spec.name: spec for spec in ensemble.rivals}
    varied, _ = make.case(by_name["hypercluster"], 0)
    designed, _ = make.case(by_name[f"hypercluster{AS_DESIGNED}"], 0)
    assert designed.costs == by_name["hypercluster"].costs != varied.costs
    assert designed.diffusion == varied.diffusion != by_name["hypercluster"].diffusion


def test_an_interrupted_ensemble_goes_on_and_ends_with_the_same_bytes(
    undisturbed: Results, ensemble: Ensemble, tmp_path: Path
):
    def stop(now: Progress) -> None:
        if now.done >= stops[0]:
            raise KeyboardInterrupt

    for at in (3, 17):
        stops = [at]
        with pytest.raises(KeyboardInterrupt):
            run(ensemble, tmp_path / "study", 12, progress=stop)
        found = read_ensemble(Results(tmp_path / "study"))  # readable as far as it has gone
        assert 0 < len(found.baseline) <= 12
    run(ensemble, tmp_path / "study", 12)
    for name in ("runs.parquet", "design.parquet"):
        assert (tmp_path / "study" / name).read_bytes() == (undisturbed.path / name).read_bytes()


def test_more_points_go_on_from_those_that_are_there(
    undisturbed: Results, ensemble: Ensemble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    run(ensemble, tmp_path / "study", 7)
    seen: list[int] = []

    def counted(spec, seed, *, deadline):
        seen.append(seed)
        return simulate(spec, seed, deadline=deadline)

    monkeypatch.setattr(simulation.explore.points, "simulate", counted)
    run(ensemble, tmp_path / "study", 12)
    each = ensemble.design.replications
    assert min(seen) >= ensemble.design.seed + 7 * each
    assert (tmp_path / "study" / "runs.parquet").read_bytes() == (
        undisturbed.path / "runs.parquet"
    ).read_bytes()


def test_a_plan_that_is_not_affordable_is_an_outcome(tmp_path: Path):
    ensemble = small_ensemble(
        patterns="none",
        parameters={"budget": {"key": "budget.per_year", "values": [60.0, 3000.0]}},
        points=4,
    )
    results = run(ensemble, tmp_path / "study", 4)
    rows = by_scenario(results)["regional_cluster"]
    poor = results.design().set_index("point")["budget"][rows["replication"] // 2].to_numpy() == 60.0
    assert set(rows["ending"][poor]) == {NOT_AFFORDABLE}
    assert set(rows["ending"][~poor]) == {RAN}
    assert rows["undefined"][poor].str.contains("not affordable").all()
    assert not results.manifest["failures"]


def test_a_failed_run_is_recorded_with_the_scenario_of_its_point_and_drops_its_pair(
    ensemble: Ensemble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def unlucky(spec, seed, *, deadline):
        if spec.name == "hypercluster" and seed == ensemble.design.seed + 1:
            raise RuntimeError("no luck")
        return simulate(spec, seed, deadline=deadline)

    monkeypatch.setattr(simulation.explore.points, "simulate", unlucky)
    results = run(ensemble, tmp_path / "study", 2)
    (failure,) = results.manifest["failures"]
    assert (failure["scenario"], failure["replication"]) == ("hypercluster", 1)
    text = (tmp_path / "study" / "failed" / "hypercluster-1.toml").read_text()
    assert f"spatial = {results.design()['spatial'][0]}" in text
    assert f"--seed {failure['seed']}" in failure["reproduce"]


def test_another_ensemble_in_the_folder_is_refused_with_what_differs(undisturbed: Results):
    other = small_ensemble(
        parameters={
            "spatial": {"key": "diffusion.spatial", "low": 0.3, "high": 2.0, "scale": "log"},
            "onboarding": {"key": "costs.platform_onboarding", "low": 0.25, "high": 4.0, "scale": "log"},
        }
    )
    with pytest.raises(ResultsError, match=r"parameters spatial: .*0\.2.*there.*0\.3.*now"):
        run(other, undisturbed.path, 12)


@pytest.mark.slow
def test_a_sample_stops_when_enough_points_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("simulation.explore.running.SMALLEST_ROUND", 4)
    ensemble = small_ensemble()
    results = run_ensemble(ensemble, Size(1000, kept=3), out=tmp_path / "study", executor="serial")
    found = read_ensemble(results)
    assert (found.baseline["ending"] == RAN).sum() >= 3
    assert found.finished
    assert len(found.baseline) == len(results.design()) < 64


def test_the_rows_of_a_file_are_the_points(tmp_path: Path):
    file = tmp_path / "points.csv"
    file.write_text("diffusion.spatial,diffusion.contacts\n0.5,added\n1.5,substituted\n")
    ensemble = small_ensemble(design=str(file), parameters={}, patterns="none")
    results = run(ensemble, tmp_path / "study", 10)
    design = results.design()
    assert design["diffusion.spatial"].tolist() == [0.5, 1.5]
    assert design["diffusion.contacts"].tolist() == ["added", "substituted"]
    seeds = by_scenario(results)["hypercluster"]["seed"].tolist()
    assert seeds == [1, 2, 3, 4]  # fresh at each point
    file.write_text("diffusion.spatial,diffusion.contacts\n0.5,added\n1.5\n")
    with pytest.raises(DataError, match="line 3  1 values for 2 columns"):
        small_ensemble(design=str(file), parameters={}, patterns="none")


@pytest.mark.slow
def test_a_sample_stops_when_its_shares_are_known_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("simulation.explore.running.SMALLEST_ROUND", 4)
    monkeypatch.setattr("simulation.explore.running.FEWEST_KEPT", 4)
    asked: list[int] = []

    def enough(results: Results) -> bool:
        asked.append(len(read_ensemble(results).baseline))
        return len(asked) == 2

    size = Size(1000, enough=enough)
    results = run_ensemble(small_ensemble(replications=1), size, out=tmp_path / "study", executor="serial")
    assert asked[1] == 2 * asked[0] == len(results.design())


def test_runs_are_joined_to_the_parameters_of_their_points(undisturbed: Results, tmp_path: Path) -> None:
    runs = undisturbed.runs_by_point(["scenario", "ending"])
    assert list(runs) == ["point", "replication", "scenario", "ending", "spatial", "onboarding"]
    assert len(runs) == len(undisturbed.runs())
    values = undisturbed.design().set_index("point")
    assert (runs["point"] == runs["replication"] // 2).all()
    assert np.array_equal(runs["spatial"], values["spatial"].loc[runs["point"]])
    shutil.copytree(undisturbed.path, tmp_path / "part")
    part = Results(tmp_path / "part")
    pq.write_table(pq.read_table(part.path / "design.parquet").slice(0, 2), part.path / "design.parquet")
    with pytest.raises(ResultsError, match="lacks points that have run"):
        part.runs_by_point()
