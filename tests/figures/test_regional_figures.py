"""Figures by region: tiles, differences of rasters, dumbbells of t50, and its distribution."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from simulation.figures import StudyCurves
from simulation.figures.adoption_difference import draw as draw_difference
from simulation.figures.drawing.study import ScenarioCurves, half_times, regional_t50
from simulation.figures.drawing.style import style
from simulation.figures.regional_curves import draw as draw_tiles
from simulation.figures.t50_by_region import draw as draw_dumbbells
from simulation.figures.t50_ecdf import draw as draw_ecdf
from simulation.figures.t50_ecdf import draw_steps, reached
from simulation.world import Array


def with_regional(scenario: ScenarioCurves, t50: Array, *, months: int = 121) -> ScenarioCurves:
    """Curves that jump from 0 to 1 at these months; nan never jumps. Shape (n, R)."""
    tau = np.arange(months)
    regional = (tau >= t50[:, :, None]).astype(float)
    return replace(scenario, seeds=tuple(range(len(t50))), regional=regional)


def test_tiles_show_the_median_of_their_region(three: StudyCurves) -> None:
    drawn = draw_tiles(three, width_mm=190)
    table = drawn.numbers["regional_curves"]
    tiles = [ax for ax in drawn.figure.axes if len(ax.lines) == 1 + len(three.scenarios)]
    assert len(tiles) == len(three.region_ids)
    for region, ax in enumerate(tiles):
        for scenario, line in zip(three.scenarios, ax.lines[1:], strict=True):
            np.testing.assert_allclose(
                line.get_ydata(), 100 * np.median(scenario.regional[:, region], axis=0)
            )
            rows = table[(table["scenario"] == scenario.name) & (table["region"] == three.region_ids[region])]
            np.testing.assert_allclose(rows["median"], np.median(scenario.regional[:, region], axis=0))


@pytest.mark.parametrize("months", [96, 120])
def test_numbers_of_neighbouring_tiles_keep_apart(three: StudyCurves, months: int) -> None:
    """Also where the window ends at a tick: a number there ends with its tile."""
    shorter = tuple(
        replace(s, regional=s.regional[:, :, : months + 1], pooled=s.pooled[:, : months + 1])
        for s in three.scenarios
    )
    study = replace(three, scenarios=shorter, longitude=np.arange(7.0), latitude=np.full(7, 50.0))
    figure = draw_tiles(study, width_mm=90).figure
    with style():
        figure.canvas.draw()
        boxes = [
            label.get_window_extent()
            for ax in figure.axes
            for label in (ax.get_xticklabels() if ax.xaxis.get_tick_params()["labelbottom"] else [])
            if label.get_text()
        ]
    assert len(boxes) >= 12
    assert not [(a, b) for a, b in combinations(boxes, 2) if a.overlaps(b)]


def test_the_key_of_dumbbells_has_marks_alone_and_the_note_nothing_that_is_not_there(
    three: StudyCurves,
) -> None:
    early = tuple(with_regional(s, np.full((12, 7), 30.0)) for s in three.scenarios)
    drawn = draw_dumbbells(replace(three, scenarios=early), width_mm=190)
    assert {line.get_linestyle() for line in drawn.figure.artists if isinstance(line, Line2D)} == {"None"}
    assert "Open mark" not in " ".join(text.get_text() for text in drawn.figure.texts)


def test_differences_are_paired_and_taken_from_the_reference(three: StudyCurves) -> None:
    drawn = draw_difference(three, width_mm=190)
    table = drawn.numbers["adoption_difference"]
    rasters = [ax.images[0] for ax in drawn.figure.axes if ax.get_xlabel()]
    assert len(rasters) == 2
    for scenario, raster in zip(three.scenarios[1:], rasters, strict=True):
        expected = np.median(scenario.regional - three.scenarios[0].regional, axis=0)
        np.testing.assert_array_equal(np.asarray(raster.get_array()), expected)
        rows = table[table["panel"] == scenario.name]
        np.testing.assert_array_equal(rows["adoption_share"], expected.ravel())


def test_a_replication_that_never_reaches_one_half_counts_as_later_than_all(three: StudyCurves) -> None:
    never = np.nan
    t50 = np.array([[12, 24, never], [36, never, never], [60, 36, never]], dtype=float)
    found = half_times(with_regional(three.scenarios[0], t50), dt=1 / 12)
    # Between the months before and after the jump half is reached half a month earlier.
    np.testing.assert_allclose(found.median, (np.array([36, 36, never]) - 0.5) / 12)
    assert found.reaching.tolist() == [3, 2, 0]


def test_dumbbells_end_at_the_two_medians(three: StudyCurves) -> None:
    drawn = draw_dumbbells(three, width_mm=190)
    table = drawn.numbers["t50_by_region"].set_index(["scenario", "region"])["t50_years"]
    panels = [ax for ax in drawn.figure.axes if ax.get_xlabel()]
    assert len(panels) == 2
    for ax, scenario in zip(panels, three.scenarios[1:], strict=True):
        for line, shown in zip(ax.lines[::2], (three.scenarios[0], scenario), strict=True):
            expected = half_times(shown, dt=three.dt).median
            np.testing.assert_allclose(line.get_xdata(), expected[np.isfinite(expected)])
            np.testing.assert_allclose(table.loc[shown.name], expected)


def test_regions_beyond_the_window_stand_open_at_the_edge_and_are_counted(three: StudyCurves) -> None:
    late = three.scenarios[2].regional.copy()
    late[:, 4] *= 0.4 / late[:, 4].max()
    study = replace(three, scenarios=(*three.scenarios[:2], replace(three.scenarios[2], regional=late)))
    drawn = draw_dumbbells(study, width_mm=190)
    edge = [ax for ax in drawn.figure.axes if ax.get_xlabel()][1].lines[-1]
    assert edge.get_markerfacecolor() == "none"
    assert edge.get_ydata().tolist() == [4]
    note = " ".join(text.get_text() for text in drawn.figure.texts)
    assert "hypercluster 1)" in note


def test_the_distribution_counts_regions_that_have_reached_one_half(three: StudyCurves) -> None:
    t50 = np.array([[12, 24, np.nan], [12, 12, 120]], dtype=float)
    scenario = with_regional(three.scenarios[0], t50)
    share = reached(scenario, three.tau_years, dt=three.dt)
    assert share[:, [0, 11, 12, 23, 24, 120]] == pytest.approx(
        np.array([[0, 0, 1, 1, 2, 2], [0, 0, 2, 2, 2, 3]]) / 3
    )


def test_a_region_without_eligible_enterprises_is_not_counted(three: StudyCurves) -> None:
    scenario = with_regional(three.scenarios[0], np.array([[12.0, 24.0, 36.0]]))
    regional = scenario.regional.copy()
    regional[:, 2] = np.nan
    share = reached(replace(scenario, regional=regional), three.tau_years, dt=three.dt)
    assert share[0, -1] == 1.0
    assert share[0, 12] == 0.5


def test_the_distribution_is_drawn_as_it_stands_in_the_table(three: StudyCurves) -> None:
    table = draw_ecdf(three, width_mm=190).numbers["t50_ecdf"]
    ax = Figure().subplots()
    draw_steps(ax, three)
    for line, scenario in zip(ax.lines, three.scenarios, strict=True):
        rows = table[table["scenario"] == scenario.name]
        np.testing.assert_allclose(line.get_ydata(), 100 * rows["median"])
        t50 = regional_t50(scenario, dt=three.dt)
        final = np.median(np.isfinite(t50).mean(axis=1))
        assert rows["median"].iloc[-1] == pytest.approx(final)
