"""Layout of rasters side by side, with headings and keys, and their numbers as a table."""

from __future__ import annotations

import math
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from simulation.figures.drawing.panels import (
    AXIS_MM,
    HEADING_GAP_MM,
    LEAST_PANEL_MM,
    LETTER_MM,
    MARGIN_MM,
    Frame,
    page,
)
from simulation.figures.drawing.raster_panel import (
    LATE_DOT,
    REACHED_DOT,
    Panel,
    difference_limit,
    draw_raster,
    share_limit,
)
from simulation.figures.drawing.regions import (
    BAND_GAP_MM,
    BAND_MM,
    LEGIBLE_ROW_MM,
    MOST_ROWS,
    band_mm,
    draw_band,
    names_mm,
    part_in_words,
    parts,
    row_mm,
    write_names,
)
from simulation.figures.drawing.study import StudyCurves
from simulation.figures.drawing.style import (
    COMFORTABLE_MM,
    LINE_MM,
    NOTE_LINE_MM,
    SMALL_PT,
    text_width_mm,
    wrap_mm,
)

PANEL_MM = 27.0  # narrowest panel
GAP_MM = 4.5  # between panels side by side
TICKS_MM = 5.0  # below a panel above others, whose axis the last one names
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
    between_mm: float  # below a line of panels that is not the last
    heading_mm: tuple[float, ...]  # of each line of panels
    keys: tuple[tuple[float, float], ...]  # (left, top) of each key, from the top of the keys

    @property
    def raster_mm(self) -> float:
        return self.rows * self.row_mm

    @property
    def all_mm(self) -> float:
        """Height of all rasters one below the other."""
        return len(self.heading_mm) * self.raster_mm

    def panel(self, place: int) -> tuple[float, float]:
        """Left and top of a raster."""
        line, column = divmod(place, self.columns)
        top = sum(self.heading_mm[: line + 1]) + line * (self.raster_mm + self.between_mm)
        return self.left + column * (self.panel_mm + GAP_MM), MARGIN_MM + top

    @property
    def keys_top(self) -> float:
        lines = len(self.heading_mm)
        above = (lines - 1) * self.between_mm + AXIS_MM
        return MARGIN_MM + sum(self.heading_mm) + lines * self.raster_mm + above - 1.0

    @property
    def height_mm(self) -> float:
        return self.keys_top + self.keys[-1][1] + KEY_LINE_MM

    def filling(self, height_mm: float) -> _Layout:
        """The same with rows as high as fit into this height."""
        return replace(self, row_mm=max(self.room_mm(height_mm), LEAST_PANEL_MM) / self.rows)

    def room_mm(self, height_mm: float) -> float:
        """Height that a raster has if all has this height."""
        lines = len(self.heading_mm)
        return (height_mm - (self.height_mm - lines * self.raster_mm)) / lines


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
        between_mm=TICKS_MM if columns == 1 else AXIS_MM,
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


def raster_pages(study: StudyCurves, panels: Sequence[Panel], *, width_mm: float, note: str) -> list[Figure]:
    """Draw panels on as many pages as leave the rows of all regions a legible height, with one scale of colours."""
    below_mm = NOTE_LINE_MM * (len(wrap_mm(note, width_mm - 2 * MARGIN_MM, size=SMALL_PT)) + 1) + MARGIN_MM
    full = slice(0, MOST_ROWS)
    room = _layout(study.rows(full), [panel.rows(full) for panel in panels], width_mm=width_mm).room_mm(
        COMFORTABLE_MM - below_mm
    )
    rows = len(study.region_ids)
    limits = _limits(panels)
    pages = []
    for part in parts(rows, room):
        some, shown = study.rows(part), [panel.rows(part) for panel in panels]
        layout = _layout(some, shown, width_mm=width_mm)
        legible = LEGIBLE_ROW_MM * layout.rows * len(layout.heading_mm)
        fitted = layout.filling(COMFORTABLE_MM - below_mm)
        height = min(layout.height_mm, max(fitted.height_mm, layout.height_mm - layout.all_mm + legible))
        draw = partial(draw_rasters, panels=shown, limits=limits)
        pages.append(
            page(some, draw, width_mm=width_mm, height_mm=height, note=part_in_words(part, rows) + note)
        )
    return pages


