"""Adoption by region as observed, in the band of the fitted model."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from simulation.figures.drawing.keyed_page import keyed_page
from simulation.figures.drawing.panels import MARGIN_MM, Frame, Grid, Key
from simulation.figures.drawing.study import Drawn
from simulation.figures.drawing.style import COMFORTABLE_MM, LINE_MM, fit_mm
from simulation.figures.fits.look import BAND, MEDIAN, OBSERVED, caption
from simulation.fit.results import FitResults

LEFT_MM = 10.0
LEAST_PANEL_MM = 22.0
PANEL_HEIGHT_MM = 15.0
TICKS_MM = 5.0
FOOT_MM = 5.0  # for what the horizontal axes measure
KEYS = (
    Key("observed", line=OBSERVED),
    Key("fitted model, median", line=MEDIAN),
    Key("90 % of its runs", patch=BAND),
)


def draw(fit: FitResults, *, width_mm: float) -> Drawn:
    """Draw a panel for each region; many regions break into pages."""
    regions = list(dict.fromkeys(fit.curves.region))
    per_page = _per_page(len(regions), width_mm)
    note = (
        "Lines with dots: share of the eligible that have adopted by the end of a period, as observed. Bands: central "
        f"90 % of {len(fit.runs):,} runs of the engine, each with values drawn from the posterior. Periods of a region "
        "are not independent of each other."
    )
    pages = [
        _page(fit, regions[first : first + per_page], note, width_mm)
        for first in range(0, len(regions), per_page)
    ]
    outside = fit.curves[(fit.curves.observed < fit.curves.low) | (fit.curves.observed > fit.curves.high)]
    at_the_end = int((outside.period == fit.curves.period.max()).sum())
    said = f"At the end, {at_the_end} of {len(regions)} regions lie outside the band."
    return Drawn(
        pages[0],
        {"fit_by_region": fit.curves},
        caption("Fit by region.", fit.about, f"{note} {said}"),
        more=tuple(pages[1:]),
    )


def _grid(n: int, width_mm: float) -> Grid:
    return Grid.fit(
        n,
        width_mm,
        least_mm=LEAST_PANEL_MM,
        left=LEFT_MM,
        right=MARGIN_MM + 1.5,
        gap_mm=4.5,
        headings=("x",),
        axis_mm=TICKS_MM,
    )


def _per_page(n: int, width_mm: float) -> int:
    """Return how many regions a page holds, about as many on each."""
    grid = _grid(n, width_mm)
    line_mm = grid.heading_mm + PANEL_HEIGHT_MM + TICKS_MM
    lines = int((COMFORTABLE_MM - MARGIN_MM - FOOT_MM) // line_mm)
    pages = math.ceil(n / (lines * grid.columns))
    return math.ceil(n / pages)


def _page(fit: FitResults, regions: Sequence[str], note: str, width_mm: float) -> Figure:
    grid = _grid(len(regions), width_mm)
    height_mm = grid.height_mm(PANEL_HEIGHT_MM)
    placed = grid.filling(height_mm)
    by_region = dict(tuple(fit.curves.groupby("region", sort=False)))
    last = float(fit.curves.years.max())

    def draw_in(frame: Frame) -> None:
        for number, region in enumerate(regions):
            ax = placed.panel(frame, number)
            table = by_region[region]
            x, share = table.years.to_numpy(), 100.0 / table.eligible.to_numpy()
            ax.fill_between(x, table.low * share, table.high * share, **BAND)
            ax.plot(x, table["median"] * share, **MEDIAN)
            ax.plot(x, table.observed * share, **OBSERVED)
            ax.set_xlim(0, last)
            ax.set_ylim(0, 100)
            ax.set_yticks([0, 50, 100])
            ax.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
            left, top = placed.place(number)
            name = f"{str(region).replace('_', ' ')}, {int(table.eligible.iloc[0]):,}"
            frame.text(fit_mm(name, placed.panel_mm), left=left, top=top - LINE_MM - 1.0)
            if placed.is_first(number):
                ax.set_ylabel("adopted, %")
            else:
                ax.set_yticklabels([])
        frame.text(
            "years from the start; beside the name of a region: how many can adopt",
            left=LEFT_MM,
            top=height_mm + 0.8,
        )

    return keyed_page(draw_in, KEYS, width_mm=width_mm, height_mm=height_mm + FOOT_MM, note=note)
