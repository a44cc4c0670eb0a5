"""Strata: the enterprises of one region that are on the same platforms, for whom exposure is computed once.

This module holds data structures and no equation. Strata are numbered in the order in which they are first needed; the
first stratum of region r has number r, is on no platform and always exists. Those of a region form a linked list. A
number stays with its region and platforms until no number is left; then those that have enterprises are numbered anew.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from simulation.compiled import compiled

Array = npt.NDArray[Any]

LAST = -1
"""Stands where a list ends."""


@compiled
def change_memberships(
    wanted: Array,
    mask_of: Array,
    region_of: Array,
    industry_of: Array,
    members: Array,
    members_by_industry: Array,
    stratum_of: Array,
    strata_made: Array,
    stratum_mask: Array,
    stratum_next: Array,
    stratum_size: Array,
    region_of_stratum: Array,
    on_platform: Array,
    is_new: Array,
    moved: Array,
    moved_from: Array,
    moved_to: Array,
) -> int:
    """Assign every enterprise to its chosen platforms, update the counts of members, and return how many moved.

    Parameters
    ----------
    wanted : uint64, shape (N,)
        Memberships from now on, bit h for platform h.
    mask_of : uint64, shape (N,)
        Memberships until now; overwritten by ``wanted``.
    region_of, industry_of : int32, shape (N,)
    members : int64, shape (H, R); members_by_industry : int64, shape (H, S)
        Raised and lowered.
    stratum_of : int32, shape (N,)
        Overwritten for those who move.
    strata_made : int64, shape (1,)
        How many numbers are in use. There must be one for each that is made; C = 2 N + R is enough if
        :func:`number_anew` is called whenever fewer than N are left.
    stratum_mask : uint64, shape (C,); stratum_next, stratum_size, region_of_stratum : int64, shape (C,)
        The strata: platforms; next stratum of the region, or LAST; enterprises; region.
    on_platform : bool, shape (C, H)
        Platforms once more.
    is_new : bool, shape (C,)
        Set for strata that were empty: what is computed for strata with enterprises was not for them.
    moved : int32, shape (N or more,); moved_from : uint64, same shape; moved_to : int32, same shape
        Overwritten at the front: the enterprises that move, their platforms before, and their strata afterwards.
    """
    n = 0
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
        stratum_size[stratum_of[i]] -= 1
        stratum = _find_or_make(
            r,
            wanted[i],
            strata_made,
            stratum_mask,
            stratum_next,
            stratum_size,
            region_of_stratum,
            on_platform,
        )
        is_new[stratum] |= stratum_size[stratum] == 0
        stratum_size[stratum] += 1
        stratum_of[i] = stratum
        moved[n], moved_from[n], moved_to[n] = i, mask_of[i], stratum
        n += 1
        mask_of[i] = wanted[i]
    return n


@compiled
def _find_or_make(
    region: int,
    mask: np.uint64,
    strata_made: Array,
    stratum_mask: Array,
    stratum_next: Array,
    stratum_size: Array,
    region_of_stratum: Array,
    on_platform: Array,
) -> int:
    """Return the stratum of this region and these platforms, with the next number if there is none yet."""
    stratum, last = region, region
    while stratum >= 0:
        if stratum_mask[stratum] == mask:
            return stratum
        last = stratum
        stratum = stratum_next[stratum]
    made = strata_made[0]
    strata_made[0] += 1
    stratum_next[last], stratum_next[made] = made, LAST
    stratum_mask[made], stratum_size[made], region_of_stratum[made] = mask, 0, region
    for h in range(on_platform.shape[1]):
        on_platform[made, h] = (mask >> np.uint64(h)) & np.uint64(1)
    return made


@compiled
def number_anew(
    n_regions: int,
    mask_of: Array,
    region_of: Array,
    stratum_of: Array,
    strata_made: Array,
    stratum_mask: Array,
    stratum_next: Array,
    stratum_size: Array,
    region_of_stratum: Array,
    on_platform: Array,
    is_new: Array,
) -> None:
    """Give numbers to the strata that have enterprises, and to those on no platform, as if there had been no others.

    Parameters
    ----------
    n_regions : int
        R.
    mask_of : uint64, shape (N,); region_of : int32, shape (N,)
        Never written.
    others
        As those of :func:`change_memberships`; overwritten.
    """
    strata_made[0] = n_regions
    stratum_next[:n_regions] = LAST
    stratum_size[:] = 0
    is_new[:] = True
    for i in range(mask_of.size):
        stratum = _find_or_make(
            region_of[i], mask_of[i], strata_made, stratum_mask, stratum_next, stratum_size, region_of_stratum,
            on_platform,
        )  # fmt: skip
        stratum_size[stratum] += 1
        stratum_of[i] = stratum


@compiled
def count_moved_adopters(
    moved: Array,
    moved_from: Array,
    moved_to: Array,
    stratum_mask: Array,
    industry_of: Array,
    slot: Array,
    adopted_month: Array,
    member_adopters: Array,
) -> None:
    """Count the members that have adopted one technology again after enterprises have changed their memberships.

    Parameters
    ----------
    moved, moved_from, moved_to
        From :func:`change_memberships`.
    stratum_mask : uint64, shape (C,); industry_of : int32, shape (N,)
    slot : int32, shape (N,)
        The place of each enterprise among the pairs of the technology; -1 where it is not eligible.
    adopted_month : int32, shape (pairs of the technology,)
        -1 for pairs without adoption.
    member_adopters : int64, shape (H, S)
        Raised and lowered.
    """
    for n in range(moved.size):
        i = np.uint32(moved[n])
        if slot[i] < 0 or adopted_month[np.uint32(slot[i])] < 0:
            continue
        mask = stratum_mask[np.uint32(moved_to[n])]
        changed = mask ^ moved_from[n]
        for h in range(member_adopters.shape[0]):
            bit = np.uint64(1) << np.uint64(h)
            if changed & bit:
                member_adopters[h, industry_of[i]] += 1 if mask & bit else -1


@compiled
def cells_of_waiting(
    waiting: Array,
    stratum_of: Array,
    industry_of: Array,
    partners: Array,
    n_strata: int,
    n_industries: int,
    cells: Array,
) -> None:
    """Set cells[w] to the cell of each enterprise that waits: what decides its hazard up to alpha and B.

    Parameters
    ----------
    waiting : int32, shape (waiting,)
        The enterprises.
    stratum_of, industry_of : int32, shape (N,)
    partners : int32, shape (N,)
        Eligible partners.
    n_strata, n_industries : int
        C and S.
    cells : int32, shape (waiting or more,)
        Overwritten: (stratum, industry) counted through, and C S more for enterprises without an eligible partner.
    """
    for w in range(waiting.size):
        i = np.uint32(waiting[w])
        cell = stratum_of[i] * n_industries + industry_of[i]
        cells[w] = cell if partners[i] > 0 else cell + n_strata * n_industries


@compiled
def move_cells(
    moved: Array,
    moved_to: Array,
    industry_of: Array,
    partners: Array,
    n_strata: int,
    n_industries: int,
    place: Array,
    cells: Array,
) -> None:
    """Bring the cells of those that wait, from :func:`cells_of_waiting`, up to date after enterprises have moved.

    Parameters
    ----------
    moved, moved_to
        From :func:`change_memberships`.
    place : int32, shape (N,)
        Of each enterprise that waits: see :mod:`simulation.engine.kernels.waiting`.
    cells : int32, shape (pairs,), by place
        Written for those who moved.
    others
        As those of :func:`cells_of_waiting`.
    """
    for n in range(moved.size):
        i = np.uint32(moved[n])
        if place[i] >= 0:
            cell = moved_to[n] * n_industries + industry_of[i]
            cells[np.uint32(place[i])] = cell if partners[i] > 0 else cell + n_strata * n_industries
