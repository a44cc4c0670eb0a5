"""Adoption curves: speed of adoption by scenario, all regions pooled."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from simulation.figures.drawing.bands import bands_in_words, draw_bands, labelled_page, numbers, quantiles
from simulation.figures.drawing.inputs import Source
from simulation.figures.drawing.panels import on_axes
from simulation.figures.drawing.study import Drawn, StudyCurves, StudyFigure, caption, replications
from simulation.figures.drawing.style import FAINT


def adoption_curves(results: Source, *, ax: Axes | None = None) -> Axes:
    """Draw the pooled adoption share by scenario: median over replications, with bands.

    Parameters
    ----------
    results
        A study, its folder, or what :func:`study_curves` read of it.
    ax
        Where to draw; new axes unless given.

    Examples
    --------
    >>> ax = figures.adoption_curves("results/study")
    """
    return on_axes(results, ax, draw=draw_curves)


def draw_curves(ax: Axes, study: StudyCurves) -> None:
    """Draw the median of each scenario and its bands into axes, in percent against years after release."""
    ax.axhline(50, color=FAINT, linewidth=0.4, zorder=0)
    draw_bands(ax, study, study.tau_years, [quantiles(scenario.pooled) for scenario in study.scenarios])
    ax.set_xlim(0, study.window_years)
    ax.set_ylim(0, 100)
    ax.set_yticks(range(0, 101, 25))
    ax.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True))
    ax.set_xlabel("Time after release, years")
    ax.set_ylabel("Adoption share, %")


def draw(study: StudyCurves, *, width_mm: float) -> Drawn:
    """Draw the figure of a page; its height follows from the width, in mm."""
    found = [quantiles(scenario.pooled) for scenario in study.scenarios]
    note = f"{bands_in_words(study)}; {replications(study.scenarios)}; all regions and technologies pooled."
    ends = [float(values[2, -1]) for values in found]
    return Drawn(
        labelled_page(study, draw_curves, ends=ends, note=note, width_mm=width_mm),
        {"adoption_curves": numbers(study, found)},
        caption(
            "Adoption curves.",
            f"""Share of the eligible enterprises that have adopted, all regions, industries and technologies
            pooled, against the time after release, up to the common window of {study.window_years:.1f} years.
            {bands_in_words(study)}.""",
            study,
            scenarios=study.scenarios,
        ),
    )


FIGURE = StudyFigure("adoption_curves", place=20, draw=draw, after_every_run=True)
