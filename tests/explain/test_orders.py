"""Drawn orders are balanced, give exact sums, and come within their stated error of games known by hand."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from scipy.special import stdtrit

from simulation.explain.orders import (
    blocks_of_orders,
    coalitions_of,
    sampled_interactions,
    sampled_values,
)
from simulation.explain.shapley import interactions, shapley_values

BLOCKS = 30


def names(players: int) -> list[str]:
    return [f"player {number}" for number in range(players)]


def game_of(players: int, seed: int) -> np.ndarray:
    """A game with synergies, float64 (3, 2^players)."""
    rng = np.random.default_rng(seed)
    worth = rng.normal(size=(3, players))
    joint = rng.normal(size=(3, players, players)) / players
    coalitions = np.array([[c >> p & 1 for p in range(players)] for c in range(2**players)], dtype=float)
    return worth @ coalitions.T + np.einsum("nab,ca,cb->nc", joint, coalitions, coalitions)


@pytest.mark.parametrize("players", [2, 5, 7, 8, 11])
def test_each_player_has_each_place_and_each_pair_is_adjacent_equally_often(players: int):
    (block, *_) = blocks_of_orders(names(players), orders=1)
    times = 1 if players % 2 == 0 else 2
    places = Counter((place, player) for order in block for place, player in enumerate(order))
    adjacent = Counter(pair for order in block for pair in pairwise(order))
    assert set(places.values()) == set(adjacent.values()) == {times}
    assert len(places) == players**2
    assert len(adjacent) == players * (players - 1)
    assert all(order[::-1] in block for order in block)


def test_orders_do_not_depend_on_the_order_of_the_players():
    given = names(7)
    turned = given[3:] + given[:3]
    as_names = [
        [[[players[p] for p in order] for order in block] for block in blocks_of_orders(players, orders=28)]
        for players in (given, turned)
    ]
    assert as_names[0] == as_names[1]
    assert as_names[0][0] != as_names[0][1]


def test_more_orders_begin_with_the_same_blocks():
    few, many = (blocks_of_orders(names(8), orders=orders) for orders in (16, 40))
    assert (len(few), len(many)) == (2, 5)
    assert many[:2] == few


def sampled(game: np.ndarray, players: int) -> tuple[list, dict[int, np.ndarray]]:
    """Blocks of orders, and the outcomes that they need."""
    size = len(blocks_of_orders(names(players), orders=1)[0])
    blocks = blocks_of_orders(names(players), orders=BLOCKS * size)
    assert len(blocks) == BLOCKS
    return blocks, {coalition: game[:, coalition] for coalition in coalitions_of(blocks)}


def times_error(comparisons: int) -> float:
    """How many standard errors of these blocks all of these estimates stay within in 99 of 100 samples."""
    return float(stdtrit(BLOCKS - 1, 1 - 0.01 / 2 / comparisons))


@pytest.mark.parametrize("players", [7, 8])
def test_sampled_values_of_a_game_of_pairs_are_exact(players: int):
    """An order and its reverse together have each player after each other one in half of all cases."""
    game = game_of(players, seed=players)
    blocks, outcomes = sampled(game, players)
    values, errors = sampled_values(outcomes, blocks)
    assert values == pytest.approx(shapley_values(game), abs=1e-9)
    assert errors == pytest.approx(np.zeros(players), abs=1e-9)


@pytest.mark.parametrize("players", [7, 8])
def test_sampled_values_are_within_their_stated_error_and_sum_to_the_whole(players: int):
    """Sums of weights with falling returns, in which all players depend on all others."""
    weights = np.array([5.0, 4.0, 3.0, 3.0, 2.0, 2.0, 1.0, 0.0])[:players]
    game = np.array(
        [[math.sqrt(10 + sum(weights[p] for p in range(players) if c >> p & 1)) for c in range(2**players)]]
    )
    blocks, outcomes = sampled(game, players)
    values, errors = sampled_values(outcomes, blocks)
    assert values.sum() == pytest.approx(game[0, -1] - game[0, 0], abs=1e-9)
    assert 0 < errors.max() < 0.1
    assert np.all(np.abs(values - shapley_values(game))[0] <= times_error(players) * errors + 1e-12)
    found, pair_errors = sampled_interactions(outcomes, blocks)
    for pair, exact in interactions(game).items():
        bound = times_error(math.comb(players, 2)) * pair_errors[pair] + 1e-12
        assert abs(found[pair] - exact)[0] <= bound, pair
    if players == 8:  # the last has no weight
        assert values[0, 7] == 0.0
        assert errors[7] == 0.0


def test_the_error_of_sampling_falls_with_the_root_of_the_number_of_blocks():
    players = 8
    weights = np.array([5, 4, 3, 3, 2, 2, 1, 1])
    game = np.array(
        [[float(weights[[p for p in range(players) if c >> p & 1]].sum() > 12) for c in range(2**players)]]
    )
    every = {coalition: game[:, coalition] for coalition in range(2**players)}
    few, many = (
        float(np.linalg.norm(sampled_values(every, blocks_of_orders(names(players), orders=8 * count))[1]))
        for count in (50, 800)
    )
    # A standard deviation from 50 blocks has itself a relative error of 1 / sqrt(2 x 49) = 10 % for each of 8 players.
    assert few / many == pytest.approx(math.sqrt(16), rel=0.3)
