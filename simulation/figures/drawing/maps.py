"""The base map: projected outlines and seats of the regions in km, and drawing them into axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.patches import Rectangle
from matplotlib.path import Path

from simulation.data.geography import Albers, Azimuthal, EqualEarth, continuous
from simulation.data.outlines import Outlines, Rings
from simulation.figures.drawing.style import INK
from simulation.world import Array

SURROUNDINGS = "#EFEFEF"
BORDER = "#BDBDBD"
PAPER = "white"
"""Face of a region without a value, which is hatched."""
HATCH = "//////"
LARGEST = 0.021
"""Radius of the largest bubble, as a share of the map's width: neighbouring seats keep apart."""
MARGIN = 0.01
"""Around outlines, as a share of the map's width."""
SEAT_MARGIN = 0.045
"""Around seats: a bubble and its ring reach beyond the seat of a region at the edge."""
TALLEST = 1.5
FLATTEST = 0.4
"""Ratios of the height of a map to its width between which all maps lie: regions along a meridian or a parallel would
need a page of many metres."""
WIDEST = 90.0
"""Degrees from the meridian of a cone; beyond it, the map turns upside down."""
LEAST_KM = 20.0
"""Extent of a map of one place."""
RING_PT = 1.0
FINEST_PT = 0.25
THICKEST_PT = 0.9
LINK_OPACITY = 0.35
LINKS_A_REGION = 2
MOST_LINKS = 60
"""More lines are a tangle: only the strongest of a map are drawn."""
GROUND = "#F6F6F6"
"""Of a map without outlines, whose extent could not be seen otherwise."""
SEAT: dict[str, Any] = {"color": INK, "markersize": 3.0, "markeredgewidth": 0.3, "markeredgecolor": "white"}
DISK_PT = 6.5
"""Diameter of the disk at the seat of a region without an outline."""


Projection = Albers | Azimuthal | EqualEarth


@dataclass(frozen=True, slots=True)
class BaseMap:
    """Where regions lie on the map; regions in the order of the study."""

    seats: Array  # float64 (R, 2), km
    shapes: tuple[Path | None, ...]  # R, km; None for a region without an outline
    surroundings: Path | None
    projection: str  # its name
    box: Array  # float64 (2, 2), lower left and upper right corner of what is shown, km

    @property
    def is_bare(self) -> bool:
        """Whether there are no outlines at all."""
        return self.surroundings is None and not any(self.shapes)

    @property
    def height_share(self) -> float:
        """Height of the map over its width."""
        width, height = self.box[1] - self.box[0]
        return float(height / width)


def base_map(
    region_ids: Sequence[str], outlines: Outlines | None, *, longitude: Array, latitude: Array
) -> BaseMap:
    """Project the seats, given in degrees, and the outlines; the extent contains all of them.

    The outlines have a projection of their own; seats on the other side of the globe need a map of the world instead.
    """
    projection: Projection = Azimuthal.fitted(longitude, latitude)
    name, east = "Lambert azimuthal equal-area", longitude
    if outlines is not None and outlines.standard_parallels and outlines.central_meridian is not None:
        projection = Albers(*outlines.standard_parallels, outlines.central_meridian)
        name = "Albers equal-area"
        # The cone is cut along a meridian, where no country of the file lies.
        east = projection.meridian + (longitude - projection.meridian + 180.0) % 360.0 - 180.0
        if np.abs(east - projection.meridian).max() > WIDEST:
            turned = continuous(longitude)
            projection = EqualEarth(float(turned.min() + turned.max()) / 2)
            name = "Equal Earth"
    seats = projection.project(east, latitude)
    rings = {} if outlines is None else outlines.regions
    shapes = tuple(_flat(rings.get(region, ()), projection) for region in region_ids)
    around = None if outlines is None else _flat(outlines.surroundings, projection)
    lines = [path.vertices for path in (*shapes, around) if path is not None]
    return BaseMap(seats, shapes, around, name, box=_box(seats, np.concatenate([seats, *lines])))


