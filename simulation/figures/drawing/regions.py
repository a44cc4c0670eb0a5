"""Regions as rows, in the order of the study: their names on the left, their macroregions as a thin band beside."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby, pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb

from simulation.figures.drawing.style import (
    MACROREGION_COLOURS,
    MACROREGION_MARKERS,
    MM_PER_INCH,
    SMALL_PT,
    figure_of,
    fit_mm,
    text_width_mm,
)

NAME_MM = 30.0  # longer names of regions are cut
MACROREGION_MM = 16.0
BAND_MM = 1.6
BAND_GAP_MM = 3.5
LEGIBLE_ROW_MM = 2.6  # lower rows carry no label
MOST_ROWS = 40  # of a page
LEAST_ROWS = 8


def row_mm(rows: int) -> float:
    """Wanted height of a row; enough for its name where there are up to 40, as on a page there are."""
    return min(6.0, max(48 / rows, LEGIBLE_ROW_MM if rows <= MOST_ROWS else 110 / rows))


def parts(rows: int, room_mm: float) -> list[slice]:
    """Divide rows evenly over as few pages as leave each row a legible height.

    Parameters
    ----------
    room_mm : height that a page has for all of its rows.
    """
    most = max(min(int(room_mm / LEGIBLE_ROW_MM), MOST_ROWS), LEAST_ROWS)
    pages = math.ceil(rows / most)
    ends = [round(rows * page / pages) for page in range(pages + 1)]
    return [slice(*pair) for pair in pairwise(ends)]


def part_in_words(part: slice, rows: int) -> str:
    """The part of the regions on a page, in words; empty if it has all."""
    return "" if part == slice(0, rows) else f"Regions {part.start + 1} to {part.stop} of {rows}. "


def names_mm(names: Sequence[str]) -> float:
    """Room for the names beside their rows; none where rows are too low for them."""
    if row_mm(len(names)) < LEGIBLE_ROW_MM:
        return 0.0
    return max(text_width_mm(fit_mm(name, NAME_MM)) for name in names)


def band_mm(macroregions: Sequence[str]) -> float:
    """Room to the right of the last panel for the band and its names."""
    names = (fit_mm(name, MACROREGION_MM, size=SMALL_PT) for name in macroregions)
    return BAND_GAP_MM + BAND_MM + 1.0 + max(text_width_mm(name, SMALL_PT) for name in names)


def write_names(ax: Axes, names: Sequence[str]) -> None:
    """Write names beside rows 0, 1, ... of axes, if the rows are high enough for them."""
    if _height_mm(ax) / len(names) >= LEGIBLE_ROW_MM - 0.01:
        ax.set_yticks(range(len(names)), [fit_mm(name, NAME_MM) for name in names])
        ax.tick_params(axis="y", length=0, pad=2.5)


def _height_mm(ax: Axes) -> float:
    return float(figure_of(ax).get_size_inches()[1]) * MM_PER_INCH * ax.get_position().height


def macroregion_colours(macroregions: Sequence[str], every: Sequence[str] = ()) -> dict[str, str]:
    """Colour of each macroregion, the same in every figure of a study; in the order given.

    Parameters
    ----------
    every : all macroregions of the study, if these are those of one page.
    """
    return _by_name(macroregions, MACROREGION_COLOURS, every)


def macroregion_markers(macroregions: Sequence[str]) -> dict[str, str]:
    """Mark of each macroregion at the seats of its regions, likewise."""
    return _by_name(macroregions, MACROREGION_MARKERS)


def _by_name(names: Sequence[str], looks: Sequence[str], every: Sequence[str] = ()) -> dict[str, str]:
    order = sorted({*names, *every})
    return {name: looks[order.index(name) % len(looks)] for name in dict.fromkeys(names)}


def draw_band(ax: Axes, macroregions: Sequence[str], every: Sequence[str] = ()) -> None:
    """Fill axes as high as the rows with one colour a macroregion, and name each unbroken run that has room.

    Parameters
    ----------
    every : as for :func:`macroregion_colours`.
    """
    colours = macroregion_colours(macroregions, every)
    cells = np.array([[to_rgb(colours[name])] for name in macroregions])
    ax.imshow(cells, aspect="auto", interpolation="nearest")
    row = _height_mm(ax) / len(macroregions)
    start = 0
    for name, members in groupby(macroregions):
        length = len(list(members))
        middle = start + (length - 1) / 2
        if start:
            ax.axhline(start - 0.5, color="white", linewidth=0.8)
        if length * row >= LEGIBLE_ROW_MM - 0.01:
            ax.text(
                1 + 1.0 / BAND_MM,
                middle,
                fit_mm(name, MACROREGION_MM, size=SMALL_PT),
                fontsize=SMALL_PT,
                va="center_baseline",
                transform=ax.get_yaxis_transform(),
            )
        start += length
    ax.set_axis_off()
