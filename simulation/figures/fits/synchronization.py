"""Observed speed and synchronization in their predictive distributions under the fitted model."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from simulation.figures.drawing.panels import Key, explain
from simulation.figures.drawing.study import Drawn
from simulation.figures.drawing.style import INK, SMALL_PT
from simulation.figures.fits.look import BAND, MODEL, caption, page_of_panels
from simulation.fit import predictive
from simulation.fit.results import FitResults

LEFT_MM = 4.0
PANEL_HEIGHT_MM = 30.0
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
    note = (
        f"{len(fit.runs):,} runs of the engine, each with values drawn from the posterior; metrics of the data and of "
        "the runs by the same functions. Lower is sooner, or more in step."
    )

    return Drawn(
        page_of_panels(
            headings,
            lambda ax, number, *, is_first: _draw_panel(ax, fit, number),
            KEYS,
            width_mm=width_mm,
            panel_mm=PANEL_HEIGHT_MM,
            left_mm=LEFT_MM,
            gap_mm=4.5,
            note=note,
        ),
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
