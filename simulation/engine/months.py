"""Months of a replication in one compiled call: first the memberships, then one technology after the other.

Nothing here is an equation: each has its own function in :mod:`simulation.engine.kernels`. The engine makes the calls,
between which levers change and a year begins.
"""

from __future__ import annotations

import numpy as np

from simulation.compiled import compiled
from simulation.engine.arrays import Changing, Conditions, Counts, Derived, Fixed, Moves, Population
from simulation.engine.membership_months import move_members, record_members
from simulation.engine.technology_months import diffuse, find_cells, find_factors, will_wait
from simulation.world import Array


@compiled
def run_months(
    month: int,
    last: int,
    fixed: Fixed,
    population: Population,
    now: Conditions,
    market: Array,
    state: Changing,
    derived: Derived,
    moves: Moves,
    counts: Counts,
) -> int:
    """Simulate months from ``month`` to ``last - 1``, counted from 0, in which nothing happens that the engine must do.

    Each month computes everything from the state at its start, and applies it at its end (section 2).

    Parameters
    ----------
    market : float64, shape (K, S, R)
        x, the market factor of these months; neutral 1.

    Returns
    -------
    int
        The months done: ``last``, or less where so many enterprises moved that the room for ``moves`` was used up.
    """
    last = move_members(month, last, fixed, population, now, state, derived, moves, counts)
    used = np.flatnonzero(moves.is_used)
    find_factors(used, now, state, derived)
    cells = np.empty(population.slot.shape, dtype=np.int32)
    has_cells = np.zeros(population.slot.shape[0], dtype=np.bool_)
    for k in range(population.pattern_of.size):
        pattern = population.pattern_of[k]
        if not has_cells[pattern] and will_wait(k, month, last, fixed, state):
            has_cells[pattern] = True
            find_cells(k, population, moves, fixed.relevance.shape[1], cells[pattern])
        diffuse(
            k,
            month,
            last,
            used,
            cells[pattern],
            fixed,
            population,
            now,
            market,
            state,
            derived,
            moves,
            counts,
        )
    derived.stratum_is_new[used] = False
    return last


@compiled
def record(month: int, state: Changing, counts: Counts) -> None:
    """Record the counts at the end of a month, again if something has changed since."""
    record_members(month, state, counts)
    for k in range(state.mastered.shape[1]):
        counts.adopters[k, month] = state.adopters[:, :, k]
        counts.mastered[month, k] = state.mastered[:, k].sum()
