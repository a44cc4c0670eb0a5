"""Candidates and policies in uncertain worlds: expected value and worst tenth, and how often each is on the front."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from simulation.analysis.paired import interval
from simulation.explore.resampling import wilson
from simulation.figures.drawing.bars import labels_mm, row_mm, rows, write_labels
from simulation.figures.drawing.keyed_page import RULE, keyed_page
from simulation.figures.drawing.panels import MARGIN_MM, RIGHT_MM, Frame, Grid, Key
from simulation.figures.drawing.study import Drawn
from simulation.figures.drawing.style import INK, scenario_styles, wrap_mm
from simulation.figures.searches.front import CANDIDATE, NAMES, named
from simulation.optimize.robust import Robust

LEAST_PANEL_MM = 40.0
LABEL_SHARE = 0.3  # of the page
WORST: dict[str, Any] = {
    "marker": "|",
    "color": INK,
    "markersize": 5.0,
    "markeredgewidth": 1.0,
    "linestyle": "none",
    "zorder": 4,
}
"""The mark of the worst tenth."""
TAIL: dict[str, Any] = {"color": "#9A9A9A", "linewidth": 0.6, "linestyle": (0, (1, 1.2)), "zorder": 2}
"""The line from the expected value to the worst tenth."""
OFTEN = "Worlds in which it is on the front, %"


def draw(robust: Robust, *, width_mm: float) -> Drawn:
    """Draw a row for each policy of the study and each candidate on the front of the expected values."""
    shown = robust.shown()
    looks = scenario_styles(robust.names)
    labels = [wrap_mm(_label(robust, n), LABEL_SHARE * width_mm) for n in shown]
    left = MARGIN_MM + labels_mm(labels) + 2.5
    headings = [
        *(f"{'lower' if sign > 0 else 'higher'} is better" for sign in robust.signs),
        "higher is better",
    ]
    grid = Grid.fit(
        len(headings), width_mm, least_mm=LEAST_PANEL_MM, left=left, right=RIGHT_MM, headings=headings
    )
    height_mm = grid.height_mm(row_mm(labels) * len(labels))
    grid = grid.filling(height_mm)
    note = _note(robust)

    def draw_in(frame: Frame) -> None:
        for number, heading in enumerate(headings):
            ax = grid.panel(frame, number, heading)
            rows(ax, len(shown))
            for row, n in enumerate(shown):
                ax.axhline(row, **RULE)
                policy = bool(robust.is_policy[n])
                look = looks[robust.names[n]]
                mark: dict[str, Any] = {
                    "marker": look.marker if policy else "o",
                    "color": look.colour if policy else CANDIDATE,
                    "markersize": look.mark_size(4.5) if policy else 4.0,
                    "markeredgecolor": "white",
                    "markeredgewidth": 0.4,
                    "linestyle": "none",
                    "zorder": 5,
                }
                if number < len(robust.metrics):
                    _draw_values(ax, robust, n, m=number, row=row, mark=mark)
                else:
                    _draw_often(ax, robust, n, row=row, mark=mark)
            ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
            metric = robust.metrics[number] if number < len(robust.metrics) else ""
            words = (NAMES.get(metric) or named(metric)) if metric else OFTEN
            ax.set_xlabel("\n".join(wrap_mm(words, grid.panel_mm)))
            if grid.is_first(number):
                write_labels(ax, labels)

    keys = [
        Key("expected value and 95 % interval", line={"marker": "o", "color": CANDIDATE, "linewidth": 0.9}),
        Key("mean of the worst tenth of the worlds", line=WORST),
    ]
    return Drawn(
        keyed_page(draw_in, keys, width_mm=width_mm, height_mm=height_mm + 3.0, note=note),
        {"robust": robust.table()},
        f"**The best use of the budget in uncertain worlds.** {note}\n\n"
        + "\n".join(f"- {line}" for line in robust.sentences())
        + "\n",
    )


def _draw_values(ax: Axes, robust: Robust, n: int, *, m: int, row: int, mark: dict[str, Any]) -> None:
    values = robust.values[n, :, m]
    if np.isnan(values).any():
        return
    ax.plot((values.mean(), robust.worst[n, m]), (row, row), **TAIL)
    ax.plot(robust.worst[n, m], row, **WORST)
    ax.plot(interval(values), (row, row), color=mark["color"], linewidth=0.9, solid_capstyle="butt", zorder=3)
    ax.plot(values.mean(), row, **mark)


def _draw_often(ax: Axes, robust: Robust, n: int, *, row: int, mark: dict[str, Any]) -> None:
    if robust.names[n] in robust.elsewhere:
        return
    share = robust.on_front[n].mean()
    ends = [100 * end for end in wilson(float(share), robust.on_front.shape[1])]
    ax.plot(ends, (row, row), color=mark["color"], linewidth=0.9, solid_capstyle="butt", zorder=3)
    ax.plot(100 * share, row, clip_on=False, **mark)
    ax.set_xlim(0, 100)


def _label(robust: Robust, n: int) -> str:
    name = robust.titles[n] if robust.is_policy[n] else robust.names[n]
    lacking = int((~robust.paid[n]).sum())
    return f"{name} ({lacking} unpaid)" if lacking else name


def _note(robust: Robust) -> str:
    worlds = robust.values.shape[1]
    note = (
        f"{worlds} worlds with the same draws for all. {len(robust.tested.pool)} candidates were tried; shown are "
        "those that no other beats in both expected values or that are most often on the front, beside all policies "
        "of the study."
    )
    if (~robust.paid).any():
        note += " Unpaid: worlds that cannot pay for the plan, where nothing is done instead."
    if robust.elsewhere:
        titles = [robust.titles[robust.names.index(name)] for name in robust.elsewhere]
        note += f" {', '.join(titles)}: with something that no money pays for, so on no front."
    return note
