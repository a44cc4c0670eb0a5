"""Observed speed and synchronization in their predictive distributions under the fitted model."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from simulation.figures.drawing.keyed_page import keyed_page
from simulation.figures.drawing.panels import Frame, Grid, Key, explain
from simulation.figures.drawing.study import Drawn
from simulation.figures.drawing.style import INK, SMALL_PT
from simulation.figures.fits.look import BAND, MODEL, caption
from simulation.fit import predictive
from simulation.fit.results import FitResults

LEFT_MM = 4.0
PANEL_HEIGHT_MM = 30.0
LEAST_PANEL_MM = 34.0
BINS = 30
OBSERVED: dict[str, Any] = {"color": INK, "linewidth": 1.4}
RUNS: dict[str, Any] = {"facecolor": MODEL, "alpha": 0.65, "linewidth": 0.0}
KEYS = (
    Key("runs of the fitted model", patch=RUNS),
    Key("central 90 % of them", patch=BAND),
    Key("observed", line=OBSERVED),
)


def draw(fit: FitResults, *, width_mm: float) -> Drawn:
    """Draw a panel for each metric."""
    table = fit.synchronization
    headings = [
        f"{predictive.NAMES[name]}{'' if unit == 'share' else f', {unit}'}".replace(
            "The standard", "Standard"
        )
        for name, unit in zip(table.metric, table.unit, strict=True)
    ]
    grid = Grid.fit(
        len(table),
        width_mm,
        least_mm=LEAST_PANEL_MM,
        left=LEFT_MM,
        right=3.0,
        gap_mm=4.5,
        headings=headings,
        axis_mm=5.0,
    )
    height_mm = grid.height_mm(PANEL_HEIGHT_MM)
    placed = grid.filling(height_mm)
    note = (
        f"{len(fit.runs):,} runs of the engine, each with values drawn from the posterior; metrics of the data and of "
        "the runs by the same functions. Lower is sooner, or more in step."
    )

    def draw_in(frame: Frame) -> None:
        for number, heading in enumerate(headings):
            _draw_panel(placed.panel(frame, number, heading), fit, number)

    return Drawn(
        keyed_page(draw_in, KEYS, width_mm=width_mm, height_mm=height_mm, note=note),
        {"synchronization": table, "synchronization_runs": fit.runs},
        caption("Observed synchronization.", fit.about, note, predictive.sentences(table)),
    )


def _draw_panel(ax: Axes, fit: FitResults, number: int) -> None:
    row = fit.synchronization.iloc[number]
    runs = fit.runs[row.metric].to_numpy()
    runs = runs[np.isfinite(runs)]
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    if math.isnan(row.low):
        ax.set_xticks([])
        ax.spines["bottom"].set_visible(False)
        explain(ax, str(row.reason))
        return
    ax.hist(runs, bins=BINS, **RUNS)
    ax.axvspan(row.low, row.high, zorder=0, **BAND)
    if math.isfinite(row.observed):
        ax.axvline(row.observed, **OBSERVED)
    else:
        ax.set_ylim(0, 1.3 * ax.get_ylim()[1])
        ax.text(
            0.5,
            0.98,
            "undefined in the data",
            transform=ax.transAxes,
            ha="center",
            va="top",
            fontsize=SMALL_PT,
        )
    ax.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
