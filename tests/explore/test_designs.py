"""Designs: which places the points of an ensemble have, and with which seeds."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from simulation.arguments import MOST_SEED
from simulation.explore.designs import CHUNK, Design
from simulation.explore.parameters import Parameter

THREE = (
    Parameter("a", ("diffusion.spatial",), "linear", low=0.0, high=1.0),
    Parameter("b", ("diffusion.network",), "log", low=0.1, high=10.0),
    Parameter("c", ("diffusion.contacts",), "values", values=("added", "substituted")),
)


def places(design: Design, points: range) -> np.ndarray:
    return np.array([design.places(point) for point in points])


def test_a_sample_fills_the_cube_evenly_chunk_by_chunk():
    design = Design("sample", THREE, seed=5, replications=2)
    for chunk in range(3):
        found = places(design, range(chunk * CHUNK, (chunk + 1) * CHUNK))
        for column in found.T:
            assert np.all(np.bincount((column * 16).astype(int), minlength=16) == CHUNK // 16)
    assert not np.array_equal(found, places(Design("sample", THREE, seed=6, replications=2), range(CHUNK)))


def test_values_are_those_at_the_places():
    design = Design("sample", THREE, seed=5, replications=2)
    for point in (0, 300):
        expected = [p.value_at(u) for p, u in zip(THREE, design.places(point), strict=True)]
        assert list(design.values(point)) == expected


def test_every_point_of_a_sample_has_seeds_of_its_own_and_other_designs_share_them():
    sample = Design("sample", THREE, seed=5, replications=3)
    seeds = [sample.seed_of(point, number) for point in range(4) for number in range(3)]
    assert seeds == list(range(5, 17))
    for kind in ("grid", "morris", "one-at-a-time"):
        design = Design(kind, THREE, seed=5, replications=3)
        assert [design.seed_of(7, number) for number in range(3)] == [5, 6, 7]


def test_a_saltelli_design_mixes_two_samples_parameter_by_parameter_with_the_seed_as_one():
    design = Design("saltelli", THREE, seed=1, replications=1)
    k = len(THREE)
    assert design.together == k + 3
    bases = 400
    for base in (0, 1, bases - 1):
        rows = places(design, range(base * (k + 3), (base + 1) * (k + 3)))
        a, b = rows[0], rows[1]
        assert np.all(a != b)
        for n in range(k):
            expected = a.copy()
            expected[n] = b[n]
            assert np.array_equal(rows[2 + n], expected)
        assert np.array_equal(rows[k + 2], a)
        seeds = [design.seed_of(base * (k + 3) + place, 0) for place in range(k + 3)]
        assert seeds == [seeds[0], seeds[1], *[seeds[0]] * k, seeds[1]]
        assert seeds[0] != seeds[1]
    every = {design.seed_of(base * (k + 3) + place, 0) for base in range(bases) for place in (0, 1)}
    assert len(every) == 2 * bases
    assert all(0 <= seed <= MOST_SEED for seed in every)


def test_a_morris_trajectory_moves_each_parameter_once_by_two_thirds():
    design = Design("morris", THREE, seed=3, replications=1)
    starts = []
    for trajectory in range(200):
        rows = places(design, range(trajectory * 4, trajectory * 4 + 4))
        steps = np.diff(rows, axis=0)
        assert np.allclose(np.sort(np.abs(steps).sum(axis=1)), 2 / 3)
        assert np.allclose(np.abs(steps).sum(axis=0), 2 / 3)
        assert np.all((rows >= 0) & (rows <= 1))
        starts.append(rows[0])
    counts = np.bincount(np.rint(np.array(starts).ravel() * 3).astype(int), minlength=4)
    assert np.all(np.abs(counts - 150) < 5 * np.sqrt(150))


def test_a_grid_has_every_combination_once():
    design = Design("grid", THREE, seed=1, replications=1, levels=3)
    assert design.size == 3 * 3 * 2
    found = [design.values(point) for point in range(18)]
    assert found == list(
        itertools.product([0.0, 0.5, 1.0], [0.1, pytest.approx(1.0), 10.0], ["added", "substituted"])
    )


def test_one_at_a_time_begins_with_the_scenarios_themselves():
    design = Design("one-at-a-time", THREE, seed=1, replications=1, levels=2)
    assert design.size == 7
    assert [design.values(point) for point in range(7)] == [
        (None, None, None),
        (0.0, None, None),
        (1.0, None, None),
        (None, 0.1, None),
        (None, 10.0, None),
        (None, None, "added"),
        (None, None, "substituted"),
    ]
