"""The adoption raster shows the median of the regional curves, and where each reaches one half."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from simulation.errors import ResultsError
from simulation.figures import FIGURES, StudyCurves
from simulation.figures.adoption_raster import draw
from simulation.figures.drawing.raster_panel import (
    difference_limit,
    difference_panel,
    draw_raster,
    scenario_panel,
)
from simulation.figures.drawing.study import half_times

MakeStudy = Callable[..., StudyCurves]


def test_the_table_holds_the_median_over_replications_of_every_cell(three: StudyCurves) -> None:
    table = draw(three, width_mm=190).numbers["adoption_raster"]
    for scenario in three.scenarios:
        rows = table[table["panel"] == scenario.name]
        shape = (len(three.region_ids), len(three.tau_years))
        np.testing.assert_array_equal(
            rows["adoption_share"].to_numpy().reshape(shape), np.median(scenario.regional, axis=0)
        )
        assert tuple(rows["region"].unique()) == three.region_ids


def test_the_image_holds_the_numbers_of_the_table(three: StudyCurves) -> None:
    drawn = draw(three, width_mm=190)
    rasters = [ax.images[0].get_array() for ax in drawn.figure.axes if ax.get_xlabel()]
    shares = drawn.numbers["adoption_raster"]["adoption_share"].to_numpy()
    np.testing.assert_array_equal(np.concatenate([np.asarray(raster).ravel() for raster in rasters]), shares)


def test_dots_are_the_median_half_times_of_the_maps_where_the_median_row_reaches_one_half(
    three: StudyCurves,
) -> None:
    scenario = three.scenarios[0]
    panel = scenario_panel(scenario, dt=three.dt)
    np.testing.assert_array_equal(panel.t50_years, half_times(scenario, dt=three.dt).median)
    for row, t50 in zip(panel.values, panel.t50_years, strict=True):
        assert np.isnan(t50) == (row.max() < 0.5)
        if np.isfinite(t50):
            # Between the two middle replications of an even number curves are not straight.
            assert np.interp(t50, three.tau_years, row) == pytest.approx(0.5, abs=1e-4)
    ax = Figure().subplots()
    draw_raster(ax, panel, dt=three.dt)
    reached = np.isfinite(panel.t50_years)
    dots, open_dots = ax.lines[-2:]
    np.testing.assert_array_equal(
        dots.get_xydata(), np.column_stack([panel.t50_years, np.arange(7)])[reached]
    )
    np.testing.assert_array_equal(open_dots.get_ydata(), np.flatnonzero(~reached))
    assert open_dots.get_markerfacecolor() == "none"


def test_rows_that_never_reach_one_half_are_open_and_without_t50(make_study: MakeStudy) -> None:
    study = make_study(ceiling=0.4)
    drawn = draw(study, width_mm=190)
    assert drawn.numbers["adoption_raster_t50"]["t50_years"].isna().all()
    assert "t50\u00a0undefined" in scenario_panel(study.scenarios[0], dt=study.dt).measures


def test_headings_count_the_replications_that_define_a_mean(three: StudyCurves) -> None:
    scenario = three.scenarios[0]
    t50 = np.where(np.arange(12) < 3, np.nan, 9.0)
    panel = scenario_panel(replace(scenario, metrics={**scenario.metrics, "t50_years": t50}), dt=three.dt)
    assert "t50\u00a09.0\u00a0years\u00a0(9\u00a0of\u00a012);" in panel.measures
    assert f"{scenario.synchronization.mean():.3f}" in panel.measures


def test_a_region_without_eligible_enterprises_is_blank_and_has_no_dot(three: StudyCurves) -> None:
    regional = three.scenarios[0].regional.copy()
    regional[:, 2] = np.nan
    panel = scenario_panel(replace(three.scenarios[0], regional=regional), dt=three.dt)
    ax = Figure().subplots()
    image = draw_raster(ax, panel, dt=three.dt)
    assert np.ma.getmaskarray(image.get_array())[2].all()
    assert all(2 not in line.get_ydata() for line in ax.lines[-2:])


def test_one_replication_is_drawn_by_its_seed(three: StudyCurves) -> None:
    panel = scenario_panel(three.scenarios[1], dt=three.dt, seed=5)
    np.testing.assert_array_equal(panel.values, three.scenarios[1].regional[4])
    drawn = draw(three, width_mm=190, seed=5)
    assert "One replication" in drawn.caption
    with pytest.raises(ResultsError, match="no replication with seed 99"):
        draw(three, width_mm=190, seed=99)


def test_a_difference_pairs_replications_of_one_seed(three: StudyCurves) -> None:
    of, minus = three.scenarios[2], three.scenarios[0]
    shifted = replace(
        minus, seeds=tuple(range(4, 16)), regional=minus.regional + 0.01 * np.arange(12)[:, None, None]
    )
    panel = difference_panel(of, shifted)
    expected = np.median(of.regional[3:] - shifted.regional[:9], axis=0)
    np.testing.assert_allclose(panel.values, expected, rtol=0, atol=1e-15)
    assert "9 pairs" in panel.measures
    drawn = draw(three, width_mm=190, difference=("hypercluster", "baseline"))
    table = drawn.numbers["adoption_raster"]
    assert list(table["panel"].unique()) == ["hypercluster", "baseline", "difference"]


def test_scenarios_without_a_common_seed_have_no_difference(three: StudyCurves) -> None:
    other = replace(three.scenarios[0], seeds=tuple(range(100, 112)))
    with pytest.raises(ResultsError, match="no seed in common"):
        difference_panel(three.scenarios[2], other)


def test_the_scale_of_differences_is_symmetric_and_round() -> None:
    assert difference_limit(np.array([0.31, -0.42])) == pytest.approx(0.5)
    assert difference_limit(np.array([0.3, np.nan])) == pytest.approx(0.3)
    assert difference_limit(np.array([0.041, -0.01])) == pytest.approx(0.05)
    assert difference_limit(np.array([0.04, -0.01])) == pytest.approx(0.04)
    assert difference_limit(np.zeros(3)) == pytest.approx(0.01)


def test_an_unknown_scenario_is_named_with_those_that_exist(three: StudyCurves) -> None:
    with pytest.raises(ResultsError, match=r"hyperclutser.*baseline, regional_cluster, hypercluster"):
        draw(three, width_mm=190, difference=("hyperclutser", "baseline"))


@pytest.mark.parametrize(("many", "width_mm"), [(40, 90), (40, 190), (100, 90), (100, 190)])
def test_many_regions_break_into_pages_on_which_every_row_is_named(
    three: StudyCurves, many: int, width_mm: float
) -> None:
    study = replace(
        three,
        region_ids=tuple(f"r{number}" for number in range(many)),
        region_names=tuple(f"Region {number}" for number in range(many)),
        macroregions=tuple(f"Macroregion {number // 30}" for number in range(many)),
        longitude=np.linspace(20.0, 60.0, many),
        latitude=np.linspace(50.0, 60.0, many),
        enterprises=np.full(many, 10),
        scenarios=tuple(replace(s, regional=np.resize(s.regional, (12, many, 121))) for s in three.scenarios),
    )
    drawn = draw(study, width_mm=width_mm)
    names: list[str] = []
    for page in drawn.pages:
        assert page.get_size_inches()[1] * 25.4 <= 200
        first = next(ax for ax in page.axes if any(label.get_text() for label in ax.get_yticklabels()))
        names += [label.get_text() for label in first.get_yticklabels()]
    assert names == list(study.region_names)
    scales = {
        image.get_clim() for page in drawn.pages for ax in page.axes for image in ax.images if image.norm.vmax
    }
    assert len({clim for clim in scales if clim[1] <= 1 and clim[0] == 0}) == 1, "pages share one scale"


def test_colours_reach_as_far_as_shares_do_and_the_figure_says_so(
    make_study: Callable[..., StudyCurves],
) -> None:
    drawn = draw(make_study(ceiling=0.33), width_mm=190)
    note = " ".join(text.get_text() for text in drawn.figure.texts)
    assert "Colours end at 40 %" in note and "not half within the window" in note
    assert "half adopted (t50)" not in note, "what is not there is not in the key"
    assert "Colours end" not in " ".join(t.get_text() for t in draw(make_study(), width_mm=190).figure.texts)


def test_raster_and_map_of_one_column_are_no_higher_than_200_mm(three: StudyCurves) -> None:
    for name in ("adoption_raster", "region_map"):
        assert FIGURES[name].draw(three, width_mm=90).figure.get_size_inches()[1] * 25.4 <= 200
