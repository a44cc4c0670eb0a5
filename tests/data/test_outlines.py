"""The outlines lie where the regions are, and a file that cannot be used says so."""

import json

import numpy as np
import pytest
from matplotlib.path import Path as Ring

from simulation.data.geography import Albers, great_circle_km
from simulation.data.outlines import OUTLINES, load_outlines
from simulation.data.reader import dataset_folder, load_dataset
from simulation.errors import DataError

FOLDER = dataset_folder("russia-2023")
ALBERS = Albers(52.0, 64.0, 105.0)
NEAR_KM = 50  # a seat at the coast may lie outside a simplified outline


@pytest.fixture(scope="module")
def outlines():
    return load_outlines(FOLDER)


@pytest.fixture(scope="module")
def regions():
    return load_dataset("russia-2023").regions


def area_km2(rings):
    """Signed areas summed: holes run the other way round."""
    total = 0.0
    for ring in rings:
        x, y = ALBERS.project(*ring.T).T
        total += np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]) / 2
    return abs(total)


def test_every_region_of_the_dataset_has_an_outline_and_no_other_has(outlines, regions):
    assert set(outlines.regions) == {region.id for region in regions}
    assert outlines.surroundings


def test_seats_lie_inside_their_outlines(outlines, regions):
    inside = []
    for region in regions:
        rings = outlines.regions[region.id]
        seat = (region.longitude, region.latitude)
        inside.append(sum(Ring(ring).contains_point(seat) for ring in rings) % 2 == 1)
        points = np.concatenate([*rings, [seat]])
        assert inside[-1] or great_circle_km(points[:, 1], points[:, 0])[-1, :-1].min() < NEAR_KM, region.id
    assert sum(inside) >= 13


def test_areas_are_those_of_the_table(outlines, regions):
    for region in regions:
        assert area_km2(outlines.regions[region.id]) == pytest.approx(region.area_km2, rel=0.15), region.id
    whole = sum(map(area_km2, outlines.regions.values())) + area_km2(outlines.surroundings)
    assert whole == pytest.approx(17.1e6, rel=0.02)  # Russia, by the units that ISO 3166-2 lists


def test_outlines_do_not_wrap_and_lie_in_their_part_of_the_country(outlines):
    for rings in (*outlines.regions.values(), outlines.surroundings):
        for ring in rings:
            assert np.abs(np.diff(ring[:, 0])).max() < 20
            np.testing.assert_array_equal(ring[0], ring[-1])
    middle = {name: np.concatenate(rings).mean(axis=0) for name, rings in outlines.regions.items()}
    longitude = {name: place[0] for name, place in middle.items()}
    assert max(longitude, key=longitude.get) == "sakhalin"
    assert min(longitude, key=longitude.get) in ("astrakhan", "arkhangelsk_nenets", "samara")
    assert min(middle, key=lambda name: middle[name][1]) in ("astrakhan", "sakhalin")


def test_neighbours_share_their_border(outlines):
    corners = {name: {tuple(p) for ring in rings for p in ring} for name, rings in outlines.regions.items()}
    for one, other in [("tatarstan", "bashkortostan"), ("irkutsk", "sakha"), ("krasnoyarsk", "tomsk")]:
        assert len(corners[one] & corners[other]) > 10


def test_the_file_is_small():
    assert (FOLDER / OUTLINES).stat().st_size < 300_000


def test_a_dataset_without_outlines_has_none(tmp_path):
    assert load_outlines(tmp_path) is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "line 1  not JSON: "),
        ("[]", "features: must be given: a list of features"),
        (
            '{"features": [{"properties": {}, "geometry": {"type": "Polygon", "coordinates": []}}]}',
            "region_id",
        ),
        (
            '{"features": [{"properties": {"region_id": "a"}, "geometry": {"type": "Point", "coordinates": [1, 2]}}]}',
            "Point",
        ),
        (
            '{"features": [{"properties": {"region_id": "a"}, "geometry": '
            '{"type": "Polygon", "coordinates": [[[1, 2], [3, 4], [1, 2]]]}}]}',
            "four points",
        ),
    ],
)
def test_outlines_that_cannot_be_used_name_the_file(tmp_path, text, problem):
    (tmp_path / OUTLINES).write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=problem) as caught:
        load_outlines(tmp_path)
    assert OUTLINES in str(caught.value)


def test_polygons_of_one_region_come_together_and_the_projection_may_be_missing(tmp_path):
    square = [[[0, 0], [1, 0], [1, 1], [0, 0]]]
    features = [
        {"properties": {"region_id": "a"}, "geometry": {"type": "Polygon", "coordinates": square}},
        {
            "properties": {"region_id": "a"},
            "geometry": {"type": "MultiPolygon", "coordinates": [square, square]},
        },
    ]
    (tmp_path / OUTLINES).write_text(json.dumps({"features": features}), encoding="utf-8")
    outlines = load_outlines(tmp_path)
    assert len(outlines.regions["a"]) == 3
    assert outlines.standard_parallels is None and outlines.surroundings == ()
