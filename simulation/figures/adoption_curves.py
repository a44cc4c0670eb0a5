"""Adoption curves: how fast each scenario spreads technologies, all regions pooled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from simulation.figures.study import Drawn, ScenarioCurves, StudyCurves, StudyFigure, caption, replications
from simulation.figures.style import (
    FAINT,
    LINE_MM,
    MM_PER_INCH,
    NOTE_LINE_MM,
    SMALL_PT,
    ScenarioStyle,
    add_axes_mm,
    new_figure,
    scenario_styles,
    spread,
    style,
    text_mm,
    text_width_mm,
    wrap_mm,
    write_note,
)
from simulation.world import Array

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
COLUMNS = ("q05", "q25", "median", "q75", "q95")
MOST_WITH_BANDS = 4
"""With more scenarios the bands would cover each other."""
MARGIN_MM = 1.5
LEFT_MM = 11.0
AXIS_MM = 9.0
LEADER_MM = 4.0


def share_quantiles(scenario: ScenarioCurves) -> Array:
    """Quantiles over the replications of the pooled adoption share, at each time after release.

    Returns
    -------
    float64, shape (5, M)
        In the order of ``QUANTILES``, linearly interpolated between replications.
    """
    return np.quantile(scenario.pooled, QUANTILES, axis=0)


def draw_curves(ax: Axes, study: StudyCurves) -> None:
    """Draw the median of each scenario and its bands into axes, in percent against years after release."""
    styles = scenario_styles(scenario.name for scenario in study.scenarios)
    tau = study.tau_years
    ax.axhline(50, color=FAINT, linewidth=0.4, zorder=0)
    for place, scenario in enumerate(study.scenarios):
        low, lower, median, upper, high = 100 * share_quantiles(scenario)
        look = styles[scenario.name]
        if len(scenario.seeds) > 1 and len(study.scenarios) <= MOST_WITH_BANDS:
            ax.fill_between(tau, low, high, color=look.colour, alpha=0.12, linewidth=0)
            ax.fill_between(tau, lower, upper, color=look.colour, alpha=0.22, linewidth=0)
        every = max(1, len(tau) // 6)
        ax.plot(
            tau,
            median,
            color=look.colour,
            linestyle=look.line,
            marker=look.marker,
            markevery=(every * (place + 1) // (len(study.scenarios) + 1), every),
            markeredgecolor="white",
            markeredgewidth=0.4,
            clip_on=False,
        )
    ax.set_xlim(0, study.window_years)
    ax.set_ylim(0, 100)
    ax.set_yticks(range(0, 101, 25))
    ax.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True))
    ax.set_xlabel("Time after release, years")
    ax.set_ylabel("Adoption share, %")


def adoption_curves(study: StudyCurves, *, width_mm: float = 190.0) -> Drawn:
    """Pooled adoption share by scenario: median over replications, with bands.

    Parameters
    ----------
    study
        Curves of the study.
    width_mm
        Width of the figure in mm; the height follows.
    """
    with style():
        figure = _draw(study, width_mm=width_mm)
    return Drawn(
        figure,
        {"adoption_curves": _numbers(study)},
        caption(
            "Adoption curves.",
            f"""Share of the eligible enterprises that have adopted, all regions, industries and technologies
            pooled, against the time after release, up to the common window of {study.window_years:.1f} years.
            {_bands(study)}.""",
            study,
            scenarios=study.scenarios,
        ),
    )


def _draw(study: StudyCurves, *, width_mm: float) -> Figure:
    labels = [wrap_mm(scenario.label, 0.24 * width_mm) for scenario in study.scenarios]
    label_mm = max(text_width_mm(line) for lines in labels for line in lines)
    plot_mm = width_mm - LEFT_MM - LEADER_MM - 2.5 - label_mm - MARGIN_MM
    gap = LINE_MM * max(len(lines) for lines in labels) + 0.5
    height_mm = max(min(62.0, max(42.0, 0.5 * plot_mm)), gap * len(labels))
    top = MARGIN_MM + 1.5
    notes = wrap_mm(_note(study), width_mm - 2 * MARGIN_MM, size=SMALL_PT)
    figure = new_figure(width_mm, top + height_mm + AXIS_MM + NOTE_LINE_MM * len(notes) + MARGIN_MM)
    ax = add_axes_mm(figure, LEFT_MM, top, plot_mm, height_mm)
    draw_curves(ax, study)
    ends = [top + height_mm * (1 - float(share_quantiles(scenario)[2, -1])) for scenario in study.scenarios]
    places = spread(ends, gap, top + gap / 2 - 1.0, top + height_mm - gap / 2 + 1.0)
    styles = scenario_styles(scenario.name for scenario in study.scenarios)
    for scenario, lines, end, place in zip(study.scenarios, labels, ends, places, strict=True):
        _label(figure, lines, styles[scenario.name], left=LEFT_MM + plot_mm, end=end, place=place)
    write_note(figure, notes, left=MARGIN_MM, top=top + height_mm + AXIS_MM)
    return figure


def _label(
    figure: Figure, lines: Sequence[str], look: ScenarioStyle, *, left: float, end: float, place: float
) -> None:
    """The scenario's marker and name beside the end of its curve, tied to it where the label had to move."""
    width, height = (float(inches) * MM_PER_INCH for inches in figure.get_size_inches())
    x = [(left + shift) / width for shift in (0.6, LEADER_MM)]
    y = [1 - end / height, 1 - place / height]
    figure.add_artist(Line2D(x, y, color=look.colour, linewidth=0.5))
    figure.add_artist(Line2D(x[1:], y[1:], color=look.colour, marker=look.marker, markeredgecolor="white"))
    for row, line in enumerate(lines):
        top = place - LINE_MM * len(lines) / 2 + row * LINE_MM + 0.3
        text_mm(figure, line, left=left + LEADER_MM + 1.5, top=top)


def _bands(study: StudyCurves) -> str:
    if max(len(scenario.seeds) for scenario in study.scenarios) == 1:
        return "One replication, therefore no band"
    if len(study.scenarios) > MOST_WITH_BANDS:
        return "Line: median; bands are left out where they would cover each other, and stand in the table"
    return "Line: median; bands: middle 50 % (dark) and 90 % (light) of the replications at each time"


def _note(study: StudyCurves) -> str:
    return f"{_bands(study)}; {replications(study.scenarios)}; all regions and technologies pooled."


def _numbers(study: StudyCurves) -> pd.DataFrame:
    frames = []
    for scenario in study.scenarios:
        shares: Mapping[str, Array] = dict(zip(COLUMNS, share_quantiles(scenario), strict=True))
        frames.append(
            pd.DataFrame(
                {"scenario": scenario.name, "n": len(scenario.seeds), "tau_years": study.tau_years, **shares}
            )
        )
    return pd.concat(frames, ignore_index=True)


FIGURE = StudyFigure("adoption_curves", place=20, draw=adoption_curves)
