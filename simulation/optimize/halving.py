"""Successive halving: many candidates in few worlds first, and the better half of them in twice as many.

References
----------
Jamieson & Talwalkar (2016), Non-stochastic best arm identification and hyperparameter optimization, Proceedings of the
19th International Conference on Artificial Intelligence and Statistics: 240-248.
"""

from __future__ import annotations

import numpy as np

from simulation.world import Array

FEWEST_WORLDS = 4
"""Worlds of the first rung, or up to twice as many less one."""


def rungs(worlds: int) -> tuple[int, ...]:
    """Return the number of worlds of each rung, each about twice the one before, the last all of them."""
    sizes = [worlds]
    while sizes[0] >= 2 * FEWEST_WORLDS:
        sizes.insert(0, (sizes[0] + 1) // 2)
    return tuple(sizes)


def layers(values: Array) -> Array:
    """Return the layer of each of P rivals, int64: 0 for the front, 1 for the front of the rest, and so on.

    Parameters
    ----------
    values : float64 (P, objectives), lower is better; those with a nan are in one last layer.
    """
    found = np.full(len(values), -1)
    left = np.flatnonzero(~np.isnan(values).any(axis=1))
    layer = 0
    while left.size:
        mine = values[left]
        better = (mine[:, None] <= mine[None]).all(axis=2) & (mine[:, None] < mine[None]).any(axis=2)
        first = ~better.any(axis=0)
        found[left[first]] = layer
        left = left[~first]
        layer += 1
    found[found < 0] = layer
    return found


def better_half(values: Array) -> Array:
    """Return the places of those that go on, int64 ascending: layer by layer, until there are at least half.

    So all that no other beats go on, also if they are more than half. Who has no value goes on only if nobody has one.
    """
    layer = layers(values)
    needed = (len(values) + 1) // 2
    last = int(np.sort(layer)[needed - 1])
    undefined = np.isnan(values).any(axis=1)
    goes_on = layer <= last
    if not undefined.all():
        goes_on &= ~undefined
    return np.flatnonzero(goes_on)
