"""The speed-synchrony plane: whether a scenario is faster, more synchronized, or one at the expense of the other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Ellipse, FancyArrowPatch
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import ScaledTranslation

from simulation.figures.drawing.inputs import Source
from simulation.figures.drawing.panels import on_axes
from simulation.figures.drawing.study import (
    BASELINE,
    Drawn,
    ScenarioCurves,
    StudyCurves,
    StudyFigure,
    caption,
    replications,
)
from simulation.figures.drawing.style import (
    FAINT,
    INK,
    LINE_MM,
    MM_PER_INCH,
    NOTE_LINE_MM,
    SMALL_PT,
    ScenarioStyle,
    add_axes_mm,
    new_figure,
    scenario_styles,
    spread,
    style,
    text_mm,
    text_width_mm,
    wrap_mm,
    write_note,
)
from simulation.world import Array

CHI2_95 = -2 * math.log(0.05)
"""95 % quantile of chi-squared with 2 degrees of freedom."""
MARGIN_MM = 1.5
LEFT_MM = 13.0
TOP_MM = 6.5
AXIS_MM = 9.0
BEYOND_MM = 2.2  # distance of a point without t50 from the right edge of the axes
KEY_GAP_MM = 5.5


@dataclass(frozen=True, slots=True)
class Cloud:
    """Positions of the replications of one scenario in the plane."""

    points: Array  # float64 (n, 2), t50 in years and synchronization; nan where undefined
    placed: Array  # float64 (m, 2), points with both
    without_t50: Array  # float64 (k,), synchronization of those that have only that
    mean: Array  # float64 (2,), of those placed; nan if there is none

    @property
    def undefined(self) -> int:
        """Replications without t50."""
        return int(np.isnan(self.points[:, 0]).sum())


def cloud(scenario: ScenarioCurves) -> Cloud:
    """Divide the replications of a scenario by which of the two measures are defined."""
    points = np.column_stack([scenario.t50_years, scenario.synchronization])
    has_t50, has_synchronization = np.isfinite(points).T
    placed = points[has_t50 & has_synchronization]
    return Cloud(
        points=points,
        placed=placed,
        without_t50=points[~has_t50 & has_synchronization, 1],
        mean=placed.mean(axis=0) if len(placed) else np.full(2, np.nan),
    )


def normal_ellipse(placed: Array) -> tuple[float, float, float] | None:
    """The ellipse that holds 95 % of the bivariate normal with the mean and covariance of these points.

    Parameters
    ----------
    placed : float64, shape (m, 2)

    Returns
    -------
    Full widths along the two axes, in units of the points, and the angle of the first, in degrees; None for
    fewer than three points or points on a line.
    """
    if len(placed) < 3:
        return None
    # Years vary a hundred times as much as synchronization, so the test whether points lie on a line uses the
    # correlation, which has no unit.
    spreads = placed.std(axis=0, ddof=1)
    if spreads.min() <= 0 or abs(np.corrcoef(placed.T)[0, 1]) > 1 - 1e-9:
        return None
    variances, directions = np.linalg.eigh(np.cov(placed.T))
    small, large = 2 * np.sqrt(CHI2_95 * variances)
    angle = math.degrees(math.atan2(directions[1, 1], directions[0, 1]))
    return float(large), float(small), angle


def draw_plane(ax: Axes, study: StudyCurves) -> None:
    """Draw points, ellipses and arrows into axes; points without t50 are beyond the right edge."""
    styles = scenario_styles(scenario.name for scenario in study.scenarios)
    clouds = {scenario.name: cloud(scenario) for scenario in study.scenarios}
    beyond = ax.get_yaxis_transform() + ScaledTranslation(
        BEYOND_MM / MM_PER_INCH, 0, ax.figure.dpi_scale_trans
    )
    for name, drawn in clouds.items():
        look = styles[name]
        dots: dict[str, Any] = {
            "linestyle": "none",
            "marker": look.marker,
            "color": look.colour,
            "markersize": look.mark_size(2.8),
        }
        ax.plot(*drawn.placed.T, alpha=0.55, markeredgewidth=0, **dots)
        ones = np.ones(len(drawn.without_t50))
        ax.plot(ones, drawn.without_t50, transform=beyond, clip_on=False, markerfacecolor="none", **dots)
        if (axes := normal_ellipse(drawn.placed)) is not None:
            width, height, angle = axes
            outline: dict[str, Any] = {"edgecolor": look.colour, "linestyle": look.line, "linewidth": 0.9}
            ax.add_patch(Ellipse(tuple(drawn.mean), width, height, angle=angle, facecolor="none", **outline))
    _set_limits(ax, list(clouds.values()), window_years=study.window_years)
    _draw_arrows(ax, clouds)
    for name, drawn in clouds.items():
        look = styles[name]
        mark: dict[str, Any] = {"marker": look.marker, "color": look.colour, "markeredgecolor": "white"}
        label = name.replace("_", " ")
        ax.plot(*drawn.mean, markersize=look.mark_size(5.5), linestyle="none", label=label, **mark)
    ax.set_xlabel("Pooled t50, years after release")
    ax.set_ylabel("Synchronization 1 − Φ")
    ax.xaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 2.5, 5, 10]))
    ax.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))


def _set_limits(ax: Axes, clouds: Sequence[Cloud], *, window_years: float) -> None:
    """Set limits that contain everything drawn, also if there is only one point or none."""
    corners: list[Array] = []
    for drawn in clouds:
        corners += [drawn.placed, np.array([[np.nan, y] for y in drawn.without_t50]).reshape(-1, 2)]
        if normal_ellipse(drawn.placed) is not None:
            reach = np.sqrt(CHI2_95) * drawn.placed.std(axis=0, ddof=1)  # the ellipse's bounding box
            corners.append(np.array([drawn.mean - reach, drawn.mean + reach]))
    x, y = np.concatenate(corners).T
    for values, least, default, set_limits in (
        (x, 0.5, (0.0, window_years), ax.set_xlim),
        (y, 0.01, (0.0, 1.0), ax.set_ylim),
    ):
        finite = values[np.isfinite(values)]
        low, high = (finite.min(), finite.max()) if finite.size else default
        pad = max(0.06 * (high - low), least) if finite.size else 0.0
        set_limits(low - pad, high + pad)


def _draw_arrows(ax: Axes, clouds: dict[str, Cloud]) -> None:
    if BASELINE not in clouds or np.isnan(clouds[BASELINE].mean).any():
        return
    start = clouds[BASELINE].mean
    for name, drawn in clouds.items():
        if name != BASELINE and np.isfinite(drawn.mean).all():
            ax.annotate(
                "",
                xy=tuple(drawn.mean),
                xytext=tuple(start),
                arrowprops={
                    "arrowstyle": "-|>,head_length=0.3,head_width=0.15",
                    "linewidth": 0.7,
                    "color": INK,
                    "shrinkA": 3.5,
                    "shrinkB": 4.0,
                },
            )


def speed_synchrony(results: Source, *, ax: Axes | None = None) -> Axes:
    """Draw pooled t50 against synchronization, one point per replication; the upper left is better in both.

    Parameters
    ----------
    results
        A study, its folder, or what :func:`study_curves` read of it.
    ax
        Where to draw; new axes unless given.

    Examples
    --------
    >>> ax = figures.speed_synchrony("results/study")
    """
    return on_axes(results, ax, draw=draw_plane)


def draw(study: StudyCurves, *, width_mm: float) -> Drawn:
    """Draw the figure of a page; its height follows from the width, in mm."""
    with style():
        figure = _draw(study, width_mm=width_mm)
    return Drawn(
        figure,
        _numbers(study),
        caption(
            "Speed-synchrony plane.",
            f"""Time until half of the eligible have adopted (pooled t50) and synchronization (1 − Φ);
            each small mark is a replication, each large mark the mean of a scenario. {_reading(study)}""",
            study,
            scenarios=study.scenarios,
        ),
    )


def _draw(study: StudyCurves, *, width_mm: float) -> Figure:
    styles = scenario_styles(scenario.name for scenario in study.scenarios)
    labels = [wrap_mm(scenario.label, 0.24 * width_mm) for scenario in study.scenarios]
    label_mm = max(text_width_mm(line) for lines in labels for line in lines)
    plot_mm = width_mm - LEFT_MM - KEY_GAP_MM - 2.5 - label_mm - MARGIN_MM
    gap = LINE_MM * max(len(lines) for lines in labels) + 0.5
    height_mm = max(min(80.0, max(48.0, 0.62 * plot_mm)), gap * len(labels))
    notes = wrap_mm(
        f"{replications(study.scenarios)}. {_reading(study)}", width_mm - 2 * MARGIN_MM, size=SMALL_PT
    )
    figure = new_figure(width_mm, TOP_MM + height_mm + AXIS_MM + NOTE_LINE_MM * len(notes) + MARGIN_MM)
    ax = add_axes_mm(figure, LEFT_MM, TOP_MM, plot_mm, height_mm)
    draw_plane(ax, study)
    _point_to_better(figure)
    if all(not len(cloud(scenario).placed) for scenario in study.scenarios):
        _explain_emptiness(ax, study, width_mm=plot_mm - 6)
    middles = [_height_of(ax, scenario, top=TOP_MM, height_mm=height_mm) for scenario in study.scenarios]
    places = spread(middles, gap, TOP_MM + gap / 2, TOP_MM + height_mm - gap / 2)
    for scenario, lines, place in zip(study.scenarios, labels, places, strict=True):
        _label(figure, lines, styles[scenario.name], left=LEFT_MM + plot_mm + KEY_GAP_MM, place=place)
    write_note(figure, notes, left=MARGIN_MM, top=TOP_MM + height_mm + AXIS_MM)
    return figure


def _height_of(ax: Axes, scenario: ScenarioCurves, *, top: float, height_mm: float) -> float:
    """Height of the scenario's mean, in mm from the top: labels are level with their points."""
    defined = scenario.synchronization[np.isfinite(scenario.synchronization)]
    low, high = ax.get_ylim()
    share = (float(defined.mean()) - low) / (high - low) if defined.size else 0.0
    return top + height_mm * (1 - share)


