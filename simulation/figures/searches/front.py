"""The front of a search: its candidates and all policies of the study in the plane of the two objectives."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from simulation.analysis.paired import interval
from simulation.figures.drawing.keyed_page import keyed_page
from simulation.figures.drawing.panels import AXIS_MM, MARGIN_MM, RIGHT_MM, Frame, Key
from simulation.figures.drawing.study import Drawn
from simulation.figures.drawing.style import INK, SMALL_PT, scenario_styles
from simulation.metrics import METRICS
from simulation.optimize.front import CLOSE, DOMINATED, FRONT, Front
from simulation.world import Array

LEFT_MM = 12.0
HEIGHT_SHARE = 0.62  # of the width, for the panel
LEAST_HEIGHT_MM = 66.0
CANDIDATE = "#882255"
"""Colour of candidates: none of those of scenarios."""
LOOKS: dict[str, dict[str, Any]] = {
    FRONT: {"marker": "o", "color": CANDIDATE, "markersize": 4.5, "linestyle": "none", "zorder": 5},
    CLOSE: {
        "marker": "o",
        "color": CANDIDATE,
        "markerfacecolor": "white",
        "markersize": 3.2,
        "linestyle": "none",
        "zorder": 4,
    },
    DOMINATED: {"marker": "x", "color": CANDIDATE, "markersize": 3.0, "linestyle": "none", "zorder": 4},
}
LABELS = {
    FRONT: "candidate on the front, numbered",
    CLOSE: "candidate that cannot be told apart from the front",
    DOMINATED: "candidate that is dominated",
}
LINE: dict[str, Any] = {"color": CANDIDATE, "linewidth": 0.7, "zorder": 2, "drawstyle": "steps-post"}
"""Between two points of the front nothing better than the worse of both has been found, so it is a stair."""
NAMES = {
    "restricted_time_years": "Mean time to adopt within the window, years",
    "synchronization": "Synchronization, 1 − Φ",
}
"""Labels of axes, for metrics of the main question."""


def draw(front: Front, *, width_mm: float) -> Drawn:
    """Draw means and 95 % intervals of the final comparison, and the line of the front."""
    height_mm = max(HEIGHT_SHARE * width_mm, LEAST_HEIGHT_MM)
    own = [n for n in front.on_front() if not front.is_policy[n]]
    numbers = {place: number for number, place in enumerate(own, start=1)}
    table = front.table()
    table.insert(1, "number", [None, *(numbers.get(n) for n in range(len(front.names)))])
    table["number"] = table["number"].astype("Int64")
    note = _note(front)

    def draw_in(frame: Frame) -> None:
        ax = frame.axes(
            LEFT_MM, MARGIN_MM + 1.0, width_mm - LEFT_MM - RIGHT_MM, height_mm - MARGIN_MM - 1.0 - AXIS_MM
        )
        _draw_plane(ax, front, numbers)

    return Drawn(
        keyed_page(draw_in, _keys(front), width_mm=width_mm, height_mm=height_mm, note=note),
        {"front": table},
        f"**The best use of the budget.** {note}\n\n"
        + "\n".join(f"- {line}" for line in front.sentences())
        + "\n",
    )


def _draw_plane(ax: Axes, front: Front, numbers: dict[int, int]) -> None:
    looks = scenario_styles([front.found.space.baseline.name, *front.names])
    everyone: list[tuple[str, Array, int | None]] = [(front.found.space.baseline.name, front.baseline, None)]
    everyone += [(name, front.values[n], n) for n, name in enumerate(front.names)]
    for name, values, n in everyone:
        x, y = values.mean(axis=0)
        if not np.isfinite([x, y]).all():
            continue
        if n is None or front.is_policy[n]:
            look = looks[name]
            colour = look.colour
            mark: dict[str, Any] = {
                "marker": look.marker,
                "color": colour,
                "markersize": look.mark_size(5.0),
                "markeredgecolor": "white",
                "linestyle": "none",
                "zorder": 4.5,
            }
        else:
            colour, mark = CANDIDATE, LOOKS[front.standing[n]]
        _cross(ax, values, colour)
        ax.plot(x, y, **mark)
    steps = np.array([front.values[n].mean(axis=0) for n in front.on_front()])
    ax.plot(*steps.T, **LINE)
    for n, number in numbers.items():
        x, y = front.values[n].mean(axis=0)
        ax.annotate(
            str(number),
            (x, y),
            xytext=_beside(number, front.signs),
            textcoords="offset points",
            fontsize=SMALL_PT,
            color=INK,
            ha="center",
            va="center",
            zorder=6,
        )
    for axis, metric, sign in zip((ax.xaxis, ax.yaxis), front.objectives, front.signs, strict=True):
        axis.set_major_locator(MaxNLocator(7, steps=[1, 2, 2.5, 5, 10]))
        better = "lower is better" if sign > 0 else "higher is better"
        label = f"{NAMES.get(metric) or named(metric)} ({better})"
        axis.set_label_text(label)
    ax.margins(0.06)


def _cross(ax: Axes, values: Array, colour: str) -> None:
    """Draw the 95 % intervals of both means."""
    x, y = values.mean(axis=0)
    line: dict[str, Any] = {"color": colour, "linewidth": 0.6, "zorder": 3, "solid_capstyle": "butt"}
    ax.plot(interval(values[:, 0]), (y, y), **line)
    ax.plot((x, x), interval(values[:, 1]), **line)


def _beside(number: int, signs: Array) -> tuple[float, float]:
    """Return where the number of a point stands, in points: on a better side, where no other point is.

    The two sides take turns, so that numbers of neighbours stay apart.
    """
    return (float(-6.0 * signs[0]), 0.0) if number % 2 else (0.0, float(-6.0 * signs[1]))


def named(metric: str) -> str:
    """Return the label of an axis for any metric."""
    unit = METRICS[metric].unit
    return metric.removesuffix("_years").replace("_", " ") + (f", {unit}" if unit else "")


def _keys(front: Front) -> list[Key]:
    baseline = front.found.space.baseline
    policies = [(name, front.titles[n]) for n, name in enumerate(front.names) if front.is_policy[n]]
    looks = scenario_styles([baseline.name, *front.names])
    there = {front.standing[n] for n in range(len(front.names)) if not front.is_policy[n]}
    keys = [Key(LABELS[standing], line=LOOKS[standing]) for standing in LOOKS if standing in there]
    for name, title in [(baseline.name, baseline.title), *policies]:
        look = looks[name]
        mark = {
            "marker": look.marker,
            "color": look.colour,
            "markersize": look.mark_size(5.0),
            "markeredgecolor": "white",
            "linestyle": "none",
        }
        keys.append(Key(title, line=mark))
    return keys


def _note(front: Front) -> str:
    found = front.found
    return (
        f"Means of {front.values.shape[1]} fresh seeds with 95 % intervals. {found.tried:,} candidates were tried, all "
        "for the same money as each policy of the study; the world without policy costs nothing. The stair is the "
        "front: those that no other beats in both means."
    )
