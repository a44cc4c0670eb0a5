"""The ledger: planned and spent money by year and policy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from simulation.errors import ResultsError
from simulation.figures.drawing.bars import FILLS, fill
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
FEW_UNITS = 2000.0  # a year: fewer are written out, more in thousands
PLAN: dict[str, Any] = {"color": INK, "linewidth": 0.8, "linestyle": (0, (2.5, 1.2))}


def ledger(results: Source, *, ax: Axes | None = None) -> Axes:
    """Draw money spent and planned each year by policy, one panel per scenario with a policy.

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


def _ledgers(study: StudyCurves) -> dict[str, pd.DataFrame]:
    """The ledger of each scenario by name; many policies together, those of one instrument as one."""
    tables = {scenario.name: scenario.ledger for scenario in study.scenarios if not scenario.ledger.empty}
    every = pd.concat(tables.values())
    policies = every[["instrument", "policy"]].drop_duplicates()
    if len(policies) < len(FILLS):
        return tables
    counts = policies["instrument"].value_counts()
    names = {
        policy: policy
        if counts[instrument] == 1
        else f"{instrument.replace('_', ' ')}: {counts[instrument]} targets"
        for instrument, policy in policies.itertuples(index=False)
    }
    return {
        name: table.assign(policy=table["policy"].map(names))
        .groupby(["policy", "instrument", "year"], as_index=False)
        .sum()
        for name, table in tables.items()
    }


def _fills(tables: dict[str, pd.DataFrame]) -> dict[str, dict[str, Any]]:
    """How each policy that spends anything is drawn, in the order of the instruments.

    An instrument has the same fill in all studies; several policies of one have others that are free.
    """
    every = pd.concat(tables.values())
    spent = every[every["spent"] > 0]
    order = [*INSTRUMENTS, *sorted(set(spent["instrument"]).difference(INSTRUMENTS))]  # those of plugins
    pairs = sorted(set(zip(spent["instrument"].map(order.index), spent["policy"], strict=True)))
    numbers: dict[str, int] = {}
    for place, policy in pairs:
        taken = set(numbers.values()) | {other + 1 for other, _ in pairs if other != place}
        free = [place + 1, *range(1, len(FILLS)), 0]
        numbers[policy] = next((number for number in free if number not in taken), place + 1)
    return {policy: fill(number) for policy, number in numbers.items()}


def by_year(ledger: pd.DataFrame, column: str) -> pd.DataFrame:
    """Units planned or spent: one row a year from 0, one column a policy; means over the replications."""
    table = ledger.pivot_table(index="year", columns="policy", values=column, aggfunc="sum")
    return table.reindex(range(int(table.index.max()) + 1)).fillna(0.0)


def _keys(study: StudyCurves) -> list[Key]:
    spent = [Key(name, patch=look) for name, look in _fills(_ledgers(study)).items()]
    return [*spent, Key("planned, all", line=PLAN)]


def _heading(scenario: ScenarioCurves) -> str:
    planned, _ = mean_of_defined(scenario.metrics["planned_pv"])
    spent, _ = mean_of_defined(scenario.metrics["spent_pv"])
    return f"{scenario.label}: present value planned\u00a0{planned:,.0f}, spent\u00a0{spent:,.0f}"


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
    tables = _ledgers(study)
    fills = _fills(tables)
    most = max(
        float(by_year(table, column).sum(axis=1).max())
        for table in tables.values()
        for column in ("planned", "spent")
    )
    years = max(len(by_year(table, "planned")) for table in tables.values())
    unit, units = (1000.0, "Thousand units") if most >= FEW_UNITS else (1.0, "Units")
    for number, scenario in enumerate(paying):
        ax = grid.panel(frame, number, _heading(scenario))
        _draw_panel(ax, tables[scenario.name], fills, unit=unit)
        ax.set_xlim(0, years)
        ax.set_ylim(0, 1.06 * most / unit or 1.0)
        ax.set_xlabel("Calendar time, years")
        if grid.is_first(number):
            ax.set_ylabel(f"{units} a year")
        else:
            ax.tick_params(labelleft=False)
    draw_key(frame, keys)


def _draw_panel(ax: Axes, ledger: pd.DataFrame, fills: dict[str, dict[str, Any]], *, unit: float) -> None:
    spent, planned = by_year(ledger, "spent"), by_year(ledger, "planned")
    bottom: Array = np.zeros(len(spent))
    for name in (name for name in fills if name in spent):
        values = spent[name].to_numpy() / unit
        ax.bar(spent.index + 0.5, values, bottom=bottom, width=1.0, **fills[name])
        bottom = bottom + values
    ax.stairs(planned.sum(axis=1) / unit, np.arange(len(planned) + 1), baseline=None, **PLAN)
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
            f"""Money spent in each year by policy (bars) and planned by all of them (dashed), in units: one unit
            gives one enterprise a year of full cluster service. Present values of plan and spending, at the scenario's
            discount rate, are in the headings. Unit costs are assumptions.{without}""",
            study,
            scenarios=study.scenarios,
        ),
    )


def _numbers(study: StudyCurves) -> pd.DataFrame:
    tables = [scenario.ledger.assign(scenario=scenario.name) for scenario in _paying(study)]
    return pd.concat(tables, ignore_index=True)[
        ["scenario", "policy", "instrument", "year", "planned", "spent"]
    ]


FIGURE = StudyFigure("ledger", place=90, draw=draw, needs=frozenset({"ledger"}))
