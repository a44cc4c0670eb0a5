"""Adoption: the hazard is cumulated until it reaches a threshold that is drawn once (section 2.6)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from simulation.channels import Channel
from simulation.compiled import compiled, prefetch

Array = npt.NDArray[Any]

N_CHANNELS = len(Channel)
"""The number of channels; a constant, because compiled code cannot take the length of an enum."""

PAIRS_AHEAD = 8
"""How many pairs ahead the memory is asked for: large worlds do not fit into the caches."""


@compiled
def count_adopters(
    newly: Array,
    mask_of: Array,
    region_of: Array,
    industry_of: Array,
    adopters: Array,
    member_adopters: Array,
) -> None:
    """Count new adopters of one technology.

    Parameters
    ----------
    newly : int32, shape (new,)
        The enterprises.
    mask_of : uint64, shape (new,)
        Platforms of the new adopters: bit h is set where one is on platform h.
    others
        As those of :func:`adopt`.
    """
    for n in range(newly.size):
        r, s = region_of[newly[n]], industry_of[newly[n]]
        adopters[s, r] += 1.0
        for h in range(member_adopters.shape[0]):
            if (mask_of[n] >> np.uint64(h)) & np.uint64(1):
                member_adopters[h, s] += 1


@compiled
def adopt(
    month: int,
    reached: Array,
    waiting: Array,
    cells: Array,
    slot: Array,
    region_of: Array,
    industry_of: Array,
    region_of_stratum: Array,
    stratum_mask: Array,
    terms: Array,
    spatial: Array,
    exposures: Array,
    newly: Array,
    adopted_month: Array,
    attribution: Array,
    adopters: Array,
    member_adopters: Array,
) -> None:
    """Let pairs of one technology adopt at the end of a month, and attribute what they do to channels.

    Parameters
    ----------
    month : int
        Number of the month, 1 to T, stored.
    reached : int32, shape (new,)
        The places at which they wait, from :func:`cumulate_hazard`.
    waiting : int32, shape (pairs,)
        The enterprise at each place: see :mod:`simulation.engine.kernels.waiting`.
    cells : int32, shape (pairs,)
        By place, from :func:`simulation.engine.kernels.strata.cells_of_waiting`.
    slot : int32, shape (N,)
        The pair of each enterprise: :class:`simulation.world.Pairs`.
    region_of, industry_of : int32, shape (N,)
    region_of_stratum : int64, shape (C,); stratum_mask : uint64, shape (C,)
        See :mod:`simulation.engine.kernels.strata`.
    terms : float64, shape (C, S, channels)
        Terms of the hazard.
    spatial : float64, shape (S, R)
        S; replaces B where an enterprise has no eligible partner.
    exposures : float64, shape (pairs,)
        B, by place.
    newly : int32, shape (new,)
        Overwritten: the enterprises that adopt.
    adopted_month : int32, shape (pairs,)
        Set for new adopters.
    attribution : float64, shape (pairs, channels)
        Set for new adopters: the share of each term in lambda in the month of adoption; sums to 1.
    adopters : float64, shape (S, R); member_adopters : int64, shape (H, S)
        Raised.
    """
    n_industries, n_cells = np.uint32(terms.shape[1]), np.uint32(terms.shape[0] * terms.shape[1])
    masks, pairs = np.empty(reached.size, dtype=np.uint64), np.empty(reached.size, dtype=np.int32)
    for n in range(reached.size):
        newly[n] = waiting[np.uint32(reached[n])]
        pairs[n] = slot[np.uint32(newly[n])]
    for n in range(reached.size):
        if n + PAIRS_AHEAD < reached.size:
            prefetch(adopted_month, pairs[n + PAIRS_AHEAD])
            prefetch(attribution, pairs[n + PAIRS_AHEAD])
        w, pair = np.uint32(reached[n]), np.uint32(pairs[n])
        cell = np.uint32(cells[w]) % n_cells
        c, s = cell // n_industries, cell % n_industries
        masks[n] = stratum_mask[c]
        adopted_month[pair] = month
        contacts = exposures[w]
        if contacts < 0.0:  # no eligible partner: NO_PARTNER
            contacts = spatial[s, region_of_stratum[c]]
        attribute(terms, c, s, contacts, attribution, pair)
    count_adopters(newly, masks, region_of, industry_of, adopters, member_adopters)


@compiled
def cumulate_hazard(
    rate: Array, gain: Array, cells: Array, exposures: Array, remaining: Array, reached: Array
) -> int:
    """Cumulate the hazard of the pairs of one technology that wait, and return how many reach their threshold.

    Pair p adopts when the integral of lambda_p reaches theta_p, equation (6). Its alpha never changes, so the
    kernel compares lambda / alpha with theta / alpha and need not look alpha up. Work is proportional to the
    pairs that still wait. Nothing that other pairs read is written (synchronous update).

    This loop is where most of the time of a replication goes. What it reads lies in the order in which it is read.

    Parameters
    ----------
    rate, gain : float64, shape (2 C S,)
        By cell: hazard of a month over alpha, without business partners, and at exposure 1 to them.
    cells : int32, shape (waiting,)
        Of the pairs that wait, from :func:`simulation.engine.kernels.strata.cells_of_waiting`.
    exposures : float64, shape (waiting,)
        B; of no effect where an enterprise has no eligible partner.
    remaining : float64, shape (waiting,)
        Remainder of theta_p, divided by alpha_i; decreased by lambda dt / alpha_i.
    reached : int32, shape (waiting or more,)
        Overwritten: the places of the pairs that reach their threshold, increasing.

    References
    ----------
    Sellke (1983), J. Appl. Prob. 20: 390-394.
    """
    n = np.uint32(0)
    for w in range(cells.size):
        # Unsigned, so that the compiler need not handle negative indices.
        cell = np.uint32(cells[w])
        left = remaining[w] - (rate[cell] + gain[cell] * exposures[w])
        remaining[w] = left
        if not left > 0.0:
            reached[n] = w
            n += np.uint32(1)
    return int(n)


@compiled
def attribute(terms: Array, c: int, s: int, contacts: float, attribution: Array, p: int) -> None:
    """Set the shares of an adoption's hazard that its terms have in the month of adoption; they sum to 1.

    Parameters
    ----------
    terms : float64, shape (C, S, channels)
        From :mod:`simulation.engine.kernels.hazard`.
    c, s : int
        Stratum and industry of the adopter.
    contacts : float
        B, or S where there is no eligible partner.
    attribution : float64, shape (P, channels)
        Overwritten for pair ``p``.
    """
    hazard = 0.0
    for channel in range(N_CHANNELS):
        met = contacts if channel == Channel.NETWORK else 1.0
        attribution[p, channel] = terms[c, s, channel] * met
        hazard += attribution[p, channel]
    for channel in range(N_CHANNELS):
        attribution[p, channel] /= hazard


@compiled
def attribution_by_region(
    start: Array, enterprise: Array, region_of: Array, adopted_month: Array, attribution: Array, out: Array
) -> None:
    """Set out[r, k, :] to the adoptions of technology k in region r that are attributed to each channel.

    Parameters
    ----------
    start, enterprise
        The eligible pairs: :class:`simulation.world.Pairs`.
    region_of : int32, shape (N,)
    adopted_month : int32, shape (P,); attribution : float64, shape (P, channels)
        From :func:`adopt`.
    out : float64, shape (R, K, channels)
        Overwritten.
    """
    out[:] = 0.0
    for k in range(start.size - 1):
        for p in range(start[k], start[k + 1]):
            if adopted_month[p] >= 0:
                for channel in range(N_CHANNELS):
                    out[region_of[enterprise[p]], k, channel] += attribution[p, channel]
