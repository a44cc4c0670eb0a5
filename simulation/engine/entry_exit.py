"""Entry and exit of enterprises from year to year, in scenarios with turnover (section 13.9)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from simulation.engine.kernels.waiting import let_wait
from simulation.state import State
from simulation.world import Array, World


def present_in(world: World, month: int) -> Array:
    """Return which enterprises are present after ``month`` months, bool (N,)."""
    enterprises = world.enterprises
    return np.asarray((enterprises.from_month <= month) & (month < enterprises.to_month))


def renewed(world: World, state: State) -> World:
    """Return the world with the enterprises of the new year; those that have left no longer adopt and are not counted.

    Everything except the presence of enterprises is shared with ``world``, which is not written. Business
    ties do not change here; see :mod:`simulation.engine.rewiring`.
    """
    enterprises, pairs = world.enterprises, world.pairs
    present = present_in(world, state.month)
    counts = enterprises.counted(present)
    for k in range(len(world.technologies.names)):
        first, last = pairs.start[k], pairs.start[k + 1]
        there = present[pairs.enterprise[first:last]]
        adopted = state.adopted_month[first:last] >= 0
        state.adopters[:, :, k] = enterprises.counted(pairs.enterprise[first:last][there & adopted])
        if state.released[k]:
            wait(state, world, k, there & ~adopted)
    return replace(world, enterprises=replace(enterprises, present=present, counts=counts))


def wait(state: State, world: World, technology: int, who: Array) -> None:
    """Set the pairs of a technology that wait for adoption to those for which ``who``, bool (pairs,), is true.

    The contacts of those that wait must then be counted anew.
    """
    pairs = world.pairs
    own = slice(pairs.start[technology], pairs.start[technology + 1])
    state.waiting_count[technology] = let_wait(
        who, pairs.slot[pairs.pattern_of[technology]], state.waiting[own], state.remaining[own]
    )
