"""The regime map of an ensemble over two parameters: where one scenario is ahead of another, and where that turns.

Every cell of the grid has the same seeds. So the difference of two scenarios is paired by seed within a cell, and a
resample of the seeds gives one whole map, with one contour of no difference. A grid is halved near that contour only;
what was not run in between is interpolated linearly, on the scales of the parameters.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import contourpy
import numpy as np
import pandas as pd
from scipy.interpolate import RegularGridInterpolator
from scipy.special import ndtri, stdtrit

from simulation.analysis.paired import interval
from simulation.errors import HyperclusterError, listed, suggestion
from simulation.explore.designs import Design
from simulation.explore.ensemble import design_of, recorded
from simulation.explore.parameters import Parameter
from simulation.explore.points import NOT_AFFORDABLE, NOT_REACHED, NOT_SHOWN
from simulation.explore.study import SPEED, SYNCHRONIZATION
from simulation.metrics import METRICS
from simulation.results.reader import Results
from simulation.results.tables import ENDING, RAN
from simulation.world import Array

RESAMPLES = 400
RASTER = 101
"""Places on each axis at which resampled maps are compared."""

LIMITS = (0.025, 0.975)
"""Shares of resampled maps in which the difference is positive, between which the contour may lie."""


@dataclass(frozen=True, slots=True, eq=False)
class RegimeMap:
    """A scenario minus its reference at each node of a grid; X times Y nodes, n seeds."""

    scenario: str  # its title
    reference: str  # likewise
    metric: str
    parameters: tuple[Parameter, Parameter]  # across, and upwards
    axes: tuple[list[Any], list[Any]]  # their values, X and Y
    strides: tuple[int, int]  # nodes from one of the coarsest grid to the next
    differences: Array  # float64 (X, Y, n), paired by seed; nan where it was not run or has no value
    ending: Array  # object (X, Y): RAN, NOT_AFFORDABLE, NOT_REACHED, or "" where not all has run
    baseline: Array  # object (X, Y): ending of the baseline
    planned: Array  # float64 (X, Y, 2), mean present values of the money planned by scenario and reference
    target: float | None = None  # years: the baseline's t50 in every cell, if cells are matched

    @property
    def places(self) -> tuple[Array, Array]:
        """The places of the nodes on the scale of each parameter, float64 (X,) and (Y,)."""
        across, upwards = (
            np.array([parameter.place_of(value) for value in values])
            for parameter, values in zip(self.parameters, self.axes, strict=True)
        )
        return across, upwards

    @property
    def is_run(self) -> Array:
        """bool (X, Y): whether both scenarios have run there."""
        return self.ending == RAN

    @property
    def not_affordable(self) -> Array:
        """bool (X, Y): whether the plan of either scenario costs more than there is."""
        return self.ending == NOT_AFFORDABLE

    @property
    def misses_patterns(self) -> Array:
        """bool (X, Y): whether the baseline does not show the patterns there."""
        return self.baseline == NOT_SHOWN

    @property
    def out_of_reach(self) -> Array:
        """bool (X, Y): whether no factor on the rates gives the baseline the target."""
        return self.ending == NOT_REACHED

    @property
    def mean(self) -> Array:
        """float64 (X, Y): the mean difference; nan where there is none."""
        return _mean(self.differences, np.ones((1, self.differences.shape[2])))[..., 0]

    @property
    def intervals(self) -> Array:
        """float64 (X, Y, 2): ends of the 95 % interval of the mean difference; nan with fewer than two pairs."""
        found = np.full((*self.differences.shape[:2], 2), math.nan)
        for node in zip(*np.nonzero(self.is_run), strict=True):
            values = self.differences[node]
            found[node] = interval(values[~np.isnan(values)])
        return found

    @property
    def holds_zero(self) -> Array:
        """bool (X, Y): whether the interval does not tell who is ahead."""
        low, high = np.moveaxis(self.intervals, 2, 0)
        return ~((low > 0) | (high < 0)) & self.is_run

    def surface(self, *, halved: int | None = None) -> Array:
        """Return the mean difference with what was not run interpolated, float64 (X, Y); nan where not affordable.

        Parameters
        ----------
        halved : how often the steps are halved; by default as often as the grid's were.
        """
        return self._filled(self.mean[..., None], halved)[..., 0]

    def filled(self, values: Array, *, of: Array | None = None) -> Array:
        """Return values at the nodes with what was not run interpolated, float64 (X, Y).

        Parameters
        ----------
        of : endings (X, Y) that tell what has run; by default those of the pair.
        """
        return self._filled(values[..., None], None, of=of)[..., 0]

    def nearest_to_zero(self) -> Array:
        """Return how far the interval of the mean is from zero, float64 (X, Y): negative or zero where it holds it."""
        low, high = np.moveaxis(self.intervals, 2, 0)
        return self.filled(np.maximum(low, -high))

    def contour(self) -> list[Array]:
        """Return the lines of no difference, each float64 (points, 2): places across and upwards."""
        return contour_lines(*self.places, self.surface(), 0.0)

    def share_positive(self, *, resamples: int = RESAMPLES, seed: int = 1) -> tuple[Array, Array, Array]:
        """Return in which share of maps with resampled seeds the difference is positive.

        The mean of a resample varies less than that of n seeds does, by the factor (n - 1) / n in variance, and a few
        seeds hardly tell by how much. So departures from the mean are stretched to the width of Student's intervals.

        Returns
        -------
        across, upwards : places, float64 (RASTER,) each.
        share : float64 (RASTER, RASTER); nan where not affordable, and everywhere with fewer than two seeds.
        """
        across, upwards = (np.linspace(places[0], places[-1], RASTER) for places in self.places)
        n = self.differences.shape[2]
        if n < 2:
            return across, upwards, np.full((RASTER, RASTER), math.nan)
        drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=resamples)
        mean = self.mean[..., None]
        stretch = math.sqrt(n / (n - 1)) * float(stdtrit(n - 1, LIMITS[1]) / ndtri(LIMITS[1]))
        maps = mean + stretch * (_mean(self.differences, drawn) - mean)
        values = interpolated(self.places, self._filled(maps, None), (across, upwards))
        return across, upwards, np.where(np.isnan(values[..., 0]), math.nan, (values > 0).mean(axis=-1))

    def band(self, *, resamples: int = RESAMPLES, seed: int = 1) -> list[Array]:
        """Return the lines between which the contour lies with 95 % confidence at each place, as :meth:`contour`."""
        across, upwards, share = self.share_positive(resamples=resamples, seed=seed)
        return [line for limit in LIMITS for line in contour_lines(across, upwards, share, limit)]

    def to_refine(self, halved: int) -> list[tuple[int, int]]:
        """Return the nodes that were not run though the contour passes beside them, in steps halved so often."""
        filled = self.surface(halved=halved)
        nodes = [
            np.arange(0, size, step) for size, step in zip(filled.shape, self._steps(halved), strict=True)
        ]
        signs = np.sign(filled[np.ix_(*nodes)])
        corners = np.stack([signs[:-1, :-1], signs[1:, :-1], signs[:-1, 1:], signs[1:, 1:]])
        known = ~np.isnan(corners)
        least = np.where(known, corners, np.inf).min(axis=0)
        most = np.where(known, corners, -np.inf).max(axis=0)
        found = {
            (int(nodes[0][i + right]), int(nodes[1][j + up]))
            for i, j in zip(*np.nonzero((least <= 0) & (most >= 0)), strict=True)
            for right in (0, 1)
            for up in (0, 1)
        }
        return sorted(node for node in found if not self.ending[node])

    def table(self) -> pd.DataFrame:
        """Return a row for each node that was looked at: values, difference, its interval, and what is special."""
        looked = list(zip(*np.nonzero(self.ending != ""), strict=True))
        mean, intervals, holds_zero = self.mean, self.intervals, self.holds_zero
        rows = [
            {
                self.parameters[0].name: self.axes[0][i],
                self.parameters[1].name: self.axes[1][j],
                "metric": self.metric,
                "difference": mean[i, j],
                "low": intervals[i, j, 0],
                "high": intervals[i, j, 1],
                "pairs": int((~np.isnan(self.differences[i, j])).sum()),
                "holds_zero": bool(holds_zero[i, j]),
                "affordable": not self.not_affordable[i, j],
                "patterns_shown": not self.misses_patterns[i, j],
                "planned": self.planned[i, j, 0],
                "planned_reference": self.planned[i, j, 1],
            }
            for i, j in looked
        ]
        return pd.DataFrame(rows)

    def sentence(self) -> str:
        """Say on which part of the map the scenario is ahead, behind or neither, and where there is no verdict."""
        better = -1 if METRICS[self.metric].better == "lower" else 1
        ahead, behind = {
            SPEED: ("sooner", "later"),
            SYNCHRONIZATION: ("more in step", "less in step"),
        }.get(self.metric, ("better", "worse"))
        nodes = (slice(None, None, self.strides[0]), slice(None, None, self.strides[1]))
        shown = (self.is_run & ~self.misses_patterns)[nodes]
        told = shown & ~self.holds_zero[nodes]
        sign = better * np.sign(np.nan_to_num(self.mean[nodes]))
        text = (
            f"{self.scenario} is {ahead} than {self.reference} in {int((told & (sign > 0)).sum())} and {behind} in "
            f"{int((told & (sign < 0)).sum())} of {int(shown.sum())} cells"
        )
        if open_cells := int((shown & ~told).sum()):
            text += f", and not told apart in {open_cells}"
        if missed := int((self.is_run & self.misses_patterns)[nodes].sum()):
            text += f"; in {missed} more the baseline misses the patterns"
        if unreached := int(self.out_of_reach[nodes].sum()):
            text += f"; in {unreached} the target is out of reach"
        if refused := int(self.not_affordable[nodes].sum()):
            text += f"; in {refused} a plan is not affordable"
        if waiting := int((self.ending[nodes] == "").sum()):
            text += f"; {waiting} have not been run yet (provisional)"
        return text + "."

    @property
    def is_equal_money(self) -> bool:
        """Whether both plan the same present value in every cell that was run, within a thousandth."""
        here, there = np.moveaxis(self.planned[self.is_run], 1, 0)
        return bool(np.all(np.abs(here - there) <= 1e-3 * np.maximum(here, there)))

    def _steps(self, halved: int | None) -> tuple[int, int]:
        return (
            (1, 1)
            if halved is None
            else (max(self.strides[0] >> halved, 1), max(self.strides[1] >> halved, 1))
        )

    def _filled(self, maps: Array, halved: int | None, *, of: Array | None = None) -> Array:
        """Return maps (X, Y, B) in which nodes that were not run are interpolated from the next coarser grid."""
        filled = maps.copy()
        ending = self.ending if of is None else of
        places, last = self.places, self._steps(halved)
        coarse = self.strides
        while coarse != last and coarse != (1, 1):
            fine = (max(coarse[0] // 2, 1), max(coarse[1] // 2, 1))
            nodes = [np.arange(0, size, step) for size, step in zip(filled.shape, coarse, strict=False)]
            finer = [np.arange(0, size, step) for size, step in zip(filled.shape, fine, strict=False)]
            known_at = tuple(place[node] for place, node in zip(places, nodes, strict=True))
            wanted_at = tuple(place[node] for place, node in zip(places, finer, strict=True))
            between = interpolated(known_at, filled[np.ix_(*nodes)], wanted_at)
            inside = np.ix_(*finer)
            waiting = (ending[inside] == "")[..., None]
            filled[inside] = np.where(waiting, between, filled[inside])
            coarse = fine
        return filled


def interpolated(places: tuple[Array, ...], values: Array, at: tuple[Array, ...]) -> Array:
    """Return values on another grid, linear between the nodes of the given one; nan only where a nan has a weight.

    Parameters
    ----------
    places, at : the places of the nodes on both axes, rising: given, and wanted.
    values : float64, shape (X, Y) or (X, Y, B).
    """
    grid = np.stack(np.meshgrid(*at, indexing="ij"), axis=-1)
    known = ~np.isnan(values)
    linear = RegularGridInterpolator(
        places, np.stack([np.where(known, values, 0.0), known]).transpose(*range(1, values.ndim + 1), 0)
    )(grid)
    result: Array = np.where(linear[..., 1] > 1 - 1e-9, linear[..., 0], math.nan)
    return result


def _mean(differences: Array, drawn: Array) -> Array:
    """Return the means over seeds that are drawn so often, float64 (X, Y, B); nan where no seed has a value.

    Parameters
    ----------
    drawn : number, shape (B, n)
    """
    known = ~np.isnan(differences)
    total = np.where(known, differences, 0.0) @ drawn.T
    count = known.astype(np.float64) @ drawn.T
    return np.divide(total, count, out=np.full(total.shape, math.nan), where=count > 0)


def contour_lines(across: Array, upwards: Array, surface: Array, level: float) -> list[Array]:
    """Return the lines on which a surface (X, Y) has a level, each float64 (points, 2); it may have nan."""
    z = np.ma.masked_invalid(surface.T)
    lines = contourpy.contour_generator(x=across, y=upwards, z=z, corner_mask=True).lines(level)
    return [np.asarray(line) for line in lines]


def regime_map(results: Results, scenario: str | None = None, *, metric: str = SPEED) -> RegimeMap:
    """Return the map of a scenario minus the first scenario of a grid over two parameters.

    Parameters
    ----------
    scenario : by default the second of the study.
    metric : any metric of a run.

    Raises
    ------
    HyperclusterError
        If the results are no grid over two ordered parameters, or there is no such scenario or metric.
    """
    design = _grid_of(results)
    names: Sequence[str] = recorded(results.manifest)["scenarios"]
    if scenario is None:
        scenario = names[1]
    if scenario not in names[1:]:
        hint = suggestion(scenario, names[1:]) or f"; there are {listed(names[1:])}"
        raise HyperclusterError(f'no scenario "{scenario}" is compared with {names[0]}{hint}')
    if metric not in METRICS:
        raise HyperclusterError(f'"{metric}" is not a metric{suggestion(metric, METRICS)}')
    return _map(design, results, pair=(scenario, names[0]), metric=metric)


def _grid_of(results: Results) -> Design:
    design = design_of(results)
    if design.kind != "grid" or len(design.parameters) != 2:
        raise HyperclusterError(
            f'a regime map needs the design "grid" over two parameters; this one is "{design.kind}" '
            f"over {len(design.parameters)}"
        )
    for parameter in design.parameters:
        if parameter.is_choice:
            raise HyperclusterError(
                f"a regime map needs numbers on both axes; the values of {parameter.name} are texts"
            )
    return design


def _map(design: Design, results: Results, *, pair: tuple[str, str], metric: str) -> RegimeMap:
    axes = design.axes
    shape = tuple(len(axis) for axis in axes)
    n = design.replications
    columns = list(dict.fromkeys(["scenario", "replication", ENDING, metric, "planned_pv"]))
    runs = results.runs(columns)
    point, number = np.divmod(runs["replication"].to_numpy(), n)
    cells = np.array([design.cell(p) for p in range(design.size or 0)]).reshape(-1, 2)
    baseline_name = recorded(results.manifest)["identity"]["baseline"]

    def of(name: str, column: str, empty: Any) -> Array:
        found = np.full((*shape, n), empty, dtype=object if empty == "" else np.float64)
        its = (runs["scenario"] == name).to_numpy()
        across, upwards = cells[point[its]].T
        found[across, upwards, number[its]] = runs[column].to_numpy()[its]
        return found

    endings = np.stack([of(name, ENDING, "") for name in pair])
    ran = (endings == RAN).all(axis=(0, 3))
    refused = (endings == NOT_AFFORDABLE).any(axis=(0, 3))
    unreached = (endings == NOT_REACHED).any(axis=(0, 3))
    planned = [of(name, "planned_pv", math.nan) for name in pair]
    here, there = (of(name, metric, math.nan) for name in pair)
    return RegimeMap(
        scenario=results.titles[pair[0]],
        reference=results.titles[pair[1]],
        metric=metric,
        parameters=(design.parameters[0], design.parameters[1]),
        axes=(axes[0], axes[1]),
        strides=tuple(1 if parameter.values else 2**design.finer for parameter in design.parameters),  # type: ignore[arg-type]
        differences=np.where(ran[..., None], here - there, math.nan),
        ending=np.select([refused, unreached, ran], [NOT_AFFORDABLE, NOT_REACHED, RAN], "").astype(object),
        baseline=of(baseline_name, ENDING, "")[..., 0],
        target=recorded(results.manifest)["identity"].get("target of t50, years"),
        planned=np.stack([_mean(each, np.ones((1, n)))[..., 0] for each in planned], axis=-1),
    )


def points_to_refine(results: Results, *, halved: int) -> list[int]:
    """Return the points at which a grid has to run next for steps halved so often, near any contour; sorted.

    The contours are those of speed and of synchronization, of every scenario minus the first.
    """
    design = _grid_of(results)
    names: Sequence[str] = recorded(results.manifest)["scenarios"]
    nodes = {
        node
        for name in names[1:]
        for metric in (SPEED, SYNCHRONIZATION)
        for node in _map(design, results, pair=(name, names[0]), metric=metric).to_refine(halved)
    }
    point_of = {design.cell(point): point for point in range(design.size or 0)}
    return sorted(point_of[node] for node in nodes)
