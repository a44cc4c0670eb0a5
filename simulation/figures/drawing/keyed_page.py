"""A figure of several panels with their headings, the key, and the note under them."""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from typing import Any

from matplotlib.figure import Figure

from simulation.figures.drawing.panels import LETTER_MM, MARGIN_MM, Frame, Key, draw_key, key_height
from simulation.figures.drawing.style import NOTE_LINE_MM, SMALL_PT, new_figure, style, wrap_mm, write_note

NOTE_INK = "#404040"
RULE: dict[str, Any] = {"color": "#E0E0E0", "linewidth": 0.4, "zorder": 0}
"""The line that leads from a name to its marks."""


def page(draw: Callable[[Frame], None], *, width_mm: float, height_mm: float, note: str) -> Figure:
    """Return a figure of this width: what ``draw`` draws in ``height_mm``, and the note under it."""
    lines = wrap_mm(note, width_mm - 2 * MARGIN_MM, size=SMALL_PT)
    with style():
        figure = new_figure(width_mm, height_mm + NOTE_LINE_MM * len(lines) + MARGIN_MM)
        draw(Frame(figure, 0.0, 0.0, width_mm, height_mm))
        write_note(figure, lines, left=MARGIN_MM, top=height_mm)
    return figure


def keyed_page(
    draw: Callable[[Frame], None], keys: Sequence[Key], *, width_mm: float, height_mm: float, note: str
) -> Figure:
    """Return a figure as :func:`page` does, with the keys between what is drawn and the note."""

    def draw_in(frame: Frame) -> None:
        draw(frame)
        draw_key(frame, keys)

    whole = height_mm + key_height(keys, width_mm) + 1.0
    return page(draw_in, width_mm=width_mm, height_mm=whole, note=note)


def write_heading(frame: Frame, text: str, *, letter: int, left: float, top: float) -> None:
    """Write the letter of a panel, 0 for a, and its heading."""
    frame.text(string.ascii_lowercase[letter % 26], left=left, top=top, weight="bold")
    frame.text(text, left=left + LETTER_MM, top=top)
