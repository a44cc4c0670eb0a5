"""Names on a map stand near their places and clear of each other."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from simulation.figures.map_names import _crossings, _overlaps, _touches, name_places
from simulation.world import Array

LOW, HIGH = np.zeros(2), np.array([90.0, 50.0])


def overlap(one: Array, other: Array, sizes: Array) -> bool:
    return bool((np.abs(one - other) < sizes - 1e-9).all())


def test_a_lone_name_stands_right_beside_its_place() -> None:
    place = name_places(np.array([[40.0, 20.0]]), np.array([[12.0, 2.3]]), low=LOW, high=HIGH)[0]
    gap = np.maximum(np.abs(place - [40.0, 20.0]) - [6.0, 1.15], 0.0)
    assert 0.5 < np.linalg.norm(gap) < 1.0


def test_names_of_a_crowd_stay_inside_and_cover_neither_each_other_nor_a_place() -> None:
    rng = np.random.default_rng(1)
    points = np.array([20.0, 20.0]) + rng.uniform(-6, 6, (9, 2))
    sizes = np.column_stack([rng.uniform(8, 16, 9), np.full(9, 2.3)])
    places = name_places(points, sizes, low=LOW, high=HIGH)
    assert ((places - sizes / 2 >= LOW) & (places + sizes / 2 <= HIGH)).all()
    for i, j in combinations(range(9), 2):
        assert not overlap(places[i], places[j], (sizes[i] + sizes[j]) / 2), (i, j)
        assert not overlap(places[i], points[j], sizes[i] / 2), (i, j)


def test_what_counts_as_overlapping_touching_and_crossing() -> None:
    boxes = np.array([[0.0, 0.0, 2.0, 2.0], [5.0, 0.0, 2.0, 2.0], [np.nan] * 4])
    assert _overlaps(np.array([[1.5, 0.5, 2.0, 2.0], [3.0, 3.0, 2.0, 2.0]]), boxes).tolist() == [1, 0]
    lines = np.array([[-3.0, 0.0, 3.0, 0.0], [-3.0, 2.0, 9.0, 2.0]])
    assert _touches(lines, boxes).tolist() == [[True, False, False], [False, False, False]]
    others = np.array([[1.0, -1.0, 1.0, 1.0], [4.0, -1.0, 4.0, 1.0], [np.nan] * 4])
    assert _crossings(lines, others).tolist() == [1, 0]
