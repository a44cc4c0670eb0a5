"""Adoption curves of every region, in tiles laid out like the country."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from simulation.figures.drawing.bands import (
    COLUMNS,
    bands_in_words,
    draw_median,
    fill_bands,
    have_bands,
    quantiles,
)
from simulation.figures.drawing.inputs import Source
from simulation.figures.drawing.panels import (
    MARGIN_MM,
    Frame,
    Key,
    draw_key,
    in_axes,
    key_height,
    page,
    scenario_keys,
)
from simulation.figures.drawing.regions import macroregion_colours, part_in_words
from simulation.figures.drawing.study import Drawn, StudyCurves, StudyFigure, caption, replications
from simulation.figures.drawing.style import (
    COMFORTABLE_MM,
    FAINT,
    LINE_MM,
    SMALL_PT,
    fit_mm,
    scenario_styles,
    wrap_mm,
)
from simulation.figures.drawing.tiles import outer, tile_places

LEFT_MM = 11.0
AXIS_MM = 8.5
GAP_MM = 2.4
GREY = "#595959"
BAND_MM = 0.9
NAME_LINE_MM = 2.5
TILE_MM = 26.0  # wanted; there are 4 to 6 columns on pages of 90 to 190 mm
MOST_COLUMNS = 6
AT_THE_END = 0.93  # of the window: the number of a later tick would reach beyond the tile


def regional_curves(results: Source, *, ax: Axes | None = None) -> Axes:
    """Draw adoption curves by region and scenario in place of these axes, one tile per region.

    Parameters
    ----------
    results
        A study, its folder, or what :func:`study_curves` read of it.
    ax
        Where to draw; a page of its own unless given. The axes themselves become invisible.

    Examples
    --------
    >>> ax = figures.regional_curves("results/study")
    """
    return in_axes(results, ax, draw=draw_tiles, height_mm=_height_mm)


def _columns(width_mm: float) -> int:
    return max(4, min(MOST_COLUMNS, round((width_mm - LEFT_MM) / TILE_MM)))


def _places(study: StudyCurves, width_mm: float) -> list[tuple[int, int]]:
    return tile_places(study.longitude, study.latitude, columns=_columns(width_mm))


def _tile_mm(study: StudyCurves, width_mm: float) -> float:
    columns = 1 + max(column for _, column in _places(study, width_mm))
    return (width_mm - LEFT_MM - MARGIN_MM - GAP_MM * (columns - 1)) / columns


def _heading_mm(study: StudyCurves, tile_mm: float) -> float:
    most = max(len(wrap_mm(name, tile_mm, size=SMALL_PT)) for name in study.region_names)
    return NAME_LINE_MM * (most + 1) + BAND_MM + 0.8


def _keys(study: StudyCurves) -> list[Key]:
    styles = scenario_styles(scenario.name for scenario in study.scenarios)
    return scenario_keys(study.scenarios, styles)


def _height_mm(study: StudyCurves, width_mm: float) -> float:
    lines = 1 + max(line for line, _ in _places(study, width_mm))
    tile = _tile_mm(study, width_mm)
    line_mm = _heading_mm(study, tile) + 0.72 * tile + GAP_MM
    return MARGIN_MM + lines * line_mm + AXIS_MM + key_height(_keys(study), width_mm)


def draw_tiles(frame: Frame, study: StudyCurves) -> None:
    """Draw a tile for each region into a frame, and the key of the scenarios below."""
    places = _places(study, frame.width)
    lines = 1 + max(line for line, _ in places)
    tile = _tile_mm(study, frame.width)
    heading = _heading_mm(study, tile)
    keys = _keys(study)
    line_mm = (frame.height - MARGIN_MM - AXIS_MM - key_height(keys, frame.width)) / lines
    bottom, left = outer(places)
    colours = macroregion_colours(study.macroregions, study.every_macroregion)
    for region, (line, column) in enumerate(places):
        x, y = LEFT_MM + column * (tile + GAP_MM), MARGIN_MM + line * line_mm
        names = wrap_mm(study.region_names[region], tile, size=SMALL_PT)
        first = y + heading - BAND_MM - 0.8 - NAME_LINE_MM * (len(names) + 1)
        for row, name in enumerate(names):
            frame.text(name, left=x, top=first + NAME_LINE_MM * row, size=SMALL_PT)
        beneath = fit_mm(study.macroregions[region], tile, size=SMALL_PT)
        top = first + NAME_LINE_MM * len(names)
        frame.text(beneath, left=x, top=top, size=SMALL_PT, colour=GREY)
        band = frame.axes(x, y + heading - BAND_MM - 0.5, tile, BAND_MM)
        band.set_facecolor(colours[study.macroregions[region]])
        band.set(xticks=[], yticks=[])
        for spine in band.spines.values():
            spine.set_visible(False)
        ax = frame.axes(x, y + heading, tile, max(line_mm - heading - GAP_MM, 4.0))
        _draw_tile(ax, study, region)
        ax.tick_params(labelbottom=region in bottom, labelleft=region in left)
    _name_axes(frame, lines * line_mm - GAP_MM)
    draw_key(frame, keys)


def _draw_tile(ax: Axes, study: StudyCurves, region: int) -> None:
    styles = scenario_styles(scenario.name for scenario in study.scenarios)
    ax.axhline(50, color=FAINT, linewidth=0.4, zorder=0)
    for place, scenario in enumerate(study.scenarios, start=1):
        found, look = quantiles(scenario.regional[:, region]), styles[scenario.name]
        if have_bands(study) and len(scenario.seeds) > 1:
            fill_bands(ax, study.tau_years, found, look=look)
        draw_median(
            ax,
            study.tau_years,
            found,
            look=look,
            turn=place / (len(study.scenarios) + 1),
            markers=2,
            linewidth=0.9,
        )
    ax.set_xlim(0, study.window_years)
    ax.set_ylim(0, 100)
    ax.set_yticks([0, 50, 100])
    ticks = np.asarray(MaxNLocator(nbins=3, integer=True).tick_values(0, study.window_years))
    ax.set_xticks(ticks[(ticks >= 0) & (ticks <= study.window_years)])
    ax.tick_params(labelsize=SMALL_PT)
    last = ax.get_xticklabels()[-1]
    if last.get_position()[0] > AT_THE_END * study.window_years:
        last.set_horizontalalignment("right")  # apart from the 0 of the tile beside it


def _name_axes(frame: Frame, height_mm: float) -> None:
    """The labels of the axes, which apply to all tiles."""
    ax = frame.axes(LEFT_MM, MARGIN_MM, frame.width - LEFT_MM - MARGIN_MM, height_mm)
    ax.set_zorder(-1)
    ax.patch.set_visible(False)
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.set(xticks=[], yticks=[])
    ax.set_xlabel("Time after release, years", labelpad=LINE_MM / 25.4 * 72 + 4.0)
    ax.set_ylabel("Adoption share, %", labelpad=16.0)


def draw(study: StudyCurves, *, width_mm: float) -> Drawn:
    """Draw the figure of a page; its height follows from the number of regions, in mm."""
    note = (
        f"{bands_in_words(study)}; {replications(study.scenarios)}; curves standardized over technologies and "
        "industries. Tiles stand about where regions lie, west to the left, north above."
    )
    first, *more = (
        page(some, draw_tiles, width_mm=width_mm, height_mm=_height_mm(some, width_mm), note=words + note)
        for some, words in _parts(study, width_mm)
    )
    return Drawn(
        first,
        {"regional_curves": _numbers(study, width_mm)},
        caption(
            "Adoption curves by region.",
            f"""Adoption share of each region, directly standardized over technologies and industries, against the
            time after release, up to {study.window_years:.1f} years; under the name of
            a region stands its macroregion. Tiles are laid out like the country: each region has the free cell nearest
            to its seat. {bands_in_words(study)}.""",
            study,
            scenarios=study.scenarios,
        ),
        tuple(more),
    )


def _parts(study: StudyCurves, width_mm: float) -> list[tuple[StudyCurves, str]]:
    """Divide the regions, in their order, over as few pages as hold all tiles; with what each page says of it."""
    rows = len(study.region_ids)
    for pages in range(1, rows + 1):
        ends = [round(rows * page / pages) for page in range(pages + 1)]
        parts = [slice(*pair) for pair in pairwise(ends)]
        found = [(study.rows(part), part_in_words(part, rows)) for part in parts]
        if all(_height_mm(some, width_mm) <= COMFORTABLE_MM for some, _ in found) or max(
            len(some.region_ids) for some, _ in found
        ) <= _columns(width_mm):
            break
    return found


def _numbers(study: StudyCurves, width_mm: float) -> pd.DataFrame:
    places = [place for some, _ in _parts(study, width_mm) for place in _places(some, width_mm)]
    frames = []
    for scenario in study.scenarios:
        for region, (line, column) in enumerate(places):
            front = {
                "scenario": scenario.name,
                "n": len(scenario.seeds),
                "region": study.region_ids[region],
                "macroregion": study.macroregions[region],
                "line": line,
                "column": column,
                "tau_years": study.tau_years,
            }
            shares = dict(zip(COLUMNS, quantiles(scenario.regional[:, region]), strict=True))
            frames.append(pd.DataFrame(front | shares))
    return pd.concat(frames, ignore_index=True)


FIGURE = StudyFigure("regional_curves", place=25, draw=draw)
