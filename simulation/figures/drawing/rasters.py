"""Layout of rasters side by side, with headings and keys, and their numbers as a table."""

from __future__ import annotations

import math
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from matplotlib.image import AxesImage

from simulation.figures.drawing.panels import (
    AXIS_MM,
    HEADING_GAP_MM,
    LEAST_PANEL_MM,
    LETTER_MM,
    MARGIN_MM,
    Frame,
)
from simulation.figures.drawing.raster_panel import (
    LATE_DOT,
    REACHED_DOT,
    Panel,
    difference_limit,
    draw_raster,
)
from simulation.figures.drawing.regions import (
    BAND_GAP_MM,
    BAND_MM,
    band_mm,
    draw_band,
    names_mm,
    row_mm,
    write_names,
)
from simulation.figures.drawing.study import StudyCurves
from simulation.figures.drawing.style import LINE_MM, text_width_mm, wrap_mm

PANEL_MM = 27.0  # narrowest panel
GAP_MM = 4.5  # between panels side by side
KEY_BAR_MM = 24.0
KEY_LINE_MM = 6.5


@dataclass(frozen=True, slots=True)
class _Layout:
    """Positions of all parts, in mm from the upper left corner."""

    columns: int
    left: float  # of the first panel
    panel_mm: float
    row_mm: float
    rows: int
    heading_mm: tuple[float, ...]  # of each line of panels
    keys: tuple[tuple[float, float], ...]  # (left, top) of each key, from the top of the keys

    @property
    def raster_mm(self) -> float:
        return self.rows * self.row_mm

    def panel(self, place: int) -> tuple[float, float]:
        """Left and top of a raster."""
        line, column = divmod(place, self.columns)
        top = sum(self.heading_mm[: line + 1]) + line * (self.raster_mm + AXIS_MM)
        return self.left + column * (self.panel_mm + GAP_MM), MARGIN_MM + top

    @property
    def keys_top(self) -> float:
        lines = len(self.heading_mm)
        return MARGIN_MM + sum(self.heading_mm) + lines * (self.raster_mm + AXIS_MM) - 1.0

    @property
    def height_mm(self) -> float:
        return self.keys_top + self.keys[-1][1] + KEY_LINE_MM

    def filling(self, height_mm: float) -> _Layout:
        """The same with rows as high as fit into this height."""
        lines = len(self.heading_mm)
        room = height_mm - (self.height_mm - lines * self.raster_mm)
        return replace(self, row_mm=max(room / lines, LEAST_PANEL_MM) / self.rows)


