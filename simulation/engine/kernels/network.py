"""The business network: partners, and the counts of partners that have adopted (section 2.4, equation 2)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from simulation.compiled import compiled

Array = npt.NDArray[Any]


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
def network_exposures(
    start: Array,
    enterprise: Array,
    pattern_of: Array,
    partners: Array,
    region_of: Array,
    local_contacts: Array,
    near: Array,
    far: Array,
    place: Array,
    exposures: Array,
) -> None:
    """Recompute B of every pair, after a change of the levers L_r; see :func:`push_adoption`.

    Parameters
    ----------
    start, enterprise, pattern_of, partners
        The eligible pairs: :class:`simulation.world.Pairs`.
    region_of : int32, shape (N,)
    local_contacts : float64, shape (R,)
        L_r.
    near, far : int32, shape (P,)
        Partners that have adopted.
    place : int32, shape (P,)
        Of each pair among those of its technology: see :mod:`simulation.engine.kernels.waiting`.
    exposures : float64, shape (P,), by place
        Overwritten.
    """
    for k in range(start.size - 1):
        for p in range(start[k], start[k + 1]):
            i = enterprise[p]
            exposures[start[k] + place[p]] = network_exposure(
                near[p], far[p], partners[pattern_of[k], i], local_contacts[region_of[i]]
            )


@compiled
def push_adoption(
    adopter: int,
    indptr: Array,
    indices: Array,
    region_of: Array,
    slot: Array,
    partners: Array,
    local_contacts: Array,
    near: Array,
    far: Array,
    place: Array,
    exposures: Array,
) -> None:
    """Update the counts of the eligible partners of one new adopter; equation (2).

    Parameters
    ----------
    adopter : int
        The enterprise that has adopted.
    indptr, indices
        CSR adjacency, as in :func:`eligible_partners`.
    region_of : int32, shape (N,)
    slot : int32, shape (N,)
        Pair of partner i; -1 where i is not eligible.
    partners : int32, shape (N,)
        Eligible partners.
    local_contacts : float64, shape (R,)
        L_r.
    place : int32, shape (pairs,)
        Of each pair: see :mod:`simulation.engine.kernels.waiting`.
    near, far : int32, shape (pairs,); exposures : float64, shape (pairs,), by place
        Written for the partners of the adopter only: partners that have adopted, and B.
    """
    region = region_of[adopter]
    for t in range(indptr[adopter], indptr[adopter + 1]):
        # Unsigned, so that the compiler need not handle negative indices.
        i = np.uint32(indices[t])
        if slot[i] >= 0:
            p = np.uint32(slot[i])
            # Sums instead of a branch, which no processor can predict.
            is_near = np.int32(region_of[i] == region)
            near[p] += is_near
            far[p] += 1 - is_near
            exposures[np.uint32(place[p])] = network_exposure(
                near[p], far[p], partners[i], local_contacts[np.uint32(region_of[i])]
            )


@compiled
def adopting_partners(
    start: Array,
    enterprise: Array,
    pattern_of: Array,
    slot: Array,
    indptr: Array,
    indices: Array,
    region_of: Array,
    adopted_month: Array,
    near: Array,
    far: Array,
) -> None:
    """Recount v and V of equation (2) for every pair, after a change of ties.

    Parameters
    ----------
    start, enterprise, pattern_of, slot
        The eligible pairs: :class:`simulation.world.Pairs`.
    indptr, indices
        CSR adjacency, as in :func:`eligible_partners`.
    region_of : int32, shape (N,)
    adopted_month : int32, shape (P,)
        -1 for pairs without adoption.
    near, far : int32, shape (P,)
        Overwritten: partners of the same and of other regions that have adopted.
    """
    for k in range(start.size - 1):
        pair_of = slot[pattern_of[k]]
        for p in range(start[k], start[k + 1]):
            i = enterprise[p]
            near[p] = far[p] = 0
            for t in range(indptr[i], indptr[i + 1]):
                j = indices[t]
                if pair_of[j] >= 0 and adopted_month[start[k] + pair_of[j]] >= 0:
                    if region_of[j] == region_of[i]:
                        near[p] += 1
                    else:
                        far[p] += 1
