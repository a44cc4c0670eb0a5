"""Channel attribution: shares of adoptions by proximity channel."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from simulation.channels import Channel
from simulation.figures.drawing.bars import BAR, fill, labels_mm, labels_of, row_mm, rows, write_labels
from simulation.figures.drawing.inputs import Source
from simulation.figures.drawing.panels import (
    AXIS_MM,
    MARGIN_MM,
    Frame,
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
from simulation.figures.drawing.style import SMALL_PT
from simulation.world import Array

TOP_MM = 2.5
RIGHT_MM = 4.0
LEAST_WRITTEN = 0.055  # smaller shares have no room for their number


def channel_attribution(results: Source, *, ax: Axes | None = None) -> Axes:
    """Draw the shares of adoptions attributed to each proximity channel, one bar per scenario.

    Parameters
    ----------
    results
        A study, its folder, or what :func:`study_curves` read of it.
    ax
        Where to draw; a page of its own unless given. The axes themselves become invisible.

    Examples
    --------
    >>> ax = figures.channel_attribution("results/study")
    """
    return in_axes(results, ax, draw=draw_bars, height_mm=_height_mm)


def attribution(scenario: ScenarioCurves) -> Array:
    """Share of adoptions attributed to each channel by replication; float64 (n, channels), nan without adoptions."""
    return np.column_stack([scenario.metrics[f"attributed_{channel.label}"] for channel in Channel])


def _keys(study: StudyCurves) -> list[Key]:
    """The key of the channels to which any adoption is attributed."""
    found = np.nansum(np.concatenate([attribution(scenario) for scenario in study.scenarios]), axis=0)
    return [Key(channel.label, patch=fill(channel)) for channel in Channel if found[channel] > 0]


def _height_mm(study: StudyCurves, width_mm: float) -> float:
    labels = labels_of(study.scenarios, width_mm)
    return TOP_MM + row_mm(labels) * len(labels) + AXIS_MM + key_height(_keys(study), width_mm)


def draw_bars(frame: Frame, study: StudyCurves) -> None:
    """Draw the mean shares into a frame, and the key of the channels below."""
    labels = labels_of(study.scenarios, frame.width)
    keys = _keys(study)
    left = MARGIN_MM + labels_mm(labels) + 2.5
    height = frame.height - TOP_MM - AXIS_MM - key_height(keys, frame.width)
    ax = frame.axes(left, TOP_MM, frame.width - left - RIGHT_MM, height)
    for row, scenario in enumerate(study.scenarios):
        _draw_bar(ax, row, attribution(scenario))
    rows(ax, len(labels))
    write_labels(ax, labels)
    ax.set_xlim(0, 100)
    ax.set_xlabel("Share of adoptions, %")
    draw_key(frame, keys)


def _draw_bar(ax: Axes, row: int, shares: Array) -> None:
    defined = shares[np.isfinite(shares).all(axis=1)]
    if not len(defined):
        ax.text(1, row, "no adoptions", fontsize=SMALL_PT, va="center_baseline")
        return
    start = 0.0
    for channel, share in zip(Channel, defined.mean(axis=0), strict=True):
        if share > 0:
            ax.barh(row, 100 * share, left=100 * start, height=BAR, **fill(channel))
        if share >= LEAST_WRITTEN:
            dark = channel == Channel.SPATIAL
            paper = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
            ax.text(
                100 * (start + share / 2),
                row,
                f"{100 * share:.0f}",
                fontsize=SMALL_PT,
                ha="center",
                va="center_baseline",
                color="white" if dark else None,
                bbox=paper if fill(channel)["hatch"] else None,
            )
        start += share


def draw(study: StudyCurves, *, width_mm: float) -> Drawn:
    """Draw the figure of a page; its height follows from the number of scenarios, in mm."""
    note = f"Means over replications, {replications(study.scenarios)}; all adoptions up to the horizon."
    return Drawn(
        page(study, draw_bars, width_mm=width_mm, height_mm=_height_mm(study, width_mm), note=note),
        {"channel_attribution": _numbers(study)},
        caption(
            "Channel attribution.",
            """Share of all adoptions up to the horizon that is attributed to each term of the hazard: an adoption is
            split over the terms in proportion to their size in the month in which it occurred. Means over the
            replications with any adoption. Attribution is descriptive, not causal; it does not say how
            many would have adopted without a channel.""",
            study,
            scenarios=study.scenarios,
        ),
    )


def _numbers(study: StudyCurves) -> pd.DataFrame:
    rows_of = []
    for scenario in study.scenarios:
        shares = attribution(scenario)
        defined = shares[np.isfinite(shares).all(axis=1)]
        for channel in Channel:
            values = defined[:, channel]
            mean = float(values.mean()) if len(values) else np.nan
            spread = float(values.std(ddof=1)) if len(values) > 1 else np.nan
            rows_of.append((scenario.name, channel.label, mean, spread, len(values)))
    return pd.DataFrame(rows_of, columns=["scenario", "channel", "mean_share", "sd", "n"])


FIGURE = StudyFigure("channel_attribution", place=80, draw=draw)
