"""The pairs of one technology in the order in which its months pass through them: those that wait to adopt come first.

This module holds a data structure and no equation. A pair is the number of an enterprise among those that are eligible
for the technology. What the months read of those that wait lies in this order, one after the other: ``remaining``,
``exposures`` and ``cells``. A pair that adopts trades places with the last one that waits, so the order means nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from simulation.compiled import compiled

Array = npt.NDArray[Any]


@compiled
def trade_places(
    a: int, b: int, waiting: Array, place: Array, remaining: Array, exposures: Array, cells: Array
) -> None:
    """Let the pairs at two places trade them.

    Parameters
    ----------
    a, b : int
        Places.
    waiting, place : int32, shape (pairs,)
        The pair at each place, and the place of each pair.
    remaining, exposures : float64, shape (pairs,); cells : int32, shape (pairs,)
        What belongs to the pair at each place.
    """
    waiting[a], waiting[b] = waiting[b], waiting[a]
    place[waiting[a]], place[waiting[b]] = a, b
    remaining[a], remaining[b] = remaining[b], remaining[a]
    exposures[a], exposures[b] = exposures[b], exposures[a]
    cells[a], cells[b] = cells[b], cells[a]


@compiled
def let_wait(
    who: Array, waiting: Array, place: Array, remaining: Array, exposures: Array, cells: Array
) -> int:
    """Put the pairs for which ``who``, bool (pairs,), is true in front, and return how many they are.

    The other arguments are those of :func:`trade_places`.
    """
    n = 0
    for w in range(waiting.size):
        if who[waiting[w]]:
            trade_places(n, w, waiting, place, remaining, exposures, cells)
            n += 1
    return n


@compiled
def stop_waiting(
    reached: Array,
    n_waiting: int,
    waiting: Array,
    place: Array,
    remaining: Array,
    exposures: Array,
    cells: Array,
) -> None:
    """Put the pairs at some of the first ``n_waiting`` places behind the others of these.

    Parameters
    ----------
    reached : int32, shape (new,)
        Places, increasing.
    others
        As those of :func:`trade_places`.
    """
    for n in range(reached.size):  # from the last, so that the one it trades with stays
        trade_places(
            reached[reached.size - 1 - n],
            n_waiting - 1 - n,
            waiting,
            place,
            remaining,
            exposures,
            cells,
        )


@compiled
def cells_in_order(cells_of_pairs: Array, waiting: Array, cells: Array) -> None:
    """Set cells[w] to the cell of the pair at place w; ``cells_of_pairs`` has those of all pairs."""
    for w in range(cells.size):
        cells[w] = cells_of_pairs[np.uint32(waiting[w])]
