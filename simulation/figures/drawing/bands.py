"""Curves of a study: the median over replications, bands around it, and a page of one panel with labelled ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulation.figures.drawing.panels import (
    LEADER_MM,
    MARGIN_MM,
    DrawPanel,
    Frame,
    label_ends,
    line_look,
    page,
)
from simulation.figures.drawing.study import StudyCurves
from simulation.figures.drawing.style import (
    LINE_MM,
    ScenarioStyle,
    scenario_styles,
    spread,
    text_width_mm,
    wrap_mm,
)
from simulation.world import Array

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
MEDIAN = QUANTILES.index(0.5)
COLUMNS = ("q05", "q25", "median", "q75", "q95")
MOST_WITH_BANDS = 4
"""With more scenarios the bands would cover each other."""
LEFT_MM = 11.0
AXIS_MM = 9.0


def quantiles(curves: Array) -> Array:
    """Quantiles over the replications at each place, linearly interpolated between replications.

    Parameters
    ----------
    curves : float64, shape (n, M)
        nan where a replication has no value.

    Returns
    -------
    float64, shape (5, M)
        In the order of ``QUANTILES``; nan where fewer than half of the replications have a value.
    """
    defined = 2 * np.isfinite(curves).sum(axis=0) >= len(curves)
    found = np.full((len(QUANTILES), curves.shape[1]), np.nan)
    found[:, defined] = np.nanquantile(curves[:, defined], QUANTILES, axis=0)
    return found


def have_bands(study: StudyCurves) -> bool:
    """Whether bands can be drawn and distinguished."""
    return len(study.scenarios) <= MOST_WITH_BANDS and max(len(s.seeds) for s in study.scenarios) > 1


def bands_in_words(study: StudyCurves) -> str:
    """Return what lines and bands show, in words."""
    if max(len(scenario.seeds) for scenario in study.scenarios) == 1:
        return "One replication, therefore no band"
    if not have_bands(study):
        return "Line: median; bands are left out where they would cover each other, and stand in the table"
    return "Line: median; bands: middle 50 % (dark) and 90 % (light) of the replications at each time"


def fill_bands(ax: Axes, x: Array, found: Array, *, look: ScenarioStyle, steps: bool = False) -> None:
    """Fill between the outer and between the inner quantiles of one scenario, shares 0-1, in percent against ``x``.

    Parameters
    ----------
    x : float64, shape (M,)
    found : float64, shape (5, M)
        As :func:`quantiles` gives them.
    steps : whether values hold until the next place, as those of a distribution function do.
    """
    low, lower, _, upper, high = 100 * found
    step: Literal["post"] | None = "post" if steps else None
    ax.fill_between(x, low, high, color=look.colour, alpha=0.12, linewidth=0, step=step)
    ax.fill_between(x, lower, upper, color=look.colour, alpha=0.22, linewidth=0, step=step)


def draw_median(
    ax: Axes,
    x: Array,
    found: Array,
    *,
    look: ScenarioStyle,
    label: str = "",
    turn: float = 0.5,
    markers: int = 6,
    linewidth: float = 1.25,
    steps: bool = False,
) -> None:
    """Draw the median of quantiles as :func:`fill_bands` takes them, as a line with markers.

    Parameters
    ----------
    turn : where between two of its markers a scenario's first one stands, 0-1, so that scenarios do not cover
        each other's.
    steps : as for :func:`fill_bands`.
    """
    every = max(1, len(x) // markers)
    drawn: dict[str, Any] = line_look(look) | {
        "linewidth": linewidth,
        "drawstyle": "steps-post" if steps else "default",
        "markevery": (int(every * turn), every),
    }
    ax.plot(x, 100 * found[MEDIAN], clip_on=False, label=label, **drawn)


def draw_bands(
    ax: Axes,
    study: StudyCurves,
    x: Array,
    found: Sequence[Array],
    *,
    steps: bool = False,
    factor: float = 1.0,
) -> None:
    """Draw the quantiles of every scenario of a study, in percent, or times another factor; see :func:`fill_bands`."""
    styles = scenario_styles(scenario.name for scenario in study.scenarios)
    bands = have_bands(study)
    for place, (scenario, values) in enumerate(zip(study.scenarios, found, strict=True), start=1):
        look = styles[scenario.name]
        if bands and len(scenario.seeds) > 1:
            fill_bands(ax, x, values * factor, look=look, steps=steps)
        turn = place / (len(study.scenarios) + 1)
        draw_median(ax, x, values * factor, look=look, label=scenario.label, turn=turn, steps=steps)


def numbers(study: StudyCurves, found: Sequence[Array]) -> pd.DataFrame:
    """The quantiles of every scenario over the time after release, as a table."""
    frames = []
    for scenario, values in zip(study.scenarios, found, strict=True):
        shares = dict(zip(COLUMNS, values, strict=True))
        front = {"scenario": scenario.name, "n": len(scenario.seeds), "tau_years": study.tau_years}
        frames.append(pd.DataFrame(front | shares))
    return pd.concat(frames, ignore_index=True)


def labelled_page(
    study: StudyCurves, draw: DrawPanel, *, ends: Sequence[float], note: str, width_mm: float
) -> Figure:
    """A page of one panel whose lines are labelled with their scenarios at their right ends.

    Parameters
    ----------
    ends : where the line of each scenario ends, 0 at the bottom of the panel and 1 at its top.
    """
    labels = [wrap_mm(scenario.label, 0.24 * width_mm) for scenario in study.scenarios]
    label_mm = max(text_width_mm(line) for lines in labels for line in lines)
    plot_mm = width_mm - LEFT_MM - LEADER_MM - 2.5 - label_mm - MARGIN_MM
    gap = LINE_MM * max(len(lines) for lines in labels) + 0.5
    panel_mm = max(min(62.0, max(42.0, 0.5 * plot_mm)), gap * len(labels))
    top = MARGIN_MM + 1.5
    styles = scenario_styles(scenario.name for scenario in study.scenarios)

    def draw_in(frame: Frame, study: StudyCurves) -> None:
        draw(frame.axes(LEFT_MM, top, plot_mm, panel_mm), study)
        at = [top + panel_mm * (1 - end) for end in ends]
        places = spread(at, gap, top + gap / 2 - 1.0, top + panel_mm - gap / 2 + 1.0)
        looks = [styles[scenario.name] for scenario in study.scenarios]
        named = list(zip(labels, looks, strict=True))
        label_ends(frame, named, left=LEFT_MM + plot_mm, ends=at, places=places)

    return page(study, draw_in, width_mm=width_mm, height_mm=top + panel_mm + AXIS_MM, note=note)
