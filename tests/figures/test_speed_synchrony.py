"""The speed-synchrony plane places each replication, and says which it cannot place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from simulation.figures import StudyCurves
from simulation.figures.drawing.study import BASELINE
from simulation.figures.speed_synchrony import cloud, draw, draw_plane, normal_ellipse

MakeStudy = Callable[..., StudyCurves]


def test_the_ellipse_holds_95_percent_of_a_bivariate_normal() -> None:
    rng = np.random.default_rng(1)
    covariance = np.array([[4.0, 0.03], [0.03, 0.0009]])
    points = rng.multivariate_normal([10.0, 0.9], covariance, size=20_000)
    ellipse = normal_ellipse(points)
    assert ellipse is not None
    width, height, degrees = ellipse
    angle = np.deg2rad(degrees)
    centred = points - points.mean(axis=0)
    along = centred @ [np.cos(angle), np.sin(angle)] / (width / 2)
    across = centred @ [-np.sin(angle), np.cos(angle)] / (height / 2)
    inside = np.mean(along**2 + across**2 <= 1)
    assert inside == pytest.approx(0.95, abs=4 * np.sqrt(0.95 * 0.05 / 20_000))


@pytest.mark.parametrize(
    "points",
    [
        np.empty((0, 2)),
        np.array([[9.0, 0.9], [10.0, 0.8]]),
        np.array([[9.0, 0.9], [10.0, 0.8], [11.0, 0.7]]),
        np.array([[9.0, 0.9], [9.0, 0.8], [9.0, 0.6]]),
    ],
    ids=["none", "two", "on a slanted line", "on an upright line"],
)
def test_too_few_points_or_points_on_a_line_have_no_ellipse(points: np.ndarray) -> None:
    assert normal_ellipse(points) is None


def with_undefined(study: StudyCurves) -> StudyCurves:
    """Three replications of the baseline without t50, one of them without Phi too."""
    baseline = study.scenarios[0]
    t50 = np.where(np.arange(12) < 3, np.nan, np.linspace(8, 10, 12))
    synchronization = np.where(np.arange(12) < 1, np.nan, baseline.synchronization)
    changed = replace(
        baseline, metrics={**baseline.metrics, "t50_years": t50, "synchronization": synchronization}
    )
    return replace(study, scenarios=(changed, *study.scenarios[1:]))


def test_replications_without_t50_are_counted_and_left_out_of_the_mean(three: StudyCurves) -> None:
    study = with_undefined(three)
    drawn = cloud(study.scenarios[0])
    assert (drawn.undefined, len(drawn.placed), len(drawn.without_t50)) == (3, 9, 2)
    np.testing.assert_allclose(drawn.mean[0], np.linspace(8, 10, 12)[3:].mean())
    figure = draw(study, width_mm=190)
    note = " ".join(text.get_text() for text in figure.figure.texts)
    for words in (note, figure.caption):
        assert "baseline 3 of 12" in words
    table = figure.numbers["speed_synchrony_ellipses"].set_index("scenario")
    assert tuple(table.loc["baseline", ["n", "placed", "without_t50"]]) == (12, 9, 3)


def test_replications_without_t50_stand_beyond_the_right_edge(three: StudyCurves) -> None:
    study = with_undefined(three)
    ax = Figure().subplots()
    draw_plane(ax, study)
    beyond = [line for line in ax.lines if line.get_markerfacecolor() == "none" and len(line.get_xdata())]
    assert len(beyond) == 1
    np.testing.assert_array_equal(beyond[0].get_ydata(), study.scenarios[0].synchronization[1:3])
    pixels = beyond[0].get_transform().transform(beyond[0].get_xydata())
    assert (pixels[:, 0] > ax.bbox.x1).all()


def test_the_table_holds_every_replication(three: StudyCurves) -> None:
    table = draw(three, width_mm=190).numbers["speed_synchrony"]
    assert len(table) == 36
    rows = table[table["scenario"] == "hypercluster"]
    np.testing.assert_array_equal(rows["t50_years"], three.scenarios[2].t50_years)
    np.testing.assert_array_equal(rows["synchronization"], three.scenarios[2].synchronization)
    assert tuple(rows["seed"]) == three.scenarios[2].seeds


def test_arrows_go_from_the_mean_of_the_baseline_to_every_other(three: StudyCurves) -> None:
    ax = Figure().subplots()
    draw_plane(ax, three)
    start = cloud(three.scenarios[0]).mean
    assert len(ax.texts) == 2
    for arrow, scenario in zip(ax.texts, three.scenarios[1:], strict=True):
        assert arrow.xyann == pytest.approx(tuple(start))
        assert arrow.xy == pytest.approx(tuple(cloud(scenario).mean))


def test_without_a_baseline_there_are_no_arrows(make_study: MakeStudy) -> None:
    ax = Figure().subplots()
    study = make_study(["hypercluster", "mixed"])
    draw_plane(ax, study)
    assert BASELINE not in {scenario.name for scenario in study.scenarios}
    assert not ax.texts
    assert "Arrows" not in draw(study, width_mm=190).caption


def test_an_empty_plane_says_why(make_study: MakeStudy) -> None:
    figure = draw(make_study(ceiling=0.0), width_mm=190).figure
    words = " ".join(text.get_text() for ax in figure.axes for text in ax.texts).replace("\n", " ")
    assert "No replication has both a pooled t50 and a defined Φ" in words
    assert "10.0 years" in words


def test_all_points_and_ellipses_lie_inside_the_axes(three: StudyCurves) -> None:
    ax = Figure().subplots()
    draw_plane(ax, three)
    inside = ax.transAxes.inverted()
    for patch in ax.patches:
        corners = inside.transform(
            patch.get_path().interpolated(20).transformed(patch.get_transform()).vertices
        )
        assert corners.min() >= 0
        assert corners.max() <= 1
