"""Theil's index within and between macroregions, at equal stages of adoption."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, NullLocator
from matplotlib.transforms import ScaledTranslation

from simulation.figures.drawing.bars import BAR, fill, labels_mm, labels_of, row_mm, rows, write_labels
from simulation.figures.drawing.inputs import Source
from simulation.figures.drawing.panels import (
    MARGIN_MM,
    RIGHT_MM,
    Frame,
    Grid,
    Key,
    draw_key,
    in_axes,
    key_height,
    page,
)
from simulation.figures.drawing.study import (
    Drawn,
    ScenarioCurves,
    StudyCurves,
    StudyFigure,
    caption,
    replications,
)
from simulation.figures.drawing.style import INK, MM_PER_INCH, SMALL_PT, figure_of
from simulation.world import Array

STAGES = (25, 50, 75)
"""Percent of all eligible that have adopted."""
HEADINGS = [f"{stage} % have adopted" for stage in STAGES]
LEAST_PANEL_MM = 30.0
LEAST_AXIS = 0.001  # nats; less inequality is not worth showing
BETWEEN, WITHIN = fill(4), fill(0)  # light enough for the line across them to be visible
KEYS = [Key("between macroregions", patch=BETWEEN), Key("within macroregions", patch=WITHIN)]


def theil_parts(results: Source, *, ax: Axes | None = None) -> Axes:
    """Draw Theil's index of regional inequality and its two parts, a panel for each stage of adoption.

    Parameters
    ----------
    results
        A study, its folder, or what :func:`study_curves` read of it.
    ax
        Where to draw; a page of its own unless given. The axes themselves become invisible.

    Examples
    --------
    >>> ax = figures.theil_parts("results/study")
    """
    return in_axes(results, ax, draw=draw_bars, height_mm=_height_mm)


def parts(scenario: ScenarioCurves, stage: int) -> Array:
    """Between and within part in each replication that reaches the stage; float64 (m, 2), nats."""
    values = np.column_stack([scenario.metrics[f"theil_{stage}_{part}"] for part in ("between", "within")])
    return values[np.isfinite(values).all(axis=1)]


def _grid(study: StudyCurves, width_mm: float) -> Grid:
    left = MARGIN_MM + labels_mm(labels_of(study.scenarios, width_mm)) + 2.5
    return Grid.fit(
        3, width_mm, least_mm=LEAST_PANEL_MM, left=left, gap_mm=5.0, right=RIGHT_MM + 1.5, headings=HEADINGS
    )


def _height_mm(study: StudyCurves, width_mm: float) -> float:
    labels = labels_of(study.scenarios, width_mm)
    return _grid(study, width_mm).height_mm(row_mm(labels) * len(labels)) + key_height(KEYS, width_mm)


def draw_bars(frame: Frame, study: StudyCurves) -> None:
    """Draw the means into a frame, a row a scenario, and the key of the parts below."""
    labels = labels_of(study.scenarios, frame.width)
    grid = _grid(study, frame.width).filling(frame.height - key_height(KEYS, frame.width))
    for number, stage in enumerate(STAGES):
        ax = grid.panel(frame, number, HEADINGS[number])
        most = max(
            (_draw_bar(ax, row, parts(s, stage)) for row, s in enumerate(study.scenarios)), default=0.0
        )
        rows(ax, len(labels))
        if grid.is_first(number):
            write_labels(ax, labels)
        ax.set_xlim(0, max(1.3 * most, LEAST_AXIS))  # numbers stand to the right of the bars
        ax.xaxis.set_major_locator(
            MaxNLocator(nbins=3, steps=[1, 2, 2.5, 5, 10]) if most > 0 else NullLocator()
        )
        ax.xaxis.set_major_formatter("{x:g}")
        ax.set_xlabel("Theil index, nats")
    draw_key(frame, KEYS)


def _draw_bar(ax: Axes, row: int, values: Array) -> float:
    """Draw one stacked bar with the range of the total, and return how far it reaches."""
    if not len(values):
        ax.text(0, row, "  not reached", fontsize=SMALL_PT, va="center_baseline")
        return 0.0
    between, within = values.mean(axis=0)
    low, high = np.quantile(values.sum(axis=1), (0.05, 0.95))
    ax.barh(row, between, height=BAR, **BETWEEN)
    ax.barh(row, within, left=between, height=BAR, **WITHIN)
    if len(values) > 1:
        ax.plot([low, high], [row, row], color=INK, linewidth=0.7)
    end = max(float(high), float(between + within))
    mean = f"{between + within:.4f}" if between + within < 0.01 else f"{between + within:.3f}"
    beside = ScaledTranslation(0.8 / MM_PER_INCH, 0, figure_of(ax).dpi_scale_trans)
    ax.text(end, row, mean, transform=ax.transData + beside, fontsize=SMALL_PT, va="center_baseline")
    return end


def draw(study: StudyCurves, *, width_mm: float) -> Drawn:
    """Draw the figure of a page; its height follows from the number of scenarios, in mm."""
    note = (
        f"Bars and numbers: means over the replications that reach the stage, {replications(study.scenarios)}; "
        "line: middle 90 % of the totals. 0: all regions have the same share. Scales differ between panels."
    )
    return Drawn(
        page(study, draw_bars, width_mm=width_mm, height_mm=_height_mm(study, width_mm), note=note),
        {"theil_parts": _numbers(study)},
        caption(
            "Theil index within and between macroregions.",
            """Inequality between regions of the share that has adopted, in the first month in which 25, 50 and 75 % of
            all eligible have adopted; it is the sum of a part between macroregions and a part within them. Bars:
            means over the replications that reach the stage; lines: middle 90 % of the totals.""",
            study,
            scenarios=study.scenarios,
        ),
    )


def _numbers(study: StudyCurves) -> pd.DataFrame:
    found = []
    for scenario in study.scenarios:
        for stage in STAGES:
            values = parts(scenario, stage)
            mean = values.mean(axis=0) if len(values) else np.full(2, np.nan)
            low, high = np.quantile(values.sum(axis=1), (0.05, 0.95)) if len(values) else (np.nan, np.nan)
            found.append((scenario.name, stage / 100, *mean, mean.sum(), low, high, len(values)))
    columns = ["scenario", "pooled_share", "between", "within", "total", "total_q05", "total_q95", "n"]
    return pd.DataFrame(found, columns=columns)


FIGURE = StudyFigure("theil_parts", place=65, draw=draw)
