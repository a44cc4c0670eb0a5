"""Successive halving: the rungs, and who goes on."""

from __future__ import annotations

import numpy as np
import pytest

from simulation.optimize.halving import FEWEST_WORLDS, better_half, layers, rungs


@pytest.mark.parametrize(
    ("worlds", "expected"),
    [(30, (4, 8, 15, 30)), (8, (4, 8)), (7, (7,)), (4, (4,)), (64, (4, 8, 16, 32, 64))],
)
def test_each_rung_has_about_twice_the_worlds_of_the_one_before(worlds: int, expected: tuple[int, ...]):
    assert rungs(worlds) == expected
    assert FEWEST_WORLDS <= expected[0] < 2 * FEWEST_WORLDS


def test_layers_are_fronts_of_what_is_left():
    # Two on the front; one behind the first of them; one behind both of these; one without a value.
    values = np.array([[0.0, 1.0], [1.0, 0.0], [0.5, 1.5], [1.0, 2.0], [np.nan, 0.0]])
    assert layers(values).tolist() == [0, 0, 1, 2, 3]


def test_equal_values_do_not_beat_each_other():
    assert layers(np.zeros((3, 2))).tolist() == [0, 0, 0]


def test_at_least_half_and_all_that_nobody_beats_go_on():
    values = np.random.default_rng(1).random((41, 2))
    goes_on = better_half(values)
    assert len(goes_on) >= 21
    assert set(np.flatnonzero(layers(values) == 0)) <= set(goes_on)
    # Nobody that stays behind beats one that goes on.
    for n in set(range(41)) - set(goes_on):
        assert not any((values[n] <= values[m]).all() for m in goes_on)
    on_a_line = np.column_stack([np.arange(10.0), -np.arange(10.0)])
    assert len(better_half(on_a_line)) == 10


def test_who_has_no_value_goes_on_only_if_nobody_has_one():
    values = np.array([[1.0, np.nan], [np.nan, np.nan], [2.0, 2.0]])
    assert better_half(values).tolist() == [2]
    assert better_half(values[:2]).tolist() == [0, 1]
