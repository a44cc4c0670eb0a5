"""What factors contribute to outcomes: means with their intervals, a panel an outcome, a row a factor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from simulation.figures.drawing.bars import labels_mm, row_mm, rows, write_labels
from simulation.figures.drawing.markdown import markdown_text
from simulation.figures.drawing.panels import MARGIN_MM, RIGHT_MM, Frame, Grid
from simulation.figures.drawing.study import Drawn
from simulation.figures.drawing.style import (
    FAINT,
    INK,
    NOTE_LINE_MM,
    SMALL_PT,
    new_figure,
    style,
    wrap_mm,
    write_note,
)

LEAST_PANEL_MM = 38.0


@dataclass(frozen=True, slots=True)
class Part:
    """What one factor contributes to an outcome; nan where it is undefined."""

    label: str
    mean: float
    low: float
    high: float


def draw(outcomes: Mapping[str, Sequence[Part]], *, title: str, note: str, width_mm: float = 140.0) -> Drawn:
    """Draw the contributions to each outcome, all with the same factors in the same order.

    Parameters
    ----------
    outcomes : the parts by the label of their axis, with its unit.
    title : of the scenario, for the caption.
    note : what the intervals are.
    """
    labels = [wrap_mm(part.label, 0.26 * width_mm) for part in next(iter(outcomes.values()))]
    left = MARGIN_MM + labels_mm(labels) + 2.5
    grid = Grid.fit(
        len(outcomes), width_mm, least_mm=LEAST_PANEL_MM, left=left, right=RIGHT_MM, headings=["a"]
    )
    height_mm = grid.height_mm(row_mm(labels) * len(labels))
    grid = grid.filling(height_mm)
    lines = wrap_mm(note, width_mm - 2 * MARGIN_MM, size=SMALL_PT)
    with style():
        figure = new_figure(width_mm, height_mm + NOTE_LINE_MM * len(lines) + MARGIN_MM)
        frame = Frame(figure, 0.0, 0.0, width_mm, height_mm)
        for number, (label, parts) in enumerate(outcomes.items()):
            ax = grid.panel(frame, number, "better →")
            _draw_parts(ax, parts)
            ax.set_xlabel(label)
            if grid.is_first(number):
                write_labels(ax, labels)
        write_note(figure, lines, left=MARGIN_MM, top=height_mm)
    numbers = pd.DataFrame(
        [
            {"outcome": outcome, "factor": part.label, "mean": part.mean, "low": part.low, "high": part.high}
            for outcome, parts in outcomes.items()
            for part in parts
        ]
    )
    caption = f"**What each factor contributes.** {markdown_text(title)}. {markdown_text(note)}\n"
    return Drawn(figure, {"factors": numbers}, caption)


def _draw_parts(ax: Axes, parts: Sequence[Part]) -> None:
    rows(ax, len(parts))
    ax.axvline(0, color=FAINT, linewidth=0.6, zorder=0)
    for row, part in enumerate(parts):
        if part.mean == part.mean:  # not nan
            ax.plot([part.low, part.high], [row, row], color=INK, linewidth=1.0, solid_capstyle="butt")
            told = part.low > 0 or part.high < 0
            ax.plot(
                part.mean,
                row,
                marker="o",
                color=INK,
                markersize=4.0,
                markerfacecolor=INK if told else "white",
            )
    ax.xaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]))
