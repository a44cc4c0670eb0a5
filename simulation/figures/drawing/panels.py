"""Panels of a figure: places in millimetres, headings, the key of what is drawn, and the page around them.

A figure with several panels draws itself into a ``Frame``: a whole page, or the place of axes that a notebook made.
"""

from __future__ import annotations

import math
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from simulation.figures.drawing.inputs import Source, study_curves
from simulation.figures.drawing.letters import give_fonts
from simulation.figures.drawing.notebook import notebook_axes
from simulation.figures.drawing.study import ScenarioCurves, StudyCurves
from simulation.figures.drawing.style import (
    INK,
    LINE_MM,
    MM_PER_INCH,
    NOTE_LINE_MM,
    SMALL_PT,
    TEXT_PT,
    ScenarioStyle,
    add_axes_mm,
    figure_of,
    new_figure,
    style,
    text_mm,
    text_width_mm,
    wrap_mm,
    write_note,
)

MARGIN_MM = 1.5
RIGHT_MM = 3.0  # of axes whose last tick may have its label at the very end
AXIS_MM = 9.0  # below a panel: ticks, and what they measure
LETTER_MM = 3.2
HEADING_GAP_MM = 1.5
KEY_LINE_MM = 4.0
SAMPLE_MM = 6.5
KEY_GAP_MM = 4.0
LEAST_PANEL_MM = 8.0
NOTEBOOK_MM = (140.0, 85.0)
"""Size of a figure with one panel without given axes."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A rectangle of a figure; positions in it are in mm from its upper left corner."""

    figure: Figure
    left: float
    top: float
    width: float
    height: float

    @classmethod
    def of(cls, ax: Axes) -> Frame:
        """Where axes stand; they themselves become invisible."""
        figure = figure_of(ax)
        width, height = (float(inches) * MM_PER_INCH for inches in figure.get_size_inches())
        box = ax.get_position()
        ax.set_axis_off()
        return cls(figure, box.x0 * width, (1 - box.y1) * height, box.width * width, box.height * height)

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """Axes at a place in the frame."""
        return add_axes_mm(self.figure, self.left + left, self.top + top, width, height)

    def text(
        self,
        text: str,
        *,
        left: float,
        top: float,
        size: float = TEXT_PT,
        weight: str = "normal",
        colour: str = INK,
        align: str = "left",
    ) -> None:
        """A line of text whose top is at ``top``."""
        left, top = self.left + left, self.top + top
        text_mm(self.figure, text, left=left, top=top, size=size, weight=weight, colour=colour, align=align)

    def share(self, left: float, top: float) -> tuple[float, float]:
        """A position in figure coordinates of Matplotlib."""
        width, height = (float(inches) * MM_PER_INCH for inches in self.figure.get_size_inches())
        return (self.left + left) / width, 1 - (self.top + top) / height


DrawIn = Callable[[Frame, StudyCurves], None]
DrawPanel = Callable[[Axes, StudyCurves], None]


def page(study: StudyCurves, draw: DrawIn, *, width_mm: float, height_mm: float, note: str) -> Figure:
    """A figure of this width: what ``draw`` draws in ``height_mm``, and the note under it."""
    lines = wrap_mm(note, width_mm - 2 * MARGIN_MM, size=SMALL_PT)
    with style():
        figure = new_figure(width_mm, height_mm + NOTE_LINE_MM * len(lines) + MARGIN_MM)
        draw(Frame(figure, 0.0, 0.0, width_mm, height_mm), study)
        write_note(figure, lines, left=MARGIN_MM, top=height_mm)
        give_fonts(figure)
    return figure


def in_axes(
    source: Source, ax: Axes | None, *, draw: DrawIn, height_mm: Callable[[StudyCurves, float], float]
) -> Axes:
    """Draw a figure of several panels in place of these axes, or on a new page; return the axes."""
    study = study_curves(source)
    with style():
        if ax is None:
            width = NOTEBOOK_MM[0]
            ax = notebook_axes(width, height_mm(study, width))
        draw(Frame.of(ax), study)
        give_fonts(figure_of(ax))
    return ax


