"""What figures draw is what the metrics of the same replications say."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulation.errors import ResultsError
from simulation.figures import FIGURES, study_curves
from simulation.metrics import Curves
from simulation.metrics.curves import integral
from simulation.replication import run
from simulation.results.reader import Results
from simulation.scenario.loading import parse_scenario
from simulation.scenario.schema import Scenario

SPEC = """
name = "{name}"
title = "Years {years}"
[time]
years = {years}
[technologies]
per_year = 8.0
[diffusion]
spontaneous = 0.05
"""
REPLICATIONS = 2
POLICY = """
name = "policy"
title = "Two platforms"
[time]
years = 3.0
[world]
scale = 0.1
digital_readiness = { perm = 0.9 }
readiness_factor = 1.2
[membership]
base = -2.5
[technologies]
release = "at_start"
[[platforms]]
name = "here"
vectors = ["B2B"]
regions = ["perm"]
[[platforms]]
name = "there"
vectors = ["B2B"]
[[policies]]
instrument = "platform_operation"
platform = "there"
budget = 150.0
[[policies]]
instrument = "training"
budget = 10.0
"""


def spec(name: str, *, years: float = 8.0) -> Scenario:
    return parse_scenario(SPEC.format(name=name, years=years))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Two scenarios with different horizons, and so with different windows."""
    from simulation import run_batch

    folder = tmp_path_factory.mktemp("results") / "study"
    return run_batch(
        [spec("baseline"), spec("longer", years=10.0)], REPLICATIONS, out=folder, executor="serial"
    )


def test_curves_are_those_of_the_metrics_up_to_the_common_window(results: Results) -> None:
    study = study_curves(results)
    runs = [Curves(run(spec("baseline"), seed=seed).record) for seed in (1, 2)]
    months = min(curves.window for curves in runs)
    assert study.window_years == pytest.approx(months / 12)
    baseline = study.scenarios[0]
    order = [runs[0].record.regions.index(region) for region in study.region_ids]
    for replication, curves in enumerate(runs):
        np.testing.assert_allclose(baseline.pooled[replication], curves.pooled[: months + 1], atol=1e-12)
        np.testing.assert_allclose(
            baseline.regional[replication], curves.regional[: months + 1, order].T, atol=1e-12
        )


def test_regions_stand_west_to_east_under_their_short_names(results: Results) -> None:
    study = study_curves(results)
    assert study.region_ids[:3] == ("arkhangelsk_nenets", "komi", "astrakhan")
    assert study.region_names[-3:] == ("Irkutsk", "Sakha (Yakutia)", "Sakhalin")
    assert study.macroregions[-5:] == ("Siberian", "Siberian", "Siberian", "Far Eastern", "Far Eastern")


def test_the_variances_integrate_to_phi_of_the_replication(results: Results) -> None:
    """Read alone, a replication has its own window, and so the metric's."""
    for seed in (1, 2):
        scenario = study_curves(results, scenarios=["baseline"], seed=seed).scenarios[0]
        between, total = (
            integral(variance[0], 1 / 12) for variance in (scenario.variance_between, scenario.variance_total)
        )
        assert between / total == pytest.approx(scenario.metrics["phi"][0], rel=1e-9)


def test_one_seed_and_some_scenarios_can_be_read_alone(results: Results) -> None:
    study = study_curves(results, scenarios=["longer"], seed=2)
    assert [(scenario.name, scenario.seeds) for scenario in study.scenarios] == [("longer", (2,))]
    whole = study_curves(results).scenarios[1]
    steps = whole.pooled.shape[1]
    np.testing.assert_array_equal(study.scenarios[0].pooled[0, :steps], whole.pooled[1])
    assert study_curves(study) is study


@pytest.mark.parametrize(
    ("scenarios", "seed", "message"),
    [
        (["longr"], None, 'no scenario "longr"; did you mean "longer"'),
        (None, 9, 'no replication with seed 9 of "baseline", "longer" is here'),
    ],
)
def test_an_unknown_scenario_or_seed_is_refused(
    results: Results, scenarios: list[str] | None, seed: int | None, message: str
) -> None:
    with pytest.raises(ResultsError, match=message):
        study_curves(results, scenarios=scenarios, seed=seed)


RENEWED = """
name = "renewed"
[time]
years = 6.0
[world]
scale = 0.1
[technologies]
per_year = 8.0
[diffusion]
spontaneous = 0.1
[turnover]
entry = 0.1
exit = 0.3
[[platforms]]
name = "national"
vectors = ["B2B"]
"""


