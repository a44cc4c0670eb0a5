"""The key of a map: colours, sizes of bubbles, members, macroregions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.lines import Line2D
from matplotlib.patches import Ellipse, Rectangle

from simulation.figures.drawing.maps import (
    BORDER,
    HATCH,
    LINK_OPACITY,
    PAPER,
    RING_PT,
    SEAT,
    THICKEST_PT,
    arc_points,
)
from simulation.figures.drawing.panels import MARGIN_MM, Frame
from simulation.figures.drawing.style import INK, MM_PER_INCH, SMALL_PT, text_width_mm

LINE_MM = 4.2
FIRST_LINE_MM = 7.0  # the colour bar has numbers below it
BAR_MM = 30.0
LABEL_GAP_MM = 2.0  # between the bar and what it measures
GAP_MM = 4.0
PATCH_MM = 3.4
BUBBLE_GAP_MM = 0.8

DrawSample = Callable[[Frame, float, float], None]
"""Draws a sample into a frame at its left and at its middle height, mm."""


@dataclass(frozen=True, slots=True)
class MapKey:
    """What the key of a map explains."""

    label: str  # of the colours, with unit
    macroregions: Mapping[str, tuple[str, str]]  # name -> colour, and mark at the seats
    most_enterprises: int  # of the largest bubble
    has_members: bool  # rings are drawn
    has_links: bool
    undefined: str  # what white means; "" if no region is white


@dataclass(frozen=True, slots=True)
class _Entry:
    width: float  # of the sample
    label: str
    draw: DrawSample


def _entries(key: MapKey, largest_mm: float) -> list[_Entry]:
    entries = [_Entry(PATCH_MM, key.undefined, _patch(PAPER, hatch=HATCH))] if key.undefined else []
    counts = bubble_counts(key.most_enterprises)
    radii = [largest_mm * float(np.sqrt(count / key.most_enterprises)) for count in counts]
    if counts:
        words = " and ".join(f"{count:,}" for count in counts)
        width = 2 * sum(radii) + BUBBLE_GAP_MM * (len(radii) - 1)
        entries.append(_Entry(width, f"{words} enterprises", _bubbles(radii)))
    if key.has_members:
        entries.append(_Entry(2 * PATCH_MM / 2, "ring: 60 % are members", _ring(PATCH_MM / 2 - 0.4)))
    if key.has_links:
        entries.append(_Entry(6.0, "link: most members shared", _link))
    for name, (colour, marker) in key.macroregions.items():
        entries.append(_Entry(PATCH_MM, name, _patch(colour, marker=marker)))
    return entries


def bubble_counts(most: int) -> list[int]:
    """Two round numbers of enterprises for the key, the larger at most that of the largest bubble."""
    power = 10 ** int(np.log10(max(most, 1)))
    largest = max(step * power for step in (1, 2, 5) if step * power <= max(most, 1))
    return [count for count in (largest // 5, largest) if count > 0]


def _places(entries: list[_Entry], label: str, width_mm: float) -> list[tuple[float, float]]:
    """Left and middle of each entry, the first after the colour bar, in mm from the top of the key."""
    x, y = MARGIN_MM + text_width_mm(label) + LABEL_GAP_MM + BAR_MM + GAP_MM, 1.5
    places = []
    for entry in entries:
        width = entry.width + 1.2 + text_width_mm(entry.label, SMALL_PT)
        if x + width > width_mm - MARGIN_MM:
            x, y = MARGIN_MM, (FIRST_LINE_MM + 1.5 if y < FIRST_LINE_MM else y + LINE_MM)
        places.append((x, y))
        x += width + GAP_MM
    return places


def map_key_height(key: MapKey, width_mm: float) -> float:
    """Room that the key takes in a frame of this width, mm."""
    # Bubbles of the key are at most as large as a patch is wide, so that the height does not depend on their size.
    return _places(_entries(key, PATCH_MM), key.label, width_mm)[-1][1] + LINE_MM


def draw_map_key(frame: Frame, key: MapKey, *, colours: ScalarMappable, largest_mm: float) -> None:
    """Draw the key at the foot of a frame; ``largest_mm`` is the radius of the largest bubble on the maps."""
    top = frame.height - map_key_height(key, frame.width)
    left = MARGIN_MM + text_width_mm(key.label) + LABEL_GAP_MM
    ax = frame.axes(left, top + 0.4, BAR_MM, 2.2)
    bar = frame.figure.colorbar(colours, cax=ax, orientation="horizontal")
    bar.outline.set_linewidth(0.3)
    low, high = colours.get_clim()
    bar.set_ticks(np.linspace(low, high, 3).tolist())
    bar.ax.set_xticklabels([f"{tick:g}".replace("-", "−") for tick in np.linspace(low, high, 3)])
    ax.set_ylabel(key.label, rotation="horizontal", ha="right", va="center")
    ax.yaxis.set_label_coords(-LABEL_GAP_MM / BAR_MM, 0.5)
    entries = _entries(key, largest_mm)
    places = _places(_entries(key, PATCH_MM), key.label, frame.width)
    for entry, (x, y) in zip(entries, places, strict=True):
        entry.draw(frame, x, top + y)
        frame.text(entry.label, left=x + entry.width + 1.2, top=top + y - 1.15, size=SMALL_PT)


def _size(frame: Frame, width: float, height: float) -> tuple[float, float]:
    total = np.asarray(frame.figure.get_size_inches()) * MM_PER_INCH
    return width / float(total[0]), height / float(total[1])


def _patch(colour: str, *, hatch: str = "", marker: str = "") -> DrawSample:
    def draw(frame: Frame, left: float, middle: float) -> None:
        look: dict[str, Any] = {"facecolor": colour, "edgecolor": BORDER, "linewidth": 0.3, "hatch": hatch}
        corner = frame.share(left, middle + 1.1)
        frame.figure.add_artist(Rectangle(corner, *_size(frame, PATCH_MM, 2.2), **look))
        if marker:
            x, y = frame.share(left + PATCH_MM / 2, middle)
            frame.figure.add_artist(Line2D([x], [y], marker=marker, linestyle="none", **SEAT))

    return draw


def _bubble(radius: float) -> DrawSample:
    def draw(frame: Frame, left: float, middle: float) -> None:
        look: dict[str, Any] = {"facecolor": "none", "edgecolor": INK, "linewidth": 0.4}
        size = _size(frame, 2 * radius, 2 * radius)
        frame.figure.add_artist(Ellipse(frame.share(left + radius, middle), *size, **look))

    return draw


def _bubbles(radii: Sequence[float]) -> DrawSample:
    def draw(frame: Frame, left: float, middle: float) -> None:
        for radius in radii:
            _bubble(radius)(frame, left, middle)
            left += 2 * radius + BUBBLE_GAP_MM

    return draw


def _ring(radius: float) -> DrawSample:
    def draw(frame: Frame, left: float, middle: float) -> None:
        _bubble(radius - 0.3)(frame, left + 0.3, middle)
        points = [frame.share(left + radius + radius * x, middle - radius * y) for x, y in arc_points(0.6)]
        frame.figure.add_artist(Line2D(*zip(*points, strict=True), color=INK, linewidth=RING_PT))

    return draw


def _link(frame: Frame, left: float, middle: float) -> None:
    ends = [frame.share(left + x, middle) for x in (0.0, 6.0)]
    frame.figure.add_artist(
        Line2D(*zip(*ends, strict=True), color=INK, linewidth=THICKEST_PT, alpha=LINK_OPACITY)
    )
