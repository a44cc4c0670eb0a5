"""Shapley values and interactions from some orders of the players, where there are too many coalitions for all.

Orders come in blocks that are drawn independently. A block is a Williams square, in which the players are placed at
random: every player stands equally often in every place (stratified by place), every order comes with its reverse
(antithetic), and every two players stand side by side equally often. So each block gives an unbiased estimate of all
Shapley values, and of all interactions, and the spread of the blocks gives the standard error of sampling.

References
----------
Castro, Gómez & Tejada (2009), Polynomial calculation of the Shapley value based on sampling, Computers & Operations
Research 36: 1726-1730.
Mitchell, Cooper, Frank & Holmes (2022), Sampling permutations for Shapley value estimation, Journal of Machine Learning
Research 23 (43): 1-46.
Williams (1949), Experimental designs balanced for the estimation of residual effects of treatments, Australian Journal
of Scientific Research A 2: 149-168.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, pairwise

import numpy as np

from simulation.streams import key
from simulation.world import Array

Order = tuple[int, ...]
Block = tuple[Order, ...]

LEAST_BLOCKS = 2
"""The spread of one block is unknown."""


def blocks_of_orders(players: Sequence[str], *, orders: int) -> list[Block]:
    """Return blocks with at least this number of orders in all; they depend on the players' names alone.

    Parameters
    ----------
    players : at least two distinct names.
    orders : rounded up to whole blocks, of which there are at least two.
    """
    square = _williams_square(len(players))
    count = max(math.ceil(orders / len(square)), LEAST_BLOCKS)
    # Sorted first, so that the order of the entries in a file does not matter.
    names = sorted(range(len(players)), key=lambda place: players[place])
    blocks = []
    for number in range(count):
        placed = sorted(names, key=lambda place: int(key("order of players", number, players[place])))
        blocks.append(tuple(tuple(placed[row] for row in order) for order in square))
    return blocks


def _williams_square(players: int) -> Block:
    """Return orders in which each player has each place, and each ordered pair is adjacent, equally often.

    They number ``players`` if that is even, and twice as many if it is odd.
    """
    zigzag = [(place + 1) // 2 if place % 2 else -(place // 2) for place in range(players)]
    rows = [tuple((player + shift) % players for player in zigzag) for shift in range(players)]
    if players % 2:
        rows += [row[::-1] for row in rows]
    return tuple(rows)


def coalitions_of(blocks: Sequence[Block]) -> list[int]:
    """Return the coalitions whose worth the estimates need, sorted."""
    needed = {0}
    for order in (order for block in blocks for order in block):
        for before, first, second in _neighbours(order):
            needed |= {before, before | first, before | second, before | first | second}
    return sorted(needed)


def _neighbours(order: Order) -> Iterator[tuple[int, int, int]]:
    """Yield the players before two neighbours, and these two, as coalitions."""
    before = 0
    for first, second in pairwise(order):
        yield before, 1 << first, 1 << second
        before |= 1 << first


def sampled_values(outcomes: Mapping[int, Array], blocks: Sequence[Block]) -> tuple[Array, Array]:
    """Estimate the Shapley value of every player.

    Parameters
    ----------
    outcomes : float64 (N,) by coalition: those of :func:`coalitions_of`.

    Returns
    -------
    values : float64, shape (N, P)
        Each row sums to the outcome of all players minus that of none.
    errors : float64, shape (P,)
        Standard errors of their means that come from sampling orders, at these replications.
    """
    estimates = []
    for block in blocks:
        players = len(block[0])
        total = np.zeros((len(outcomes[0]), players))
        for order in block:
            before = 0
            for player in order:
                total[:, player] += outcomes[before | 1 << player] - outcomes[before]
                before |= 1 << player
        estimates.append(total / len(block))
    return _mean_and_error(np.array(estimates))


def sampled_interactions(
    outcomes: Mapping[int, Array], blocks: Sequence[Block]
) -> tuple[dict[tuple[int, int], Array], dict[tuple[int, int], float]]:
    """Estimate the Shapley interaction index of every pair: values, float64 (N,), and errors as `sampled_values`.

    Two players that join directly one after the other have joined those before them as one would, so their joint effect
    there, averaged over orders, is the index.
    """
    pairs = list(combinations(range(len(blocks[0][0])), 2))
    place = {(1 << first) | (1 << second): number for number, (first, second) in enumerate(pairs)}
    estimates = []
    for block in blocks:
        total = np.zeros((len(outcomes[0]), len(pairs)))
        times = np.zeros(len(pairs))
        for order in block:
            for before, first, second in _neighbours(order):
                pair = place[first | second]
                together = outcomes[before | first | second] + outcomes[before]
                total[:, pair] += together - outcomes[before | first] - outcomes[before | second]
                times[pair] += 1
        estimates.append(total / times)
    values, errors = _mean_and_error(np.array(estimates))
    found = {pair: values[:, number] for number, pair in enumerate(pairs)}
    return found, {pair: float(errors[number]) for number, pair in enumerate(pairs)}


def _mean_and_error(estimates: Array) -> tuple[Array, Array]:
    """Return the mean over blocks of estimates (B, N, X), and the standard error of its mean over replications."""
    by_block = estimates.mean(axis=1)
    return estimates.mean(axis=0), by_block.std(axis=0, ddof=1) / math.sqrt(len(estimates))
