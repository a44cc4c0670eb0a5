"""The state of a run: adoption by region and month up to now, and shares over time."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from simulation.figures.drawing.inputs import short_name
from simulation.figures.drawing.notebook import NotebookFigure
from simulation.figures.drawing.region_order import region_order
from simulation.figures.drawing.regions import write_names
from simulation.figures.drawing.style import (
    MM_PER_INCH,
    SHARE_MAP,
    add_axes_mm,
    scenario_styles,
    style,
    text_mm,
)
from simulation.metrics.curves import ratio
from simulation.record import Record
from simulation.world import Regions

WIDTH_MM = 190.0
HEIGHT_MM = 74.0
TOP_MM = 11.0
PANEL_MM = 52.0


def model_state(record: Record, regions: Regions) -> Figure:
    """Draw a run up to its present month: adoption share by region and month, and pooled shares over time.

    Shares refer to all eligible pairs, including those of technologies that are not yet released, so a
    release does not lower them; entry and exit may. The time axis is calendar time.

    Parameters
    ----------
    record : the record of the run so far.
    regions : its regions, for their names and their order.
    """
    with style():
        figure = NotebookFigure(figsize=(WIDTH_MM / MM_PER_INCH, HEIGHT_MM / MM_PER_INCH))
        years = record.months / record.steps_per_year
        text_mm(
            figure,
            f"{record.scenario}, seed {record.seed}, after {years:.1f} years",
            left=2,
            top=3,
            weight="bold",
        )
        _draw_regions(add_axes_mm(figure, 30, TOP_MM, 78, PANEL_MM), record, regions)
        _draw_shares(add_axes_mm(figure, 124, TOP_MM, 62, PANEL_MM), record)
    return figure


def _years(record: Record) -> np.ndarray:
    return np.arange(record.months + 1) / record.steps_per_year


def _draw_regions(ax: Axes, record: Record, regions: Regions) -> None:
    macroregions = [regions.macroregions[place] for place in regions.macroregion_of]
    order, _ = region_order(regions.ids, macroregions, longitude=regions.longitude, latitude=regions.latitude)
    shares = ratio(record.adopters.sum(axis=(2, 3)), record.eligible.sum(axis=(2, 3)))[:, order]
    years, rows = _years(record), len(order)
    half = 0.5 / record.steps_per_year
    image = ax.imshow(
        shares.T,
        aspect="auto",
        interpolation="nearest",
        cmap=SHARE_MAP,
        vmin=0,
        vmax=1,
        extent=(-half, years[-1] + half, rows - 0.5, -0.5),
    )
    write_names(ax, [short_name(regions.ids[r], regions.names[r]) for r in order])
    ax.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    ax.set_xlabel("Time, years")
    ax.set_title("Adoption share by region", loc="left")
    bar = ax.figure.colorbar(image, ax=ax, fraction=0.03, pad=0.02, ticks=[0, 0.5, 1])
    bar.ax.set_yticklabels(["0 %", "50 %", "100 %"])
    bar.outline.set_visible(False)


def _draw_shares(ax: Axes, record: Record) -> None:
    look = scenario_styles([record.scenario])[record.scenario]
    years = _years(record)
    adopted = ratio(record.adopters.sum(axis=(1, 2, 3)), record.eligible.sum(axis=(1, 2, 3)))
    ax.plot(years, 100 * adopted, color=look.colour, linestyle="-", label="adopters of all eligible")
    if record.platforms:
        members = record.members_anywhere / np.maximum(record.enterprises, 1)
        ax.plot(years, 100 * members, color=look.colour, linestyle=(0, (2, 1)), label="members of a platform")
    released = (record.release_month[None, :] < np.arange(record.months + 1)[:, None]).mean(axis=1)
    ax.plot(years, 100 * released, color="#8C8C8C", linewidth=0.8, label="technologies released")
    ax.set_ylim(0, 100)
    ax.set_xlim(0, max(float(years[-1]), 1 / record.steps_per_year))
    ax.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    ax.set_xlabel("Time, years")
    ax.set_title("Share, %", loc="left")
    ax.legend(loc="best", edgecolor="none", framealpha=0.85)
