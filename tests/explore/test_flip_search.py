"""The nearest flip of a small ensemble, with worlds that are simulated."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from small_ensembles import small_study

from simulation.batch.workers import opened
from simulation.engine.simulate import simulate
from simulation.errors import HyperclusterError
from simulation.explore.ensemble import Ensemble, ensemble_of
from simulation.explore.flip_search import Worlds, mean_gains, nearest_flip, own_values
from simulation.explore.parameters import changed
from simulation.explore.points import NOT_AFFORDABLE, NOT_SHOWN
from simulation.explore.running import Size, run_ensemble
from simulation.explore.study import study_with
from simulation.metrics import compute
from simulation.results.reader import Results

PARAMETERS = {
    "onboarding": {"key": "costs.platform_onboarding", "low": 0.25, "high": 4.0, "scale": "log"},
    "operation": {"key": "costs.platform_operation", "low": 1.0, "high": 20000.0, "scale": "log"},
    "readiness": {"keys": ["world.digital_readiness"], "multiply": {"low": 0.3, "high": 1.2}},
}
ENSEMBLE = ensemble_of(study_with(small_study(parameters=PARAMETERS, patterns="none", points=4)))
METRIC, OTHER = METRICS_OF_A_VERDICT = ("restricted_time_years", "phi")


def worlds(ensemble: Ensemble = ENSEMBLE) -> Worlds:
    with opened("serial", workers=1, deadline=None, prepare=lambda: None) as pool:
        return Worlds(ensemble, ensemble.rivals[1], ensemble.rivals[0], METRIC, pool)


def test_gains_are_those_of_runs_at_the_changed_values() -> None:
    found = worlds()({"onboarding": 2.0}, [5, 6])
    parameter = next(each for each in ENSEMBLE.design.parameters if each.name == "onboarding")
    by_scenario = [
        [compute(simulate(changed(spec, [(parameter, 2.0)])[0], seed))[METRIC] for seed in (5, 6)]
        for spec in ENSEMBLE.rivals[:2]
    ]
    assert np.array_equal(found, np.subtract(*by_scenario))


def test_values_without_a_verdict_say_why() -> None:
    assert worlds()({"operation": 20000.0}, [1, 2]) == NOT_AFFORDABLE
    strict = ensemble_of(
        study_with(small_study(parameters=PARAMETERS, patterns={"final_share": {"low": 0.999, "high": 1.0}}))
    )
    assert worlds(strict)({"onboarding": 2.0}, [1, 2]) == NOT_SHOWN


def test_own_values_are_those_of_the_scenarios() -> None:
    assert own_values(ENSEMBLE.design, ENSEMBLE.scenarios) == {
        "onboarding": 1.0,
        "operation": 150.0,
        "readiness": 1.0,
    }


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return run_ensemble(ENSEMBLE, Size(4), out=tmp_path_factory.mktemp("flips") / "sample", executor="serial")


@pytest.mark.slow
def test_the_search_of_an_ensemble_ends_with_a_sentence(sample: Results) -> None:
    gains = mean_gains(sample, ("hypercluster", "regional_cluster"), metric=METRIC, replications=2)
    assert gains
    found = nearest_flip(ENSEMBLE, sample, tries=12, executor="serial")
    assert found.verdict in ("ahead", "alike", "behind")
    assert found.sentence().endswith(("tries.", "tries)."))


@pytest.mark.slow
@pytest.mark.parametrize("metric", [METRIC, OTHER])
def test_a_flip_does_not_depend_on_the_workers(sample: Results, metric: str) -> None:
    one = nearest_flip(ENSEMBLE, sample, metric=metric, tries=12, executor="serial")
    with ThreadPoolExecutor(2) as threads:
        assert nearest_flip(ENSEMBLE, sample, metric=metric, tries=12, executor=threads, workers=2) == one
    assert len(one.table()) == sum(len(flip.changes) for flip in one.flips)


def test_only_a_sample_has_a_nearest_flip(tmp_path: Path) -> None:
    grid = ensemble_of(study_with(small_study(design="grid", levels=2, replications=1)))
    results = run_ensemble(grid, Size(4), out=tmp_path / "grid", executor="serial")
    with pytest.raises(HyperclusterError, match="needs a sample"):
        nearest_flip(grid, results)
