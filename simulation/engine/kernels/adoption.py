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
    dt: float,
    start: Array,
    enterprise: Array,
    pattern_of: Array,
    slot: Array,
    partners: Array,
    region_of: Array,
    industry_of: Array,
    stratum_of: Array,
    cell_of: Array,
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
    dt : float
        Years in a month.
    start, enterprise, pattern_of, slot, partners
        The eligible pairs: :class:`simulation.world.Pairs`.
    region_of, industry_of : int32, shape (N,)
    stratum_of : int32, shape (N,)
        See :mod:`simulation.engine.kernels.strata`.
    cell_of : int32, shape (N,)
        stratum_of * S + industry_of: index of the enterprise's rates in ``base`` and ``slope``.
    mask_of : uint64, shape (N,)
        Bit h is set where the enterprise is on platform h.
    indptr, indices
        Business network in CSR form.
    base, slope : float64, shape (K, C, S)
        From :func:`simulation.engine.kernels.hazard.hazard_rates`, 1/year.
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
    newly = np.empty(region_of.size, dtype=np.int32)
    base, slope = base.reshape(base.shape[0], -1), slope.reshape(slope.shape[0], -1)
    for k in range(start.size - 1):
        first = start[k]
        kept = 0
        new = 0
        rate, gain = base[k] * dt, slope[k] * dt
        for w in range(waiting_count[k]):
            # Unsigned, so that the compiler need not handle negative indices.
            p = np.uint32(waiting[first + w])
            i = np.uint32(enterprise[p])
            cell = np.uint32(cell_of[i])
            contacts = exposures[p]
            if contacts < 0.0:  # no eligible partner: NO_PARTNER
                contacts = spatial[region_of[i], industry_of[i], k]
            remaining[p] -= rate[cell] + gain[cell] * contacts
            if remaining[p] > 0.0:
                waiting[first + kept] = p
                kept += 1
            else:
                adopted_month[p] = month
                newly[new] = p
                new += 1
                c, s = stratum_of[i], industry_of[i]
                hazard = 0.0
                for channel in range(N_CHANNELS):
                    met = contacts if channel == Channel.NETWORK else 1.0
                    attribution[p, channel] = terms[c, s, k, channel] * met
                    hazard += attribution[p, channel]
                for channel in range(N_CHANNELS):
                    attribution[p, channel] /= hazard
        waiting_count[k] = kept
        count_adopters(
            newly[:new],
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
