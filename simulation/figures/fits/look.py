"""The look of what was observed and of the fitted model, the same in all figures of a fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullFormatter, NullLocator

from simulation.figures.drawing.keyed_page import keyed_page
from simulation.figures.drawing.panels import Frame, Grid, Key
from simulation.figures.drawing.style import INK, SERIES_COLOURS
from simulation.markdown import markdown_text

MODEL = SERIES_COLOURS[0]
OBSERVED: dict[str, Any] = {
    "color": INK,
    "linewidth": 1.0,
    "marker": "o",
    "markersize": 2.2,
    "markeredgewidth": 0.0,
    "clip_on": False,
}
BAND: dict[str, Any] = {"facecolor": MODEL, "alpha": 0.22, "linewidth": 0.0}
MEDIAN: dict[str, Any] = {"color": MODEL, "linewidth": 0.9, "linestyle": (0, (4, 1.5))}
RANGE: dict[str, Any] = {"facecolor": "#D8D8D8", "edgecolor": "none", "linewidth": 0.0}

LEAST_PANEL_MM = 34.0

LEAST_MARKS = 2
LAST_MARK, BETWEEN_MARKS = 0.9, 0.22
"""Parts of an axis: the last place of a mark, and the least distance of two."""

ROUND = [digit * 10.0**power for power in range(-8, 7) for digit in (1, 2, 5)]


def caption(heading: str, about: str, note: str, sentences: list[str] | None = None) -> str:
    """Return the Markdown under a figure: what it shows, what was observed, and sentences as a list."""
    text = f"**{heading}** {markdown_text(f'{note} {about}')}\n"
    lines = [f"- {markdown_text(line)}" for line in sentences or ()]
    return text + ("\n" + "\n".join(lines) + "\n" if lines else "")


class DrawPanel(Protocol):
    """Draws into the axes of one panel, by its number; it is the first of its line or not."""

    def __call__(self, ax: Axes, number: int, *, is_first: bool) -> None: ...


def page_of_panels(
    headings: Sequence[str],
    draw_panel: DrawPanel,
    keys: Sequence[Key],
    *,
    width_mm: float,
    panel_mm: float,
    left_mm: float,
    gap_mm: float,
    note: str,
) -> Figure:
    """Return a page with a panel below each heading, of this height, and keys and a note below all."""
    grid = Grid.fit(
        len(headings),
        width_mm,
        least_mm=LEAST_PANEL_MM,
        left=left_mm,
        right=3.0,
        gap_mm=gap_mm,
        headings=headings,
        axis_mm=5.0,
    )
    height_mm = grid.height_mm(panel_mm)
    placed = grid.filling(height_mm)

    def draw_in(frame: Frame) -> None:
        for number, heading in enumerate(headings):
            draw_panel(placed.panel(frame, number, heading), number, is_first=placed.is_first(number))

    return keyed_page(draw_in, keys, width_mm=width_mm, height_mm=height_mm, note=note)


def scale(ax: Axes, name: str, *, axis: str = "x") -> None:
    """Give an axis the scale of a range."""
    if name != "linear":
        (ax.set_xscale if axis == "x" else ax.set_yscale)(name)


def few_marks(ax: Axes, name: str, *, axis: str) -> None:
    """Give an axis with the scale of a range few marks, at round values."""
    its = ax.xaxis if axis == "x" else ax.yaxis
    low, high = its.get_view_interval()
    to_scale = np.asarray if name == "linear" else np.log
    candidates = np.asarray(MaxNLocator(3, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high))
    if name != "linear":
        rounded = [value for value in ROUND if low <= value <= high]
        if len(rounded) >= LEAST_MARKS:
            candidates = np.array(rounded)
        its.set_minor_locator(NullLocator())
        its.set_minor_formatter(NullFormatter())
    candidates = candidates[(candidates >= low) & (candidates <= high)]
    first, last = to_scale(np.array([low, high]))
    places = (to_scale(candidates) - first) / (last - first)
    marks, before = [], -np.inf
    for value, place in zip(candidates.tolist(), places.tolist(), strict=True):
        # A mark near the upper end would meet the first of the next panel, and one near another one that.
        if place <= LAST_MARK and place - before >= BETWEEN_MARKS:
            marks.append(value)
            before = place
    (ax.set_xticks if axis == "x" else ax.set_yticks)(marks, [f"{value:g}" for value in marks])
