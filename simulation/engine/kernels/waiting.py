"""The enterprises of one technology in the order in which its months pass through them: those that wait come first.

This module holds a data structure and no equation. A place is a number in this order. What the months read of those
that wait lies in it, one after the other: ``remaining``, ``contacts``, ``exposures`` and ``cells``. One that adopts
trades places with the last one that waits, so the order means nothing; what lies behind those that wait means nothing
either, but for the thresholds that remain to those who may wait later.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from simulation.compiled import compiled

Array = npt.NDArray[Any]

NOWHERE = -1
"""The place of an enterprise that does not wait."""


@compiled
def let_wait(who: Array, slot: Array, waiting: Array, remaining: Array) -> int:
    """Put the enterprises for which ``who`` is true in front, and return how many they are.

    Parameters
    ----------
    who : bool, shape (pairs,)
        By pair, none of which has adopted.
    slot : int32, shape (N,)
        The pair of each enterprise.
    waiting : int32, shape (pairs,)
        The enterprise at each place.
    remaining : float64, shape (pairs,)
        What belongs to the enterprise at each place.
    """
    n = 0
    for w in range(waiting.size):
        if who[slot[waiting[w]]]:
            waiting[n], waiting[w] = waiting[w], waiting[n]
            remaining[n], remaining[w] = remaining[w], remaining[n]
            n += 1
    return n


@compiled
def find_places(waiting: Array, place: Array) -> None:
    """Set place[i], int32 (N,), to the place of each enterprise that waits, and to NOWHERE for the others.

    ``waiting``, int32 (waiting,), are the enterprises that wait, by place.
    """
    place[:] = NOWHERE
    for w in range(waiting.size):
        place[np.uint32(waiting[w])] = w


@compiled
def stop_waiting(
    reached: Array,
    n_waiting: int,
    waiting: Array,
    place: Array,
    remaining: Array,
    contacts: Array,
    exposures: Array,
    cells: Array,
) -> None:
    """Put the enterprises at some of the first ``n_waiting`` places behind the others of these.

    Parameters
    ----------
    reached : int32, shape (new,)
        Places, increasing.
    waiting : int32, shape (pairs,)
        The enterprise at each place.
    place : int32, shape (N,)
        From :func:`find_places`.
    remaining, exposures : float64, shape (pairs,); contacts : int32, shape (pairs, 4); cells : int32, shape (pairs,)
        What belongs to the enterprise at each place.
    """
    for n in range(reached.size):  # from the last, so that the one that takes its place stays
        w, last = np.uint32(reached[reached.size - 1 - n]), np.uint32(n_waiting - 1 - n)
        stays, leaves = np.uint32(waiting[last]), np.uint32(waiting[w])
        waiting[w], waiting[last] = stays, leaves
        place[stays], place[leaves] = w, NOWHERE
        remaining[w], exposures[w], cells[w] = remaining[last], exposures[last], cells[last]
        for column in range(contacts.shape[1]):
            contacts[w, column] = contacts[last, column]
