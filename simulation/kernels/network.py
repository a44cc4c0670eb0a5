"""The business network: partners, and the counts of partners that have adopted (section 2.4, equation 2)."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@nb.njit(cache=True)
def eligible_partners(indptr: Array, indices: Array, industry_of: Array, eligible_industry: Array, out: Array) -> None:
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


@nb.njit(cache=True)
def push_adoption(
    enterprise: int, indptr: Array, indices: Array, region_of: Array, slot: Array, first_pair: int, near: Array, far: Array
) -> None:
    """Tell the eligible partners of one new adopter, so that nobody has to look for adopters.

    ``near`` and ``far`` hold, per pair, how many partners of its enterprise in the same and in other regions have
    adopted its technology: the numerator of B_ik = (L_r near + far) / eligible partners, equation (2).

    Parameters
    ----------
    enterprise : int
        The new adopter.
    indptr, indices
        CSR adjacency, as in :func:`eligible_partners`.
    region_of : int32, shape (N,)
    slot : int32, shape (N,)
        Pair of partner i is ``first_pair + slot[i]``; -1 where i is not eligible.
    near, far : int32, shape (P,)
        Written for the partners of the enterprise only.

    References
    ----------
    Valente (1996), Social Networks 18: 69-89.
    """
    for t in range(indptr[enterprise], indptr[enterprise + 1]):
        partner = indices[t]
        if slot[partner] >= 0:
            if region_of[partner] == region_of[enterprise]:
                near[first_pair + slot[partner]] += 1
            else:
                far[first_pair + slot[partner]] += 1


@nb.njit(cache=True)
def network_exposure(near: int, far: int, partners: int, local_contacts: float, spatial: float) -> float:
    """Return B_ik = (L_r near + far) / partners, or S_rsk where i has no eligible partner; equation (2)."""
    if partners == 0:
        return spatial
    return (local_contacts * near + far) / partners
