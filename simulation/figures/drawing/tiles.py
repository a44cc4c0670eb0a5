"""A grid of tiles laid out like the country: each region gets the free cell nearest to its position."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from simulation.data.geography import continuous
from simulation.world import Array

SLACK = 1.25
"""Cells per region, at least: empty ones let the outline of the country show."""


def tile_places(longitude: Array, latitude: Array, *, columns: int) -> list[tuple[int, int]]:
    """Line and column of each region, north up; no two regions share a cell.

    Coordinates are means of position and rank, which spreads regions that lie close together. Of all
    assignments to cells, the one with the least sum of squared distances is used.

    Parameters
    ----------
    longitude, latitude : float64, shape (R,)
        Degrees.
    columns : at least 1.

    Returns
    -------
    list of (line, column), lines from the top; empty lines and columns at the edges are left out.
    """
    regions = len(longitude)
    columns = min(columns, regions)
    lines = max(math.ceil(SLACK * regions / columns), 1)
    x = _spread(continuous(longitude)) * (columns - 1)
    y = (1 - _spread(latitude)) * (lines - 1)
    cells = np.array([(line, column) for line in range(lines) for column in range(columns)], dtype=float)
    cost = (cells[:, 0] - y[:, None]) ** 2 + (cells[:, 1] - x[:, None]) ** 2
    _, chosen = linear_sum_assignment(cost)
    found = cells[chosen].astype(int)
    found -= found.min(axis=0)
    return [(int(line), int(column)) for line, column in found]


def _spread(coordinate: Array) -> Array:
    """Coordinates from 0 to 1, halfway between their true places and even ones."""
    ranks = np.empty(len(coordinate))
    ranks[np.argsort(coordinate, kind="stable")] = np.arange(len(coordinate))
    return (_unit(coordinate) + _unit(ranks)) / 2


def _unit(values: Array) -> Array:
    low, high = float(values.min()), float(values.max())
    return (values - low) / (high - low) if high > low else np.full(len(values), 0.5)


def outer(places: Sequence[tuple[int, int]]) -> tuple[set[int], set[int]]:
    """Whether each tile has an empty cell below it, and to its left: there is room for numbers."""
    taken = set(places)
    bottom = {n for n, (line, column) in enumerate(places) if (line + 1, column) not in taken}
    left = {n for n, (line, column) in enumerate(places) if (line, column - 1) not in taken}
    return bottom, left
