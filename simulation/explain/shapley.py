"""Shapley values and pairwise interactions of a game whose worth is known for every coalition.

Coalition c contains player p where bit p of c is 1, and a game has one row per replication. Section 5 of
the model defines what is computed here, equation (29) and equation (30).

References
----------
Shapley (1953), A value for n-person games, Contributions to the Theory of Games II: 307-317.
Grabisch & Roubens (1999), An axiomatic approach to the concept of interaction among players in cooperative games,
International Journal of Game Theory 28: 547-565.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations

import numpy as np

from simulation.world import Array


def shapley_values(outcomes: Array) -> Array:
    """Return the Shapley value of every player, equation (29).

    Parameters
    ----------
    outcomes : float64, shape (N, 2^P), by replication and coalition.

    Returns
    -------
    float64, shape (N, P)
        Each row sums to the outcome of all players minus that of none.
    """
    players = _players(outcomes)
    values = np.zeros((outcomes.shape[0], players))
    for player in range(players):
        for rest, weight in _orders(players, left_out=1 << player):
            values[:, player] += weight * (outcomes[:, rest | 1 << player] - outcomes[:, rest])
    return values


def interactions(outcomes: Array) -> dict[tuple[int, int], Array]:
    """Return the Shapley interaction index of every pair, float64 (N,), equation (30).

    Parameters
    ----------
    outcomes : float64, shape (N, 2^P), by replication and coalition.
    """
    players = _players(outcomes)
    found = {}
    for first, second in combinations(range(players), 2):
        one, other = 1 << first, 1 << second
        index = np.zeros(outcomes.shape[0])
        for rest, weight in _orders(players, left_out=one | other):
            together = outcomes[:, rest | one | other] + outcomes[:, rest]
            index += weight * (together - outcomes[:, rest | one] - outcomes[:, rest | other])
        found[first, second] = index
    return found


def _players(outcomes: Array) -> int:
    return int(outcomes.shape[1]).bit_length() - 1


def _orders(players: int, *, left_out: int) -> Iterator[tuple[int, float]]:
    """Yield every coalition of the other players, with the share of orders in which it precedes the omitted ones.

    The omitted players count as one, because they join directly one after the other.
    """
    others = players - left_out.bit_count()
    for rest in range(2**players):
        if not rest & left_out:
            before = rest.bit_count()
            yield (
                rest,
                math.factorial(before) * math.factorial(others - before) / math.factorial(others + 1),
            )
