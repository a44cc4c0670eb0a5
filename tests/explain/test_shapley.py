"""Shapley values and interactions are exact on games known by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.explain.shapley import interactions, shapley_values

games = st.lists(st.floats(-1e3, 1e3), min_size=16, max_size=16).map(lambda row: np.array([row]))


def members(combination: int, players: int) -> list[int]:
    return [player for player in range(players) if combination >> player & 1]


def swapped(coalition: int, first: int, second: int) -> int:
    """The coalition in which two players have changed places."""
    one, other = coalition >> first & 1, coalition >> second & 1
    return coalition & ~(1 << first | 1 << second) | one << second | other << first


def test_shapley_value_of_an_additive_game_is_what_each_adds():
    worth = np.array([3.0, -1.0, 0.5, 0.0])
    game = np.array([[worth[members(c, 4)].sum() for c in range(16)]])
    assert shapley_values(game)[0] == pytest.approx(worth)
    assert all(index[0] == pytest.approx(0.0) for index in interactions(game).values())


def test_shapley_value_of_a_unanimity_game_is_shared_by_its_carriers():
    game = np.array([[float(c & 0b0101 == 0b0101) for c in range(16)]])
    assert shapley_values(game)[0] == pytest.approx([0.5, 0.0, 0.5, 0.0])
    indices = {pair: index[0] for pair, index in interactions(game).items()}
    assert indices.pop((0, 2)) == pytest.approx(1.0)
    assert all(index == pytest.approx(0.0) for index in indices.values())


def test_shapley_value_of_the_glove_game():
    """One left glove, two right ones: the left is worth 2/3, each right 1/6; left needs right, rights replace."""
    game = np.array([[float(c & 1 and c & 0b110 != 0) for c in range(8)]])
    assert shapley_values(game)[0] == pytest.approx([2 / 3, 1 / 6, 1 / 6])
    indices = {pair: index[0] for pair, index in interactions(game).items()}
    assert indices == pytest.approx({(0, 1): 0.5, (0, 2): 0.5, (1, 2): -0.5})


@given(games)
def test_shapley_values_add_up_to_all_less_none(game: np.ndarray):
    assert shapley_values(game).sum() == pytest.approx(game[0, -1] - game[0, 0], abs=1e-9)


@given(games)
def test_players_that_change_places_change_values(game: np.ndarray):
    places = [swapped(coalition, 0, 2) for coalition in range(16)]
    there, here = shapley_values(game[:, places])[0], shapley_values(game)[0]
    assert there == pytest.approx(here[[2, 1, 0, 3]], abs=1e-9)


@given(games)
def test_a_player_that_never_matters_has_no_value_and_no_interaction(game: np.ndarray):
    # Whatever player 3 does, the worth is that of the coalition without it.
    null = game[:, [coalition & 0b0111 for coalition in range(16)]]
    assert shapley_values(null)[0, 3] == 0.0
    assert all(
        index[0] == pytest.approx(0, abs=1e-9) for pair, index in interactions(null).items() if 3 in pair
    )
