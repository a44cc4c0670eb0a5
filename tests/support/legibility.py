"""Whether the words of a figure can be read."""

from __future__ import annotations

from itertools import combinations

from matplotlib.figure import Figure
from matplotlib.text import Text

from simulation.figures import Drawn


def texts(drawn: Drawn) -> list[Text]:
    return _texts_of(drawn.figure)


def _texts_of(figure: Figure) -> list[Text]:
    return [
        t for t in figure.findobj(Text) if isinstance(t, Text) and t.get_visible() and t.get_text().strip()
    ]


def shown(drawn: Drawn) -> list[Text]:
    """Texts that are on the first page."""
    return shown_on(drawn.figure)


def shown_on(figure: Figure) -> list[Text]:
    """Texts that are on the page: ticks beyond the limits of an axis are kept by Matplotlib but not drawn."""
    ticks = {
        id(label)
        for ax in figure.axes
        for axis in (ax.xaxis, ax.yaxis)
        for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]
        for label in (tick.label1, tick.label2)
    }
    drawn_ticks = {
        id(tick.label1)
        for ax in figure.axes
        if ax.axison
        for axis in (ax.xaxis, ax.yaxis)
        for tick in axis._update_ticks()
    }
    return [t for t in _texts_of(figure) if id(t) not in ticks or id(t) in drawn_ticks]


def assert_legible(drawn: Drawn) -> None:
    """No text below 6 pt, none beyond the page, none over another."""
    page = drawn.figure.bbox
    boxes = []
    for text in shown(drawn):
        assert text.get_fontsize() >= 6.0, text
        assert "$" not in text.get_text(), "mathematical text has small subscripts"
        box = text.get_window_extent()
        assert page.x0 <= box.x0 < box.x1 <= page.x1, text
        assert page.y0 <= box.y0 < box.y1 <= page.y1, text
        # Half a point of the box is white space around the letters.
        boxes.append((text, box.padded(-0.5 * drawn.figure.dpi / 72)))
    for (first, one), (second, other) in combinations(boxes, 2):
        assert not one.overlaps(other), (first, second)
