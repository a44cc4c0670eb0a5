"""Distances between places whose distance is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.data import geography


def test_a_quarter_of_a_meridian_is_ten_thousand_km():
    distance = geography.great_circle_km(np.array([0.0, 90.0]), np.array([30.0, 30.0]))
    assert distance[0, 1] == pytest.approx(10_007.5, abs=0.1)
    assert distance[0, 0] == 0.0


def test_the_way_across_the_date_line_is_short():
    distance = geography.great_circle_km(np.array([0.0, 0.0]), np.array([179.0, -179.0]))
    assert distance[0, 1] == pytest.approx(2 * 6371.0 * np.pi / 180, rel=1e-12)


def test_kazan_and_yakutsk_are_4300_km_apart():
    """Great-circle distance by an independent form, the spherical law of cosines."""
    lat, lon = np.radians([55.7887, 62.0311]), np.radians([49.1221, 129.7229])
    cosine = np.sin(lat[0]) * np.sin(lat[1]) + np.cos(lat[0]) * np.cos(lat[1]) * np.cos(lon[0] - lon[1])
    got = geography.great_circle_km(np.degrees(lat), np.degrees(lon))[0, 1]
    assert got == pytest.approx(6371.0 * np.arccos(cosine), rel=1e-9)
    assert 4200 < got < 4400


def test_the_kernel_halves_at_the_half_distance():
    assert geography.spatial_kernel(np.array([0.0, 100.0, 200.0]), 100.0).tolist() == [1.0, 0.5, 0.25]


def test_inside_a_region_of_10000_square_km_contacts_are_37_6_km_apart():
    assert geography.internal_distance_km(np.array([10_000.0]))[0] == pytest.approx(37.6)


RUSSIA = geography.Albers(52.0, 64.0, 105.0)


def cell(south, west, *, size):
    """A closed ring around a cell of ``size`` degrees, its parallels in small steps."""
    along = np.linspace(0, size, 200)
    longitude = west + np.concatenate([along, np.full(200, size), along[::-1], np.zeros(200)])
    latitude = south + np.concatenate([np.zeros(200), along, np.full(200, size), along[::-1]])
    return longitude, latitude


def enclosed(places):
    x, y = places.T
    return abs(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)) / 2


@pytest.mark.parametrize("projection", [RUSSIA, geography.Albers(-10.0, -30.0, -60.0)])
@pytest.mark.parametrize(("south", "west"), [(42.0, 30.0), (60.0, 105.0), (75.0, 178.0), (-20.0, -70.0)])
def test_areas_on_the_map_are_areas_on_the_sphere(projection, south, west):
    longitude, latitude = cell(south, west, size=4.0)
    sines = np.sin(np.radians([south, south + 4.0]))
    expected = 6371.0**2 * np.radians(4.0) * (sines[1] - sines[0])
    assert enclosed(projection.project(longitude, latitude)) == pytest.approx(expected, rel=1e-4)


def test_standard_parallels_have_their_true_length():
    for parallel in (52.0, 64.0):
        longitude = np.linspace(40.0, 170.0, 2001)
        steps = np.diff(RUSSIA.project(longitude, np.full(2001, parallel)), axis=0)
        true = 6371.0 * np.cos(np.radians(parallel)) * np.radians(130.0)
        assert np.linalg.norm(steps, axis=1).sum() == pytest.approx(true, rel=1e-6)


def test_the_projection_gives_the_worked_example_of_its_source():
    """Snyder (1987), p. 291: parallels 29.5 and 45.5, origin 23 N 96 W; 35 N 75 W on a unit sphere."""
    albers = geography.Albers(29.5, 45.5, -96.0)
    place, origin = albers.project(np.array([-75.0, -96.0]), np.array([35.0, 23.0])) / 6371.0
    np.testing.assert_allclose(place - origin, [0.2952720, 0.2416774], atol=1e-7)


def test_the_central_meridian_is_upright_and_nothing_wraps_at_the_date_line():
    x, y = RUSSIA.project(np.array([105.0, 105.0]), np.array([50.0, 70.0])).T
    assert x.tolist() == [0.0, 0.0] and y[0] < y[1]
    near = RUSSIA.project(np.array([179.9, 180.1]), np.array([66.0, 66.0]))
    assert np.linalg.norm(near[1] - near[0]) < 15


def test_a_fitted_projection_suits_any_country():
    for low, high in [(46.0, 66.0), (-30.0, -10.0), (-5.0, 5.0), (70.0, 90.0)]:
        longitude, latitude = np.array([10.0, 30.0]), np.array([low, high])
        places = geography.Azimuthal.fitted(longitude, latitude).project(longitude, latitude)
        straight = geography.great_circle_km(latitude, longitude)[0, 1]
        assert np.linalg.norm(places[1] - places[0]) == pytest.approx(straight, rel=0.02)


def test_the_azimuthal_projection_gives_the_worked_example_of_its_source():
    """Snyder (1987), p. 332: centre 40 N 100 W, the point 20 S 100 E on a sphere of radius 3."""
    found = geography.Azimuthal(-100.0, 40.0).project(np.array([100.0]), np.array([-20.0]))[0]
    np.testing.assert_allclose(3 * found / 6371.0, [-4.2339303, 4.0257775], atol=1e-7)


def test_the_map_of_the_world_keeps_areas_and_has_the_proportions_of_its_source():
    """Šavrič et al. (2019): 2.05 times as wide as high, and poles .59 as long as the equator."""
    world = geography.EqualEarth(0.0)
    places = world.project(np.array([179.999999, 0.0, 179.999999]), np.array([0.0, 90.0, 90.0]))
    east, pole, corner = places
    assert east[0] / pole[1] == pytest.approx(2.0546, abs=1e-3)
    assert corner[0] / east[0] == pytest.approx(0.59, abs=0.01)
    side = 0.01  # degrees of a small square, whose area on the sphere is known
    for longitude, latitude in [(0.0, 0.0), (100.0, 65.0), (-150.0, -40.0)]:
        corners = world.project(
            longitude + side * np.array([0.0, 1.0, 1.0, 0.0]),
            latitude + side * np.array([0.0, 0.0, 1.0, 1.0]),
        )
        (x, y), (after, above) = corners.T, np.roll(corners, -1, axis=0).T
        area = abs((x * above - after * y).sum()) / 2
        turn = np.radians(side)
        on_sphere = turn * (np.sin(np.radians(latitude + side)) - np.sin(np.radians(latitude)))
        assert area == pytest.approx(geography.EARTH_RADIUS_KM**2 * on_sphere, rel=1e-4)


@given(st.lists(st.floats(-180.0, 180.0), min_size=1, max_size=20))
def test_continuous_longitudes_are_the_same_places_in_the_shortest_range(drawn):
    longitude = np.array(drawn)
    found = geography.continuous(longitude)
    np.testing.assert_allclose(np.cos(np.radians(found - longitude)), 1.0, atol=1e-9)
    turns = np.sort(longitude % 360.0)
    widest = np.diff(turns, append=turns[:1] + 360.0).max()
    assert np.ptp(found) == pytest.approx(360.0 - widest, abs=1e-6)


def test_longitudes_that_wrap_nowhere_stay_as_they_are():
    longitude = np.array([20.0, 179.0, 40.0])
    assert geography.continuous(longitude).tolist() == longitude.tolist()
    assert geography.continuous(np.array([179.0, -179.0, 178.0])).tolist() == [179.0, 181.0, 178.0]
