"""Calibration of intervals: how often those of each model hold what was held out, against how often they say so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy.stats import binom

from simulation.errors import ResultsError
from simulation.figures.drawing.keyed_page import keyed_page
from simulation.figures.drawing.panels import Frame, Grid, Key
from simulation.figures.drawing.study import Drawn
from simulation.figures.drawing.style import FAINT, SERIES_COLOURS
from simulation.figures.fits.look import MODEL, RANGE, caption
from simulation.fit.results import FitResults
from simulation.fit.validation import BASS, CHOSEN, LOGISTIC, NAMES, OURS

LEFT_MM = 11.0
PANEL_MM = 60.0
NOMINAL = np.linspace(0.05, 0.95, 19)
LOOKS: dict[str, dict[str, Any]] = {
    OURS: {"color": MODEL, "linestyle": "-", "marker": "o"},
    CHOSEN: {"color": SERIES_COLOURS[6], "linestyle": (0, (1, 1.2)), "marker": "D"},
    BASS: {"color": SERIES_COLOURS[1], "linestyle": (0, (5, 1.6)), "marker": "s"},
    LOGISTIC: {"color": SERIES_COLOURS[2], "linestyle": (0, (5, 1.4, 1, 1.4)), "marker": "^"},
}
LINE: dict[str, Any] = {"linewidth": 1.0, "markersize": 2.6, "markeredgewidth": 0.0}
RIGHT: dict[str, Any] = {"color": FAINT, "linewidth": 0.8}
HEADINGS = {"left out": "Regions left out", "forecast": "Periods held out"}


def held_out(fit: FitResults) -> dict[str, pd.DataFrame]:
    """Return the scores of what was held out, by the kind of that."""
    found = {"left out": fit.left_out, "forecast": fit.forecast}
    return {name: table for name, table in found.items() if table is not None}


def draw(fit: FitResults, *, width_mm: float) -> Drawn:
    """Draw a panel for the regions that were left out, and one for the periods that were held out.

    Raises
    ------
    ResultsError
        If nothing was held out.
    """
    tables = held_out(fit)
    if not tables:
        raise ResultsError(
            "calibration: nothing was held out; there is one region only, or none can be left out"
        )
    headings = [f"{HEADINGS[name]}: {table.region.nunique()} regions" for name, table in tables.items()]
    grid = Grid.fit(
        len(tables), width_mm, least_mm=PANEL_MM, left=LEFT_MM, right=3.0, gap_mm=14.0, headings=headings
    )
    panel_mm = min(grid.panel_mm, 1.2 * PANEL_MM)
    height_mm = grid.height_mm(panel_mm)
    placed = grid.filling(height_mm)
    models = [name for name in LOOKS if any((table.model == name).any() for table in tables.values())]
    keys = [Key(NAMES[name], line=LOOKS[name] | LINE) for name in models]
    keys += [Key("as often as they say", line=RIGHT), Key("within chance, 95 %", patch=RANGE)]
    note = (
        "A central interval of a forecast holds the adopters of a region or it does not. Below the diagonal intervals "
        "are too narrow. Chance: binomial, as if regions were independent. Numbers of adopters are whole, so that "
        "intervals of few adopters hold more often than they say."
    )
    numbers = pd.concat([_numbers(table).assign(held_out=name) for name, table in tables.items()])

    def draw_in(frame: Frame) -> None:
        for number, (heading, (name, _)) in enumerate(zip(headings, tables.items(), strict=True)):
            left, top = placed.place(number)
            placed_heading = placed.panel(frame, number, heading)
            placed_heading.remove()
            ax = frame.axes(left, top, panel_mm, panel_mm)
            _draw_panel(ax, numbers[numbers.held_out == name])

    return Drawn(
        keyed_page(draw_in, keys, width_mm=width_mm, height_mm=height_mm, note=note),
        {"calibration": numbers},
        caption("Calibration of intervals.", fit.about, note),
    )


def _numbers(table: pd.DataFrame) -> pd.DataFrame:
    """Return for each model and nominal coverage the share of regions that are held."""
    rows = []
    for model, part in table.groupby("model", sort=False):
        if model not in LOOKS:
            continue
        n = len(part)
        for nominal in NOMINAL:
            held = float((part.held_from <= nominal + 1e-9).mean())
            low, high = binom.ppf([0.025, 0.975], n, nominal) / n
            rows.append((str(model), n, float(nominal), held, float(low), float(high)))
    columns = ["model", "regions", "nominal", "held", "chance_low", "chance_high"]
    return pd.DataFrame(rows, columns=columns)


def _draw_panel(ax: Axes, numbers: pd.DataFrame) -> None:
    by_model: Mapping[str, pd.DataFrame] = {str(name): part for name, part in numbers.groupby("model")}
    any_one = next(iter(by_model.values()))
    x = 100 * any_one.nominal.to_numpy()
    ax.fill_between(x, 100 * any_one.chance_low, 100 * any_one.chance_high, **RANGE)
    ax.plot([0, 100], [0, 100], **RIGHT)
    for name, look in LOOKS.items():
        if name in by_model:
            ax.plot(x, 100 * by_model[name].held, **look, **LINE, clip_on=False)
    ax.set_xlim(0, 100)
    ax.set_ylim(0, 100)
    ax.set_xlabel("nominal coverage, %")
    ax.set_ylabel("regions held, %")