def _box(seats: Array, everything: Array) -> Array:
    """Return the corners of a map of a page's proportions, with room for bubbles around the seats, float64 (2, 2)."""
    width, height = np.ptp(everything, axis=0)
    unit = max(float(width), float(height) / TALLEST, LEAST_KM)
    low = np.minimum(everything.min(axis=0) - MARGIN * unit, seats.min(axis=0) - SEAT_MARGIN * unit)
    high = np.maximum(everything.max(axis=0) + MARGIN * unit, seats.max(axis=0) + SEAT_MARGIN * unit)
    width, height = high - low
    size = np.array([max(width, height / TALLEST), max(height, FLATTEST * width)])
    middle = (low + high) / 2
    return np.array([middle - size / 2, middle + size / 2])


def _flat(rings: Rings, projection: Projection) -> Path | None:
    """One path of all rings; holes run in the opposite direction to the outer rings and stay empty."""
    if not rings:
        return None
    return Path.make_compound_path(*(Path(projection.project(*ring.T), closed=True) for ring in rings))


def draw_base(ax: Axes, base: BaseMap, colours: Sequence[str]) -> None:
    """Draw the surroundings and fill each region; axes get the extent of the map, in km, and no frame."""
    if base.is_bare:
        ax.add_patch(
            Rectangle(tuple(base.box[0]), *np.ptp(base.box, axis=0), color=GROUND, linewidth=0, zorder=0)
        )
    if base.surroundings is not None:
        ax.add_collection(PathCollection([base.surroundings], facecolors=SURROUNDINGS, edgecolors="none"))
    for hatch, without_value in (("", False), (HATCH, True)):
        pairs = zip(base.shapes, colours, strict=True)
        drawn = [(shape, face) for shape, face in pairs if shape and (face == PAPER) == without_value]
        if drawn:
            shapes, faces = zip(*drawn, strict=True)
            borders: dict[str, Any] = {"edgecolors": BORDER, "linewidths": 0.3, "hatch": hatch}
            ax.add_collection(PathCollection(shapes, facecolors=faces, **borders))
    (left, bottom), (right, top) = base.box.tolist()
    ax.set_xlim(left, right)
    ax.set_ylim(bottom, top)
    ax.set_aspect("equal")
    ax.set_axis_off()


def draw_seats(ax: Axes, base: BaseMap, markers: Sequence[str], colours: Sequence[str]) -> None:
    """Draw a mark at the seat of each region, on a disk of its colour where it has no outline to fill."""
    for seat, shape, marker, colour in zip(base.seats, base.shapes, markers, colours, strict=True):
        if shape is None:
            ax.plot(*seat, marker="o", zorder=6, **(SEAT | {"color": colour, "markersize": DISK_PT}))
        ax.plot(*seat, marker=marker, zorder=7, **SEAT)


def radii_km(base: BaseMap, enterprises: Array) -> Array:
    """Radius of each bubble, float64 (R,): its area is proportional to the enterprises of the region."""
    width = float(base.box[1, 0] - base.box[0, 0])
    return LARGEST * width * np.sqrt(enterprises / max(int(enterprises.max(initial=1)), 1))


def km_per_point(ax: Axes) -> float:
    """Scale of a map that fills the width of its axes, or their height where these are too wide."""
    figure = ax.get_figure(root=True)
    assert figure is not None, "axes stand in a figure"
    size = ax.get_position(original=True).size * figure.get_size_inches() * 72
    extent = np.array([np.ptp(ax.get_xlim()), np.ptp(ax.get_ylim())])
    return float((extent / size).max())


