"""The regime map: who is ahead over the ranges of two parameters, and where that turns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.ticker import MaxNLocator

from simulation.explore.parameters import Parameter
from simulation.explore.regimes import RASTER, RegimeMap, interpolated, regime_map
from simulation.explore.study import SPEED, SYNCHRONIZATION
from simulation.figures.drawing.keyed_page import keyed_page
from simulation.figures.drawing.panels import RIGHT_MM, Frame, Grid, Key
from simulation.figures.drawing.study import Drawn
from simulation.figures.drawing.style import INK, difference_map, fit_mm
from simulation.markdown import markdown_text
from simulation.metrics import METRICS
from simulation.results.reader import Results
from simulation.world import Array

SHOWN = {
    SPEED: ("Speed: mean time to adopt within the window", "years", "sooner"),
    SYNCHRONIZATION: ("Synchronization: Φ", "", "more in step"),
}
"""Panels: metric -> heading, unit, what a negative difference means for the scenario."""

LEFT_MM = 11.0
LEAST_PANEL_MM = 60.0
TITLE_MM = 22.0  # most of a scenario's title under the bar of a panel
PANEL_HEIGHT_MM = 56.0
BAR_MM = 2.2
BAR_TOP_MM = 9.0  # from the axis to the bar
BELOW_MM = 20.5  # the axis, the bar and what it measures
MISSED = "#BDBDBD"
CONTOUR: dict[str, Any] = {"color": INK, "linewidth": 1.3}
BAND: dict[str, Any] = {"color": INK, "linewidth": 0.6, "linestyle": (0, (3, 1.5))}
OWN: dict[str, Any] = {
    "marker": "D",
    "color": INK,
    "markerfacecolor": "white",
    "markersize": 4.0,
    "linestyle": "none",
}
NODE: dict[str, Any] = {"marker": ".", "color": INK, "markersize": 1.4, "linestyle": "none"}
UNTOLD: dict[str, Any] = {"facecolor": "white", "edgecolor": INK, "hatch": "/////", "linewidth": 0.3}
REFUSED: dict[str, Any] = {"facecolor": "white", "edgecolor": INK, "hatch": "xxxx", "linewidth": 0.3}


def draw(results: Results, *, width_mm: float, scenario: str | None = None) -> Drawn:
    """Draw the maps of speed and synchronization of a scenario minus the first of the study.

    Raises
    ------
    HyperclusterError
        As :func:`simulation.explore.regimes.regime_map`.
    """
    maps = [regime_map(results, scenario, metric=metric) for metric in SHOWN]
    note = _note(maps[0])
    keys = _keys(maps)
    grid = Grid.fit(
        len(maps),
        width_mm,
        least_mm=LEAST_PANEL_MM,
        left=LEFT_MM,
        right=RIGHT_MM,
        gap_mm=LEFT_MM + 3.0,
        headings=[heading for heading, _, _ in SHOWN.values()],
        axis_mm=BELOW_MM,
    )
    filled = grid.filling(grid.height_mm(PANEL_HEIGHT_MM))

    def draw_in(frame: Frame) -> None:
        for number, found in enumerate(maps):
            _draw_panel(frame, filled, number, found)

    table = pd.concat([found.table() for found in maps], ignore_index=True)
    return Drawn(
        keyed_page(draw_in, keys, width_mm=width_mm, height_mm=grid.height_mm(PANEL_HEIGHT_MM), note=note),
        {"regime_map": table},
        _caption(maps, note),
    )


def _draw_panel(frame: Frame, grid: Grid, number: int, found: RegimeMap) -> None:
    heading, unit, _ = SHOWN[found.metric]
    ax = grid.panel(frame, number, heading)
    across, upwards = found.places
    surface = _raster(found, found.surface())
    most = _most(found)
    x, y = np.linspace(0, 1, RASTER), np.linspace(0, 1, RASTER)
    x, y = across[0] + x * (across[-1] - across[0]), upwards[0] + y * (upwards[-1] - upwards[0])
    look: dict[str, Any] = {"cmap": difference_map(), "norm": Normalize(-most, most)}
    ax.pcolormesh(x, y, surface.T, shading="gouraud", rasterized=True, **look)
    _hatch(ax, x, y, _raster(found, found.nearest_to_zero()) <= 0, UNTOLD)
    _hatch(ax, x, y, np.isnan(surface), REFUSED)
    grey = found.misses_patterns | found.out_of_reach
    missed = _raster(found, found.filled(np.where(grey, 1.0, 0.0), of=found.baseline))
    if (missed > 0.5).any():
        ax.contourf(x, y, missed.T, levels=[0.5, 2.0], colors=[MISSED])
    for line in found.band():
        ax.plot(*line.T, **BAND)
    for line in found.contour():
        ax.plot(*line.T, **CONTOUR, path_effects=[patheffects.withStroke(linewidth=2.3, foreground="white")])
    i, j = np.nonzero(found.is_run)
    ax.plot(across[i], upwards[j], **NODE, clip_on=False)
    own = [own_place(parameter) for parameter in found.parameters]
    if not any(math.isnan(place) for place in own):
        ax.plot(*own, **OWN, zorder=5)
    for axis, parameter in zip((ax.xaxis, ax.yaxis), found.parameters, strict=True):
        marks = ticks(parameter)
        axis.set_ticks([place for place, _ in marks], [label for _, label in marks])
    ax.set_xlim(across[0], across[-1])
    ax.set_ylim(upwards[0], upwards[-1])
    ax.set_xlabel(axis_label(found.parameters[0]))
    ax.set_ylabel(axis_label(found.parameters[1]))
    left, top = grid.place(number)
    bar = frame.axes(left, top + grid.panel_height_mm + BAR_TOP_MM, grid.panel_mm, BAR_MM)
    frame.figure.colorbar(
        ScalarMappable(**look), cax=bar, orientation="horizontal", ticks=MaxNLocator(5, steps=[1, 2, 5, 10])
    )
    bar.tick_params(length=1.5)
    bar.set_xlabel(_measure(found, unit))


def _measure(found: RegimeMap, unit: str) -> str:
    return f"difference{unit and f', {unit}'} (← {fit_mm(found.scenario, TITLE_MM)} {SHOWN[found.metric][2]})"


def _hatch(ax: Axes, x: Array, y: Array, where: Array, look: dict[str, Any]) -> None:
    """Hatch a part of the map, with its border."""
    if where.any():
        ax.contourf(x, y, where.T.astype(float), levels=[0.5, 1.5], colors="none", hatches=[look["hatch"]])


def _raster(found: RegimeMap, values: Array) -> Array:
    """Return values at the nodes, interpolated linearly; float64 (RASTER, RASTER)."""
    across, upwards = (np.linspace(places[0], places[-1], RASTER) for places in found.places)
    return interpolated(found.places, values, (across, upwards))


def _most(found: RegimeMap) -> float:
    """Return the end of the scale of colours, the same on both sides of zero."""
    sizes = np.abs(found.mean[found.is_run])
    return float(np.nanmax(sizes, initial=0.0)) or 1.0


def own_place(parameter: Parameter) -> float:
    """Return the place of the scenarios' own value; nan if it is not known or lies outside."""
    return math.nan if parameter.default is None else parameter.place_of(parameter.default)