def test_where_enterprises_enter_and_leave_the_curves_are_those_of_the_metrics_too(tmp_path: Path) -> None:
    from simulation import run_batch

    renewed = parse_scenario(RENEWED)
    results = run_batch([renewed], 2, out=tmp_path / "renewed", executor="serial")
    study = study_curves(results)
    scenario = study.scenarios[0]
    records = [run(renewed, seed=seed).record for seed in (1, 2)]
    order = [records[0].regions.index(region) for region in study.region_ids]
    months = scenario.pooled.shape[1]
    for replication, record in enumerate(records):
        assert record.enterprises[-1] < 0.6 * record.enterprises[0]
        curves = Curves(record)
        np.testing.assert_allclose(scenario.pooled[replication], curves.pooled[:months], atol=1e-12)
        np.testing.assert_allclose(
            scenario.regional[replication], curves.regional[:months, order].T, atol=1e-12
        )
        assert scenario.platforms is not None
        np.testing.assert_array_equal(
            scenario.platforms.may_join[replication, :, 0], record.may_join[:, 0, order]
        )
        alone = study_curves(results, seed=record.seed).scenarios[0]
        between, total = (
            integral(variance[0], 1 / 12) for variance in (alone.variance_between, alone.variance_total)
        )
        assert between / total == pytest.approx(alone.metrics["phi"][0], rel=1e-9)
    at_the_start = records[0].eligible[0].max(axis=2).sum(axis=1)[order]
    np.testing.assert_array_equal(study.enterprises, at_the_start)


def test_members_and_money_are_those_of_the_tables(tmp_path: Path) -> None:
    from simulation import run_batch

    results = run_batch([parse_scenario(POLICY)], 2, out=tmp_path / "policy", executor="serial")
    study = study_curves(results)
    scenario, platforms = study.scenarios[0], study.scenarios[0].platforms
    assert platforms is not None
    assert platforms.names == ("here", "there")
    table = results.memberships().query("platform == 'here' and region == 'perm' and replication == 1")
    at = study.region_ids.index("perm")
    np.testing.assert_array_equal(platforms.members[1, :, 0, at], table["members"])
    np.testing.assert_array_equal(platforms.may_join[1, :, 0, at], table["may_join"])
    assert (platforms.may_join[:, :, 0].sum(axis=2) == platforms.may_join[:, :, 0, at]).all(), (
        "here is Perm's alone"
    )
    assert (platforms.base, platforms.network_effect, platforms.readiness_effect) == (-2.5, 6.0, 2.0)
    assert platforms.readiness is not None
    assert platforms.readiness[at] == 1.0  # 0.9 times 1.2 is more than there is
    assert platforms.readiness[study.region_ids.index("tatarstan")] == 0.8 * 1.2
    spent = results.ledger()[["planned", "spent"]].sum() / 2
    assert scenario.ledger[["planned", "spent"]].sum().tolist() == pytest.approx(spent.tolist())
    assert set(scenario.ledger["instrument"]) == {"platform_operation", "training"}


def rename(region: dict[str, Any]) -> None:
    region["name"] = "Shire"
    region.pop("short_name", None)


def test_a_region_of_the_users_own_keeps_its_name(results: Results, tmp_path: Path) -> None:
    folder = edited(results, tmp_path, lambda entry: rename(entry["regions"][0]))
    assert "Shire" in study_curves(Results(folder)).region_names


def test_measures_are_those_of_the_runs_table(results: Results) -> None:
    runs = results.runs().set_index(["scenario", "seed"])
    for scenario in study_curves(results).scenarios:
        assert scenario.seeds == (1, 2)
        for place, seed in enumerate(scenario.seeds):
            row = runs.loc[(scenario.name, seed)]
            np.testing.assert_equal(scenario.t50_years[place], row["t50_years"])
            np.testing.assert_equal(scenario.synchronization[place], row["synchronization"])


def edited(results: Results, folder: Path, change) -> Path:
    """A copy of the study with each scenario's entry in the manifest changed."""
    copy = folder / "study"
    shutil.copytree(results.path, copy, ignore=shutil.ignore_patterns("figures"))
    manifest = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    for entry in manifest["scenarios"]:
        change(entry)
    (copy / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return copy


def test_scenarios_with_different_regions_are_refused(results: Results, tmp_path: Path) -> None:
    folder = edited(results, tmp_path, lambda entry: entry["regions"][0].update(longitude=len(entry["name"])))
    with pytest.raises(ResultsError, match='"longer": not the same regions as baseline'):
        study_curves(Results(folder))


def test_a_scenario_without_a_finished_replication_is_left_out(results: Results, tmp_path: Path) -> None:
    folder = edited(results, tmp_path, lambda entry: None)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["scenarios"].insert(0, manifest["scenarios"][0] | {"name": "unfinished"})
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert [scenario.name for scenario in study_curves(Results(folder)).scenarios] == ["baseline", "longer"]


def test_a_study_whose_last_technology_appears_in_the_last_month_can_be_drawn(tmp_path: Path) -> None:
    from simulation import run_batch

    text = SPEC.format(name="short", years=1.0).replace("per_year = 8.0", "per_year = 25.0")
    short = parse_scenario(text)
    seed = next(seed for seed in range(1, 50) if run(short, seed=seed).record.release_month.max() == 11)
    results = run_batch([short], 1, out=tmp_path / "short", seed=seed, executor="serial")
    study = study_curves(results)
    assert study.window_years == pytest.approx(1 / 12)
    assert np.isnan(study.scenarios[0].t50_years).all()
    for figure in (FIGURES["adoption_raster"], FIGURES["phi_over_time"], FIGURES["t50_by_region"]):
        assert not any(table.empty for table in figure.draw(study, width_mm=90.0).numbers.values())
