"""How far the region that has adopted least has come, by scenario."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from simulation.figures.drawing.bars import labels_mm, labels_of, row_mm, rows, write_labels
from simulation.figures.drawing.inputs import Source
from simulation.figures.drawing.panels import MARGIN_MM, RIGHT_MM, Frame, in_axes, page
from simulation.figures.drawing.study import Drawn, StudyCurves, StudyFigure, caption, replications
from simulation.figures.drawing.style import INK

METRIC = "slowest_region_share"
AXIS_MM = 10.0


def slowest_region(results: Source, *, ax: Axes | None = None) -> Axes:
    """Draw the adoption share of the slowest region; a page of its own unless axes are given."""
    return in_axes(results, ax, draw=draw_points, height_mm=_height_mm)


def draw_points(frame: Frame, study: StudyCurves) -> None:
    """Draw a row for each scenario into a frame: a point for each replication, and a line at their mean."""
    labels = labels_of(study.scenarios, frame.width)
    left = MARGIN_MM + labels_mm(labels) + 2.5
    ax = frame.axes(left, MARGIN_MM, frame.width - left - RIGHT_MM, frame.height - MARGIN_MM - AXIS_MM)
    for row, scenario in enumerate(study.scenarios):
        shares = scenario.metrics[METRIC]
        ax.plot(shares, [row] * len(shares), "o", color=INK, alpha=0.4, markersize=2.5, markeredgewidth=0)
        ax.plot([shares.mean()] * 2, [row - 0.3, row + 0.3], color=INK, linewidth=1.2)
    rows(ax, len(labels))
    write_labels(ax, labels)
    ax.set_xlabel("adoption share of the slowest region")


def _height_mm(study: StudyCurves, width_mm: float) -> float:
    labels = labels_of(study.scenarios, width_mm)
    return 2 * row_mm(labels) * len(labels) + AXIS_MM + MARGIN_MM


def draw(study: StudyCurves, *, width_mm: float) -> Drawn:
    """Draw the figure on a page of its own, with its numbers and its caption."""
    numbers = pd.DataFrame(
        [
            (scenario.name, seed, share)
            for scenario in study.scenarios
            for seed, share in zip(scenario.seeds, scenario.metrics[METRIC], strict=True)
        ],
        columns=["scenario", "seed", METRIC],
    )
    note = f"Points: {replications(study.scenarios)}; line: their mean."
    return Drawn(
        page(study, draw_points, width_mm=width_mm, height_mm=_height_mm(study, width_mm), note=note),
        {"slowest_region": numbers},
        caption(
            "The slowest region.",
            "Adoption share, at the end of the common window, of the region that has adopted least.",
            study,
            scenarios=study.scenarios,
        ),
    )


FIGURE = StudyFigure("slowest_region", place=67, draw=draw)
