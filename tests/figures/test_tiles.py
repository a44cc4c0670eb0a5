"""Tiles stand like the country: one region a cell, neighbours near, west to the left and north above."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.data.reader import load_dataset
from simulation.figures.drawing.tiles import outer, tile_places

REGIONS = load_dataset().regions
LONGITUDE = np.array([region.longitude for region in REGIONS])
LATITUDE = np.array([region.latitude for region in REGIONS])
PLACE = {region.id: number for number, region in enumerate(REGIONS)}
coordinates = st.tuples(st.floats(20, 180), st.floats(40, 80))


@given(st.lists(coordinates, min_size=1, max_size=40), st.integers(1, 8))
def test_every_region_has_a_cell_of_its_own(places: list[tuple[float, float]], columns: int) -> None:
    longitude, latitude = np.array(places).T
    found = tile_places(longitude, latitude, columns=columns)
    assert len(set(found)) == len(places)
    assert all(line >= 0 and 0 <= column < columns for line, column in found)
    assert {0} <= {line for line, _ in found}
    assert {0} <= {column for _, column in found}


@pytest.mark.parametrize("columns", [4, 5, 6])
def test_the_shipped_regions_stand_where_they_lie(columns: int) -> None:
    found = tile_places(LONGITUDE, LATITUDE, columns=columns)
    line, column = np.array(found).T
    assert found[PLACE["arkhangelsk_nenets"]] == (0, 0)
    assert column[PLACE["astrakhan"]] == 0
    assert column[PLACE["sakhalin"]] == column.max()
    assert line[PLACE["sakhalin"]] == line.max()
    assert line[PLACE["sakha"]] == 0
    assert np.corrcoef(column, LONGITUDE)[0, 1] > 0.85
    assert np.corrcoef(line, LATITUDE)[0, 1] < -0.85


def test_regions_at_one_place_still_have_cells() -> None:
    assert sorted(tile_places(np.full(3, 50.0), np.full(3, 60.0), columns=2)) == [(0, 0), (0, 1), (1, 0)]


def test_numbers_stand_wherever_the_cell_below_or_to_the_left_is_empty() -> None:
    bottom, left = outer([(0, 0), (0, 2), (1, 0), (1, 1), (2, 2)])
    assert bottom == {1, 2, 3, 4}
    assert left == {0, 1, 2, 4}
