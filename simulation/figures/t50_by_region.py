"""t50 by region in the reference and in each scenario, one dumbbell per region."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import ScaledTranslation

from simulation.figures.drawing.inputs import Source
from simulation.figures.drawing.panels import (
    AXIS_MM,
    MARGIN_MM,
    Frame,
    Grid,
    draw_key,
    in_axes,
    key_height,
    page,
    scenario_keys,
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
from simulation.figures.drawing.study import (
    Drawn,
    ScenarioCurves,
    StudyCurves,
    StudyFigure,
    caption,
    half_times,
    replications,
)
from simulation.figures.drawing.style import (
    COMFORTABLE_MM,
    FAINT,
    MM_PER_INCH,
    NOTE_LINE_MM,
    SMALL_PT,
    figure_of,
    scenario_styles,
    wrap_mm,
)

LEAST_PANEL_MM = 27.0
BEYOND_MM = 1.5  # distance of a region that does not reach one half from the right edge of the axes


def t50_by_region(results: Source, *, ax: Axes | None = None) -> Axes:
    """Draw each region's t50 in the reference and in each other scenario, one panel per scenario.

    Parameters
    ----------
    results
        A study, its folder, or what :func:`study_curves` read of it.
    ax
        Where to draw; a page of its own unless given. The axes themselves become invisible.

    Examples
    --------
    >>> ax = figures.t50_by_region("results/study")
    """
    return in_axes(results, ax, draw=draw_dumbbells, height_mm=_height_mm)


def _shown(study: StudyCurves) -> tuple[ScenarioCurves, ...]:
    """The scenarios with a panel: those compared with the reference, or the reference if it is the only one."""
    return study.others or (study.reference,)


def _grid(study: StudyCurves, width_mm: float) -> Grid:
    return Grid.fit(
        len(_shown(study)),
        width_mm,
        least_mm=LEAST_PANEL_MM,
        left=MARGIN_MM + names_mm(study.region_names) + 1.5,
        right=band_mm(study.macroregions) + MARGIN_MM,
        headings=[scenario.label for scenario in _shown(study)],
        axis_mm=AXIS_MM,
    )


def _height_mm(study: StudyCurves, width_mm: float) -> float:
    rows = len(study.region_ids)
    styles = scenario_styles(scenario.name for scenario in study.scenarios)
    keys = scenario_keys(study.scenarios, styles, lines=False)
    return _grid(study, width_mm).height_mm(rows * row_mm(rows)) + key_height(keys, width_mm)


def draw_dumbbells(frame: Frame, study: StudyCurves) -> None:
    """Draw a panel for each scenario into a frame, regions in their order from the top."""
    styles = scenario_styles(scenario.name for scenario in study.scenarios)
    keys = scenario_keys(study.scenarios, styles, lines=False)
    grid = _grid(study, frame.width).filling(frame.height - key_height(keys, frame.width))
    shown = _shown(study)
    for number, scenario in enumerate(shown):
        ax = grid.panel(frame, number, scenario.label)
        _draw_panel(ax, study, scenario)
        if grid.is_first(number):
            write_names(ax, study.region_names)
        if grid.is_last(number, len(shown)):
            left, top = grid.place(number)
            beside = left + grid.panel_mm + BAND_GAP_MM
            draw_band(
                frame.axes(beside, top, BAND_MM, grid.panel_height_mm),
                study.macroregions,
                study.every_macroregion,
            )
    draw_key(frame, keys)


def _draw_panel(ax: Axes, study: StudyCurves, scenario: ScenarioCurves) -> None:
    styles = scenario_styles(each.name for each in study.scenarios)
    row = np.arange(len(study.region_ids))
    window = study.window_years
    ends = [study.reference] if scenario is study.reference else [study.reference, scenario]
    found = [half_times(each, dt=study.dt) for each in ends]
    ax.hlines(row, 0, window, color="#E4E4E4", linewidth=0.4, zorder=0)
    if len(found) == 2:
        # If one end lies beyond the window, the line ends at the edge of the window.
        first, second = (np.where(np.isnan(t.median), window, t.median) for t in found)
        known = found[0].present & ~(np.isnan(found[0].median) & np.isnan(found[1].median))
        ax.hlines(row[known], first[known], second[known], color=FAINT, linewidth=1.2, zorder=1)
    beyond = ax.transData + ScaledTranslation(BEYOND_MM / MM_PER_INCH, 0, figure_of(ax).dpi_scale_trans)
    for each, t in zip(ends, found, strict=True):
        look = styles[each.name]
        mark: dict[str, Any] = {"linestyle": "none", "marker": look.marker, "color": look.colour, "zorder": 3}
        reached = np.isfinite(t.median)
        ax.plot(
            t.median[reached],
            row[reached],
            clip_on=False,
            markeredgecolor="white",
            ms=look.mark_size(),
            **mark,
        )
        late = row[~reached & t.present]
        # The later of two open marks on one row would hide the earlier: the reference's is larger.
        size = look.mark_size(4.6 if each is study.reference else 3.0)
        at_edge = np.full(late.size, window)
        ax.plot(at_edge, late, transform=beyond, clip_on=False, markerfacecolor="none", ms=size, **mark)
    ax.set_xlim(0, window)
    ax.set_ylim(len(row) - 0.5, -0.5)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    ax.set_xlabel("Regional t50, years")


def draw(study: StudyCurves, *, width_mm: float) -> Drawn:
    """Draw the figure of a page; its height follows from the number of regions and scenarios, in mm."""
    late = {scenario.label: _late(scenario, study) for scenario in study.scenarios}
    beyond = (
        f" Open mark at the right edge: half of the replications do not reach one half within "
        f"{study.window_years:.1f} years (regions: "
        + ", ".join(f"{label} {count}" for label, count in late.items())
        + ")."
        if any(late.values())
        else ""
    )
    note = (
        f"Median over replications, {replications(study.scenarios)}; regions {study.order_in_words}.{beyond}"
    )
    first, *more = _pages(study, width_mm=width_mm, note=note)
    return Drawn(
        first,
        {"t50_by_region": _numbers(study)},
        caption(
            "t50 by region.",
            f"""Years after release until half of a region's eligible have adopted, in
            {study.reference.label} and in each other scenario: median over the replications, of curves standardized
            over technologies and industries. A replication in which a region does not reach one half within the
            common window of {study.window_years:.1f} years counts as later than all others; if the median is
            such a replication, the mark is open and at the right edge.""",
            study,
            scenarios=study.scenarios,
        ),
        tuple(more),
    )


def _pages(study: StudyCurves, *, width_mm: float, note: str) -> list[Figure]:
    """Draw as many pages as leave the rows of all regions a legible height."""
    rows = len(study.region_ids)
    full = study.rows(slice(0, MOST_ROWS))
    grid, count = _grid(full, width_mm), len(full.region_ids)
    fixed = _height_mm(full, width_mm) - grid.lines * count * row_mm(count)
    below_mm = NOTE_LINE_MM * (len(wrap_mm(note, width_mm - 2 * MARGIN_MM, size=SMALL_PT)) + 1) + MARGIN_MM
    room = (COMFORTABLE_MM - below_mm - fixed) / grid.lines
    pages = []
    for part in parts(rows, room):
        some = study.rows(part)
        count = len(some.region_ids)
        of_rows = min(count * row_mm(count), max(room, count * LEGIBLE_ROW_MM))
        height = fixed + grid.lines * of_rows
        words = part_in_words(part, rows) + note
        pages.append(page(some, draw_dumbbells, width_mm=width_mm, height_mm=height, note=words))
    return pages


def _late(scenario: ScenarioCurves, study: StudyCurves) -> int:
    found = half_times(scenario, dt=study.dt)
    return int((np.isnan(found.median) & found.present).sum())


def _numbers(study: StudyCurves) -> pd.DataFrame:
    frames = []
    for scenario in study.scenarios:
        found = half_times(scenario, dt=study.dt)
        frames.append(
            pd.DataFrame(
                {
                    "scenario": scenario.name,
                    "region": study.region_ids,
                    "macroregion": study.macroregions,
                    "t50_years": found.median,
                    "reaching": found.reaching,
                    "n": len(scenario.seeds),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


FIGURE = StudyFigure("t50_by_region", place=50, draw=draw)
