"""The ledger: planned and spent money by year and instrument."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from simulation.errors import ResultsError
from simulation.figures.drawing.bars import fill
from simulation.figures.drawing.inputs import Source
from simulation.figures.drawing.panels import RIGHT_MM, Frame, Grid, Key, draw_key, in_axes, key_height, page
from simulation.figures.drawing.study import (
    Drawn,
    ScenarioCurves,
    StudyCurves,
    StudyFigure,
    caption,
    mean_of_defined,
    replications,
)
from simulation.figures.drawing.style import INK
from simulation.policies import INSTRUMENTS
from simulation.world import Array

LEFT_MM = 13.0
LEAST_PANEL_MM = 38.0
PLAN: dict[str, Any] = {"color": INK, "linewidth": 0.8, "linestyle": (0, (2.5, 1.2))}


def ledger(results: Source, *, ax: Axes | None = None) -> Axes:
    """Draw money spent and planned each year by instrument, one panel per scenario with a policy.

    Parameters
    ----------
    results
        A study, its folder, or what :func:`study_curves` read of it.
    ax
        Where to draw; a page of its own unless given. The axes themselves become invisible.

    Raises
    ------
    ResultsError
        If no scenario has a policy.

    Examples
    --------
    >>> ax = figures.ledger("results/study")
    """
    return in_axes(results, ax, draw=draw_ledger, height_mm=_height_mm)


def _paying(study: StudyCurves) -> list[ScenarioCurves]:
    study.require("ledger", figure="ledger")
    paying = [scenario for scenario in study.scenarios if not scenario.ledger.empty]
    if not paying:
        names = ", ".join(scenario.name for scenario in study.scenarios)
        raise ResultsError(f"ledger: no money to show; no policy in {names}")
    return paying


def _instruments(study: StudyCurves) -> list[str]:
    used = {name for scenario in study.scenarios for name in scenario.ledger["instrument"]}
    return [name for name in INSTRUMENTS if name in used]


def by_year(scenario: ScenarioCurves, column: str) -> pd.DataFrame:
    """Units planned or spent: one row a year from 0, one column an instrument; means over the replications."""
    table = scenario.ledger.pivot_table(index="year", columns="instrument", values=column, aggfunc="sum")
    return table.reindex(range(int(table.index.max()) + 1)).fillna(0.0)


def _keys(study: StudyCurves) -> list[Key]:
    order = list(INSTRUMENTS)
    names = _instruments(study)
    spent = [Key(name.replace("_", " "), patch=fill(order.index(name) + 1)) for name in names]
    return [*spent, Key("planned, all", line=PLAN)]


def _heading(scenario: ScenarioCurves) -> str:
    planned, _ = mean_of_defined(scenario.metrics["planned_pv"])
    spent, _ = mean_of_defined(scenario.metrics["spent_pv"])
    return f"{scenario.label}: present value planned {planned:,.0f}, spent {spent:,.0f}"


def _grid(study: StudyCurves, width_mm: float) -> Grid:
    paying = _paying(study)
    headings = [_heading(scenario) for scenario in paying]
    return Grid.fit(
        len(paying), width_mm, least_mm=LEAST_PANEL_MM, left=LEFT_MM, right=RIGHT_MM, headings=headings
    )


def _height_mm(study: StudyCurves, width_mm: float) -> float:
    return _grid(study, width_mm).height_mm(30.0) + key_height(_keys(study), width_mm)


def draw_ledger(frame: Frame, study: StudyCurves) -> None:
    """Draw a panel for each scenario with spending into a frame, on one scale."""
    paying = _paying(study)
    keys = _keys(study)
    grid = _grid(study, frame.width).filling(frame.height - key_height(keys, frame.width))
    most = max(
        float(by_year(scenario, column).sum(axis=1).max())
        for scenario in paying
        for column in ("planned", "spent")
    )
    years = max(len(by_year(scenario, "planned")) for scenario in paying)
    for number, scenario in enumerate(paying):
        ax = grid.panel(frame, number, _heading(scenario))
        _draw_panel(ax, scenario)
        ax.set_xlim(0, years)
        ax.set_ylim(0, 1.06 * most / 1000 or 1.0)
        ax.set_xlabel("Calendar time, years")
        if grid.is_first(number):
            ax.set_ylabel("Thousand units a year")
        else:
            ax.tick_params(labelleft=False)
    draw_key(frame, keys)


def _draw_panel(ax: Axes, scenario: ScenarioCurves) -> None:
    spent, planned = by_year(scenario, "spent"), by_year(scenario, "planned")
    bottom: Array = np.zeros(len(spent))
    order = list(INSTRUMENTS)
    for name in (name for name in order if name in spent):
        values = spent[name].to_numpy() / 1000
        ax.bar(spent.index + 0.5, values, bottom=bottom, width=1.0, **fill(order.index(name) + 1))
        bottom = bottom + values
    ax.stairs(planned.sum(axis=1) / 1000, np.arange(len(planned) + 1), baseline=None, **PLAN)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 5, 10]))


def draw(study: StudyCurves, *, width_mm: float) -> Drawn:
    """Draw the figure of a page; its height follows from the number of scenarios, in mm."""
    paying = _paying(study)
    free = [scenario.label for scenario in study.scenarios if scenario not in paying]
    without = f" Without policy: {', '.join(free)}." if free else ""
    note = (
        f"Means over replications, {replications(study.scenarios)}; units of money are undiscounted.{without}"
    )
    return Drawn(
        page(study, draw_ledger, width_mm=width_mm, height_mm=_height_mm(study, width_mm), note=note),
        {"ledger": _numbers(study)},
        caption(
            "Ledger.",
            f"""Money spent in each year by instrument (bars) and planned by all of them (dashed), in units: one unit
            gives one enterprise a year of full cluster service. Present values of plan and spending, at the scenario's
            discount rate, are in the headings. Unit costs are assumptions.{without}""",
            study,
            scenarios=study.scenarios,
        ),
    )


def _numbers(study: StudyCurves) -> pd.DataFrame:
    tables = [scenario.ledger.assign(scenario=scenario.name) for scenario in _paying(study)]
    return pd.concat(tables, ignore_index=True)[["scenario", "instrument", "year", "planned", "spent"]]


FIGURE = StudyFigure("ledger", place=90, draw=draw, needs=frozenset({"ledger"}))
