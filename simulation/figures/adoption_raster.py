"""The adoption raster: adoption share over time, one row per region.

Dots in a vertical line mean synchronized regions; a slanted or ragged line shows which regions lag and by how much. It
shows graphically what Phi (section 5) measures.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from simulation.arguments import seed_of
from simulation.errors import ResultsError
from simulation.figures.drawing.inputs import Source, study_curves
from simulation.figures.drawing.panels import in_axes
from simulation.figures.drawing.raster_panel import Panel, difference_panel, scenario_panel
from simulation.figures.drawing.rasters import (
    cells,
    colours_in_words,
    draw_rasters,
    raster_pages,
    rasters_height,
)
from simulation.figures.drawing.study import (
    Drawn,
    ScenarioCurves,
    StudyCurves,
    StudyFigure,
    caption,
    replications,
)


def adoption_raster(
    results: Source,
    *,
    ax: Axes | None = None,
    seed: int | None = None,
    difference: tuple[str, str] | None = None,
) -> Axes:
    """Draw rasters of all scenarios in place of these axes, side by side as far as the width allows.

    Parameters
    ----------
    results
        A study, its folder, or what :func:`study_curves` read of it.
    ax
        Where to draw; a page of its own unless given. The axes themselves become invisible.
    seed
        Draw this replication instead of the median over all.
    difference
        Names (A, B) of two scenarios: only these and the difference A - B are drawn.

    Raises
    ------
    ResultsError
        If a scenario or the seed is unknown, or the two scenarios share no seed.

    Examples
    --------
    >>> ax = figures.adoption_raster("results/study", difference=("hypercluster", "baseline"))
    """
    seed = None if seed is None else seed_of(seed)
    study = study_curves(results)
    panels = list(_panels(study, seed=seed, difference=difference).values())
    height = partial(_height_mm, panels=panels)
    return in_axes(study, ax, draw=partial(draw_rasters, panels=panels), height_mm=height)


def _height_mm(study: StudyCurves, width_mm: float, *, panels: Sequence[Panel]) -> float:
    return rasters_height(study, panels, width_mm=width_mm)


def _panels(study: StudyCurves, *, seed: int | None, difference: tuple[str, str] | None) -> dict[str, Panel]:
    """Panels by the name of their scenario, or "difference"."""
    shown = _shown(study, difference)
    panels = {scenario.name: scenario_panel(scenario, dt=study.dt, seed=seed) for scenario in shown}
    if difference is not None:
        panels["difference"] = difference_panel(shown[0], shown[1], seed=seed)
    return panels


def _shown(study: StudyCurves, difference: tuple[str, str] | None) -> list[ScenarioCurves]:
    known = {scenario.name: scenario for scenario in study.scenarios}
    names = tuple(known) if difference is None else difference
    if unknown := [name for name in names if name not in known]:
        raise ResultsError(f"no scenario {unknown[0]!r} in this study; it has {', '.join(known)}")
    return [known[name] for name in names]


def draw(
    study: StudyCurves,
    *,
    width_mm: float,
    seed: int | None = None,
    difference: tuple[str, str] | None = None,
) -> Drawn:
    """Draw the figure of a page as :func:`adoption_raster` does; its height follows from what is shown, in mm."""
    shown = _shown(study, difference)
    panels = _panels(study, seed=seed, difference=difference)
    drawn = list(panels.values())
    dots = {name: panel.t50_years for name, panel in panels.items() if not panel.is_difference}
    note = _note(study, shown, drawn, seed=seed)
    first, *more = raster_pages(study, drawn, width_mm=width_mm, note=note)
    return Drawn(
        first,
        {
            "adoption_raster": cells(study, panels),
            "adoption_raster_t50": pd.DataFrame(
                {
                    "panel": np.repeat(list(dots), len(study.region_ids)),
                    "region": np.tile(study.region_ids, len(dots)),
                    "t50_years": np.concatenate(list(dots.values())),
                }
            ),
        },
        caption("Adoption raster.", _body(study, drawn, seed=seed), study, scenarios=shown),
        tuple(more),
    )


def _note(
    study: StudyCurves, shown: Sequence[ScenarioCurves], panels: Sequence[Panel], *, seed: int | None
) -> str:
    sample = f"One replication (seed {seed})" if seed is not None else f"Median, {replications(shown)}"
    late = {panel.heading: int(panel.late.sum()) for panel in panels if not panel.is_difference}
    below = (
        f"; below one half at the end of the window, of {len(study.region_ids)}: "
        + ", ".join(f"{label} {count}" for label, count in late.items())
        if any(late.values())
        else ""
    )
    means = "" if seed is not None else " Headings: means over replications."
    return (
        f"{sample}; regional curves standardized over technologies and industries, common window "
        f"{study.window_years:.1f} years.{means} Dashed: pooled t50 of the curves shown. "
        f"Regions {study.order_in_words}{below}.{colours_in_words(panels)}"
    )


def _body(study: StudyCurves, panels: Sequence[Panel], *, seed: int | None) -> str:
    statistic = "One replication" if seed is not None else "Median over replications"
    t50 = "t50" if seed is not None else "the median t50"
    text = f"""{statistic} of the adoption share of each region, directly standardized over technologies and
    industries, against the time after release. A dot marks {t50} of the region, an open dot at the right edge
    a region that does not reach one half within {study.window_years:.1f} years; the dashed line marks where all
    regions pooled do. Headings give pooled t50 and synchronization 1 − Φ (means over the replications that
    define them)."""
    if any(panel.is_difference for panel in panels):
        text += """ The difference is the median of the differences between replications of one seed; the
        number in each row is its largest difference in percentage points, at its place."""
    return text


FIGURE = StudyFigure("adoption_raster", place=10, draw=draw, after_every_run=True)
