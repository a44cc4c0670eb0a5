"""Strata: the enterprises of one region that are on the same platforms, for whom exposure is computed once.

This module holds data structures and no equation. The strata of a region form a linked list; the first
stratum of region r has number r, is on no platform and always exists. The number of an empty stratum is
reused.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from simulation.compiled import compiled

Array = npt.NDArray[Any]

UNUSED = -2


@compiled
def change_memberships(
    wanted: Array,
    mask_of: Array,
    region_of: Array,
    industry_of: Array,
    start: Array,
    pattern_of: Array,
    slot: Array,
    adopted_month: Array,
    members: Array,
    members_by_industry: Array,
    member_adopters: Array,
    stratum_of: Array,
    stratum_mask: Array,
    stratum_next: Array,
    stratum_size: Array,
    on_platform: Array,
    is_new: Array,
) -> None:
    """Assign every enterprise to its chosen platforms and update all counts of members.

    Parameters
    ----------
    wanted : uint64, shape (N,)
        Memberships from now on, bit h for platform h.
    mask_of : uint64, shape (N,)
        Memberships until now; overwritten by ``wanted``.
    region_of, industry_of : int32, shape (N,)
    start, pattern_of, slot, adopted_month
        The eligible pairs and their adoptions, as in :func:`simulation.engine.kernels.adoption.advance_adoption`.
    members : int64, shape (H, R); members_by_industry : int64, shape (H, S); member_adopters : int64, shape (H, S, K)
        Raised and lowered.
    stratum_of : int32, shape (N,)
        Overwritten for those who move.
    stratum_mask : uint64, shape (C,); stratum_next, stratum_size : int64, shape (C,); on_platform : bool, shape (C, H)
        The strata: platforms; next stratum of the region, -1 at the end, UNUSED for numbers still free; enterprises. A
        region never has more strata than enterprises, plus the one on no platform, so C = N + R is always enough.
    is_new : bool, shape (C,)
        Set for strata that were empty: they are made, or have other platforms, or have been left out of computations.
    """
    for i in range(wanted.size):
        changed = wanted[i] ^ mask_of[i]
        if not changed:
            continue
        r, s = region_of[i], industry_of[i]
        for h in range(members.shape[0]):
            bit = np.uint64(1) << np.uint64(h)
            if changed & bit:
                sign = 1 if wanted[i] & bit else -1
                members[h, r] += sign
                members_by_industry[h, s] += sign
                for k in range(start.size - 1):
                    place = slot[pattern_of[k], i]
                    if place >= 0 and adopted_month[start[k] + place] >= 0:
                        member_adopters[h, s, k] += sign
        mask_of[i] = wanted[i]
        stratum_size[stratum_of[i]] -= 1
        stratum = _find_or_make(r, wanted[i], stratum_mask, stratum_next, stratum_size, on_platform)
        is_new[stratum] |= stratum_size[stratum] == 0
        stratum_size[stratum] += 1
        stratum_of[i] = stratum


@compiled
def _find_or_make(
    region: int,
    mask: np.uint64,
    stratum_mask: Array,
    stratum_next: Array,
    stratum_size: Array,
    on_platform: Array,
) -> int:
    """Return the stratum of this region and these platforms: an existing, an empty or a new one."""
    stratum, last, empty = region, region, -1
    while stratum >= 0:
        if stratum_mask[stratum] == mask:
            return stratum
        if stratum_size[stratum] == 0 and stratum_mask[stratum] != 0:
            empty = stratum
        last = stratum
        stratum = stratum_next[stratum]
    if empty < 0:
        empty = 0
        while stratum_next[empty] != UNUSED:
            empty += 1
        stratum_next[last] = empty
        stratum_next[empty] = -1
    stratum_mask[empty] = mask
    for h in range(on_platform.shape[1]):
        on_platform[empty, h] = (mask >> np.uint64(h)) & np.uint64(1)
    return empty


@compiled
def live_strata(
    n_regions: int, stratum_next: Array, stratum_size: Array, region_of_stratum: Array, live: Array
) -> Array:
    """Return the strata that have enterprises, int64 (C',), region by region: a view of ``live``.

    Parameters
    ----------
    n_regions : int
        R.
    stratum_next, stratum_size : int64, shape (C,)
        See :func:`change_memberships`.
    region_of_stratum : int64, shape (C,)
        Overwritten for the strata returned.
    live : int64, shape (C,)
        Overwritten.
    """
    n = 0
    for r in range(n_regions):
        stratum = r
        while stratum >= 0:
            if stratum_size[stratum] > 0:
                region_of_stratum[stratum] = r
                live[n] = stratum
                n += 1
            stratum = stratum_next[stratum]
    return live[:n]
