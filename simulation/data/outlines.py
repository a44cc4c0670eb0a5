"""Outlines of the regions of a dataset, for maps: the optional file ``outlines.geojson`` beside its tables.

A dataset that extends others has their outlines too; if several have an outline of a region, the last one counts.

The file is a GeoJSON FeatureCollection of polygons whose property ``region_id`` names a region, or is null for the
surroundings. Longitudes may continue beyond 180 degrees, so that a region on both sides of that meridian does not wrap
around the world. The optional member ``albers`` sets the map projection.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np

from simulation.data.layers import layers, misnamed
from simulation.data.tables import raise_problems
from simulation.errors import DataError, Problem, shortened, suggestion
from simulation.files.text import TextFault, read_text
from simulation.world import Array

OUTLINES = "outlines.geojson"
MOST_SUGGESTIONS = 20
FARTHEST = 360
"""Largest longitude in degrees: lines may continue beyond 180."""

Rings = tuple[Array, ...]
"""Closed lines, float64 (points, 2), longitude and latitude in degrees: outer ones, islands and holes alike."""


@dataclass(frozen=True, slots=True)
class Outlines:
    """The outlines of the regions and their surroundings on a map."""

    regions: Mapping[str, Rings]  # by region id; a region without an outline is missing
    surroundings: Rings
    standard_parallels: tuple[float, float] | None  # degrees north; None if the file has none
    central_meridian: float | None  # degrees east


def load_outlines(folder: Path, *, regions: Collection[str] | None = None) -> Outlines | None:
    """Read the outlines of a dataset; None if it has none.

    Parameters
    ----------
    regions : ids of the regions of the dataset, to check that every outline is of one of them; unless given, an outline
        of another region is read and never drawn.

    Raises
    ------
    DataError
        If a file exists and cannot be used, or has outlines of other regions.
    """
    found = layers(folder)
    raise_problems([problem for layer, _ in found for problem in misnamed(layer, [OUTLINES])])
    paths = [layer / OUTLINES for layer, _ in found]
    read = {path: _read(path) for path in paths if os.path.lexists(path)}
    if regions is not None:
        raise_problems([problem for path, one in read.items() for problem in _unknown(path, one, regions)])
    return reduce(_laid_over, read.values()) if read else None


def _unknown(path: Path, outlines: Outlines, known: Collection[str]) -> Iterator[Problem]:
    """Report outlines that name no region; only the first problems suggest a name, because that is slow."""
    for n, region in enumerate(region for region in outlines.regions if region not in known):
        hint = suggestion(region, known) if n < MOST_SUGGESTIONS else ""
        message = f"must be a region of the dataset, or null for the surroundings{hint}"
        yield Problem(str(path), None, "region_id", message, found=f'"{shortened(region)}"')


def _laid_over(below: Outlines, above: Outlines) -> Outlines:
    flat = above if above.standard_parallels is not None else below
    return Outlines(
        {**below.regions, **above.regions},
        above.surroundings or below.surroundings,
        standard_parallels=flat.standard_parallels,
        central_meridian=flat.central_meridian,
    )


def _read(path: Path) -> Outlines:
    try:
        return _outlines(_json(read_text(path, expected="outlines (GeoJSON)")))
    except FileNotFoundError:  # it was removed just now
        raise DataError([Problem(str(path), None, "", "missing file")]) from None
    except TextFault as fault:
        raise DataError([fault.problem(path)]) from None
    except _OutlineFault as fault:
        raise DataError([Problem(str(path), None, fault.place, fault.message)]) from None


class _OutlineFault(Exception):
    """A fault at one place of the file, and what is expected there."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(place, message)
        self.place, self.message = place, message


def _json(text: str) -> Any:
    if not text.strip():
        raise TextFault("empty file; expected a FeatureCollection of GeoJSON")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise TextFault(f"not JSON: {error.msg}", error.lineno) from None
    except RecursionError:
        raise TextFault("not GeoJSON: nested too deeply") from None
    except ValueError:  # Python's error for a whole number of more than 4,300 digits
        raise TextFault("not GeoJSON: a number has too many digits") from None


