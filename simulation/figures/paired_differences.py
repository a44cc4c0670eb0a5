"""Forest plot: paired differences of each scenario from the reference by metric, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from simulation.analysis.comparison import needed_decimals
from simulation.analysis.paired import Difference, paired_difference
from simulation.figures.drawing.inputs import Source
from simulation.figures.drawing.panels import MARGIN_MM, RIGHT_MM, Frame, Grid, in_axes, page
from simulation.figures.drawing.study import (
    Drawn,
    ScenarioCurves,
    StudyCurves,
    StudyFigure,
    caption,
    replications,
)
from simulation.figures.drawing.style import (
    FAINT,
    LINE_MM,
    MM_PER_INCH,
    SMALL_PT,
    figure_of,
    scenario_styles,
    text_width_mm,
    wrap_mm,
)
from simulation.metrics import METRICS

SHOWN = {
    "t50_years": ("Pooled t50, years", 1.0, 1),
    "synchronization": ("Synchronization 1 − Φ", 1.0, 3),
    "w1_years": ("Lag W1, years", 1.0, 2),
    "t50_range_years": ("Range of regional t50, years", 1.0, 1),
    "theil_50": ("Theil index at one half, nats", 1.0, 3),
    "final_share": ("Final share, % points", 100.0, 1),
}
"""Panels: metric -> label of its axis, factor on the metric, smallest number of decimals."""

LEAST_PANEL_MM = 28.0
NUMBER_MM = 2.4
"""Height of the number above a mark: an interval may be narrower than the mark, and then cannot be seen."""
PAPER: dict[str, Any] = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
"""Behind words that stand on the line of zero."""
LABEL_SHARE = 0.26  # of the page, for names of scenarios


def paired_differences(results: Source, *, ax: Axes | None = None) -> Axes:
    """Draw the mean paired difference of every scenario from the reference, with its 95 % interval.

    Parameters
    ----------
    results
        A study, its folder, or what :func:`study_curves` read of it.
    ax
        Where to draw; a page of its own unless given. The axes themselves become invisible.

    Raises
    ------
    ResultsError
        If there is only one scenario.

    Examples
    --------
    >>> ax = figures.paired_differences("results/study")
    """
    return in_axes(results, ax, draw=draw_forest, height_mm=_height_mm)


def difference_of(scenario: ScenarioCurves, reference: ScenarioCurves, *, metric: str) -> Difference:
    """The scenario minus the reference in one metric, over the seeds that either of them has run."""
    seeds = sorted({*scenario.seeds, *reference.seeds})
    members = []
    for each in (scenario, reference):
        by_seed = dict(zip(each.seeds, each.metrics[metric], strict=True))
        members.append(np.array([by_seed.get(seed, np.nan) for seed in seeds]))
    return paired_difference(members[0], members[1], better=METRICS[metric].better)


def _labels(study: StudyCurves, width_mm: float) -> list[list[str]]:
    others = study.compared("paired_differences")
    return [wrap_mm(scenario.label, LABEL_SHARE * width_mm) for scenario in others]


def _row_mm(labels: Sequence[Sequence[str]]) -> float:
    return max(4.5 + NUMBER_MM, LINE_MM * max(len(lines) for lines in labels) + 1.0)


def _grid(study: StudyCurves, width_mm: float) -> Grid:
    labels = _labels(study, width_mm)
    widest = max(text_width_mm(line) for lines in labels for line in lines)
    return Grid.fit(
        len(SHOWN),
        width_mm,
        least_mm=max(LEAST_PANEL_MM, _widest_mm(study)),
        left=MARGIN_MM + widest + 2.5,
        right=RIGHT_MM,
        headings=[_heading(metric) for metric in SHOWN],
    )


def _widest_mm(study: StudyCurves) -> float:
    """Width of the longest number: in a narrower panel it would run into the next one."""
    texts = [
        _in_words(factor * found.difference, factor * found.low, factor * found.high, decimals)
        for metric, (_, factor, decimals) in SHOWN.items()
        for scenario in study.compared("paired_differences")
        if (found := difference_of(scenario, study.reference, metric=metric)).n
    ]
    return max([text_width_mm(text, SMALL_PT) for text in texts], default=0.0)


def _heading(metric: str) -> str:
    better = METRICS[metric].better
    return {"lower": "← better", "higher": "better →"}[better] if better else "no better side"


def _height_mm(study: StudyCurves, width_mm: float) -> float:
    labels = _labels(study, width_mm)
    return _grid(study, width_mm).height_mm(_row_mm(labels) * len(labels) + 2.0)


def draw_forest(frame: Frame, study: StudyCurves) -> None:
    """Draw a panel for each metric into a frame, a row a scenario."""
    labels = _labels(study, frame.width)
    grid = _grid(study, frame.width).filling(frame.height)
    for number, metric in enumerate(SHOWN):
        ax = grid.panel(frame, number, _heading(metric))
        _draw_panel(ax, study, metric)
        if grid.is_first(number):
            ax.set_yticks(range(len(labels)), ["\n".join(lines) for lines in labels])
            ax.tick_params(axis="y", length=0, pad=2.5)


def _draw_panel(ax: Axes, study: StudyCurves, metric: str) -> None:
    styles = scenario_styles(scenario.name for scenario in study.scenarios)
    label, factor, decimals = SHOWN[metric]
    ax.axvline(0, color=FAINT, linewidth=0.6, zorder=0)
    ends, words = [0.0], {}
    for row, scenario in enumerate(study.compared("paired_differences")):
        found = difference_of(scenario, study.reference, metric=metric)
        look = styles[scenario.name]
        if found.n == 0:
            ax.text(0, row, "undefined", fontsize=SMALL_PT, ha="center", va="center_baseline", bbox=PAPER)
            continue
        low, high = (factor * end for end in (found.low, found.high))
        told = low > 0 or high < 0
        mark: dict[str, Any] = {
            "marker": look.marker,
            "color": look.colour,
            "markersize": look.mark_size(4.0),
        }
        mark["markerfacecolor"] = look.colour if told else "white"
        ax.plot([low, high], [row, row], color=look.colour, linewidth=1.0, solid_capstyle="butt")
        ax.plot(factor * found.difference, row, **mark)
        ends += [end for end in (low, high, factor * found.difference) if np.isfinite(end)]
        words[row] = factor * found.difference, _in_words(factor * found.difference, low, high, decimals)
    # Otherwise differences due to rounding would fill the panel.
    pad = max(0.08 * (max(ends) - min(ends)), 1.6 * 10.0**-decimals)
    ax.set_xlim(min(ends) - pad, max(ends) + pad)
    ax.set_ylim(len(study.others) - 0.5, -0.5)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    width, _ = _size_mm(ax)
    most = int(width // (4.0 + 2.0 * decimals))  # ticks with as many decimals
    ax.xaxis.set_major_locator(MaxNLocator(nbins=min(4, max(2, most)), steps=[1, 2, 2.5, 5, 10]))
    ax.set_xlabel(label)
    for row, (difference, text) in words.items():
        _write_above(ax, text, x=difference, row=row)


def _size_mm(ax: Axes) -> tuple[float, float]:
    box, (width, height) = ax.get_position(), figure_of(ax).get_size_inches()
    return box.width * float(width) * MM_PER_INCH, box.height * float(height) * MM_PER_INCH


def _in_words(difference: float, low: float, high: float, at_least: int) -> str:
    """The difference, with its interval in brackets if it has one."""
    decimals = (
        needed_decimals(low, high, at_least=at_least, at_most=at_least + 2) if low or high else at_least
    )

    def signed(value: float) -> str:
        return f"{value:+.{decimals}f}".replace("-", "−") if round(value, decimals) else f"{0:.{decimals}f}"

    return f"{signed(difference)} [{signed(low)}, {signed(high)}]" if np.isfinite(low) else signed(difference)


def _write_above(ax: Axes, text: str, *, x: float, row: int) -> None:
    """Write a number above a mark, moved aside where it would leave the panel."""
    width, height = _size_mm(ax)
    left, right = ax.get_xlim()
    half = min(text_width_mm(text, SMALL_PT) / 2 / width, 0.5)
    bottom, top = ax.get_ylim()
    ax.text(
        float(np.clip((x - left) / (right - left), half, 1 - half)),
        row - NUMBER_MM * (bottom - top) / height,
        text,
        transform=ax.get_yaxis_transform(),
        fontsize=SMALL_PT,
        ha="center",
        va="center_baseline",
        bbox=PAPER,
    )


def _pairs(study: StudyCurves) -> str:
    """The metrics that are undefined in some pairs, in words."""
    missing = []
    for metric, (label, _, _) in SHOWN.items():
        found = {
            scenario.label: difference_of(scenario, study.reference, metric=metric)
            for scenario in study.compared("paired_differences")
        }
        counts = {name: f"{each.n} of {each.pairs}" for name, each in found.items() if each.n < each.pairs}
        told = dict.fromkeys(counts.values())
        if len(counts) == len(found) and len(told) == 1:
            counts = {"": next(iter(told))}
        missing += [f"{label.split(',')[0]}{name and f', {name}'}: {count}" for name, count in counts.items()]
    return f" Pairs that define the metric, where not all: {'; '.join(missing)}." if missing else ""


def _statistic(study: StudyCurves) -> str:
    """The statistic drawn, in words."""
    if max(len(scenario.seeds) for scenario in study.scenarios) == 1:
        return "difference of one pair, therefore no interval"
    return "mean over pairs of one seed and its 95 % interval"


def draw(study: StudyCurves, *, width_mm: float) -> Drawn:
    """Draw the figure of a page; its height follows from the number of scenarios, in mm."""
    study.compared("paired_differences")
    note = (
        f"Scenario minus {study.reference.label}: {_statistic(study)}; "
        f"{replications(study.scenarios)}. Filled mark: the interval excludes zero.{_pairs(study)}"
    )
    return Drawn(
        page(study, draw_forest, width_mm=width_mm, height_mm=_height_mm(study, width_mm), note=note),
        {"paired_differences": _numbers(study)},
        caption(
            "Paired differences.",
            f"""Each scenario minus {study.reference.label}, replications paired by seed: mean difference and its
            95 % interval (Student’s, corrected for skewness), not adjusted for the number of
            comparisons. A filled mark has an
            interval that excludes zero. Arrows in the headings point to the better side.{_pairs(study)}""",
            study,
            scenarios=study.scenarios,
        ),
    )


def _numbers(study: StudyCurves) -> pd.DataFrame:
    rows = []
    for scenario in study.others:
        for metric in SHOWN:
            found = difference_of(scenario, study.reference, metric=metric)
            front = {"scenario": scenario.name, "reference": study.reference.name, "metric": metric}
            rows.append(front | {"unit": METRICS[metric].unit} | asdict(found))
    return pd.DataFrame(rows)


FIGURE = StudyFigure("paired_differences", place=40, draw=draw)
