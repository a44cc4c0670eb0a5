"""The regime map: its contour against brute force, its band, what is refined, and what cells say."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_ensembles import small_study

from simulation.analysis.pattern_quantities import Observed, t50_of_all
from simulation.engine.simulate import simulate
from simulation.errors import HyperclusterError
from simulation.explore.designs import Design
from simulation.explore.ensemble import Ensemble, ensemble_of
from simulation.explore.matching import PRECISION
from simulation.explore.parameters import Parameter
from simulation.explore.points import NOT_AFFORDABLE, NOT_SHOWN, PointRun
from simulation.explore.regimes import RegimeMap, contour_lines, interpolated, regime_map
from simulation.explore.running import Size, run_ensemble
from simulation.explore.study import Study, study_with
from simulation.explore.world import write_world
from simulation.figures.ensembles.regime_map import draw
from simulation.metrics import compute
from simulation.results.reader import Results
from simulation.results.tables import RAN
from simulation.scenario.loading import load_scenario
from simulation.world import Array

ACROSS = Parameter("across", ("a",), "linear", low=0.0, high=1.0)
UPWARDS = Parameter("upwards", ("u",), "log", low=1.0, high=100.0)

Surface = Callable[[Array, Array], Array]


def made(surface: Surface, *, levels: int = 5, finer: int = 2, noise: Array | None = None) -> RegimeMap:
    """Return a map of a known surface over places from 0 to 1, of which only the coarsest grid has run."""
    design = Design("grid", (ACROSS, UPWARDS), 1, 1, levels=levels, finer=finer)
    places = np.linspace(0, 1, (levels - 1) * 2**finer + 1)
    mean = surface(*np.meshgrid(places, places, indexing="ij"))
    seeds = np.zeros(1) if noise is None else noise
    ending = np.full(mean.shape, "", dtype=object)
    step = 2**finer
    ending[::step, ::step] = RAN
    whole = RegimeMap(
        scenario="second",
        reference="first",
        metric="restricted_time_years",
        parameters=(ACROSS, UPWARDS),
        axes=(design.axes[0], design.axes[1]),
        strides=(step, step),
        differences=mean[..., None] + seeds,
        ending=ending,
        baseline=ending,
        planned=np.zeros((*mean.shape, 2)),
    )
    return hidden(whole, ending)


def hidden(whole: RegimeMap, ending: Array) -> RegimeMap:
    return replace(
        whole, ending=ending, differences=np.where((ending == RAN)[..., None], whole.differences, math.nan)
    )


def refined(surface: Surface, *, levels: int = 5, finer: int = 2, noise: Array | None = None) -> RegimeMap:
    """Return the map after all refinement that it asks for."""
    found = made(surface, levels=levels, finer=finer, noise=noise)
    everything = made(surface, levels=(levels - 1) * 2**finer + 1, finer=0, noise=noise).differences
    for halved in range(1, finer + 1):
        while nodes := found.to_refine(halved):
            ending = found.ending.copy()
            for node in nodes:
                assert ending[node] == ""
                ending[node] = RAN
            found = hidden(replace(found, differences=everything), ending)
    return found


def furthest(lines: list[Array], others: list[Array]) -> float:
    """Return the largest distance from a corner of some lines to the corners of others."""
    here, there = np.concatenate(lines), np.concatenate(others)
    return float(np.sqrt(((here[:, None] - there[None]) ** 2).sum(axis=2)).min(axis=1).max())


@pytest.mark.parametrize(
    "surface",
    [
        lambda x, y: x**2 + y - 0.7,
        lambda x, y: np.hypot(x - 0.45, y - 0.5) - 0.3,
        lambda x, y: y - 0.5 - 0.3 * np.sin(5 * x),
    ],
)
def test_the_contour_is_that_of_brute_force(surface: Surface) -> None:
    dense = np.linspace(0, 1, 801)
    brute = contour_lines(dense, dense, surface(*np.meshgrid(dense, dense, indexing="ij")), 0.0)
    distances = []
    for finer in (1, 2, 3):
        found = refined(surface, finer=finer)
        distances.append(max(furthest(found.contour(), brute), 1e-4))
        assert furthest(brute, found.contour()) < 1.5 / (4 * 2**finer)
        assert found.is_run.mean() < 0.95
    assert distances[0] < 0.03
    # Between nodes the error of a straight line falls with the square of the step; corners of a curve a little slower.
    assert distances[2] < distances[0] / 4


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    finer=st.integers(1, 3),
    levels=st.integers(3, 6),
)
def test_what_is_left_out_does_not_move_the_contour(seed: int, finer: int, levels: int) -> None:
    a = np.random.default_rng(seed).normal(size=5)

    def surface(x: Array, y: Array) -> Array:
        return (
            a[0] * (x - 0.5)
            + a[1] * (y - 0.5)
            + a[2] * (x - 0.5) * (y - 0.5)
            + 0.2 * a[3] * np.sin(4 * x + a[4])
        )

    whole = made(surface, levels=(levels - 1) * 2**finer + 1, finer=0)
    found = refined(surface, levels=levels, finer=finer)
    # A part of the contour between two nodes of the coarsest grid may be missed; nothing that is drawn is wrong.
    if found.contour():
        assert furthest(found.contour(), whole.contour()) < 1e-12


def test_interpolation_ignores_an_undefined_node_without_weight() -> None:
    places = (np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    values = np.array([[1.0, math.nan], [3.0, 5.0]])
    found = interpolated(places, values, (np.array([0.0, 0.5, 1.0]), np.array([0.0, 0.5, 1.0])))
    assert found[:, 0] == pytest.approx([1.0, 2.0, 3.0])
    assert found[2] == pytest.approx([3.0, 4.0, 5.0])
    assert np.isnan(found[1, 1])


@pytest.mark.slow
def test_the_band_holds_the_true_contour_at_a_place_in_95_of_100_maps() -> None:
    """Seeds move the whole map; 200 repeats, so a share of .95 has a standard error of .0154."""
    repeats, inside = 200, 0
    for repeat in range(repeats):
        noise = np.random.default_rng(repeat).normal(scale=0.3, size=8)
        found = made(lambda x, y: x - 0.5, levels=3, finer=0, noise=noise)
        share = found.share_positive(resamples=200, seed=repeat)[2][50, 50]
        inside += 0.025 <= share <= 0.975
    assert inside / repeats == pytest.approx(0.95, abs=3 * 0.0154)


def test_the_band_lies_around_the_contour_and_is_as_wide_as_the_interval() -> None:
    noise = np.array([-0.3, -0.15, -0.05, 0.05, 0.15, 0.3])
    found = made(lambda x, y: x - 0.5, levels=3, finer=0, noise=noise)
    contour = np.concatenate(found.contour())[:, 0]
    band = np.concatenate(found.band())[:, 0]
    # At x = .5 the interval of the mean has ends as far from the contour as the band's lines are.
    low, high = found.intervals[1, 1]
    assert band.min() == pytest.approx(contour.mean() - (high - noise.mean()), abs=0.03)
    assert band.max() == pytest.approx(contour.mean() - (low - noise.mean()), abs=0.03)


def test_with_one_seed_there_is_a_contour_and_no_band() -> None:
    found = made(lambda x, y: x - 0.4)
    assert np.concatenate(found.contour())[:, 0] == pytest.approx(0.4)
    assert found.band() == []


def test_cells_that_are_not_affordable_end_the_contour() -> None:
    found = made(lambda x, y: y - 0.4, levels=5, finer=0)
    ending = found.ending.copy()
    ending[3:] = NOT_AFFORDABLE
    lines = np.concatenate(hidden(found, ending).contour())
    assert lines[:, 0].max() == pytest.approx(0.5)


def test_the_coarse_grid_comes_first() -> None:
    fine = Design("grid", (ACROSS, UPWARDS), 1, 2, levels=3, finer=2)
    coarse = Design("grid", (ACROSS, UPWARDS), 1, 2, levels=3)
    assert fine.rounds == (9, 25, 81)
    assert fine.size == 81
    assert [fine.values(point) for point in range(9)] == [coarse.values(point) for point in range(9)]
    middle = Design("grid", (ACROSS, UPWARDS), 1, 2, levels=5)
    assert {fine.values(point) for point in range(25)} == {middle.values(point) for point in range(25)}
    assert len({fine.cell(point) for point in range(81)}) == 81


def test_listed_values_are_not_halved() -> None:
    listed = Parameter("listed", ("l",), "values", values=(1, 2, 4))
    design = Design("grid", (ACROSS, listed), 1, 1, levels=3, finer=1)
    assert design.rounds == (9, 15)
    assert {design.values(point)[1] for point in range(15)} == {1, 2, 4}


def grid_study(**changes: object) -> Study:
    return study_with(small_study(design="grid", levels=3, finer=1, replications=3) | changes)


@pytest.fixture(scope="module")
def ensemble() -> Ensemble:
    return ensemble_of(grid_study())


@pytest.fixture(scope="module")
def results(ensemble: Ensemble, tmp_path_factory: pytest.TempPathFactory) -> Results:
    return run_ensemble(
        ensemble, Size(ensemble.study.points), out=tmp_path_factory.mktemp("map") / "study", executor="serial"
    )


def test_differences_are_those_of_runs_with_the_same_seeds_in_every_cell(
    ensemble: Ensemble, results: Results
) -> None:
    found = regime_map(results, "hypercluster")
    i, j = map(int, np.argwhere(found.is_run)[-1])
    point = next(p for p in range(ensemble.design.size or 0) if ensemble.design.cell(p) == (i, j))
    make = PointRun(ensemble)
    for number in range(3):
        both = [make.case(spec, 3 * point + number) for spec in ensemble.rivals]
        assert {seed for _, seed in both} == {1 + number}
        there, here = (compute(simulate(*case))["restricted_time_years"] for case in both)
        assert found.differences[i, j, number] == here - there


def test_only_what_is_near_a_contour_is_run_in_halved_steps(ensemble: Ensemble, results: Results) -> None:
    maps = [regime_map(results, metric=metric) for metric in ("restricted_time_years", "phi")]
    coarse = ensemble.design.rounds[0]
    ran = {int(r) // 3 for r in results.runs(["replication"])["replication"]}
    assert set(range(coarse)) <= ran
    assert len(ran) < (ensemble.design.size or 0)
    assert all(found.to_refine(1) == [] for found in maps)
    assert maps[0].is_equal_money


def test_a_map_that_is_interrupted_and_resumed_is_the_same(
    ensemble: Ensemble, results: Results, tmp_path: Path
) -> None:
    size = Size(ensemble.study.points, minutes=1e-9)
    first = run_ensemble(ensemble, size, out=tmp_path / "again", executor="serial")
    assert "provisional" not in regime_map(first).sentence()
    again = run_ensemble(ensemble, Size(ensemble.study.points), out=tmp_path / "again", executor="serial")
    assert regime_map(again).table().equals(regime_map(results).table())
    assert sorted(again.runs()["sha256"]) == sorted(results.runs()["sha256"])


def test_the_sentence_counts_each_cell_of_the_grid_once(results: Results) -> None:
    found = regime_map(results)
    text = found.sentence()
    nodes = (slice(None, None, 2), slice(None, None, 2))
    shown = int((found.is_run & (found.baseline != NOT_SHOWN))[nodes].sum())
    assert f"of {shown} cells" in text
    assert text.startswith("Hypercluster is sooner than Regional clusters (hubs) in ")


def test_a_map_needs_a_grid_over_two_numbers(results: Results, tmp_path: Path) -> None:
    with pytest.raises(HyperclusterError, match='no scenario "regional_cluster" is compared'):
        regime_map(results, "regional_cluster")
    with pytest.raises(HyperclusterError, match="is not a metric"):
        regime_map(results, metric="speeed")
    sample = ensemble_of(study_with(small_study(points=1)))
    made_of = run_ensemble(sample, Size(1), out=tmp_path / "sample", executor="serial")
    with pytest.raises(HyperclusterError, match='needs the design "grid" over two'):
        regime_map(made_of)
    choice = {
        "contacts": {"key": "diffusion.contacts", "values": ["added", "substituted"]},
        "spatial": {"key": "diffusion.spatial", "low": 0.2, "high": 2.0},
    }
    texts = ensemble_of(grid_study(parameters=choice, levels=2, finer=0, replications=1))
    made_of = run_ensemble(texts, Size(4), out=tmp_path / "texts", executor="serial")
    with pytest.raises(HyperclusterError, match="values of contacts are texts"):
        regime_map(made_of)


def test_steps_are_halved_only_in_a_grid_over_two_parameters() -> None:
    with pytest.raises(HyperclusterError, match="finer"):
        study_with(small_study(finer=1))


def test_plans_that_cost_too_much_are_cells_of_their_own(tmp_path: Path) -> None:
    parameters = {
        "spatial": {"key": "diffusion.spatial", "low": 0.2, "high": 2.0},
        "operation": {"key": "costs.platform_operation", "low": 1.0, "high": 20000.0},
    }
    ensemble = ensemble_of(grid_study(parameters=parameters, levels=2, finer=0, replications=1))
    results = run_ensemble(ensemble, Size(4), out=tmp_path / "dear", executor="serial")
    found = regime_map(results)
    assert found.not_affordable.tolist() == [[False, True], [False, True]]
    assert "in 2 a plan is not affordable" in found.sentence()
    assert list(found.table()["affordable"]) == [True, False, True, False]


def test_in_a_matched_map_the_baseline_takes_as_long_in_every_cell(tmp_path: Path) -> None:
    """The slowest contact is .2 of the fastest; the target is that of neither."""
    ensemble = ensemble_of(grid_study(levels=2, finer=0, match={"years": 3.0}, patterns="none"))
    results = run_ensemble(ensemble, Size(4), out=tmp_path / "matched", executor="serial")
    found = regime_map(results)
    assert found.is_run.all() and found.target == 3.0
    factors = (
        results.runs(["scenario", "replication", "matched_factor"]).set_index("scenario").loc["baseline"]
    )
    assert factors["matched_factor"].nunique() == 2  # by spatial contact; onboarding moves no baseline
    for point in (0, 3):
        (file, *_) = write_world(results, point, tmp_path / f"w{point}.toml")
        longer = load_scenario(file, overrides=[f"time.years={ensemble.years}"])
        t50 = float(t50_of_all(Observed(simulate(longer, 1)))[0])
        assert t50 == pytest.approx(3.0, abs=PRECISION)


@pytest.mark.slow
def test_cells_whose_target_is_out_of_reach_are_told(tmp_path: Path) -> None:
    ensemble = ensemble_of(grid_study(levels=2, finer=0, replications=1, match={"years": 1e-3}))
    results = run_ensemble(ensemble, Size(4), out=tmp_path / "out", executor="serial")
    found = regime_map(results)
    assert found.out_of_reach.all() and not found.is_run.any()
    assert "in 4 the target is out of reach" in found.sentence()
    assert "provisional" not in found.sentence()
    draw(results, width_mm=90.0)
    with pytest.raises(HyperclusterError, match="no factor on the rates reaches the target"):
        write_world(results, 0, tmp_path / "w.toml")


def test_targets_are_drawn_only_where_points_are() -> None:
    with pytest.raises(HyperclusterError, match="elsewhere give years"):
        grid_study(match={"low": 5.0, "high": 12.0})
    with pytest.raises(HyperclusterError, match="either low and high, or years"):
        grid_study(match={"low": 5.0, "high": 12.0, "years": 8.0})
