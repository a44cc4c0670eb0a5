"""Distances between places whose distance is known."""

import numpy as np
import pytest

from simulation import geography


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
