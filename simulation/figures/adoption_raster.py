"""The adoption raster: who has adopted by when, a row a region, and how far the rows are out of step.

Dots in a vertical line mean synchronized regions; a slanted or ragged line shows who lags and by how much. It
says at a glance what Phi (section 5) says in a number.
"""

from __future__ import annotations

import math
import string
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from simulation.errors import ResultsError
from simulation.figures.raster_panel import (
    LATE_DOT,
    REACHED_DOT,
    Panel,
    difference_limit,
    difference_panel,
    draw_raster,
    scenario_panel,
)
from simulation.figures.study import Drawn, ScenarioCurves, StudyCurves, StudyFigure, caption, replications
from simulation.figures.style import (
    LINE_MM,
    MACROREGION_COLOURS,
    NOTE_LINE_MM,
    SMALL_PT,
    add_axes_mm,
    fit_mm,
    new_figure,
    style,
    text_mm,
    text_width_mm,
    wrap_mm,
    write_note,
)

NAME_MM = 30.0  # longer names of regions are cut
MACROREGION_MM = 16.0
PANEL_MM = 27.0  # narrowest panel
GAP_MM = 4.5  # between panels side by side
BAND_MM = 1.6
BAND_GAP_MM = 3.5
LEGIBLE_ROW_MM = 2.6  # lower rows carry no label
AXIS_MM = 9.0  # below a raster
MARGIN_MM = 1.5
LETTER_MM = 3.2
HEADING_GAP_MM = 1.5  # between heading and raster
KEY_BAR_MM = 24.0
KEY_LINE_MM = 6.5