def _label(figure: Figure, lines: Sequence[str], look: ScenarioStyle, *, left: float, place: float) -> None:
    width, height = (float(inches) * MM_PER_INCH for inches in figure.get_size_inches())
    mark: dict[str, Any] = {
        "color": look.colour,
        "marker": look.marker,
        "markersize": look.mark_size(5.0),
        "markeredgecolor": "white",
    }
    figure.add_artist(Line2D([left / width], [1 - place / height], linestyle="none", **mark))
    for row, line in enumerate(lines):
        text_mm(figure, line, left=left + 2.3, top=place - LINE_MM * len(lines) / 2 + row * LINE_MM + 0.3)


def _point_to_better(figure: Figure) -> None:
    """State above the axes which corner is better."""
    width, height = (float(inches) * MM_PER_INCH for inches in figure.get_size_inches())
    tail, tip = (LEFT_MM + 3.2, 1 - 4.8 / height), (LEFT_MM + 0.3, 1 - 1.9 / height)
    arrow: dict[str, Any] = {
        "arrowstyle": "-|>,head_length=2.4,head_width=1.2",
        "color": FAINT,
        "linewidth": 0.9,
    }
    figure.add_artist(FancyArrowPatch((tail[0] / width, tail[1]), (tip[0] / width, tip[1]), **arrow))
    text_mm(figure, "upper left is better: faster and more synchronized", left=LEFT_MM + 5.0, top=2.2)


