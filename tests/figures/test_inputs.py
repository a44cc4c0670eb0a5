"""What figures draw is what the metrics of the same replications say."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from simulation.errors import ResultsError
from simulation.figures import FIGURES, study_curves, write_study_figures
from simulation.metrics import Curves
from simulation.results import Results
from simulation.run import run
from simulation.scenario import Scenario, parse_scenario

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


def spec(name: str, *, years: float = 8.0) -> Scenario:
    return parse_scenario(SPEC.format(name=name, years=years))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Two scenarios with different horizons, and so with different windows."""
    from simulation import run_batch

    folder = tmp_path_factory.mktemp("results") / "study"
    return run_batch([spec("baseline"), spec("longer", years=10.0)], REPLICATIONS, out=folder, workers=1)


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
    assert study.region_ids[:3] == ("arkhangelsk_nenets", "astrakhan", "tatarstan")
    assert study.region_names[-3:] == ("Irkutsk", "Sakha (Yakutia)", "Sakhalin")
    assert study.macroregions[-5:] == ("Siberian", "Siberian", "Siberian", "Far Eastern", "Far Eastern")


def test_a_region_of_the_users_own_keeps_its_name(results: Results, tmp_path: Path) -> None:
    folder = edited(results, tmp_path, lambda entry: entry["regions"][0].update(name="Shire"))
    assert "Shire" in study_curves(Results(folder)).region_names


def test_measures_are_those_of_the_runs_table(results: Results) -> None:
    runs = results.runs().set_index(["scenario", "seed"])
    for scenario in study_curves(results).scenarios:
        assert scenario.seeds == (1, 2)
        for place, seed in enumerate(scenario.seeds):
            row = runs.loc[(scenario.name, seed)]
            np.testing.assert_equal(scenario.t50_years[place], row["t50_years"])
            np.testing.assert_equal(scenario.synchronization[place], row["synchronization"])


def test_every_figure_is_written_into_the_results_folder(results: Results) -> None:
    paths = write_study_figures(results, formats=["png"], width_mm=90)
    assert all(path.parent == results.path / "figures" and path.stat().st_size for path in paths)
    names = {path.name for path in paths}
    assert names >= {f"{name}.{suffix}" for name in FIGURES for suffix in ("png", "csv", "md")}


@pytest.mark.parametrize(
    ("formats", "width_mm", "message"),
    [
        (["gif"], 90.0, 'format "gif"; there are "png", "pdf", "svg"'),
        (["png"], 100.0, "90, 140, 190 mm wide"),
    ],
)
def test_an_unknown_format_or_width_is_refused_before_anything_is_written(
    results: Results, tmp_path: Path, formats: list[str], width_mm: float, message: str
) -> None:
    folder = edited(results, tmp_path, lambda entry: None)
    with pytest.raises(ResultsError, match=message):
        write_study_figures(Results(folder), formats=formats, width_mm=width_mm)
    assert not (folder / "figures").exists()


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
    results = run_batch([short], 1, out=tmp_path / "short", seed=seed, workers=1)
    study = study_curves(results)
    assert study.window_years == pytest.approx(1 / 12)
    assert np.isnan(study.scenarios[0].t50_years).all()
    for figure in FIGURES.values():
        assert not any(table.empty for table in figure.draw(study, width_mm=90.0).numbers.values())
