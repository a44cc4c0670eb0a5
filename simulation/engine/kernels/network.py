"""The business network: partners, and the counts of partners that have adopted (section 2.4, equation 2)."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from simulation.compiled import compiled, places, prefetch

Array = npt.NDArray[Any]


class Contact(IntEnum):
    """Columns of what the push to an enterprise that waits reads and writes of it, for one technology."""

    NEAR = 0  # eligible partners of its own region that have adopted
    FAR = 1  # of other regions
    PARTNERS = 2  # eligible partners
    REGION = 3  # its region


CONTACT = places(Contact)


@compiled
def eligible_partners(
    indptr: Array, indices: Array, industry_of: Array, eligible_industry: Array, out: Array
) -> None:
    """Set out[i] to the number of partners of i in an eligible industry.

    Parameters
    ----------
    indptr : int64, shape (N + 1,)
    indices : int32, shape (ties,)
        CSR adjacency: the partners of i are ``indices[indptr[i]:indptr[i + 1]]``.
    industry_of : int32, shape (N,)
    eligible_industry : bool, shape (S,)
    out : int32, shape (N,)
        Overwritten.
    """
    for i in range(out.size):
        count = 0
        for t in range(indptr[i], indptr[i + 1]):
            if eligible_industry[industry_of[indices[t]]]:
                count += 1
        out[i] = count


ADOPTERS_AHEAD, PARTNERS_AHEAD = 8, 16
"""How many adopters and partners ahead the memory is asked for: large worlds do not fit into the caches."""

NO_PARTNER = -1.0
"""Stands for the network exposure of an enterprise without an eligible partner, which takes the spatial one."""


@compiled
def network_exposure(near: int, far: int, partners: int, local_contacts: float) -> float:
    """Return B_ik = (L_r near + far) / partners, or NO_PARTNER; equation (2).

    Parameters
    ----------
    near, far : int
        Eligible partners of i in its own and in other regions that have adopted.
    partners : int
        Eligible partners of i.
    local_contacts : float
        L_r of i's region; neutral 1.

    References
    ----------
    Valente (1996), Social Networks 18: 69-89.
    """
    if partners == 0:
        return NO_PARTNER
    return (local_contacts * near + far) / partners


@compiled
def network_exposures(local_contacts: Array, contacts: Array, exposures: Array) -> None:
    """Set exposures, float64 (waiting,), to B of enterprises that wait; equation (2).

    Parameters
    ----------
    local_contacts : float64, shape (R,)
        L_r.
    contacts : int32, shape (waiting, 4)
        In the columns of :class:`Contact`.
    """
    for w in range(exposures.size):
        exposures[w] = network_exposure(
            contacts[w, CONTACT.NEAR],
            contacts[w, CONTACT.FAR],
            contacts[w, CONTACT.PARTNERS],
            local_contacts[contacts[w, CONTACT.REGION]],
        )


@compiled
def count_no_adopter(waiting: Array, partners: Array, region_of: Array, contacts: Array) -> None:
    """Set the contacts of enterprises that wait to those without any adopter.

    Parameters
    ----------
    waiting : int32, shape (waiting,)
        The enterprises.
    partners, region_of : int32, shape (N,)
        Eligible partners, and region.
    contacts : int32, shape (waiting, 4)
        Overwritten, in the columns of :class:`Contact`.
    """
    for w in range(waiting.size):
        i = np.uint32(waiting[w])
        contacts[w, CONTACT.NEAR] = contacts[w, CONTACT.FAR] = 0
        contacts[w, CONTACT.PARTNERS] = partners[i]
        contacts[w, CONTACT.REGION] = region_of[i]


@compiled
def tell_partners(
    adopters: Array,
    indptr: Array,
    indices: Array,
    region_of: Array,
    local_contacts: Array,
    place: Array,
    contacts: Array,
    exposures: Array,
) -> None:
    """Count new adopters of one technology among the contacts of those partners that wait; equation (2).

    Parameters
    ----------
    adopters : int32, shape (new,)
        The enterprises that have adopted.
    indptr, indices
        CSR adjacency, as in :func:`eligible_partners`.
    region_of : int32, shape (N,)
    local_contacts : float64, shape (R,)
        L_r.
    place : int32, shape (N,)
        Of each enterprise that waits: see :mod:`simulation.engine.kernels.waiting`.
    contacts : int32, shape (pairs, 4); exposures : float64, shape (pairs,), by place
        Written for the partners of adopters only: columns NEAR and FAR, and B.
    """
    first, end = np.empty(adopters.size, dtype=np.uint64), np.empty(adopters.size, dtype=np.uint64)
    n_ties = np.uint64(0)
    for a in range(adopters.size):
        i = np.uint32(adopters[a])
        first[a], end[a] = indptr[i], indptr[i + np.uint32(1)]
        n_ties += end[a] - first[a]
    # In two passes, neither of which has a branch that no processor can predict: it would wait for memory at each.
    told, home = np.empty(n_ties, dtype=np.int32), np.empty(n_ties, dtype=np.int32)
    n = np.uint64(0)
    for a in range(adopters.size):
        if a + ADOPTERS_AHEAD < adopters.size:
            prefetch(indices, first[a + ADOPTERS_AHEAD])
        region = region_of[np.uint32(adopters[a])]
        for t in range(first[a], end[a]):
            w = place[np.uint32(indices[t])]
            told[n], home[n] = w, region
            n += np.uint64(w >= 0)
    for m in range(n):
        if m + PARTNERS_AHEAD < n:
            prefetch(contacts, told[m + PARTNERS_AHEAD])
            prefetch(exposures, told[m + PARTNERS_AHEAD])
        w = np.uint32(told[m])
        region = contacts[w, CONTACT.REGION]
        is_near = np.int32(region == home[m])
        near, far = contacts[w, CONTACT.NEAR] + is_near, contacts[w, CONTACT.FAR] + 1 - is_near
        contacts[w, CONTACT.NEAR], contacts[w, CONTACT.FAR] = near, far
        exposures[w] = network_exposure(
            near, far, contacts[w, CONTACT.PARTNERS], local_contacts[np.uint32(region)]
        )


@compiled
def exposure_of(
    enterprise: int,
    indptr: Array,
    indices: Array,
    region_of: Array,
    slot: Array,
    adopted_month: Array,
    local_contacts: Array,
) -> float:
    """Return B of one enterprise, which need not wait, from its ties; equation (2).

    Parameters
    ----------
    slot : int32, shape (N,)
        Pair of each enterprise; -1 where it is not eligible.
    adopted_month : int32, shape (pairs,)
        -1 for pairs without adoption.
    others
        As those of :func:`tell_partners`.
    """
    near, far, partners = 0, 0, 0
    for j in indices[indptr[enterprise] : indptr[enterprise + 1]]:
        if slot[j] >= 0:
            partners += 1
            if adopted_month[slot[j]] >= 0:
                if region_of[j] == region_of[enterprise]:
                    near += 1
                else:
                    far += 1
    return network_exposure(near, far, partners, local_contacts[region_of[enterprise]])
