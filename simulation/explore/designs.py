"""Which places the worlds of an ensemble have in the ranges of its parameters, point by point.

Every point follows from its number alone, so that a design can be extended and any process can make any point. A point
has a seed for each of its replications; scenarios share it.

References
----------
Joe & Kuo (2008), Constructing Sobol sequences with better two-dimensional projections, SIAM J. Sci. Comput. 30: 2635.
Owen (1998), Scrambling Sobol' and Niederreiter-Xing points, J. Complexity 14: 466-489.
Saltelli and others (2010), Variance based sensitivity analysis of model output, Comput. Phys. Commun. 181: 259-270.
Morris (1991), Factorial sampling plans for preliminary computational experiments, Technometrics 33: 161-174.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from scipy.stats import qmc

from simulation.arguments import MOST_SEED
from simulation.explore.parameters import Parameter
from simulation.streams import key
from simulation.world import Array

Kind = Literal["sample", "saltelli", "morris", "grid", "one-at-a-time", "rows"]

CHUNK = 256
"""Points of a Sobol' sequence that are made together; a power of two keeps them balanced."""

MORRIS_LEVELS = 4
"""Places of a Morris design: 0, 1/3, 2/3, 1; a step is two thirds, which keeps the places equally likely."""


@dataclass(frozen=True, slots=True)
class Design:
    """The points of an ensemble; P parameters.

    In a Saltelli design P + 3 consecutive points belong together: A, B, A with one parameter of B for each parameter,
    and A with the seed of B. In a Morris design P + 1 do: each moves one parameter of the one before.
    """

    kind: Kind
    parameters: tuple[Parameter, ...]
    seed: int
    replications: int
    levels: int = 5  # of a parameter without listed values, in a grid or one at a time
    finer: int = 0  # how often the steps of a grid are halved; coarser points come first
    rows: tuple[tuple[Any, ...], ...] = ()  # with kind "rows"

    @property
    def together(self) -> int:
        """The number of points that belong together."""
        return {"saltelli": len(self.parameters) + 3, "morris": len(self.parameters) + 1}.get(self.kind, 1)

    @property
    def size(self) -> int | None:
        """The number of points; None if more can be made."""
        if self.kind == "grid":
            return math.prod(len(levels) for levels in self.axes)
        if self.kind == "one-at-a-time":
            return 1 + sum(len(self._levels(parameter)) for parameter in self.parameters)
        return len(self.rows) if self.kind == "rows" else None

    @property
    def axes(self) -> tuple[list[Any], ...]:
        """The values of each parameter in a grid whose steps are halved."""
        return tuple(self._levels(parameter, halved=self.finer) for parameter in self.parameters)

    @property
    def rounds(self) -> tuple[int, ...]:
        """The number of points of a grid before its steps are halved, once, twice and so on."""
        halvings = range(self.finer + 1)
        return tuple(
            math.prod(len(self._levels(parameter, halved=n)) for parameter in self.parameters)
            for n in halvings
        )

    @property
    def fresh_seeds(self) -> bool:
        """Whether every point has seeds of its own, so that points are independent."""
        return self.kind in ("sample", "saltelli", "rows")

    def values(self, point: int) -> tuple[Any, ...]:
        """Return the value of each parameter at a point; None where a scenario keeps its own."""
        if self.kind == "rows":
            return self.rows[point]
        if self.kind == "one-at-a-time":
            return self._one_moved(point)
        if self.kind == "grid":
            return self._cell(point)
        places = self.places(point)
        return tuple(
            parameter.value_at(float(place)) for parameter, place in zip(self.parameters, places, strict=True)
        )

    def places(self, point: int) -> Array:
        """Return the place of each parameter at a point, float64 (P,), nan where it has none."""
        if self.kind == "sample":
            return _sobol(len(self.parameters), self.seed, point // CHUNK)[point % CHUNK]
        if self.kind == "saltelli":
            return self._of_triple(point)
        if self.kind == "morris":
            trajectory, step = divmod(point, self.together)
            return _trajectory(len(self.parameters), self.seed, trajectory)[step]
        values = self.values(point)
        return np.array(
            [
                math.nan if value is None else parameter.place_of(value)
                for parameter, value in zip(self.parameters, values, strict=True)
            ]
        )

    def seed_of(self, point: int, replication: int) -> int:
        """Return the seed of a replication of a point."""
        if self.kind == "saltelli":
            base, place = divmod(point, self.together)
            side = "b" if place in (1, self.together - 1) else "a"
            return int(key("saltelli", self.seed, base, side) % np.uint64(MOST_SEED + 1))
        first = point * self.replications if self.fresh_seeds else 0
        return self.seed + first + replication

    def _of_triple(self, point: int) -> Array:
        base, place = divmod(point, self.together)
        n = len(self.parameters)
        both = _sobol(2 * n, self.seed, base // CHUNK)[base % CHUNK]
        a, b = both[:n], both[n:]
        if place == 1:
            return b
        mixed = a.copy()
        if 2 <= place < n + 2:
            mixed[place - 2] = b[place - 2]
        return mixed

    def _levels(self, parameter: Parameter, *, halved: int = 0) -> list[Any]:
        if parameter.values:
            return list(parameter.values)
        steps = (self.levels - 1) * 2**halved
        return [parameter.value_at(place) for place in np.linspace(0.0, 1.0, steps + 1)]

    def cell(self, point: int) -> tuple[int, ...]:
        """Return the position of a point of a grid on each of its axes."""
        axes = self.axes
        if self.finer:
            ranged = tuple(not parameter.values for parameter in self.parameters)
            point = int(_coarse_first(tuple(len(axis) for axis in axes), ranged, self.finer)[point])
        return tuple(int(place) for place in np.unravel_index(point, tuple(len(axis) for axis in axes)))

    def _cell(self, point: int) -> tuple[Any, ...]:
        return tuple(axis[place] for axis, place in zip(self.axes, self.cell(point), strict=True))

    def _one_moved(self, point: int) -> tuple[Any, ...]:
        kept: list[Any] = [None] * len(self.parameters)
        place = point - 1
        for number, parameter in enumerate(self.parameters):
            levels = self._levels(parameter)
            if 0 <= place < len(levels):
                kept[number] = levels[place]
            place -= len(levels)
        return tuple(kept)


@lru_cache(maxsize=4)
def _coarse_first(shape: tuple[int, ...], ranged: tuple[bool, ...], finer: int) -> Array:
    """Return the positions in a grid, int64, those of the coarsest grid first, and each of the next after it."""
    halvings = np.zeros(shape, dtype=np.int64)
    for axis, is_ranged in zip(np.indices(shape), ranged, strict=True):
        if is_ranged:
            # A place divisible by 2^k is on the grid before the last k halvings.
            factor = np.where(axis > 0, axis & -axis, 2**finer)
            halvings = np.maximum(halvings, finer - np.log2(np.minimum(factor, 2**finer)).astype(np.int64))
    return np.argsort(halvings.ravel(), kind="stable")


@lru_cache(maxsize=4)
def _sobol(dimensions: int, seed: int, chunk: int) -> Array:
    """Return one chunk of a scrambled Sobol' sequence, (CHUNK, dimensions)."""
    sequence = qmc.Sobol(dimensions, scramble=True, seed=np.random.default_rng(seed))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about sizes that are no power of two: chunks are
        if chunk:
            sequence.fast_forward(chunk * CHUNK)
        made: Array = sequence.random(CHUNK)
    return made


@lru_cache(maxsize=64)
def _trajectory(dimensions: int, seed: int, number: int) -> Array:
    """Return the points of one trajectory of a Morris design, (dimensions + 1, dimensions)."""
    draw = np.random.default_rng([seed, number])
    last = MORRIS_LEVELS - 1
    step = MORRIS_LEVELS // 2
    points = np.empty((dimensions + 1, dimensions))
    here = draw.integers(0, MORRIS_LEVELS, dimensions)
    points[0] = here / last
    for n, moved in enumerate(draw.permutation(dimensions), start=1):
        here[moved] += step if here[moved] < step else -step
        points[n] = here / last
    return points


def values_of(design: Design, points: Sequence[int]) -> dict[str, list[Any]]:
    """Return the values at some points by the name of the parameter."""
    rows = [design.values(point) for point in points]
    return {parameter.name: [row[n] for row in rows] for n, parameter in enumerate(design.parameters)}
