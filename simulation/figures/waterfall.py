"""How the parts of a game add up to the whole: a waterfall of their values, a panel an outcome, a row a part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from simulation.figures.drawing.bars import panels_of_rows
from simulation.figures.drawing.panels import explain
from simulation.figures.drawing.study import Drawn
from simulation.figures.drawing.style import FAINT, INK, SMALL_PT, text_width_mm
from simulation.markdown import markdown_text

LEAST_PANEL_MM = 52.0
LABEL_SHARE = 0.3  # of the page
BAR = 0.62  # of a row
GAIN: dict[str, Any] = {"facecolor": "#0072B2", "edgecolor": INK, "linewidth": 0.4}
LOSS: dict[str, Any] = {"facecolor": "white", "hatch": "/////", "edgecolor": "#D55E00", "linewidth": 0.6}
TOTAL: dict[str, Any] = {"facecolor": "#BDBDBD", "edgecolor": INK, "linewidth": 0.4}


@dataclass(frozen=True, slots=True)
class Step:
    """What one part contributes to an outcome, nan where it is undefined, and how that is written."""

    label: str
    mean: float
    low: float
    high: float
    words: str


def draw(
    outcomes: Mapping[str, Sequence[Step]],
    *,
    heading: str,
    title: str,
    note: str,
    name: str,
    width_mm: float = 190.0,
) -> Drawn:
    """Draw the steps of each outcome, all with the same parts in the same order; the last is all of them together.

    Parameters
    ----------
    outcomes : the steps by the label of their axis, with its unit.
    heading : of the game, for the caption.
    title : what is explained, for the caption.
    note : what the values and intervals are.
    name : of the table of numbers.
    """
    figure = panels_of_rows(
        [step.label for step in next(iter(outcomes.values()))],
        list(outcomes),
        lambda ax, outcome, panel_mm: _draw_steps(ax, outcomes[outcome], panel_mm=panel_mm),
        label_share=LABEL_SHARE,
        least_panel_mm=LEAST_PANEL_MM,
        note=note,
        width_mm=width_mm,
    )
    numbers = pd.DataFrame(
        [
            {
                "outcome": outcome,
                "part": step.label,
                "start": start,
                "mean": step.mean,
                "low": step.low,
                "high": step.high,
            }
            for outcome, steps in outcomes.items()
            for step, start in zip(steps, _starts(steps), strict=True)
        ]
    )
    caption = f"**{markdown_text(heading)}.** {markdown_text(title)}. {markdown_text(note)}\n"
    return Drawn(figure, {name: numbers}, caption)


def _starts(steps: Sequence[Step]) -> list[float]:
    """Return where each bar begins: at the end of the one before; the last, of all together, at zero."""
    return [0.0, *np.cumsum([step.mean for step in steps[:-1]]).tolist()[:-1], 0.0][-len(steps) :]


def _draw_steps(ax: Axes, steps: Sequence[Step], *, panel_mm: float) -> None:
    if any(step.mean != step.mean for step in steps):
        ax.set_xticks([])
        explain(ax, "undefined: fewer than 5 % adopt in some of the runs that the values need")
        return
    starts = _starts(steps)
    ax.axvline(0, color=FAINT, linewidth=0.6, zorder=0)
    ends = [start + step.mean for start, step in zip(starts, steps, strict=True)]
    lows, highs = (
        [start + value for start, value in zip(starts, values, strict=True)]
        for values in ([step.low for step in steps], [step.high for step in steps])
    )
    for row, (step, start, end) in enumerate(zip(steps, starts, ends, strict=True)):
        look = TOTAL if row == len(steps) - 1 else GAIN if step.mean >= 0 else LOSS
        ax.barh(row, step.mean, left=start, height=BAR, **look)
        ax.plot([lows[row], highs[row]], [row, row], color=INK, linewidth=0.9, solid_capstyle="butt")
        if row < len(steps) - 1:  # to the next bar, which begins or, if it is the last, ends here
            ax.plot([end, end], [row, row + 1], color=FAINT, linewidth=0.5, zorder=0)
        beyond = np.nanmax([start, end, highs[row]])
        ax.annotate(
            step.words,
            (beyond, row),
            xytext=(2, 0),
            textcoords="offset points",
            va="center",
            fontsize=SMALL_PT,
        )
    # Room at the right for the longest number.
    least, most = min(0.0, np.nanmin([*lows, *ends])), max(0.0, np.nanmax([*highs, *ends]))
    widest = max(text_width_mm(step.words, SMALL_PT) for step in steps) + 2.0
    room = (most - least or 1.0) / max(1 - widest / panel_mm, 0.3)
    ax.set_xlim(least - 0.02 * room, least + room)