def draw_bubbles(ax: Axes, base: BaseMap, colours: Sequence[str], *, radius_km: Array) -> None:
    """Draw a bubble at each seat; a light and a dark edge distinguish it from its region of the same colour."""
    order = np.argsort(
        -radius_km, kind="stable"
    )  # a small bubble is not hidden by a large one at the same place
    circles = [Path.circle(tuple(base.seats[r]), radius_km[r]) for r in order]
    ax.add_collection(PathCollection(circles, facecolors="none", edgecolors=PAPER, linewidths=1.5, zorder=4))
    edges: dict[str, Any] = {"edgecolors": INK, "linewidths": 0.4, "zorder": 4}
    ax.add_collection(PathCollection(circles, facecolors=[colours[r] for r in order], **edges))


def draw_rings(ax: Axes, base: BaseMap, shares: Array, *, radius_km: Array) -> None:
    """Draw an arc around each bubble, clockwise from the top: the share of members, 0-1, is its part of the circle."""
    radius = radius_km + 0.9 * RING_PT * km_per_point(ax)
    arcs = [
        seat + r * arc_points(share)
        for seat, r, share in zip(base.seats, radius, shares, strict=True)
        if share > 0
    ]
    for colour, width in ((PAPER, RING_PT + 0.8), (INK, RING_PT)) if arcs else ():
        ax.add_collection(LineCollection(arcs, colors=colour, linewidths=width, capstyle="butt", zorder=5))


def arc_points(share: float) -> Array:
    """Points of a part of the unit circle, clockwise from the top; float64 (P, 2)."""
    angle = 2 * np.pi * np.linspace(0, min(share, 1.0), 60)
    return np.column_stack([np.sin(angle), np.cos(angle)])


def links_shown(links: Array, *, most: float) -> tuple[Array, int]:
    """Return which links of a map are drawn, the strongest, and how many there are.

    Parameters
    ----------
    links : float64, shape (R, R), symmetric.
    most : strength of the thickest line, which may be in another map of the figure; much fainter ones are left out.

    Returns
    -------
    bool, shape (R (R - 1) / 2,)
        In the order of ``np.triu_indices``.
    int
        Pairs of regions with a link.
    """
    strength = links[np.triu_indices(len(links), k=1)]
    visible = (strength > 0) & (THICKEST_PT * strength >= FINEST_PT * most)
    count = min(LINKS_A_REGION * len(links), MOST_LINKS, int(visible.sum()))
    shown = np.zeros(strength.size, dtype=bool)
    # With a stable order the same study has the same links, even where some are equally strong.
    shown[np.argsort(-strength, kind="stable")[:count]] = True
    return shown, int((strength > 0).sum())


def draw_links(ax: Axes, base: BaseMap, links: Array, *, most: float) -> None:
    """Draw a line between each two regions of the strongest links, as thick as it is strong.

    Parameters
    ----------
    links : float64, shape (R, R), symmetric.
    most : strength of the thickest line, which may be in another map of the figure.
    """
    first, second = np.triu_indices(len(base.seats), k=1)
    seen, _ = links_shown(links, most=most)
    widths = THICKEST_PT * links[first, second] / most if most > 0 else np.zeros(first.size)
    lines = np.stack([base.seats[first[seen]], base.seats[second[seen]]], axis=1)
    # On dark regions only the light edge of a line is visible.
    for colour, wider in ((PAPER, 0.5), (INK, 0.0)) if seen.any() else ():
        look: dict[str, Any] = {"colors": colour, "alpha": LINK_OPACITY, "zorder": 3}
        ax.add_collection(LineCollection(list(lines), linewidths=widths[seen] + wider, **look))


def draw_map(
    ax: Axes,
    base: BaseMap,
    colours: Sequence[str],
    *,
    radius_km: Array,
    shares: Array,
    links: Array,
    most: float,
) -> None:
    """Draw a whole map: regions and bubbles in these colours, rings of member shares, links between the seats."""
    draw_base(ax, base, colours)
    draw_links(ax, base, links, most=most)
    draw_bubbles(ax, base, colours, radius_km=radius_km)
    draw_rings(ax, base, shares, radius_km=radius_km)
