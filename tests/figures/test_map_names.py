"""Names on a map stand near their places and clear of each other."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from simulation.data.outlines import load_outlines
from simulation.data.reader import dataset_folder, load_dataset
from simulation.figures.drawing.inputs import short_name
from simulation.figures.drawing.map_names import _crossings, _overlaps, _touches, name_places
from simulation.figures.drawing.maps import base_map
from simulation.figures.drawing.style import SMALL_PT, text_width_mm
from simulation.world import Array

LOW, HIGH = np.zeros(2), np.array([90.0, 50.0])


def overlap(one: Array, other: Array, sizes: Array) -> bool:
    return bool((np.abs(one - other) < sizes - 1e-9).all())


def test_a_lone_name_stands_right_beside_its_place() -> None:
    place = name_places(np.array([[40.0, 20.0]]), np.array([[12.0, 2.3]]), low=LOW, high=HIGH)[0]
    gap = np.maximum(np.abs(place - [40.0, 20.0]) - [6.0, 1.15], 0.0)
    assert 0.5 < np.linalg.norm(gap) < 1.0


@pytest.mark.parametrize("mark", [1.0, 2.3, 5.0])
def test_no_name_stands_on_its_own_mark_whatever_its_size(mark: float) -> None:
    points, sizes = np.array([[40.0, 20.0], [88.0, 1.5], [1.0, 49.0]]), np.full((3, 2), [20.0, 2.3])
    places = name_places(points, sizes, low=LOW, high=HIGH, marks=np.full(3, mark))
    gap = np.linalg.norm(np.maximum(np.abs(places - points) - sizes / 2, 0.0), axis=1)
    assert (gap > mark / 2).all()


def test_names_of_a_stratum_stay_inside_and_cover_neither_each_other_nor_a_place() -> None:
    rng = np.random.default_rng(1)
    points = np.array([20.0, 20.0]) + rng.uniform(-6, 6, (9, 2))
    sizes = np.column_stack([rng.uniform(8, 16, 9), np.full(9, 2.3)])
    places = name_places(points, sizes, low=LOW, high=HIGH)
    assert ((places - sizes / 2 >= LOW) & (places + sizes / 2 <= HIGH)).all()
    for i, j in combinations(range(9), 2):
        assert not overlap(places[i], places[j], (sizes[i] + sizes[j]) / 2), (i, j)
        assert not overlap(places[i], points[j], sizes[i] / 2), (i, j)


@pytest.mark.parametrize("width_mm", [56.0, 66.0, 87.0])
def test_no_line_of_the_shipped_regions_crosses_another_or_a_name(width_mm: float) -> None:
    folder = dataset_folder("russia-2023")
    regions = load_dataset(folder).regions
    longitude, latitude = (np.array([getattr(r, key) for r in regions]) for key in ("longitude", "latitude"))
    base = base_map([r.id for r in regions], load_outlines(folder), longitude=longitude, latitude=latitude)
    points, low, high = (km * width_mm / np.ptp(base.box[:, 0]) for km in (base.seats, *base.box))
    widths = [text_width_mm(short_name(r.id, r.name), SMALL_PT) for r in regions]
    sizes = np.column_stack([widths, np.full(len(regions), 2.3)])
    places = name_places(points, sizes, low=low, high=high)
    ends = np.clip(points, places - sizes / 2, places + sizes / 2)
    lines, boxes = np.column_stack([points, ends]), np.column_stack([places, sizes - 0.1])
    assert not _crossings(lines, lines).any()
    assert not (_touches(lines, boxes) & ~np.eye(len(regions), dtype=bool)).any()


def test_what_counts_as_overlapping_touching_and_crossing() -> None:
    boxes = np.array([[0.0, 0.0, 2.0, 2.0], [5.0, 0.0, 2.0, 2.0], [np.nan] * 4])
    assert _overlaps(np.array([[1.5, 0.5, 2.0, 2.0], [3.0, 3.0, 2.0, 2.0]]), boxes).tolist() == [1, 0]
    lines = np.array([[-3.0, 0.0, 3.0, 0.0], [-3.0, 2.0, 9.0, 2.0]])
    assert _touches(lines, boxes).tolist() == [[True, False, False], [False, False, False]]
    others = np.array([[1.0, -1.0, 1.0, 1.0], [4.0, -1.0, 4.0, 1.0], [np.nan] * 4])
    assert _crossings(lines, others).tolist() == [1, 0]
