"""Placement of names on a map, so that none covers another name or place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import AbstractPathEffect, withStroke

from simulation.figures.drawing.maps import DISK_PT, BaseMap, km_per_point
from simulation.figures.drawing.style import INK, MM_PER_INCH, SMALL_PT, fit_mm, text_width_mm
from simulation.world import Array

DISTANCES_MM = (0.8, 2.0, 3.5, 5.0, 7.0, 9.0, 12.0, 15.0, 19.0)
DIRECTIONS = 24
COVERING = 100.0  # mm: one covered place or name is worse than any distance
CROSSING = 20.0
DOT_MM = 1.0
LEAST_GAP = 0.74
"""Part of its distance that at least remains between a point and the box of a name in any direction."""
SWEEPS = 4
ORDERS = 8
NAME_LINE_MM = 2.3
LONGEST = 0.4  # of the map's width


def name_places(
    points: Array, sizes: Array, *, low: Array, high: Array, marks: float | Array = DOT_MM
) -> Array:
    """Centres of names of these sizes, each as near to its point as the others allow.

    The names take turns: each takes the best of some places around its point, given the places of the others.
    After a few rounds hardly any name can improve its place. The result depends on the order of the names, so
    the best of several orders is used.

    Parameters
    ----------
    points, sizes : float64, shape (N, 2)
        mm.
    low, high : float64, shape (2,)
        Corners between which all names stand, as far as they fit.
    marks : float64, shape (N,)
        Diameter of the mark at each point, mm.

    Returns
    -------
    float64, shape (N, 2)
    """
    marks = np.broadcast_to(marks, len(points))
    offers = [
        _Offers.around(point, size, low=low, high=high, mark=mark)
        for point, size, mark in zip(points, sizes, marks.tolist(), strict=True)
    ]
    rng = np.random.default_rng(0)  # the same map has the same names
    orders = [rng.permutation(len(points)) for _ in range(ORDERS)]
    dots = np.column_stack([points, marks, marks])
    tried = [_placed(offers, np.tile(order, SWEEPS), dots) for order in orders]
    return min(tried, key=lambda found: found[1])[0]


@dataclass(frozen=True, slots=True)
class _Offers:
    """Places that a name may take."""

    boxes: Array  # float64 (P, 4), centre and size
    lines: Array  # float64 (P, 4), ends of the line that ties the name to its point
    distance: Array  # float64 (P,), mm, length of that line

    @classmethod
    def around(cls, point: Array, size: Array, *, low: Array, high: Array, mark: float) -> _Offers:
        places = _around(point, size, beyond=(mark - DOT_MM) / 2 / LEAST_GAP)
        inside = ((places - size / 2 >= low) & (places + size / 2 <= high)).all(axis=1)
        if inside.any():
            places = places[inside]
        ends = np.clip(point, places - size / 2, places + size / 2)
        return cls(
            boxes=np.column_stack([places, np.broadcast_to(size, places.shape)]),
            lines=np.column_stack([np.broadcast_to(point, ends.shape), ends]),
            distance=np.linalg.norm(ends - point, axis=1),
        )


def _placed(offers: Sequence[_Offers], order: Array, dots: Array) -> tuple[Array, float]:
    """Place names in this order; return their centres and their total cost."""
    # nan, which touches nothing, without a place.
    boxes, ties, costs = (np.full((len(dots), n), np.nan) for n in (4, 4, 1))
    for i in order:
        boxes[i] = ties[i] = np.nan
        own, lines = offers[i].boxes, offers[i].lines
        others = np.delete(dots, i, axis=0)
        cost = offers[i].distance + COVERING * (_overlaps(own, boxes) + _overlaps(own, others))
        cost += CROSSING * (
            _crossings(lines, ties) + _touches(lines, boxes).sum(axis=1) + _touches(lines, others).sum(axis=1)
        )
        cost += CROSSING * _touches(ties, own).sum(axis=0)
        best = int(np.argmin(cost))
        boxes[i], ties[i], costs[i] = own[best], lines[best], cost[best]
    return boxes[:, :2], float(costs.sum())


def _around(point: Array, size: Array, *, beyond: float) -> Array:
    """Centres of boxes whose nearest edges lie at these distances from a point, and so much further."""
    angle = 2 * np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    direction = np.column_stack([np.cos(angle), np.sin(angle)])
    # The box is attached at its side or corner that faces the point.
    anchor = np.clip(1.5 * direction, -1.0, 1.0) * size / 2
    return np.concatenate([point + (distance + beyond) * direction + anchor for distance in DISTANCES_MM])


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
    start = lines[:, None, :2]
    way = lines[:, None, 2:] - start
    way = np.where(np.abs(way) < 1e-9, 1e-9, way)
    # Positions along the line, from 0 to 1, at which it enters and leaves a box along each axis.
    ends = [(boxes[:, :2] + side * boxes[:, 2:] / 2 - start) / way for side in (-1, 1)]
    into, out = np.minimum(*ends).max(axis=2), np.maximum(*ends).min(axis=2)
    return np.maximum(into, 0.0) < np.minimum(out, 1.0)


@dataclass(frozen=True, slots=True)
class PlacedName:
    """A name on a map, km."""

    label: str
    x: float
    y: float
    line: Array  # float64 (2, 2), from the seat to the name


def draw_names(ax: Axes, base: BaseMap, names: Sequence[str], *, width_mm: float) -> None:
    """Write a name near each seat of a map of this width, linked to it by a line; long names are cut."""
    write_names(ax, placed_names(ax, base, names, width_mm=width_mm))


def placed_names(ax: Axes, base: BaseMap, names: Sequence[str], *, width_mm: float) -> list[PlacedName]:
    """Find places for the names on axes that show the map, which takes a while."""
    labels = [fit_mm(name, LONGEST * width_mm, size=SMALL_PT) for name in names]
    sizes_mm = np.array([(text_width_mm(label, SMALL_PT) + 0.8, NAME_LINE_MM) for label in labels])
    km = km_per_point(ax) * 72 / MM_PER_INCH
    marks = np.array([DOT_MM if shape is not None else DISK_PT / 72 * MM_PER_INCH for shape in base.shapes])
    places = name_places(base.seats / km, sizes_mm, low=base.box[0] / km, high=base.box[1] / km, marks=marks)
    found = []
    for seat, place, box, label in zip(base.seats / km, places, sizes_mm, labels, strict=True):
        nearest = np.clip(seat, place - box / 2, place + box / 2)
        x, y = (place * km).tolist()
        found.append(PlacedName(label, x, y, np.stack([seat, nearest]) * km))
    return found


def write_names(ax: Axes, names: Sequence[PlacedName], *, edge: str = "") -> None:
    """Write names that have their places; an ``edge`` of this colour makes them legible on any ground."""
    outline: list[AbstractPathEffect] = [withStroke(linewidth=1.2, foreground=edge)] if edge else []
    for name in names:
        ax.plot(*name.line.T, color=INK, linewidth=0.3, zorder=5)
        text = ax.text(name.x, name.y, name.label, fontsize=SMALL_PT, ha="center", va="center", zorder=8)
        text.set_path_effects(outline)