def axis_label(parameter: Parameter) -> str:
    """Return the name of a parameter with its unit."""
    name = parameter.name.rsplit(".", 1)[-1].replace("_", " ")
    unit = {"times": "times the scenarios’ own", "share": ""}.get(parameter.unit, parameter.unit)
    return name[0].upper() + name[1:] + (unit and f", {unit}")


def ticks(parameter: Parameter) -> list[tuple[float, str]]:
    """Return places and labels of round values on an axis."""
    if parameter.scale == "values":
        values: Sequence[float] = parameter.values
    elif parameter.scale == "log":
        first = math.floor(math.log10(parameter.low))
        last = math.ceil(math.log10(parameter.high))
        values = [digit * 10.0**power for power in range(first, last + 1) for digit in (1, 2, 5)]
        if parameter.high / parameter.low < 8:
            values = list(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]).tick_values(parameter.low, parameter.high))
    else:
        values = list(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]).tick_values(parameter.low, parameter.high))
    placed = [(parameter.place_of(value), f"{value:,.4g}") for value in values]
    return [(place, label) for place, label in placed if not math.isnan(place)]


def _keys(maps: Sequence[RegimeMap]) -> list[Key]:
    keys = [Key("no difference", line=CONTOUR)]
    if maps[0].differences.shape[2] > 1:
        keys.append(Key("95 % band of that line", line=BAND))
        keys.append(Key("95 % interval holds zero", patch=UNTOLD))
    grey = {"facecolor": MISSED, "edgecolor": INK, "linewidth": 0.3}
    if maps[0].misses_patterns.any():
        keys.append(Key("baseline misses the patterns", patch=grey))
    if maps[0].out_of_reach.any():
        keys.append(Key("baseline cannot be matched", patch=grey))
    if any(found.not_affordable.any() for found in maps):
        keys.append(Key("not affordable", patch=REFUSED))
    keys.append(Key("cell that was run", line=NODE | {"markersize": 3.0}))
    if not any(math.isnan(own_place(parameter)) for parameter in maps[0].parameters):
        keys.append(Key("scenarios’ own values", line=OWN))
    return keys


def _note(found: RegimeMap) -> str:
    n = found.differences.shape[2]
    money = "at equal money" if found.is_equal_money else "at unequal money"
    text = (
        f"{found.scenario} minus {found.reference} {money}: mean over n = {n} pairs of one seed, the "
        "same seeds in every cell; linear between cells. Band: resampled seeds."
    )
    if found.target is None:
        return text
    return (
        f"{text} Matched: in every cell one factor on all rates of contact gives the baseline a t50 of "
        f"{found.target:g} years."
    )


def _caption(maps: Sequence[RegimeMap], note: str) -> str:
    told = " ".join(found.sentence() for found in maps)
    return f"**Regime map.** {markdown_text(f'{note} {told}')}\n"


assert all(METRICS[metric].better == "lower" for metric in SHOWN), "a negative difference must mean better"