def adoption_raster(
    study: StudyCurves,
    *,
    width_mm: float = 190.0,
    seed: int | None = None,
    difference: tuple[str, str] | None = None,
) -> Drawn:
    """Rasters of all scenarios, side by side as far as the width allows.

    Parameters
    ----------
    study
        Curves of the study.
    width_mm
        Width of the figure in mm; the height follows from the number of regions and scenarios.
    seed
        Draw this replication instead of the median over all.
    difference
        Names (A, B) of two scenarios: only they are drawn, and A - B beside them.

    Raises
    ------
    ResultsError
        An unknown scenario or seed, or two scenarios that share no seed.
    """
    known = {scenario.name: scenario for scenario in study.scenarios}
    names = tuple(known) if difference is None else difference
    if unknown := [name for name in names if name not in known]:
        raise ResultsError(f"no scenario {unknown[0]!r} in this study; it has {', '.join(known)}")
    shown = [known[name] for name in names]
    panels = [scenario_panel(scenario, dt=study.dt, seed=seed) for scenario in shown]
    if difference is not None:
        panels.append(difference_panel(shown[0], shown[1], seed=seed))
    with style():
        figure = _draw(study, panels, width_mm=width_mm, note=_note(study, shown, panels, seed=seed))
    return Drawn(
        figure,
        _numbers(study, names, panels),
        caption("Adoption raster.", _body(study, panels, seed=seed), study, scenarios=shown),
    )


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where everything stands, in mm from the upper left corner."""

    columns: int
    left: float  # of the first panel
    panel_mm: float
    row_mm: float
    rows: int
    heading_mm: tuple[float, ...]  # of each line of panels
    keys: tuple[tuple[float, float], ...]  # (left, top) of each key, from the top of the keys
    notes: tuple[str, ...]

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
    def notes_top(self) -> float:
        return self.keys_top + self.keys[-1][1] + KEY_LINE_MM

    @property
    def height_mm(self) -> float:
        return self.notes_top + NOTE_LINE_MM * len(self.notes) + MARGIN_MM


def _layout(study: StudyCurves, panels: Sequence[Panel], *, width_mm: float, note: str) -> _Layout:
    rows = len(study.region_ids)
    row_mm = min(6.0, max(48 / rows, LEGIBLE_ROW_MM if rows <= 40 else 110 / rows))
    names_mm = (
        max(text_width_mm(fit_mm(name, NAME_MM)) for name in study.region_names)
        if row_mm >= LEGIBLE_ROW_MM
        else 0.0
    )
    left = MARGIN_MM + names_mm + 1.5
    macroregions_mm = max(
        text_width_mm(fit_mm(name, MACROREGION_MM, size=SMALL_PT), SMALL_PT) for name in study.macroregions
    )
    room = width_mm - left - BAND_GAP_MM - BAND_MM - 1.0 - macroregions_mm - MARGIN_MM
    most = max(1, int((room + GAP_MM) // (PANEL_MM + GAP_MM)))
    lines = math.ceil(len(panels) / most)
    columns = math.ceil(len(panels) / lines)
    panel_mm = (room - GAP_MM * (columns - 1)) / columns
    needed = [LINE_MM * sum(map(len, _heading(panel, panel_mm))) + HEADING_GAP_MM for panel in panels]
    return _Layout(
        columns=columns,
        left=left,
        panel_mm=panel_mm,
        row_mm=row_mm,
        rows=rows,
        heading_mm=tuple(max(needed[line * columns : (line + 1) * columns]) for line in range(lines)),
        keys=_flow([_key_width(key) for key in _keys(panels)], width_mm),
        notes=tuple(wrap_mm(note, width_mm - 2 * MARGIN_MM, size=SMALL_PT)),
    )


def _flow(widths: Sequence[float], width_mm: float) -> tuple[tuple[float, float], ...]:
    """Places of things of these widths, one after the other, on a new line where the last is full."""
    places, x, y = [], MARGIN_MM, 0.0
    for width in widths:
        if x > MARGIN_MM and x + width > width_mm:
            x, y = MARGIN_MM, y + KEY_LINE_MM
        places.append((x, y))
        x += width
    return tuple(places)


def _draw(study: StudyCurves, panels: Sequence[Panel], *, width_mm: float, note: str) -> Figure:
    layout = _layout(study, panels, width_mm=width_mm, note=note)
    figure = new_figure(width_mm, layout.height_mm)
    images: dict[bool, AxesImage] = {}
    limit = max([difference_limit(panel.values) for panel in panels if panel.is_difference], default=1.0)
    for place, panel in enumerate(panels):
        x, y = layout.panel(place)
        _write_heading(figure, panel, layout, place=place)
        ax = add_axes_mm(figure, x, y, layout.panel_mm, layout.raster_mm)
        scale = limit if panel.is_difference else 1.0
        images[panel.is_difference] = draw_raster(ax, panel, dt=study.dt, limit=scale)
        ax.set_xlabel("Time after release, years")
        if place % layout.columns == 0 and layout.row_mm >= LEGIBLE_ROW_MM:
            ax.set_yticks(range(layout.rows), [fit_mm(name, NAME_MM) for name in study.region_names])
            ax.tick_params(axis="y", length=0, pad=2.5)
        if place % layout.columns == layout.columns - 1 or place == len(panels) - 1:
            beside = x + layout.panel_mm + BAND_GAP_MM
            _draw_band(add_axes_mm(figure, beside, y, BAND_MM, layout.raster_mm), study.macroregions)
    for key, (left, top) in zip(_keys(panels), layout.keys, strict=True):
        _draw_key(figure, key, images, left=left, top=layout.keys_top + top)
    write_note(figure, layout.notes, left=MARGIN_MM, top=layout.notes_top)
    return figure


def _heading(panel: Panel, width_mm: float) -> tuple[list[str], list[str], list[str]]:
    """Lines of name, title and measures in a panel of this width; the name leaves room for a letter."""
    name = wrap_mm(panel.heading, width_mm - LETTER_MM, weight="bold")
    return name, wrap_mm(panel.title, width_mm), wrap_mm(panel.measures, width_mm)


def _write_heading(figure: Figure, panel: Panel, layout: _Layout, *, place: int) -> None:
    """Name and title from the top, measures right above the raster, so that panels compare along a line."""
    left, raster_top = layout.panel(place)
    top = raster_top - layout.heading_mm[place // layout.columns]
    name, title, measures = _heading(panel, layout.panel_mm)
    text_mm(figure, string.ascii_lowercase[place % 26], left=left, top=top, weight="bold")
    for row, line in enumerate(name):
        text_mm(figure, line, left=left + LETTER_MM, top=top + row * LINE_MM, weight="bold")
    for row, line in enumerate(title, start=len(name)):
        text_mm(figure, line, left=left, top=top + row * LINE_MM)
    for row, line in enumerate(reversed(measures), start=1):
        text_mm(figure, line, left=left, top=raster_top - HEADING_GAP_MM - row * LINE_MM)


def _draw_band(ax: Axes, macroregions: Sequence[str]) -> None:
    """One colour a macroregion, and its name beside each unbroken run."""
    order = sorted(set(macroregions))
    colours = [MACROREGION_COLOURS[order.index(name) % len(MACROREGION_COLOURS)] for name in macroregions]
    ax.imshow(np.array([[to_rgb(colour)] for colour in colours]), aspect="auto", interpolation="nearest")
    start = 0
    for name, members in groupby(macroregions):
        length = len(list(members))
        middle = start + (length - 1) / 2
        if start:
            ax.axhline(start - 0.5, color="white", linewidth=0.8)
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


SHARE_KEY = "Adoption share, %"
DIFFERENCE_KEY = "Difference, percentage points"
REACHED_KEY = "half adopted (t50)"
LATE_KEY = "not half within the window"


def _keys(panels: Sequence[Panel]) -> list[str]:
    has_difference = any(panel.is_difference for panel in panels)
    return [SHARE_KEY, *([DIFFERENCE_KEY] if has_difference else []), REACHED_KEY, LATE_KEY]


def _key_width(key: str) -> float:
    return text_width_mm(key) + (2.5 + KEY_BAR_MM + 6.0 if key in (SHARE_KEY, DIFFERENCE_KEY) else 8.0)


def _draw_key(figure: Figure, key: str, images: dict[bool, AxesImage], *, left: float, top: float) -> None:
    if key in (REACHED_KEY, LATE_KEY):
        ax = add_axes_mm(figure, left, top, 2.6, 2.6)
        ax.plot(0, 0, **(REACHED_DOT if key == REACHED_KEY else LATE_DOT))
        ax.set_axis_off()
        text_mm(figure, key, left=left + 3.2, top=top)
        return
    text_mm(figure, key, left=left, top=top)
    image = images[key == DIFFERENCE_KEY]
    ax = add_axes_mm(figure, left + text_width_mm(key) + 2.5, top + 0.2, KEY_BAR_MM, 2.2)
    bar = figure.colorbar(image, cax=ax, orientation="horizontal")
    ticks = np.linspace(*image.get_clim(), 3)
    bar.set_ticks(list(ticks), labels=[f"{100 * tick:.0f}".replace("-", "−") for tick in ticks])
    bar.outline.set_linewidth(0.3)


def _note(
    study: StudyCurves, shown: Sequence[ScenarioCurves], panels: Sequence[Panel], *, seed: int | None
) -> str:
    sample = f"One replication (seed {seed})" if seed is not None else f"Median, {replications(shown)}"
    late = [
        f"{panel.heading} {int(np.isnan(panel.t50_years[~np.isnan(panel.values[:, -1])]).sum())}"
        for panel in panels
        if not panel.is_difference
    ]
    means = "" if seed is not None else " Headings: means over replications."
    return (
        f"{sample}; regional curves standardized over technologies and industries, common window "
        f"{study.window_years:.1f} years.{means} Dashed: pooled t50 of the curves shown. "
        f"Regions west to east; below one half at the end of the window, "
        f"of {len(study.region_ids)}: {', '.join(late)}."
    )


def _body(study: StudyCurves, panels: Sequence[Panel], *, seed: int | None) -> str:
    statistic = "One replication" if seed is not None else "Median over replications"
    text = f"""{statistic} of the adoption share of each region, directly standardized over technologies and
    industries, against the time after release. A dot marks where the row reaches one half, an open dot at the
    right edge a row that does not within {study.window_years:.1f} years; the dashed line marks the same for
    all regions pooled. Headings give pooled t50 and synchronization 1 − Φ (means over the replications that
    define them)."""
    if any(panel.is_difference for panel in panels):
        text += """ The difference is the median of the differences between replications of one seed; the
        number in each row is its largest difference in percentage points, at its place."""
    return text


def _numbers(study: StudyCurves, names: Sequence[str], panels: Sequence[Panel]) -> dict[str, pd.DataFrame]:
    keys = [*names, "difference"][: len(panels)]
    regions, steps = len(study.region_ids), len(study.tau_years)
    cells = pd.DataFrame(
        {
            "panel": np.repeat(keys, regions * steps),
            "region": np.tile(np.repeat(study.region_ids, steps), len(panels)),
            "macroregion": np.tile(np.repeat(study.macroregions, steps), len(panels)),
            "tau_years": np.tile(study.tau_years, regions * len(panels)),
            "adoption_share": np.concatenate([panel.values.ravel() for panel in panels]),
        }
    )
    dots = pd.DataFrame(
        {
            "panel": np.repeat(keys, regions),
            "region": np.tile(study.region_ids, len(panels)),
            "t50_years": np.concatenate([panel.t50_years for panel in panels]),
        }
    )
    dots = dots[dots["panel"] != "difference"]
    return {"adoption_raster": cells, "adoption_raster_t50": dots}


FIGURE = StudyFigure("adoption_raster", place=10, draw=adoption_raster)
