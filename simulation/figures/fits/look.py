"""The look of what was observed and of the fitted model, the same in all figures of a fit."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, MaxNLocator, NullFormatter, NullLocator

from simulation.figures.drawing.style import INK, SERIES_COLOURS
from simulation.markdown import markdown_text

MODEL = SERIES_COLOURS[0]
OBSERVED: dict[str, Any] = {
    "color": INK,
    "linewidth": 1.0,
    "marker": "o",
    "markersize": 2.2,
    "markeredgewidth": 0.0,
}
BAND: dict[str, Any] = {"facecolor": MODEL, "alpha": 0.22, "linewidth": 0.0}
MEDIAN: dict[str, Any] = {"color": MODEL, "linewidth": 0.9, "linestyle": (0, (4, 1.5))}
RANGE: dict[str, Any] = {"facecolor": "#D8D8D8", "edgecolor": "none", "linewidth": 0.0}

ROUND = [digit * 10.0**power for power in range(-8, 7) for digit in (1, 2, 5)]


def caption(heading: str, about: str, note: str, sentences: list[str] | None = None) -> str:
    """Return the Markdown under a figure: what it shows, what was observed, and sentences as a list."""
    text = f"**{heading}** {markdown_text(f'{note} {about}')}\n"
    lines = [f"- {markdown_text(line)}" for line in sentences or ()]
    return text + ("\n" + "\n".join(lines) + "\n" if lines else "")


def scale(ax: Axes, name: str, *, axis: str = "x") -> None:
    """Give an axis the scale of a range."""
    if name != "linear":
        (ax.set_xscale if axis == "x" else ax.set_yscale)(name)


def few_marks(ax: Axes, name: str, *, axis: str) -> None:
    """Give an axis with the scale of a range few marks, at round values."""
    its = ax.xaxis if axis == "x" else ax.yaxis
    low, high = its.get_view_interval()
    if name == "linear":
        # A mark near the upper end would meet the first of the next panel.
        steps = np.asarray(MaxNLocator(3, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high))
        inside = (steps >= low) & (steps <= high - 0.08 * (high - low))
        its.set_major_locator(FixedLocator(steps[inside].tolist()))
        return
    marks = [value for value in ROUND if low <= value <= high]
    marks = marks[:: max(1, len(marks) // 3)]
    its.set_major_locator(NullLocator())
    its.set_minor_locator(NullLocator())
    (ax.set_xticks if axis == "x" else ax.set_yticks)(marks, [f"{value:g}" for value in marks])
    its.set_minor_formatter(NullFormatter())
