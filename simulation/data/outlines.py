"""Outlines of the regions of a dataset, for maps: the optional file ``outlines.geojson`` beside its tables.

A dataset that extends others has their outlines too; of a region that several draw, its own counts.

A GeoJSON FeatureCollection of polygons whose property ``region_id`` names a region, or is null for the surroundings.
Longitudes may run on beyond 180 degrees, so that a region on both sides of that meridian does not wrap around the
world. The member ``albers``, which may be left out, tells how to lay the country flat.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np

from simulation.data.layers import layers
from simulation.errors import DataError, Problem
from simulation.world import Array

OUTLINES = "outlines.geojson"

Rings = tuple[Array, ...]
"""Closed lines, float64 (points, 2), longitude and latitude in degrees: outer ones, islands and holes alike."""


@dataclass(frozen=True, slots=True)
class Outlines:
    """What a map draws under and around the regions."""

    regions: Mapping[str, Rings]  # by region id; a region without an outline is missing
    surroundings: Rings
    standard_parallels: tuple[float, float] | None  # degrees north; None where the file does not say
    central_meridian: float | None  # degrees east


def load_outlines(folder: Path) -> Outlines | None:
    """Read the outlines of a dataset; None where it has none.

    Raises
    ------
    DataError
        A file is there and cannot be used.
    """
    read = [outlines for layer, _ in layers(folder) if (outlines := _read(layer / OUTLINES)) is not None]
    return reduce(_laid_over, read) if read else None


def _laid_over(below: Outlines, above: Outlines) -> Outlines:
    flat = above if above.standard_parallels is not None else below
    return Outlines(
        {**below.regions, **above.regions},
        above.surroundings or below.surroundings,
        standard_parallels=flat.standard_parallels,
        central_meridian=flat.central_meridian,
    )


def _read(path: Path) -> Outlines | None:
    try:
        collection = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise DataError([Problem(str(path), None, "", f"cannot be read: {error}")]) from None
    try:
        return _outlines(collection)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        what = f"must be a FeatureCollection of polygons, each with region_id ({error!r})"
        raise DataError([Problem(str(path), None, "", what)]) from None


def _outlines(collection: dict[str, Any]) -> Outlines:
    regions: dict[str, Rings] = {}
    surroundings: Rings = ()
    for feature in collection["features"]:
        rings = _rings(feature["geometry"])
        region = feature["properties"]["region_id"]
        if region is None:
            surroundings += rings
        else:
            regions[str(region)] = regions.get(str(region), ()) + rings
    albers = collection.get("albers")
    if albers is None:
        return Outlines(regions, surroundings, standard_parallels=None, central_meridian=None)
    south, north = albers["standard_parallels"]
    return Outlines(
        regions,
        surroundings,
        standard_parallels=(float(south), float(north)),
        central_meridian=float(albers["central_meridian"]),
    )


def _rings(geometry: dict[str, Any]) -> Rings:
    polygons = {"Polygon": [geometry["coordinates"]], "MultiPolygon": geometry["coordinates"]}[
        geometry["type"]
    ]
    rings = tuple(np.array(ring, dtype=np.float64)[:, :2] for polygon in polygons for ring in polygon)
    if any(len(ring) < 4 or not np.isfinite(ring).all() for ring in rings):
        raise ValueError("a ring needs four points, the last equal to the first")
    return rings
