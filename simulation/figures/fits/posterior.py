"""The posterior: what each parameter is by itself, and pairs of them, in their ranges."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from simulation.figures.drawing.keyed_page import keyed_page
from simulation.figures.drawing.panels import MARGIN_MM, Frame, Grid, Key
from simulation.figures.drawing.study import Drawn
from simulation.figures.drawing.style import INK, LINE_MM, SMALL_PT, fit_mm
from simulation.figures.fits.look import MODEL, RANGE, caption, few_marks, scale
from simulation.fit.results import FitResults
from simulation.world import Array

LEFT_MM = 12.0
GAP_MM = 3.5
LEAST_PAIR_MM = 15.0
"""Narrower pairs are left out."""
MOST_PAIR_MM = 36.0
DOTS = 500
BINS = 30
MAXIMUM: dict[str, Any] = {"color": INK, "linewidth": 0.9}
KEYS = (
    Key("draws", patch={"facecolor": MODEL, "alpha": 0.6, "linewidth": 0.0}),
    Key("evenly over the range, as before the data", patch=RANGE),
)
POINTS = {"maximum": "most likely value", "posterior_median": "median"}
"""Columns of the value that is marked, by what there is, and their names: a fit by simulation knows no maximum."""


def draw(fit: FitResults, *, width_mm: float) -> Drawn:
    """Draw the marginals, and below them the pairs where there is room."""
    d = len(fit.summary)
    size = min((width_mm - LEFT_MM - MARGIN_MM - 2.0 - GAP_MM * (d - 1)) / d, MOST_PAIR_MM)
    shows_pairs = d > 1 and size >= LEAST_PAIR_MM
    note = _note(fit, shows_pairs=shows_pairs)
    if shows_pairs:
        height_mm = 2 * LINE_MM + MARGIN_MM + d * (size + GAP_MM) + 7.0
    else:
        grid = Grid.fit(d, width_mm, least_mm=24.0, left=5.0, headings=("x\ny",), axis_mm=5.0)
        height_mm = grid.height_mm(20.0)

    def draw_in(frame: Frame) -> None:
        if not shows_pairs:
            placed = grid.filling(height_mm)
            for n in range(d):
                left, top = placed.place(n)
                _write_heading(frame, fit, n, left=left, top=top - 2 * LINE_MM - 1.0, room=placed.panel_mm)
                _draw_marginal(frame.axes(left, top, placed.panel_mm, placed.panel_height_mm), fit, n)
            return
        first = MARGIN_MM + 2 * LINE_MM + 1.0
        for row in range(d):
            for column in range(row + 1):
                left, top = LEFT_MM + column * (size + GAP_MM), first + row * (size + GAP_MM)
                ax = frame.axes(left, top, size, size)
                if row == column:
                    _write_heading(
                        frame, fit, row, left=left, top=top - 2 * LINE_MM - 0.6, room=size + GAP_MM
                    )
                    _draw_marginal(ax, fit, row)
                else:
                    _draw_pair(ax, fit, column, row)
                    if column == 0:
                        ax.set_ylabel(_name(fit, row))
                if row == d - 1:
                    ax.set_xlabel(_name(fit, column))
                else:
                    ax.set_xticklabels([])
                if column > 0 and row != column:
                    ax.set_yticklabels([])

    return Drawn(
        keyed_page(
            draw_in,
            [*KEYS, Key(POINTS[_point(fit)], line=MAXIMUM)],
            width_mm=width_mm,
            height_mm=height_mm,
            note=note,
        ),
        {"posterior": _numbers(fit)},
        caption("Posterior.", fit.about, note, fit.sentences),
    )


def _note(fit: FitResults, *, shows_pairs: bool) -> str:
    pairs = f" Pairs: {min(DOTS, len(fit.draws))} draws." if shows_pairs else ""
    return (
        f"{len(fit.draws):,} draws from the posterior, worth {fit.summary.effective_draws.min():,.0f} independent ones "
        f"or more.{pairs} Axes hold the draws, not the whole range. Rates are per year."
    )


def _point(fit: FitResults) -> str:
    return next(name for name in POINTS if name in fit.summary)


def _name(fit: FitResults, n: int) -> str:
    return str(fit.summary.parameter[n]).replace("_", " ")


def _scale(fit: FitResults, n: int) -> str:
    return str(fit.summary["scale"][n])


def _values(fit: FitResults, n: int) -> Array:
    values: Array = fit.draws[fit.summary.key[n]].to_numpy()
    return values


def _limits(fit: FitResults, n: int) -> tuple[float, float]:
    """Return the ends of the axis of a parameter: those of its draws, with the most likely value."""
    row, values = fit.summary.iloc[n], _values(fit, n)
    marked = row[_point(fit)]
    low, high = min(float(values.min()), marked), max(float(values.max()), marked)
    if _scale(fit, n) == "linear":
        around = 0.04 * (high - low)
        low = low - around if low > around else 0.0
        return low, high + around
    return low / 1.1, high * 1.1


def _write_heading(frame: Frame, fit: FitResults, n: int, *, left: float, top: float, room: float) -> None:
    row = fit.summary.iloc[n]
    frame.text(fit_mm(_name(fit, n), room), left=left, top=top, weight="bold")
    low, high = (
        np.format_float_positional(end, precision=3, fractional=False, trim="-")
        for end in (row.range_low, row.range_high)
    )
    words = f"{low} to {high}"
    frame.text(fit_mm(words, room, size=SMALL_PT), left=left, top=top + LINE_MM, size=SMALL_PT)


def _draw_marginal(ax: Axes, fit: FitResults, n: int) -> None:
    """Draw the density of the draws on the scale of the range, over that of all values alike."""
    row, values, (low, high) = fit.summary.iloc[n], _values(fit, n), _limits(fit, n)
    is_linear = _scale(fit, n) == "linear"
    edges = np.linspace(low, high, BINS + 1) if is_linear else np.geomspace(low, high, BINS + 1)
    counts, _ = np.histogram(values, edges)
    on_scale = edges if is_linear else np.log(edges)
    ends = np.array([row.range_low, row.range_high])
    whole = np.ptp(ends if is_linear else np.log(ends))
    density = counts / counts.sum() / np.diff(on_scale)
    ax.fill_between([max(low, ends[0]), min(high, ends[1])], 0, 1 / whole, **RANGE)
    ax.stairs(density, edges, fill=True, color=MODEL, alpha=0.6)
    ax.axvline(row[_point(fit)], **MAXIMUM)
    scale(ax, _scale(fit, n))
    ax.set_xlim(low, high)
    ax.set_ylim(0, 1.08 * max(float(density.max()), 1 / whole))
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    few_marks(ax, _scale(fit, n), axis="x")


def _draw_pair(ax: Axes, fit: FitResults, across: int, up: int) -> None:
    x, y = (_values(fit, n)[:DOTS] for n in (across, up))
    ax.plot(x, y, linestyle="none", marker=".", markersize=1.6, color=MODEL, alpha=0.45, markeredgewidth=0)
    ax.plot(
        fit.summary[_point(fit)][across],
        fit.summary[_point(fit)][up],
        marker="+",
        markersize=5,
        color=INK,
        clip_on=False,
    )
    for axis, n in (("x", across), ("y", up)):
        scale(ax, _scale(fit, n), axis=axis)
        (ax.set_xlim if axis == "x" else ax.set_ylim)(*_limits(fit, n))
        few_marks(ax, _scale(fit, n), axis=axis)


def _numbers(fit: FitResults) -> pd.DataFrame:
    """Return quantiles of each parameter, and the correlations of all."""
    quantiles = (0.05, 0.25, 0.5, 0.75, 0.95)
    rows = []
    correlation = (
        fit.draws[list(fit.summary.key)].rank().corr().to_numpy() if len(fit.summary) > 1 else np.ones((1, 1))
    )
    for n, row in fit.summary.iterrows():
        found = np.quantile(_values(fit, int(str(n))), quantiles)
        rows.append(
            {
                "parameter": row.parameter,
                "key": row.key,
                "range_low": row.range_low,
                "range_high": row.range_high,
            }
            | {f"q{100 * q:02.0f}": value for q, value in zip(quantiles, found, strict=True)}
            | {
                f"rank_correlation_with_{name}": correlation[int(str(n)), k]
                for k, name in enumerate(fit.summary.parameter)
            }
        )
    return pd.DataFrame(rows)