def _outlines(collection: Any) -> Outlines:
    features = _member(collection, "features", list, "", "a list of features")
    regions: dict[str, Rings] = {}
    surroundings: Rings = ()
    for n, feature in enumerate(features):
        place = f"features[{n}]"
        properties = _member(feature, "properties", dict, place, "a table with region_id")
        if not isinstance(region := properties.get("region_id", 0), str | None):
            message = "must be given: the id of a region, or null for the surroundings"
            raise _OutlineFault(f"{place}.properties.region_id", message)
        rings = _rings(_member(feature, "geometry", dict, place, "a Polygon or MultiPolygon"), place)
        if region is None:
            surroundings += rings
        else:
            regions[region] = regions.get(region, ()) + rings
    if collection.get("albers") is None:
        return Outlines(regions, surroundings, standard_parallels=None, central_meridian=None)
    south, north, meridian = _albers(collection["albers"])
    return Outlines(regions, surroundings, standard_parallels=(south, north), central_meridian=meridian)


def _member(table: Any, key: str, kind: type, place: str, expected: str) -> Any:
    """A member of a JSON object that has this type."""
    if not isinstance(table, dict) or not isinstance(table.get(key), kind):
        raise _OutlineFault(".".join(filter(None, (place, key))), f"must be given: {expected}")
    return table[key]


def _albers(albers: Any) -> tuple[float, float, float]:
    """Standard parallels and central meridian, degrees."""
    given = _member(albers, "standard_parallels", list, "albers", "two latitudes")
    numbers = [*given, albers.get("central_meridian")]
    plain = all(isinstance(number, int | float) and not isinstance(number, bool) for number in numbers)
    if not plain or len(given) != 2 or not all(abs(number) <= 180 for number in numbers):
        raise _OutlineFault("albers", "must have two standard_parallels and a central_meridian, in degrees")
    south, north, meridian = map(float, numbers)
    if max(abs(south), abs(north)) >= 90 or abs(south + north) < 1e-6:
        message = "must lie between the poles, and not as far north as south, or there is no cone"
        raise _OutlineFault("albers.standard_parallels", message)
    return south, north, meridian


def _rings(geometry: dict[str, Any], place: str) -> Rings:
    place = f"{place}.geometry"
    kind = geometry.get("type")
    coordinates = _member(geometry, "coordinates", list, place, "a list")
    if kind not in ("Polygon", "MultiPolygon"):
        raise _OutlineFault(f"{place}.type", f"must be Polygon or MultiPolygon, not {shortened(repr(kind))}")
    polygons = [coordinates] if kind == "Polygon" else coordinates
    if not all(isinstance(polygon, list) for polygon in polygons):
        raise _OutlineFault(f"{place}.coordinates", "must be lists of rings")
    return tuple(_ring(ring, f"{place}.coordinates") for polygon in polygons for ring in polygon)


def _ring(given: Any, place: str) -> Array:
    try:
        ring = np.array(given)
    except ValueError:  # points of different lengths
        ring = np.array(None)
    # Another type results from texts, booleans, null, and numbers too long for a double.
    if ring.ndim != 2 or ring.shape[1] < 2 or ring.dtype.kind not in "if":
        raise _OutlineFault(
            place, "a ring must be a list of points, each two numbers: longitude and latitude"
        )
    ring = ring[:, :2].astype(np.float64)
    if len(ring) < 4:
        raise _OutlineFault(place, "a ring needs four points, the last equal to the first")
    longitude, latitude = np.abs(ring).max(axis=0)
    # Written so that NaN fails it.
    if not (latitude <= 90 and longitude <= FARTHEST):
        message = f"must be degrees: longitude from -{FARTHEST} to {FARTHEST}, latitude from -90 to 90"
        raise _OutlineFault(place, message)
    return ring
