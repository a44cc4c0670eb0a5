"""The empirical distribution of the regions' t50: share of regions that have reached one half over time."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from simulation.figures.drawing.bands import bands_in_words, draw_bands, labelled_page, numbers, quantiles
from simulation.figures.drawing.inputs import Source
from simulation.figures.drawing.panels import on_axes
from simulation.figures.drawing.study import (
    Drawn,
    ScenarioCurves,
    StudyCurves,
    StudyFigure,
    caption,
    regional_t50,
    replications,
)
from simulation.world import Array


def t50_ecdf(results: Source, *, ax: Axes | None = None) -> Axes:
    """Draw the share of regions whose adoption has reached one half: steep where regions are synchronized.

    Parameters
    ----------
    results
        A study, its folder, or what :func:`study_curves` read of it.
    ax
        Where to draw; new axes unless given.

    Examples
    --------
    >>> ax = figures.t50_ecdf("results/study")
    """
    return on_axes(results, ax, draw=draw_steps)


def reached(scenario: ScenarioCurves, tau_years: Array, *, dt: float) -> Array:
    """Share of the regions with eligible enterprises whose t50 is not later than each time; float64 (n, M)."""
    t50 = regional_t50(scenario, dt=dt)
    present = np.isfinite(scenario.regional[:, :, -1])
    # A region that never reaches one half has no t50 and compares as later.
    counts = ((t50[:, :, None] <= tau_years + 1e-9) & present[:, :, None]).sum(axis=1)
    return counts / present.sum(axis=1)[:, None]


def _found(study: StudyCurves) -> list[Array]:
    return [quantiles(reached(scenario, study.tau_years, dt=study.dt)) for scenario in study.scenarios]


def draw_steps(ax: Axes, study: StudyCurves) -> None:
    """Draw the median of each scenario and its bands into axes, in percent against years after release."""
    draw_bands(ax, study, study.tau_years, _found(study), steps=True)
    ax.set_xlim(0, study.window_years)
    ax.set_ylim(0, 100)
    ax.set_yticks(range(0, 101, 25))
    ax.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True))
    ax.set_xlabel("Time after release, years")
    ax.set_ylabel("Regions that have reached one half, %")


def draw(study: StudyCurves, *, width_mm: float) -> Drawn:
    """Draw the figure of a page; its height follows from the width, in mm."""
    found = _found(study)
    note = (
        f"{bands_in_words(study)}; {replications(study.scenarios)}; "
        f"{len(study.region_ids)} regions, each counted once, regardless of size."
    )
    ends = [float(values[2, -1]) for values in found]
    return Drawn(
        labelled_page(study, draw_steps, ends=ends, note=note, width_mm=width_mm),
        {"t50_ecdf": numbers(study, found)},
        caption(
            "Regional t50.",
            f"""Share of the regions in which half of the eligible have adopted, against the time after release:
            the empirical distribution function of the regions' t50, each region counted once. A steep curve
            means that regions reach one half together; one that stays below 100 % means that some do not within
            {study.window_years:.1f} years. {bands_in_words(study)}.""",
            study,
            scenarios=study.scenarios,
        ),
    )


FIGURE = StudyFigure("t50_ecdf", place=55, draw=draw)
