"""Figures and axes that a notebook displays, whether or not Matplotlib is set up in it."""

from __future__ import annotations

import io

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulation.figures.drawing.style import MM_PER_INCH, figure_of, style

NOTEBOOK_DPI = 130


def png_of(figure: Figure) -> bytes:
    """Return the picture of a figure at the size of a notebook."""
    image = io.BytesIO()
    with style():
        figure.savefig(image, format="png", dpi=NOTEBOOK_DPI)
    return image.getvalue()


class NotebookFigure(Figure):
    """A figure that is its own picture."""

    def _repr_png_(self) -> bytes:
        return png_of(self)


class NotebookAxes(Axes):
    """Axes whose whole figure is shown where they are the value of a cell."""

    def _repr_png_(self) -> bytes:
        return png_of(figure_of(self))


def notebook_axes(
    width_mm: float,
    height_mm: float,
    *,
    left: float = 0.0,
    top: float = 0.0,
    right: float = 0.0,
    bottom: float = 0.0,
) -> Axes:
    """Return axes in a new figure of this size, in mm, with these margins."""
    figure = NotebookFigure(figsize=(width_mm / MM_PER_INCH, height_mm / MM_PER_INCH))
    box = (
        left / width_mm,
        bottom / height_mm,
        1 - (left + right) / width_mm,
        1 - (top + bottom) / height_mm,
    )
    return figure.add_axes(box, axes_class=NotebookAxes)
