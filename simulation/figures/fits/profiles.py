"""Profiles of the likelihood: how far each parameter can move while the others give way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from simulation.errors import ResultsError
from simulation.figures.drawing.panels import Key
from simulation.figures.drawing.study import Drawn
from simulation.figures.drawing.style import FAINT, INK
from simulation.figures.fits.look import BAND, MODEL, caption, few_marks, page_of_panels, scale
from simulation.fit.maximum import CONFIDENCE, DROP
from simulation.fit.results import FitResults

LEFT_MM = 10.0
PANEL_HEIGHT_MM = 32.0
DEEPEST = 3.0 * DROP
"""How far below the maximum the panels reach."""
LINE: dict[str, Any] = {"color": MODEL, "linewidth": 1.1}
LEVEL: dict[str, Any] = {"color": FAINT, "linewidth": 0.8, "linestyle": (0, (4, 1.5))}
MAXIMUM: dict[str, Any] = {"color": INK, "linewidth": 0.9}
KEYS = (
    Key("highest log likelihood, the maximum as 0", line=LINE),
    Key(f"{CONFIDENCE:.0%}".replace("%", " %") + f", a fall of {DROP:.2f}", line=LEVEL),
    Key("its interval", patch=BAND),
    Key("most likely value", line=MAXIMUM),
)


def draw(fit: FitResults, *, width_mm: float) -> Drawn:
    """Draw a panel for each parameter.

    Raises
    ------
    ResultsError
        If the fit has no likelihood.
    """
    profiles = fit.profiles
    if profiles is None:
        raise ResultsError("profiles: a fit by simulation has no likelihood, so none of its profiles")
    headings = [str(name).replace("_", " ") for name in fit.summary.parameter]
    note = (
        "Profile: at each value of a parameter, the others have their most likely values. The interval is that of "
        "Wilks, and only about right where the maximum lies at an end of the range. Rates are per year."
    )

    def draw_panel(ax: Axes, number: int, *, is_first: bool) -> None:
        _draw_panel(ax, fit, profiles, number)
        if is_first:
            ax.set_ylabel("log likelihood")
        else:
            ax.set_yticklabels([])

    return Drawn(
        page_of_panels(
            headings,
            draw_panel,
            KEYS,
            width_mm=width_mm,
            panel_mm=PANEL_HEIGHT_MM,
            left_mm=LEFT_MM,
            gap_mm=6.0,
            note=note,
        ),
        {"profiles": profiles},
        caption("Profiles.", fit.about, note, fit.sentences),
    )


def _draw_panel(ax: Axes, fit: FitResults, profiles: pd.DataFrame, number: int) -> None:
    row = fit.summary.iloc[number]
    table = profiles[profiles.parameter == row.parameter].sort_values("value")
    x = table.value.to_numpy()
    fall = table.log_likelihood.to_numpy() - profiles.log_likelihood.max()
    ax.axvspan(row.profile_low, row.profile_high, **BAND)
    ax.axhline(-DROP, **LEVEL)
    ax.axvline(row.maximum, **MAXIMUM)
    shown = fall >= -1.6 * DEEPEST
    ax.plot(x[shown], fall[shown], marker=".", markersize=3, **LINE)
    scale(ax, str(row["scale"]))
    ax.set_ylim(-DEEPEST, 0.25)
    inside = x[fall >= -DEEPEST]
    low, high = float(np.min(inside)), float(np.max(inside))
    if row["scale"] == "linear":
        around = 0.03 * (high - low)
        ax.set_xlim(low - around, high + around)
    else:
        ax.set_xlim(low / 1.03, high * 1.03)
    few_marks(ax, str(row["scale"]), axis="x")
