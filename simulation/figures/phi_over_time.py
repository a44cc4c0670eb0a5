"""Phi over time and at equal stages of adoption, to separate synchronization from speed."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from simulation.figures.drawing.bands import COLUMNS, bands_in_words, draw_bands, quantiles
from simulation.figures.drawing.inputs import Source
from simulation.figures.drawing.panels import (
    RIGHT_MM,
    Frame,
    Grid,
    draw_key,
    explain,
    in_axes,
    key_height,
    page,
    scenario_keys,
)
from simulation.figures.drawing.study import (
    Drawn,
    ScenarioCurves,
    StudyCurves,
    StudyFigure,
    caption,
    replications,
)
from simulation.figures.drawing.style import scenario_styles
from simulation.metrics.curves import ROUNDING, ratio
from simulation.metrics.metric import MINIMUM_SHARE
from simulation.world import Array

LEFT_MM = 11.0
GAP_MM = 12.5  # each panel has an axis of its own
LEAST_PANEL_MM = 55.0
HEADINGS = ("over time", "at an equal stage of adoption")
STAGES = np.linspace(MINIMUM_SHARE, 0.95, 91)
"""Pooled adoption shares at which Phi is compared."""
AXIS_LABEL = "Φ, share of variance between regions"
PERCENT = 100.0


def phi_over_time(results: Source, *, ax: Axes | None = None) -> Axes:
    """Draw Phi at each moment, against the time after release and against the pooled adoption share.

    Parameters
    ----------
    results
        A study, its folder, or what :func:`study_curves` read of it.
    ax
        Where to draw; a page of its own unless given. The axes themselves become invisible.

    Examples
    --------
    >>> ax = figures.phi_over_time("results/study")
    """
    return in_axes(results, ax, draw=draw_phi, height_mm=_height_mm)


def phi_at_times(scenario: ScenarioCurves) -> Array:
    """Phi at each time after release; float64 (n, M).

    nan while less than 5 % of all eligible have adopted, as for the metric, and where nothing varies.
    """
    defined = (scenario.pooled >= MINIMUM_SHARE) & (scenario.variance_total > ROUNDING)
    return np.where(defined, ratio(scenario.variance_between, scenario.variance_total), np.nan)


def phi_at_stages(scenario: ScenarioCurves) -> Array:
    """Phi when the pooled adoption share reaches each of ``STAGES``; float64 (n, len(STAGES)).

    Both parts of Phi are interpolated between months; nan where the stage is not reached or nothing varies. A
    stage counts as reached at its first time, even if the share falls below it later.
    """
    found = np.full((len(scenario.seeds), len(STAGES)), np.nan)
    for row, (pooled, between, total) in enumerate(
        zip(scenario.pooled, scenario.variance_between, scenario.variance_total, strict=True)
    ):
        # The first month of each share: later ones at the same share would make the place ambiguous.
        share, month = np.unique(np.maximum.accumulate(pooled), return_index=True)
        place = np.interp(STAGES, share, month, left=np.nan, right=np.nan)
        known = np.isfinite(place)
        months = np.arange(len(pooled))
        parts = [np.interp(place[known], months, part) for part in (between, total)]
        found[row, known] = np.where(parts[1] > ROUNDING, ratio(parts[0], parts[1]), np.nan)
    return found


def _grid(study: StudyCurves, width_mm: float) -> Grid:
    return Grid.fit(
        2, width_mm, least_mm=LEAST_PANEL_MM, left=LEFT_MM, right=RIGHT_MM, gap_mm=GAP_MM, headings=HEADINGS
    )


def _height_mm(study: StudyCurves, width_mm: float) -> float:
    grid = _grid(study, width_mm)
    styles = scenario_styles(scenario.name for scenario in study.scenarios)
    keys = scenario_keys(study.scenarios, styles)
    return grid.height_mm(max(38.0, 0.6 * grid.panel_mm)) + key_height(keys, width_mm)


def draw_phi(frame: Frame, study: StudyCurves) -> None:
    """Draw both panels into a frame, and the key of the scenarios below."""
    styles = scenario_styles(scenario.name for scenario in study.scenarios)
    keys = scenario_keys(study.scenarios, styles)
    grid = _grid(study, frame.width).filling(frame.height - key_height(keys, frame.width))
    over_time = [quantiles(phi_at_times(scenario)) for scenario in study.scenarios]
    at_stages = [quantiles(phi_at_stages(scenario)) for scenario in study.scenarios]
    # If regions differ less than by chance, Phi is slightly negative.
    lowest, highest = (
        extreme([float(extreme(v[np.isfinite(v)], initial=0.0)) for v in [*over_time, *at_stages]])
        for extreme in (np.min, np.max)
    )
    for number, (x, found, limits, label) in enumerate(
        (
            (study.tau_years, over_time, (0.0, study.window_years), "Time after release, years"),
            (100 * STAGES, at_stages, (0.0, 100.0), "Pooled adoption share, %"),
        )
    ):
        ax = grid.panel(frame, number, HEADINGS[number])
        draw_bands(ax, study, x, found, factor=1 / PERCENT)
        ax.set_xlim(*limits)
        ax.set_ylim(1.05 * lowest, max(0.05, 1.05 * highest))
        ax.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
        ax.yaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 5, 10]))
        ax.set_xlabel(label)
        ax.set_ylabel(AXIS_LABEL)
        if not any(np.isfinite(values).any() for values in found):
            explain(ax, "Φ is undefined: too few have adopted, or no month has both adopters and others.")
    draw_key(frame, keys)


def draw(study: StudyCurves, *, width_mm: float) -> Drawn:
    """Draw the figure of a page; its height follows from the width, in mm."""
    note = (
        f"{bands_in_words(study)}; {replications(study.scenarios)}. From {100 * MINIMUM_SHARE:.0f} % adoption on, "
        "and where at least half of the replications have a value; a line that ends early has got no further."
    )
    height = _height_mm(study, width_mm)
    return Drawn(
        page(study, draw_phi, width_mm=width_mm, height_mm=height, note=note),
        _numbers(study),
        caption(
            "Phi over time and at an equal stage.",
            f"""Share Φ of the variance of adoption that lies between regions, at one moment, over all
            technologies and industries. Left: by time after release, up to {study.window_years:.1f} years. Right: when
            the same share of all eligible has adopted, so that a fast scenario is not compared with a slow one at
            different stages. {bands_in_words(study)}. Shown from a pooled adoption share of
            {100 * MINIMUM_SHARE:.0f} % on, and where at least half of the replications have a value.""",
            study,
            scenarios=study.scenarios,
        ),
    )


def _numbers(study: StudyCurves) -> dict[str, pd.DataFrame]:
    tables: dict[str, pd.DataFrame] = {}
    for name, column, x, found in (
        ("phi_over_time", "tau_years", study.tau_years, [phi_at_times(s) for s in study.scenarios]),
        ("phi_at_stages", "pooled_share", STAGES, [phi_at_stages(s) for s in study.scenarios]),
    ):
        tables[name] = pd.concat(
            [
                pd.DataFrame(
                    {"scenario": scenario.name, "n": np.isfinite(values).sum(axis=0), column: x}
                    | dict(zip(COLUMNS, quantiles(values), strict=True))
                )
                for scenario, values in zip(study.scenarios, found, strict=True)
            ],
            ignore_index=True,
        )
    return tables


FIGURE = StudyFigure("phi_over_time", place=60, draw=draw)
