"""What factors contribute to outcomes: means with their intervals, a panel an outcome, a row a factor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes

from simulation.figures.drawing.bars import panels_of_rows
from simulation.figures.drawing.study import Drawn
from simulation.figures.drawing.style import FAINT, INK
from simulation.markdown import markdown_text

LEAST_PANEL_MM = 38.0
LABEL_SHARE = 0.26  # of the page


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
    figure = panels_of_rows(
        [part.label for part in next(iter(outcomes.values()))],
        list(outcomes),
        lambda ax, outcome, _: _draw_parts(ax, outcomes[outcome]),
        label_share=LABEL_SHARE,
        least_panel_mm=LEAST_PANEL_MM,
        note=note,
        width_mm=width_mm,
    )
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