def _limits(panels: Sequence[Panel]) -> dict[bool, float]:
    """Ends of the colours: of shares under False, of differences under True."""
    return {
        False: share_limit([panel for panel in panels if not panel.is_difference]),
        True: max([difference_limit(panel.values) for panel in panels if panel.is_difference], default=1.0),
    }


def colours_in_words(panels: Sequence[Panel]) -> str:
    """Say where the colours of shares end, if not at 100 %."""
    limit = _limits(panels)[False]
    return f" Colours end at {100 * limit:.0f} %: no share is higher." if limit < 1 else ""


def draw_rasters(
    frame: Frame, study: StudyCurves, *, panels: Sequence[Panel], limits: Mapping[bool, float] | None = None
) -> None:
    """Draw panels side by side into a frame, as far as its width allows, and the keys below.

    Parameters
    ----------
    limits : ends of the colours, if not those of these panels: of shares under False, of differences under True.
    """
    layout = _layout(study, panels, width_mm=frame.width).filling(frame.height)
    images: dict[bool, AxesImage] = {}
    limits = limits or _limits(panels)
    for place, panel in enumerate(panels):
        x, y = layout.panel(place)
        _write_heading(frame, panel, layout, place=place)
        ax = frame.axes(x, y, layout.panel_mm, layout.raster_mm)
        images[panel.is_difference] = draw_raster(ax, panel, dt=study.dt, limit=limits[panel.is_difference])
        if layout.columns > 1 or place == len(panels) - 1:
            ax.set_xlabel("Time after release, years")
        if place % layout.columns == 0:
            write_names(ax, study.region_names)
        if place % layout.columns == layout.columns - 1 or place == len(panels) - 1:
            beside = x + layout.panel_mm + BAND_GAP_MM
            draw_band(
                frame.axes(beside, y, BAND_MM, layout.raster_mm), study.macroregions, study.every_macroregion
            )
    for key, (left, top) in zip(_keys(panels), layout.keys, strict=True):
        _draw_key(frame, key, images, left=left, top=layout.keys_top + top)


def _heading(panel: Panel, width_mm: float) -> tuple[list[str], list[str]]:
    """Lines of name and measures in a panel of this width; the name leaves room for a letter."""
    return wrap_mm(panel.heading, width_mm - LETTER_MM, weight="bold"), wrap_mm(panel.measures, width_mm)


def _write_heading(frame: Frame, panel: Panel, layout: _Layout, *, place: int) -> None:
    """Name from the top, measures right above the raster, so that panels compare along a line."""
    left, raster_top = layout.panel(place)
    top = raster_top - layout.heading_mm[place // layout.columns]
    name, measures = _heading(panel, layout.panel_mm)
    frame.text(string.ascii_lowercase[place % 26], left=left, top=top, weight="bold")
    for row, line in enumerate(name):
        frame.text(line, left=left + LETTER_MM, top=top + row * LINE_MM, weight="bold")
    for row, line in enumerate(reversed(measures), start=1):
        frame.text(line, left=left, top=raster_top - HEADING_GAP_MM - row * LINE_MM)


SHARE_KEY = "Adoption share, %"
DIFFERENCE_KEY = "Difference, percentage points"
REACHED_KEY = "half adopted (t50)"
LATE_KEY = "not half within the window"


def _keys(panels: Sequence[Panel]) -> list[str]:
    has_difference = any(panel.is_difference for panel in panels)
    shares = [panel for panel in panels if not panel.is_difference]
    return [
        *([SHARE_KEY] if shares else []),
        *([DIFFERENCE_KEY] if has_difference else []),
        *([REACHED_KEY] if any(np.isfinite(panel.t50_years).any() for panel in shares) else []),
        *([LATE_KEY] if any(panel.late.any() for panel in shares) else []),
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
