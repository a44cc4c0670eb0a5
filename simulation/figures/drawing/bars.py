"""Horizontal bars, one row per scenario or part, with fills that distinguish their parts without colour."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from simulation.figures.drawing.keyed_page import page
from simulation.figures.drawing.panels import MARGIN_MM, RIGHT_MM, Frame, Grid
from simulation.figures.drawing.study import ScenarioCurves
from simulation.figures.drawing.style import INK, LINE_MM, text_width_mm, wrap_mm

BAR = 0.66  # of a row
LABEL_SHARE = 0.26  # of the page, for names of scenarios

FILLS: tuple[dict[str, Any], ...] = tuple(
    {"facecolor": colour, "hatch": hatch, "edgecolor": INK, "linewidth": 0.4}
    for colour, hatch in (
        ("#FFFFFF", ""),
        ("#4B4BA6", ""),
        ("#A6D8F2", ""),
        ("#55AA77", "///"),
        ("#EE9955", ""),
        ("#E8DC8C", "..."),
        ("#CC6677", "\\\\\\"),
        ("#DDDDDD", "xxx"),
        ("#882255", ""),
        ("#99C94F", "---"),
    )
)
"""Neighbours differ in lightness or hatching: parts can be distinguished in grey, and with any colour blindness."""


def fill(number: int) -> dict[str, Any]:
    """Look of a part; with more parts than fills, fills repeat."""
    return FILLS[number % len(FILLS)]


def labels_of(scenarios: Sequence[ScenarioCurves], width_mm: float) -> list[list[str]]:
    """Names of scenarios, in lines."""
    return [wrap_mm(scenario.label, LABEL_SHARE * width_mm) for scenario in scenarios]


def labels_mm(labels: Sequence[Sequence[str]]) -> float:
    """Room for the names."""
    return max(text_width_mm(line) for lines in labels for line in lines)


def row_mm(labels: Sequence[Sequence[str]]) -> float:
    """Height of a row that leaves room for its name."""
    return max(4.8, LINE_MM * max(len(lines) for lines in labels) + 1.0)


def rows(ax: Axes, count: int) -> None:
    """Axes with this many rows from the top, and no line at their left."""
    ax.set_ylim(count - 0.5, -0.5)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)


def write_labels(ax: Axes, labels: Sequence[Sequence[str]]) -> None:
    """Write the names beside their rows."""
    ax.set_yticks(range(len(labels)), ["\n".join(lines) for lines in labels])
    ax.tick_params(axis="y", length=0, pad=2.5)


def panels_of_rows(
    names: Sequence[str],
    outcomes: Sequence[str],
    draw_panel: Callable[[Axes, str, float], None],
    *,
    label_share: float,
    least_panel_mm: float,
    note: str,
    width_mm: float,
) -> Figure:
    """Return a page with a panel for each outcome, in which better is to the right, all with the same rows.

    Parameters
    ----------
    names : of the rows.
    outcomes : labels of the axes, with their units.
    draw_panel : draws an outcome into axes of a width in mm.
    label_share : of the page, at most, for the names.
    """
    labels = [wrap_mm(name, label_share * width_mm) for name in names]
    left = MARGIN_MM + labels_mm(labels) + 2.5
    grid = Grid.fit(
        len(outcomes), width_mm, least_mm=least_panel_mm, left=left, right=RIGHT_MM, headings=["a"]
    )
    height_mm = grid.height_mm(row_mm(labels) * len(labels))
    grid = grid.filling(height_mm)

    def draw_in(frame: Frame) -> None:
        for number, outcome in enumerate(outcomes):
            ax = grid.panel(frame, number, "better →")
            rows(ax, len(labels))
            ax.xaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]))
            draw_panel(ax, outcome, grid.panel_mm)
            ax.set_xlabel(outcome)
            if grid.is_first(number):
                write_labels(ax, labels)

    return page(draw_in, width_mm=width_mm, height_mm=height_mm, note=note)
