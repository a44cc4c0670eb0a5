"""Adoption: the hazard is cumulated until it reaches a threshold that is drawn once (section 2.6)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from simulation.channels import Channel
from simulation.compiled import compiled
from simulation.engine.kernels.network import push_adoption

Array = npt.NDArray[Any]

N_CHANNELS = len(Channel)
"""The number of channels; a constant, because compiled code cannot take the length of an enum."""


@compiled
def count_adopters(
    newly: Array,
    k: int,
    start: Array,
    enterprise: Array,
    pattern_of: Array,
    slot: Array,
    partners: Array,
    region_of: Array,
    industry_of: Array,
    mask_of: Array,
    indptr: Array,
    indices: Array,
    local_contacts: Array,
    near: Array,
    far: Array,
    exposures: Array,
    adopters: Array,
    member_adopters: Array,
) -> None:
    """Count new adopters of technology k, and raise the exposure of their partners.

    Parameters
    ----------
    newly : int32, shape (new,)
        Their pairs.
    others
        As those of :func:`advance_adoption`.
    """
    pattern = pattern_of[k]
    for p in newly:
        i = enterprise[p]
        adopters[region_of[i], industry_of[i], k] += 1
        push_adoption(
            i,
            indptr,
            indices,
            region_of,
            slot[pattern],
            partners[pattern],
            start[k],
            local_contacts,
            near,
            far,
            exposures,
        )
        for h in range(member_adopters.shape[0]):
            if (mask_of[i] >> np.uint64(h)) & np.uint64(1):
                member_adopters[h, industry_of[i], k] += 1


@compiled
def advance_adoption(
    month: int,
    start: Array,
    enterprise: Array,
    pattern_of: Array,
    slot: Array,
    partners: Array,
    region_of: Array,
    industry_of: Array,
    stratum_of: Array,
    mask_of: Array,
    indptr: Array,
    indices: Array,
    base: Array,
    slope: Array,
    terms: Array,
    spatial: Array,
    local_contacts: Array,
    waiting: Array,
    waiting_count: Array,
    remaining: Array,
    near: Array,
    far: Array,
    exposures: Array,
    adopted_month: Array,
    adopters: Array,
    member_adopters: Array,
    attribution: Array,
) -> None:
    """Cumulate the hazard of every waiting pair for one month and adopt where it reaches the threshold.

    Pair p adopts when the integral of lambda_p reaches theta_p, equation (6). Its alpha never changes, so the
    kernel compares lambda / alpha with theta / alpha and need not look alpha up. Work is proportional to the
    pairs that still wait. The network counts of a technology are written only after all its pairs have been
    processed (synchronous update); no other technology reads them.

    Parameters
    ----------
    month : int
        Number of the month, 1 to T, stored for new adopters.
    start, enterprise, pattern_of, slot, partners
        The eligible pairs: :class:`simulation.world.Pairs`.
    region_of, industry_of : int32, shape (N,)
    stratum_of : int32, shape (N,)
        See :mod:`simulation.engine.kernels.strata`.
    mask_of : uint64, shape (N,)
        Bit h is set where the enterprise is on platform h.
    indptr, indices
        Business network in CSR form.
    base, slope : float64, shape (K, C, S)
        From :func:`simulation.engine.kernels.hazard.hazard_rates`.
    terms : float64, shape (C, S, K, channels)
        Terms of the hazard, read for attribution.
    spatial : float64, shape (R, S, K)
        S; replaces B where an enterprise has no eligible partner.
    local_contacts : float64, shape (R,)
        L_r.
    waiting : int32, shape (P,); waiting_count : int64, shape (K,)
        Pairs of technology k that wait: ``waiting[start[k]:start[k] + waiting_count[k]]``, in order; compacted.
    remaining : float64, shape (P,)
        Remainder of theta_p, divided by alpha_i; decreased by lambda dt / alpha_i.
    near, far : int32, shape (P,); exposures : float64, shape (P,)
        Partners that have adopted, and B; kept up to date for the partners of new adopters.
    adopted_month : int32, shape (P,)
        Set for new adopters; -1 before.
    adopters : int64, shape (R, S, K)
        Raised.
    member_adopters : int64, shape (H, S, K)
        Increased for the platforms of a new adopter.
    attribution : float64, shape (P, channels)
        Set for new adopters: the share of each term in lambda in the month of adoption; sums to 1.

    References
    ----------
    Sellke (1983), J. Appl. Prob. 20: 390-394.
    """
    n_industries = base.shape[2]
    base, slope = base.reshape(base.shape[0], -1), slope.reshape(slope.shape[0], -1)
    newly = np.empty(region_of.size, dtype=np.int32)
    cells = np.empty(slot.shape, dtype=np.int32)
    has_cells = np.zeros(slot.shape[0], dtype=np.bool_)
    for k in range(start.size - 1):
        if waiting_count[k] == 0:
            continue
        first, pattern = start[k], pattern_of[k]
        if not has_cells[pattern]:
            has_cells[pattern] = True
            for p in range(first, start[k + 1]):
                i = enterprise[p]
                cells[pattern, p - first] = stratum_of[i] * n_industries + industry_of[i]
        waiting_here = waiting[first : first + waiting_count[k]]
        new = newly[
            : cumulate_hazard(
                base[k],
                slope[k],
                waiting_here,
                first,
                cells[pattern],
                exposures,
                enterprise,
                region_of,
                industry_of,
                spatial[:, :, k],
                remaining,
                newly,
            )
        ]
        if new.size == 0:
            continue
        leave_at(waiting_here, new)
        waiting_count[k] -= new.size
        for p in new:
            i = enterprise[p]
            adopted_month[p] = month
            contacts = exposures[p]
            if contacts < 0.0:
                contacts = spatial[region_of[i], industry_of[i], k]
            attribute(terms[stratum_of[i], industry_of[i], k], contacts, attribution[p])
        count_adopters(
            new,
            k,
            start,
            enterprise,
            pattern_of,
            slot,
            partners,
            region_of,
            industry_of,
            mask_of,
            indptr,
            indices,
            local_contacts,
            near,
            far,
            exposures,
            adopters,
            member_adopters,
        )


@compiled
def cumulate_hazard(
    rate: Array,
    gain: Array,
    waiting: Array,
    first_pair: int,
    cell_of: Array,
    exposures: Array,
    enterprise: Array,
    region_of: Array,
    industry_of: Array,
    spatial: Array,
    remaining: Array,
    reached: Array,
) -> int:
    """Cumulate the hazard of the pairs of one technology that wait, and return how many reach their threshold.

    This loop is where most of the time of a replication goes. What it reads lies in the order in which it is read.

    Parameters
    ----------
    rate, gain : float64, shape (C * S,)
        By cell: hazard of a month over alpha, without business partners, and at exposure 1 to them.
    waiting : int32, shape (waiting,)
        Pairs, increasing.
    first_pair : int
        The first pair of the technology.
    cell_of : int32, shape (pairs of the technology or more,)
        stratum * S + industry of the enterprise of each pair: index into ``rate`` and ``gain``.
    exposures, enterprise, region_of, industry_of
        As those of :func:`advance_adoption`.
    spatial : float64, shape (R, S)
        S of the technology; replaces B where an enterprise has no eligible partner.
    remaining : float64, shape (P,)
        Decreased.
    reached : int32, shape (waiting or more,)
        Overwritten: places in ``waiting`` of the pairs that reach their threshold, increasing.
    """
    n = 0
    for w in range(waiting.size):
        # Unsigned, so that the compiler need not handle negative indices.
        p = np.uint32(waiting[w])
        cell = np.uint32(cell_of[np.uint32(p - first_pair)])
        contacts = exposures[p]
        if contacts < 0.0:  # no eligible partner: NO_PARTNER
            i = enterprise[p]
            contacts = spatial[region_of[i], industry_of[i]]
        left = remaining[p] - (rate[cell] + gain[cell] * contacts)
        remaining[p] = left
        if not left > 0.0:
            reached[n] = w
            n += 1
    return n


@compiled
def leave_at(waiting: Array, places: Array) -> None:
    """Remove the pairs at some places from those that wait, and put them into ``places`` instead.

    Parameters
    ----------
    waiting : int32, shape (waiting,)
        Those that stay are moved to the front; the rest is not used any more.
    places : int32, shape (leaving,)
        Increasing. Overwritten: the pairs that stood there.
    """
    kept = places[0] if places.size else 0
    for n in range(places.size):
        w, following = places[n], places[n + 1] if n + 1 < places.size else waiting.size
        places[n] = waiting[w]
        for other in range(w + 1, following):
            waiting[kept] = waiting[other]
            kept += 1


@compiled
def attribute(terms: Array, contacts: float, shares: Array) -> None:
    """Set the shares of an adoption's hazard that its terms have in the month of adoption; they sum to 1.

    Parameters
    ----------
    terms, shares : float64, shape (channels,)
        From :func:`simulation.engine.kernels.hazard.hazard_terms`; overwritten.
    contacts : float
        B, or S where there is no eligible partner.
    """
    hazard = 0.0
    for channel in range(N_CHANNELS):
        met = contacts if channel == Channel.NETWORK else 1.0
        shares[channel] = terms[channel] * met
        hazard += shares[channel]
    for channel in range(N_CHANNELS):
        shares[channel] /= hazard