def _layout(study: StudyCurves, panels: Sequence[Panel], *, width_mm: float) -> _Layout:
    rows = len(study.region_ids)
    left = MARGIN_MM + names_mm(study.region_names) + 1.5
    room = width_mm - left - band_mm(study.macroregions) - MARGIN_MM
    most = max(1, int((room + GAP_MM) // (PANEL_MM + GAP_MM)))
    lines = math.ceil(len(panels) / most)
    columns = math.ceil(len(panels) / lines)
    panel_mm = (room - GAP_MM * (columns - 1)) / columns
    needed = [LINE_MM * sum(map(len, _heading(panel, panel_mm))) + HEADING_GAP_MM for panel in panels]
    return _Layout(
        columns=columns,
        left=left,
        panel_mm=panel_mm,
        row_mm=row_mm(rows),
        rows=rows,
        heading_mm=tuple(max(needed[line * columns : (line + 1) * columns]) for line in range(lines)),
        keys=_flow([_key_width(key) for key in _keys(panels)], width_mm),
    )


def _flow(widths: Sequence[float], width_mm: float) -> tuple[tuple[float, float], ...]:
    """Positions of items of these widths, one after the other, with a new line when the last is full."""
    places, x, y = [], MARGIN_MM, 0.0
    for width in widths:
        if x > MARGIN_MM and x + width > width_mm:
            x, y = MARGIN_MM, y + KEY_LINE_MM
        places.append((x, y))
        x += width
    return tuple(places)


def rasters_height(study: StudyCurves, panels: Sequence[Panel], *, width_mm: float) -> float:
    """Height that rasters of legible rows need in a frame of this width, in mm."""
    return _layout(study, panels, width_mm=width_mm).height_mm


def draw_rasters(frame: Frame, study: StudyCurves, *, panels: Sequence[Panel]) -> None:
    """Draw panels side by side into a frame, as far as its width allows, and the keys below."""
    layout = _layout(study, panels, width_mm=frame.width).filling(frame.height)
    images: dict[bool, AxesImage] = {}
    limit = max([difference_limit(panel.values) for panel in panels if panel.is_difference], default=1.0)
    for place, panel in enumerate(panels):
        x, y = layout.panel(place)
        _write_heading(frame, panel, layout, place=place)
        ax = frame.axes(x, y, layout.panel_mm, layout.raster_mm)
        scale = limit if panel.is_difference else 1.0
        images[panel.is_difference] = draw_raster(ax, panel, dt=study.dt, limit=scale)
        ax.set_xlabel("Time after release, years")
        if place % layout.columns == 0:
            write_names(ax, study.region_names)
        if place % layout.columns == layout.columns - 1 or place == len(panels) - 1:
            beside = x + layout.panel_mm + BAND_GAP_MM
            draw_band(frame.axes(beside, y, BAND_MM, layout.raster_mm), study.macroregions)
    for key, (left, top) in zip(_keys(panels), layout.keys, strict=True):
        _draw_key(frame, key, images, left=left, top=layout.keys_top + top)


def _heading(panel: Panel, width_mm: float) -> tuple[list[str], list[str], list[str]]:
    """Lines of name, title and measures in a panel of this width; the name leaves room for a letter."""
    name = wrap_mm(panel.heading, width_mm - LETTER_MM, weight="bold")
    return name, wrap_mm(panel.title, width_mm), wrap_mm(panel.measures, width_mm)


def _write_heading(frame: Frame, panel: Panel, layout: _Layout, *, place: int) -> None:
    """Name and title from the top, measures right above the raster, so that panels compare along a line."""
    left, raster_top = layout.panel(place)
    top = raster_top - layout.heading_mm[place // layout.columns]
    name, title, measures = _heading(panel, layout.panel_mm)
    frame.text(string.ascii_lowercase[place % 26], left=left, top=top, weight="bold")
    for row, line in enumerate(name):
        frame.text(line, left=left + LETTER_MM, top=top + row * LINE_MM, weight="bold")
    for row, line in enumerate(title, start=len(name)):
        frame.text(line, left=left, top=top + row * LINE_MM)
    for row, line in enumerate(reversed(measures), start=1):
        frame.text(line, left=left, top=raster_top - HEADING_GAP_MM - row * LINE_MM)


SHARE_KEY = "Adoption share, %"
DIFFERENCE_KEY = "Difference, percentage points"
REACHED_KEY = "half adopted (t50)"
LATE_KEY = "not half within the window"


def _keys(panels: Sequence[Panel]) -> list[str]:
    has_difference = any(panel.is_difference for panel in panels)
    has_shares = not all(panel.is_difference for panel in panels)
    return [
        *([SHARE_KEY] if has_shares else []),
        *([DIFFERENCE_KEY] if has_difference else []),
        *([REACHED_KEY, LATE_KEY] if has_shares else []),
    ]


def _key_width(key: str) -> float:
    return text_width_mm(key) + (2.5 + KEY_BAR_MM + 6.0 if key in (SHARE_KEY, DIFFERENCE_KEY) else 8.0)


def _draw_key(frame: Frame, key: str, images: dict[bool, AxesImage], *, left: float, top: float) -> None:
    if key in (REACHED_KEY, LATE_KEY):
        ax = frame.axes(left, top, 2.6, 2.6)
        ax.plot(0, 0, **(REACHED_DOT if key == REACHED_KEY else LATE_DOT))
        ax.set_axis_off()
        frame.text(key, left=left + 3.2, top=top)
        return
    frame.text(key, left=left, top=top)
    image = images[key == DIFFERENCE_KEY]
    ax = frame.axes(left + text_width_mm(key) + 2.5, top + 0.2, KEY_BAR_MM, 2.2)
    bar = frame.figure.colorbar(image, cax=ax, orientation="horizontal")
    ticks = np.linspace(*image.get_clim(), 3)
    bar.set_ticks(list(ticks), labels=[f"{100 * tick:.0f}".replace("-", "−") for tick in ticks])
    bar.outline.set_linewidth(0.3)


def cells(study: StudyCurves, panels: Mapping[str, Panel]) -> pd.DataFrame:
    """The value of every cell of every panel, under the panel's name, as a table."""
    regions, steps = len(study.region_ids), len(study.tau_years)
    return pd.DataFrame(
        {
            "panel": np.repeat(list(panels), regions * steps),
            "region": np.tile(np.repeat(study.region_ids, steps), len(panels)),
            "macroregion": np.tile(np.repeat(study.macroregions, steps), len(panels)),
            "tau_years": np.tile(study.tau_years, regions * len(panels)),
            "adoption_share": np.concatenate([panel.values.ravel() for panel in panels.values()]),
        }
    )
