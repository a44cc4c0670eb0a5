"""The description of a side that is sent before its first month: positions, colours, money."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib.path import Path

from simulation.data.outlines import load_outlines
from simulation.data.reader import dataset_folder, load_dataset
from simulation.errors import HyperclusterError
from simulation.figures.drawing.maps import BaseMap, base_map
from simulation.figures.drawing.region_order import region_order
from simulation.figures.drawing.regions import macroregion_colours
from simulation.figures.drawing.style import scenario_styles
from simulation.figures.drawing.tiles import tile_places
from simulation.server.protocol.forms import titled
from simulation.world import Array

TILES_WIDE = 1.6
"""Approximate ratio of columns to rows of the grid of tiles: the country is wider than high."""


def style_of(scenario: str) -> dict[str, Any]:
    """Return colour, dashes in points (none for a solid line) and marker of a scenario."""
    style = scenario_styles([scenario])[scenario]
    dash = [] if isinstance(style.line, str) else list(style.line[1])
    return {"colour": style.colour, "dash": dash, "marker": style.marker}


def country(
    entries: Sequence[dict[str, Any]],
    *,
    longitude: Array,
    latitude: Array,
    dataset: str,
    order: Sequence[float | None],
) -> dict[str, Any]:
    """Place the regions on the map and in the grid of tiles, and order them as figures do.

    Parameters
    ----------
    entries : one per region, with id, macroregion and any other values to send.
    longitude, latitude : float64, shape (R,)
    dataset : name or folder of the dataset that has the outlines.
    order : the place of each region in lists that its dataset gives, or None.
    """
    ids = [entry["id"] for entry in entries]
    macroregions = [entry["macroregion"] for entry in entries]
    colours = macroregion_colours(macroregions)
    seats = _base(ids, longitude, latitude, dataset)[0].seats
    tiles = _tiles(tuple(longitude.tolist()), tuple(latitude.tolist()))
    return {
        "regions": [
            {
                **entry,
                "macroregion_colour": colours[entry["macroregion"]],
                "x": round(float(x), 2),
                "y": round(float(y), 2),
                "line": line,
                "column": column,
            }
            for entry, (x, y), (line, column) in zip(entries, seats, tiles, strict=True)
        ],
        "order": region_order(ids, macroregions, longitude=longitude, latitude=latitude, given=order)[0],
        "macroregions": sorted(set(macroregions)),
        "map": _map_name(ids, dataset),
    }


def described_map(ids: Sequence[str], *, longitude: Array, latitude: Array, dataset: str) -> dict[str, Any]:
    """Return the projected outlines of the regions, as ``map`` of the protocol."""
    base, fault = _base(ids, longitude, latitude, dataset)
    tiles = _tiles(tuple(longitude.tolist()), tuple(latitude.tolist()))
    return {
        "map": _map_name(ids, dataset),
        "box": np.round(base.box, 2).ravel().tolist(),
        "regions": [_rings(shape) for shape in base.shapes],
        "surroundings": _rings(base.surroundings),
        "tiles": {
            "lines": 1 + max(line for line, _ in tiles),
            "columns": 1 + max(column for _, column in tiles),
        },
        "fault": fault,
    }


def policy_entry(
    place: int, instrument: str, months: tuple[int, int], *, planned: Array, spent: Array
) -> dict[str, Any]:
    """Return a policy with its money up to the end of each month; ``planned`` and ``spent`` are float64 (T + 1,)."""
    return {
        "label": f"policies[{place}]",
        "instrument": instrument,
        "title": titled(instrument),
        "from_month": months[0],
        "to_month": months[1],
        "planned": np.round(planned, 6).tolist(),
        "spent": np.round(spent, 6).tolist(),
    }


def _base(ids: Sequence[str], longitude: Array, latitude: Array, dataset: str) -> tuple[BaseMap, str]:
    """Return the map, and what is wrong with its outlines: a map can show bubbles without them."""
    places = tuple(longitude.tolist()), tuple(latitude.tolist())
    try:
        return _laid_flat(tuple(ids), *places, dataset, _digest(dataset)), ""
    except HyperclusterError as error:
        return base_map(ids, None, longitude=longitude, latitude=latitude), str(error)


# Most sessions show the same country, and projecting it takes as long as ten months. Errors are not cached, so that a
# mended file is read.
@lru_cache(maxsize=8)
def _laid_flat(
    ids: tuple[str, ...],
    longitude: tuple[float, ...],
    latitude: tuple[float, ...],
    dataset: str,
    _: str,
) -> BaseMap:
    outlines = load_outlines(dataset_folder(dataset))
    return base_map(ids, outlines, longitude=np.array(longitude), latitude=np.array(latitude))


def _map_name(ids: Sequence[str], dataset: str) -> str:
    """Name the map so that two sides of one dataset share it."""
    return f"{_digest(dataset)[:16]}-{len(ids)}"


def _digest(dataset: str) -> str:
    try:
        return load_dataset(dataset).digest
    except HyperclusterError:
        return "moved"


def _rings(path: Path | None) -> list[list[float]]:
    """Flat lists of x and y, km, rounded to 100 m, the resolution of a map of a country."""
    if path is None:
        return []
    return [np.asarray(ring).round(1).ravel().tolist() for ring in path.to_polygons(closed_only=True)]


@lru_cache(maxsize=8)
def _tiles(longitude: tuple[float, ...], latitude: tuple[float, ...]) -> list[tuple[int, int]]:
    columns = math.ceil(math.sqrt(TILES_WIDE * len(longitude)))
    return tile_places(np.array(longitude), np.array(latitude), columns=columns)