def _explain_emptiness(ax: Axes, study: StudyCurves, *, width_mm: float) -> None:
    text = f"""No replication has both a pooled t50 and a defined Φ: half of the eligible do not adopt within
    the common window of {study.window_years:.1f} years, or too few adopt to compare regions."""
    ax.text(0.5, 0.5, "\n".join(wrap_mm(text, width_mm)), transform=ax.transAxes, ha="center", va="center")


def _reading(study: StudyCurves) -> str:
    clouds = {scenario.label: cloud(scenario) for scenario in study.scenarios}
    sentences = []
    outlined = [label for label, drawn in clouds.items() if normal_ellipse(drawn.placed) is not None]
    if outlined:
        sentences.append(
            "Ellipse: 95 % of the bivariate normal with the mean and covariance of a scenario’s replications "
            "(their scatter, not the uncertainty of the mean)."
        )
    if without := [label for label in clouds if label not in outlined]:
        sentences.append(f"No ellipse (fewer than three points, or points on a line): {', '.join(without)}.")
    if BASELINE in clouds and np.isfinite(clouds[BASELINE].mean).all() and len(clouds) > 1:
        sentences.append("Arrows: from the baseline’s mean to the others’.")
    late = [
        f"{label} {drawn.undefined} of {len(drawn.points)}"
        for label, drawn in clouds.items()
        if drawn.undefined
    ]
    if late:
        sentences.append(
            "Replications without t50 within the window are at the right edge if Φ is defined, and left out of "
            f"means and ellipses: {', '.join(late)}."
        )
    else:
        sentences.append("t50 is defined in all replications.")
    return " ".join(sentences)


def _numbers(study: StudyCurves) -> dict[str, pd.DataFrame]:
    points, ellipses = [], []
    for scenario in study.scenarios:
        drawn = cloud(scenario)
        axes = normal_ellipse(drawn.placed) or (math.nan, math.nan, math.nan)
        points.append(
            pd.DataFrame(
                {
                    "scenario": scenario.name,
                    "seed": scenario.seeds,
                    "t50_years": drawn.points[:, 0],
                    "synchronization": drawn.points[:, 1],
                }
            )
        )
        ellipses.append(
            (scenario.name, len(scenario.seeds), len(drawn.placed), drawn.undefined, *drawn.mean, *axes)
        )
    columns = ["scenario", "n", "placed", "without_t50", "mean_t50_years", "mean_synchronization"]
    columns += ["ellipse_long_axis", "ellipse_short_axis", "ellipse_angle_degrees"]
    return {
        "speed_synchrony": pd.concat(points, ignore_index=True),
        "speed_synchrony_ellipses": pd.DataFrame(ellipses, columns=columns),
    }


FIGURE = StudyFigure("speed_synchrony", place=30, draw=draw, after_every_run=True)
