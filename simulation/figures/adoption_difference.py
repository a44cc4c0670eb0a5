"""Difference of each scenario's adoption raster from that of the reference."""

from __future__ import annotations

from functools import partial

from matplotlib.axes import Axes

from simulation.figures.drawing.inputs import Source, study_curves
from simulation.figures.drawing.panels import in_axes
from simulation.figures.drawing.raster_panel import Panel, difference_panel
from simulation.figures.drawing.rasters import cells, draw_rasters, raster_pages, rasters_height
from simulation.figures.drawing.study import Drawn, StudyCurves, StudyFigure, caption, replications


def adoption_difference(results: Source, *, ax: Axes | None = None) -> Axes:
    """Draw the difference of every scenario's adoption raster from the reference's, in place of these axes.

    Parameters
    ----------
    results
        A study, its folder, or what :func:`study_curves` read of it.
    ax
        Where to draw; a page of its own unless given. The axes themselves become invisible.

    Raises
    ------
    ResultsError
        If there is only one scenario, or one shares no seed with the reference.

    Examples
    --------
    >>> ax = figures.adoption_difference("results/study")
    """
    study = study_curves(results)
    panels = list(_panels(study).values())

    def height_mm(study: StudyCurves, width_mm: float) -> float:
        return rasters_height(study, panels, width_mm=width_mm)

    return in_axes(study, ax, draw=partial(draw_rasters, panels=panels), height_mm=height_mm)


def _panels(study: StudyCurves) -> dict[str, Panel]:
    others = study.compared("adoption_difference")
    return {scenario.name: difference_panel(scenario, study.reference) for scenario in others}


def draw(study: StudyCurves, *, width_mm: float) -> Drawn:
    """Draw the figure of a page; its height follows from regions and scenarios, in mm."""
    panels = _panels(study)
    drawn = list(panels.values())
    note = (
        f"Scenario minus {study.reference.label}, median over pairs of one seed; {replications(study.scenarios)}; "
        f"curves standardized over technologies and industries, common window {study.window_years:.1f} years. The "
        "number in a row is its largest difference, at its place."
    )
    first, *more = raster_pages(study, drawn, width_mm=width_mm, note=note)
    return Drawn(
        first,
        {"adoption_difference": cells(study, panels)},
        caption(
            "Difference of adoption rasters.",
            f"""Adoption share of each region in each scenario minus that in {study.reference.label}, in percentage
            points against the time after release: median over the differences between replications of one seed. The
            number in each row is its largest difference, at its place. Panels share one scale, white at zero.""",
            study,
            scenarios=study.scenarios,
        ),
        tuple(more),
    )


FIGURE = StudyFigure("adoption_difference", place=12, draw=draw)
