"""Months of a replication in one compiled call: first the memberships, then one technology after the other.

Nothing here is an equation: each has its own function in :mod:`simulation.engine.kernels`. The engine makes the calls,
between which levers change and a year begins.
"""

from __future__ import annotations

import numpy as np

from simulation.compiled import compiled
from simulation.engine.arrays import Changing, Conditions, Counts, Derived, Fixed, Moves, Population
from simulation.engine.kernels import network
from simulation.engine.membership_months import move_members, record_members
from simulation.engine.technology_months import count_contacts, diffuse, find_factors
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
    last, used = begin(month, last, fixed, population, now, state, derived, moves, counts)
    for k in range(population.pattern_of.size):
        diffuse(
            k,
            month,
            last,
            used,
            fixed,
            population,
            now,
            market,
            state,
            derived,
            moves,
            counts,
        )
    end(used, derived)
    return last


@compiled
def begin(
    month: int,
    last: int,
    fixed: Fixed,
    population: Population,
    now: Conditions,
    state: Changing,
    derived: Derived,
    moves: Moves,
    counts: Counts,
) -> tuple[int, Array]:
    """Simulate the memberships of the months; return the months done, and the strata used, uint32 (C',)."""
    last = move_members(month, last, fixed, population, now, state, derived, moves, counts)
    used = np.flatnonzero(moves.is_used).astype(np.uint32)
    find_factors(used, now, state, derived)
    return last, used


@compiled
def end(used: Array, derived: Derived) -> None:
    """Note that what is computed for strata has been computed for those used."""
    derived.stratum_is_new[used] = False


@compiled
def meet_partners(population: Population, now: Conditions, state: Changing) -> None:
    """Compute B of all that wait, under the levers of the month; section 2.4."""
    for k in range(population.pattern_of.size):
        first = population.start[k]
        last = first + state.waiting_count[k]
        network.network_exposures(now.local_contacts, state.contacts[first:last], state.exposures[first:last])


@compiled
def count_partners(population: Population, now: Conditions, state: Changing) -> None:
    """Count the partners that have adopted anew for all that wait, after a change of ties; section 2.4."""
    for k in range(population.pattern_of.size):
        if state.waiting_count[k] > 0:
            count_contacts(k, population, now, state)


@compiled
def record(month: int, state: Changing, counts: Counts) -> None:
    """Record the counts at the end of a month, again if something has changed since."""
    record_members(month, state, counts)
    for k in range(state.mastered.shape[1]):
        counts.adopters[k, month] = state.adopters[:, :, k]
        counts.mastered[month, k] = state.mastered[:, k].sum()