def on_axes(source: Source, ax: Axes | None, *, draw: DrawPanel) -> Axes:
    """Draw a figure of one panel on these axes, or on new ones, with a legend; return the axes."""
    study = study_curves(source)
    with style():
        if ax is None:
            width, height = NOTEBOOK_MM
            ax = notebook_axes(width, height, left=13.0, top=5.0, right=5.0, bottom=10.0)
        draw(ax, study)
        if ax.get_legend_handles_labels()[0]:
            ax.legend(frameon=False, handlelength=3.0)
        give_fonts(figure_of(ax))
    return ax


@dataclass(frozen=True, slots=True)
class Grid:
    """Panels of one size, line by line, below their headings; mm from the upper left corner of a frame."""

    columns: int
    lines: int
    left: float  # of the first panel
    panel_mm: float
    gap_mm: float
    heading_mm: float
    panel_height_mm: float
    axis_mm: float

    @classmethod
    def fit(
        cls,
        n: int,
        width_mm: float,
        *,
        least_mm: float,
        left: float,
        right: float = MARGIN_MM,
        gap_mm: float = 4.5,
        headings: Sequence[str] = (),
        axis_mm: float = AXIS_MM,
    ) -> Grid:
        """As many columns as panels of at least this width allow; the height is given later."""
        room = width_mm - left - right
        most = min(n, max(1, int((room + gap_mm) // (least_mm + gap_mm))))
        lines = math.ceil(n / most)
        columns = math.ceil(n / lines)
        panel_mm = (room - gap_mm * (columns - 1)) / columns
        rows = max((len(heading_lines(text, panel_mm)) for text in headings), default=0)
        heading_mm = LINE_MM * rows + HEADING_GAP_MM
        return cls(columns, lines, left, panel_mm, gap_mm, heading_mm, LEAST_PANEL_MM, axis_mm)

    def height_mm(self, panel_height_mm: float) -> float:
        """Height of all with panels of this height."""
        panel_mm = max(panel_height_mm, LEAST_PANEL_MM)
        return MARGIN_MM + self.lines * (self.heading_mm + panel_mm + self.axis_mm)

    def filling(self, height_mm: float) -> Grid:
        """The same grid with panels as high as fit into this height."""
        fitting = (height_mm - MARGIN_MM) / self.lines - self.heading_mm - self.axis_mm
        return Grid(
            self.columns,
            self.lines,
            self.left,
            self.panel_mm,
            self.gap_mm,
            self.heading_mm,
            max(fitting, LEAST_PANEL_MM),
            self.axis_mm,
        )

    def place(self, number: int) -> tuple[float, float]:
        """Left and top of a panel."""
        line, column = divmod(number, self.columns)
        top = MARGIN_MM + line * (self.heading_mm + self.panel_height_mm + self.axis_mm) + self.heading_mm
        return self.left + column * (self.panel_mm + self.gap_mm), top

    def is_first(self, number: int) -> bool:
        """Whether a panel is the first of its line."""
        return number % self.columns == 0

    def is_last(self, number: int, n: int) -> bool:
        """Whether a panel is the last of its line."""
        return number % self.columns == self.columns - 1 or number == n - 1

    def panel(self, frame: Frame, number: int, heading: str = "", *, first: int = 0) -> Axes:
        """Axes of a panel, below its letter, counted from ``first``, and its heading."""
        left, top = self.place(number)
        if heading:
            lines = heading_lines(heading, self.panel_mm)
            highest = top - HEADING_GAP_MM - LINE_MM * len(lines)
            letter = string.ascii_lowercase[(first + number) % 26]
            frame.text(letter, left=left, top=highest, weight="bold")
            for row, line in enumerate(lines):
                frame.text(line, left=left + LETTER_MM, top=highest + row * LINE_MM)
        return frame.axes(left, top, self.panel_mm, self.panel_height_mm)


def heading_lines(text: str, panel_mm: float) -> list[str]:
    """A heading in lines that leave room for a letter."""
    return wrap_mm(text, panel_mm - LETTER_MM)


@dataclass(frozen=True, slots=True)
class Key:
    """One entry of a key: a sample and what it stands for."""

    label: str
    line: dict[str, Any] | None = None  # look of a line with its marker
    patch: dict[str, Any] | None = None  # look of an area


def line_look(look: ScenarioStyle) -> dict[str, Any]:
    """How a scenario's lines are drawn."""
    return {
        "color": look.colour,
        "linestyle": look.line,
        "marker": look.marker,
        "markersize": look.mark_size(),
        "markeredgecolor": "white",
        "markeredgewidth": 0.4,
    }


def scenario_keys(
    scenarios: Sequence[ScenarioCurves], styles: dict[str, ScenarioStyle], *, lines: bool = True
) -> list[Key]:
    """The key of scenarios that are drawn as lines with markers, or as markers alone."""
    alone = {} if lines else {"linestyle": "none"}
    return [Key(scenario.label, line=line_look(styles[scenario.name]) | alone) for scenario in scenarios]


def _key_places(keys: Sequence[Key], width_mm: float) -> list[tuple[float, float]]:
    places, x, y = [], MARGIN_MM, 0.0
    for key in keys:
        width = SAMPLE_MM + 1.5 + text_width_mm(key.label)
        if x > MARGIN_MM and x + width > width_mm - MARGIN_MM:
            x, y = MARGIN_MM, y + KEY_LINE_MM
        places.append((x, y))
        x += width + KEY_GAP_MM
    return places


def key_height(keys: Sequence[Key], width_mm: float) -> float:
    """Room that a key takes in a frame of this width, in mm."""
    return _key_places(keys, width_mm)[-1][1] + KEY_LINE_MM if keys else 0.0


def draw_key(frame: Frame, keys: Sequence[Key]) -> None:
    """Draw the key at the foot of a frame, one entry after the other."""
    top = frame.height - key_height(keys, frame.width)
    for key, (left, down) in zip(keys, _key_places(keys, frame.width), strict=True):
        y = top + down
        if key.line is not None:
            x0, level = frame.share(left, y + 1.4)
            x1, _ = frame.share(left + SAMPLE_MM, y + 1.4)
            frame.figure.add_artist(Line2D([x0, (x0 + x1) / 2, x1], [level] * 3, markevery=[1], **key.line))
        if key.patch is not None:
            x0, y0 = frame.share(left, y + 2.5)
            x1, y1 = frame.share(left + SAMPLE_MM, y + 0.2)
            frame.figure.add_artist(Rectangle((x0, y0), x1 - x0, y1 - y0, **key.patch))
        frame.text(key.label, left=left + SAMPLE_MM + 1.5, top=y)


def explain(ax: Axes, text: str) -> None:
    """Explain in the middle of empty axes why there is nothing to show."""
    room = ax.get_position().width * float(figure_of(ax).get_size_inches()[0]) * MM_PER_INCH - 2 * MARGIN_MM
    words = "\n".join(wrap_mm(text, room, size=SMALL_PT))
    ax.text(0.5, 0.5, words, transform=ax.transAxes, ha="center", va="center", fontsize=SMALL_PT)


def label_ends(
    frame: Frame,
    labels: Sequence[tuple[Sequence[str], ScenarioStyle]],
    *,
    left: float,
    ends: Sequence[float],
    places: Sequence[float],
) -> None:
    """Write a marker and a name beside the end of each line, linked to it if the label had to move.

    Parameters
    ----------
    labels : lines of text, and look.
    left : where the lines end, mm.
    ends, places : mm from the top of the frame: where each line ends, and where its label goes.
    """
    for (lines, look), end, place in zip(labels, ends, places, strict=True):
        (x0, y0), (x1, y1) = frame.share(left + 0.6, end), frame.share(left + LEADER_MM, place)
        frame.figure.add_artist(Line2D([x0, x1], [y0, y1], color=look.colour, linewidth=0.5))
        mark: dict[str, Any] = {"marker": look.marker, "ms": look.mark_size(), "markeredgecolor": "white"}
        frame.figure.add_artist(Line2D([x1], [y1], color=look.colour, **mark))
        for row, line in enumerate(lines):
            top = place - LINE_MM * len(lines) / 2 + row * LINE_MM + 0.3
            frame.text(line, left=left + LEADER_MM + 1.5, top=top)


LEADER_MM = 4.0
