"""Names beside places on a map, so that none covers another or a place that is not its own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from simulation.figures.basemap import BaseMap, km_per_point
from simulation.figures.style import INK, MM_PER_INCH
from simulation.world import Array

DISTANCES_MM = (0.8, 2.0, 3.5, 5.0, 7.0, 9.0, 12.0, 15.0, 19.0)
DIRECTIONS = 16
COVERING = 100.0  # mm: one covered place or name is worse than any distance
CROSSING = 20.0
DOT_MM = 1.0
SWEEPS = 4


def name_places(points: Array, sizes: Array, *, low: Array, high: Array) -> Array:
    """Centres of names of these sizes, each as near to its point as the others allow.

    One name after the other takes the best of some places around its point, given where the others stand; after a few
    rounds nearly none can do better.

    Parameters
    ----------
    points, sizes : float64, shape (N, 2)
        mm.
    low, high : float64, shape (2,)
        Corners between which all names stand, as far as they fit.

    Returns
    -------
    float64, shape (N, 2)
    """
    dots = np.column_stack([points, np.full_like(points, DOT_MM)])
    # Centre and size of each name, and the line that ties it to its point; nan, which touches nothing, without a place.
    boxes, ties = (np.full((len(points), 4), np.nan) for _ in range(2))
    for i in [*range(len(points))] * SWEEPS:
        boxes[i] = ties[i] = np.nan
        offers = _around(points[i], sizes[i])
        inside = ((offers - sizes[i] / 2 >= low) & (offers + sizes[i] / 2 <= high)).all(axis=1)
        if inside.any():
            offers = offers[inside]
        ends = np.clip(points[i], offers - sizes[i] / 2, offers + sizes[i] / 2)
        lines = np.column_stack([np.broadcast_to(points[i], ends.shape), ends])
        own = np.column_stack([offers, np.broadcast_to(sizes[i], offers.shape)])
        others = np.delete(dots, i, axis=0)
        cost = np.linalg.norm(ends - points[i], axis=1)
        cost += COVERING * (_overlaps(own, boxes) + _overlaps(own, others))
        cost += CROSSING * (
            _crossings(lines, ties) + _touches(lines, boxes).sum(axis=1) + _touches(lines, others).sum(axis=1)
        )
        cost += CROSSING * _touches(ties, own).sum(axis=0)
        best = int(np.argmin(cost))
        boxes[i], ties[i] = own[best], lines[best]
    return boxes[:, :2]


def _around(point: Array, size: Array) -> Array:
    """Centres of boxes whose nearest edges lie at these distances from a point."""
    angle = 2 * np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    direction = np.column_stack([np.cos(angle), np.sin(angle)])
    # The box hangs on its side or corner that faces the point.
    anchor = np.clip(1.5 * direction, -1.0, 1.0) * size / 2
    return np.concatenate([point + distance * direction + anchor for distance in DISTANCES_MM])


def _overlaps(first: Array, second: Array) -> Array:
    """How many of the second boxes (centre, size) each of the first overlaps."""
    apart = np.abs(first[:, None, :2] - second[:, :2])
    return (apart < (first[:, None, 2:] + second[:, 2:]) / 2).all(axis=2).sum(axis=1)


def _crossings(first: Array, second: Array) -> Array:
    """How many of the second lines (x0, y0, x1, y1) each of the first crosses."""
    a, b = first[:, None], second[None]

    def side(line: Array, x: Array, y: Array) -> Array:
        return np.sign(
            (line[..., 2] - line[..., 0]) * (y - line[..., 1])
            - (line[..., 3] - line[..., 1]) * (x - line[..., 0])
        )

    apart = (side(b, a[..., 0], a[..., 1]) * side(b, a[..., 2], a[..., 3]) < 0) & (
        side(a, b[..., 0], b[..., 1]) * side(a, b[..., 2], b[..., 3]) < 0
    )
    return apart.sum(axis=1)


def _touches(lines: Array, boxes: Array) -> Array:
    """Which lines pass through which boxes (centre, size); bool (lines, boxes)."""
    part = np.linspace(0, 1, 24)[:, None, None]
    points = lines[:, :2] + part * (lines[:, 2:] - lines[:, :2])  # (24, lines, 2)
    within = np.abs(points[:, :, None] - boxes[:, :2]) < boxes[:, 2:] / 2
    return within.all(axis=3).any(axis=0)


def draw_names(ax: Axes, base: BaseMap, labels: Sequence[str], *, sizes_mm: Array, size_pt: float) -> None:
    """Write a name near each seat, tied to it; sizes of the names, float64 (R, 2), in mm."""
    km = km_per_point(ax) * 72 / MM_PER_INCH
    places = name_places(base.seats / km, sizes_mm, low=base.box[0] / km, high=base.box[1] / km)
    for seat, place, box, label in zip(base.seats / km, places, sizes_mm, labels, strict=True):
        nearest = np.clip(seat, place - box / 2, place + box / 2)
        ax.plot(*(np.stack([seat, nearest]).T * km), color=INK, linewidth=0.3, zorder=6)
        ax.plot(*(seat * km), marker="o", markersize=1.4, color=INK, markeredgewidth=0, zorder=7)
        x, y = (place * km).tolist()
        ax.text(x, y, label, fontsize=size_pt, ha="center", va="center", zorder=8)
