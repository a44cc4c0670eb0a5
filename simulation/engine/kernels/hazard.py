"""The hazard of adoption of every stratum, before the business network is known (section 2.5)."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from simulation.channels import Channel
from simulation.compiled import compiled, places
from simulation.elementary import expm1
from simulation.engine.kernels.adoption import N_CHANNELS
from simulation.engine.kernels.exposure import institutional_contacts

Array = npt.NDArray[Any]


class Bonus(IntEnum):
    """Columns of the increments on factors that the vectors of a platform give at readiness 1."""

    ABSORPTIVE = 0  # on alpha (B2ED)
    HAZARD = 1  # on the whole hazard (B2F)
    SPONTANEOUS = 2  # on p0 (B2C, B2N, ED2C)


class Government(IntEnum):
    """Columns of the best levers among the regions of a platform (B2G)."""

    TRAINING = 0  # increment on the factor of alpha
    INCENTIVE = 1  # 1/year


CHANNEL, BONUS, GOVERNMENT = places(Channel), places(Bonus), places(Government)


@compiled
def institutional_terms(
    strata: Array,
    region_of_stratum: Array,
    on_platform: Array,
    serves: Array,
    rate: float,
    institution_scale: float,
    far_factor: float,
    readiness: Array,
    near: Array,
    capacity: Array,
    mastered: Array,
    local: Array,
    remote: Array,
) -> None:
    """Set the institutional term of the hazard, b_I (1 - exp(-I / I_scale)), in two parts, for one technology.

    Equation (5). Between changes of the levers the term changes only with what institutions master.

    Parameters
    ----------
    strata : uint32, shape (C',)
        The strata to compute.
    region_of_stratum : int64, shape (C,)
    on_platform : bool, shape (C, H)
        Platforms of each stratum.
    serves : bool, shape (H, J)
        Institutions that a platform brings to its enterprises (vectors B2SC, B2ED).
    rate : float
        b_I, 1/year.
    institution_scale : float
        I_scale.
    far_factor : float
        f_far = (1 - chi)^2 of the technology.
    readiness : float64, shape (R,)
        delta.
    near : float64, shape (R, J)
        g_r K_r,r(j).
    capacity : float64, shape (J,)
        Q.
    mastered : bool, shape (J,)
        y, at the START of the month.
    local, remote : float64, shape (C,)
        Overwritten where computed: the parts without platforms and by platforms, 1/year.
    """
    served = np.zeros(capacity.size, dtype=np.bool_)
    for c in strata:
        r = np.uint32(region_of_stratum[c])
        served[:] = False
        for h in range(serves.shape[0]):
            if on_platform[c, h]:
                for j in range(served.size):
                    served[j] |= serves[h, j]
        contacts, nearby = institutional_contacts(
            near[r], readiness[r], served, far_factor, capacity, mastered
        )
        institutional = rate * -expm1(-contacts / institution_scale)
        remote_share = (contacts - nearby) / contacts if contacts > 0.0 else 0.0
        local[c] = institutional * (1.0 - remote_share)
        remote[c] = institutional * remote_share


@compiled
def contact_scale(c: int, on_platform: Array, meets: Array, rates: Array, substituted: bool) -> float:
    """Return the factor on b_S, b_B and b_D of stratum c, where contact on platforms replaces other contact; else 1.

    Parameters
    ----------
    on_platform : bool, shape (C, H)
        Platforms of each stratum.
    meets : bool, shape (H,)
        Platforms on which enterprises meet (vector B2B).
    rates : float64, shape (channels,)
        p0, b_S, b_B, b_I and b_D, 1/year; those of institutions and of incentives are not used.
    substituted : bool
        Members' b_S, b_B, b_D are scaled to sum to b_S + b_B instead of being added.
    """
    member = False
    for h in range(meets.size):
        if on_platform[c, h]:
            member |= meets[h]
    offline = rates[CHANNEL.SPATIAL] + rates[CHANNEL.NETWORK]
    if substituted and member and offline + rates[CHANNEL.DIGITAL] > 0.0:
        return offline / (offline + rates[CHANNEL.DIGITAL])
    return 1.0


@compiled
def steady_terms(
    strata: Array,
    industries: Array,
    on_platform: Array,
    meets: Array,
    rates: Array,
    near_factor: float,
    substituted: bool,
    spontaneous_factor: Array,
    incentive: Array,
    institutional_local: Array,
    contact_factor: Array,
    terms: Array,
) -> None:
    """Set those terms[c, s, :] of the hazard of one technology that depend on no adoption; equation (5).

    A *stratum* is the set of enterprises of one region that are on the same platforms; everything except
    alpha and the business network is the same for them. The terms are in the order of
    :class:`~simulation.channels.Channel`; the network term is the coefficient of B_ik.

    Parameters
    ----------
    strata : uint32, shape (C',); industries : uint32, shape (S',)
        Those to compute: strata c and eligible industries s.
    on_platform, meets, rates, substituted
        As those of :func:`contact_scale`.
    near_factor : float
        f_near = 1 - chi^2 (Sorenson, Rivkin & Fleming 2006, Research Policy 35: 994-1017).
    spontaneous_factor : float64, shape (C,)
        Factor on p0; 1 without a vector that reaches consumers or citizens.
    incentive : float64, shape (C,)
        1/year.
    institutional_local : float64, shape (C,)
        From :func:`institutional_terms`.
    contact_factor : float64, shape (C,)
        Overwritten where asked for, with :func:`contact_scale`.
    terms : float64, shape (C, S, channels)
        Written where asked for, but for the terms of :func:`contact_terms`; 1/year.
    """
    for c in strata:
        contact_factor[c] = scale = contact_scale(c, on_platform, meets, rates, substituted)
        for s in industries:
            terms[c, s, CHANNEL.SPONTANEOUS] = rates[CHANNEL.SPONTANEOUS] * spontaneous_factor[c]
            terms[c, s, CHANNEL.NETWORK] = near_factor * scale * rates[CHANNEL.NETWORK]
            terms[c, s, CHANNEL.INSTITUTIONAL] = institutional_local[c]
            terms[c, s, CHANNEL.INCENTIVE] = incentive[c]


@compiled
def contact_terms(
    strata: Array,
    industries: Array,
    region_of_stratum: Array,
    on_platform: Array,
    rates: Array,
    near_factor: float,
    far_factor: float,
    readiness: Array,
    spatial: Array,
    digital: Array,
    institutional_remote: Array,
    contact_factor: Array,
    terms: Array,
) -> None:
    """Set those terms[c, s, :] of the hazard of one technology that change with adoption nearby and on platforms.

    Equation (5). The part of the institutional term that platforms add belongs to the digital term.

    Parameters
    ----------
    strata : uint32, shape (C',); industries : uint32, shape (S',)
        Those to compute.
    region_of_stratum : int64, shape (C,)
    on_platform, rates
        As those of :func:`contact_scale`.
    near_factor, far_factor : float
        f_near = 1 - chi^2 and f_far = (1 - chi)^2.
    readiness : float64, shape (R,)
        delta.
    spatial : float64, shape (S, R); digital : float64, shape (H, S)
        S and D, at the START of the month.
    institutional_remote, contact_factor : float64, shape (C,)
        From :func:`institutional_terms` and :func:`steady_terms`.
    terms : float64, shape (C, S, channels)
        Overwritten where asked for, the spatial and the digital term; 1/year.
    """
    for c in strata:
        r = np.uint32(region_of_stratum[c])
        nearby = near_factor * contact_factor[c] * rates[CHANNEL.SPATIAL]
        remote = far_factor * readiness[r] * contact_factor[c] * rates[CHANNEL.DIGITAL]
        for s in industries:
            best = 0.0
            for h in range(digital.shape[0]):
                if on_platform[c, h]:
                    best = max(best, digital[h, s])
            terms[c, s, CHANNEL.SPATIAL] = nearby * spatial[s, r]
            terms[c, s, CHANNEL.DIGITAL] = remote * best + institutional_remote[c]


@compiled
def hazard_slopes(
    dt: float,
    strata: Array,
    industries: Array,
    region_of_stratum: Array,
    terms: Array,
    relevance: Array,
    market: Array,
    factor: Array,
    scale: Array,
    slope: Array,
) -> None:
    """Set scale and slope, what multiplies alpha and B_ik in the hazard of a month; see :func:`hazard_rates`.

    Parameters
    ----------
    dt : float
        Years in a month.
    strata : uint32, shape (C',); industries : uint32, shape (S',)
        Those to compute.
    region_of_stratum : int64, shape (C,)
    terms : float64, shape (C, S, channels)
        From :func:`steady_terms`.
    relevance : float64, shape (S,)
        rho.
    market : float64, shape (S, R)
        x, the market factor of the month; neutral 1.
    factor : float64, shape (C,)
        Factor of the stratum on alpha: training and the vectors that raise absorptive capacity or the hazard.
    scale : float64, shape (C, S)
        Overwritten where asked for: the product of these three.
    slope : float64, shape (2, C, S)
        Overwritten where asked for: with partners, and without, where it is 0.
    """
    for c in strata:
        r = np.uint32(region_of_stratum[c])
        for s in industries:
            scale[c, s] = relevance[s] * market[s, r] * factor[c]
            slope[0, c, s] = scale[c, s] * terms[c, s, CHANNEL.NETWORK] * dt
            slope[1, c, s] = 0.0


@compiled
def hazard_rates(
    dt: float,
    strata: Array,
    industries: Array,
    region_of_stratum: Array,
    terms: Array,
    scale: Array,
    slope: Array,
    spatial: Array,
    base: Array,
) -> None:
    """Set base so that lambda_ik dt = alpha_i (base + slope B_ik) for one technology; equation (5).

    Parameters
    ----------
    dt : float
        Years in a month.
    strata : uint32, shape (C',); industries : uint32, shape (S',)
        Those to compute.
    region_of_stratum : int64, shape (C,)
    terms : float64, shape (C, S, channels)
        From :func:`steady_terms` and :func:`contact_terms`.
    scale, slope
        From :func:`hazard_slopes`.
    spatial : float64, shape (S, R)
        S, which replaces B for enterprises without an eligible partner.
    base : float64, shape (2, C, S)
        Overwritten where asked for: with partners, and without, where S is in the base.
    """
    for c in strata:
        r = np.uint32(region_of_stratum[c])
        for s in industries:
            alone = 0.0
            for channel in range(N_CHANNELS):
                if channel != CHANNEL.NETWORK:
                    alone += terms[c, s, channel]
            base[0, c, s] = scale[c, s] * alone * dt
            base[1, c, s] = base[0, c, s] + slope[0, c, s] * spatial[s, r]


@compiled
def stratum_factors(
    strata: Array,
    region_of_stratum: Array,
    on_platform: Array,
    readiness: Array,
    training: Array,
    incentive: Array,
    platform_bonus: Array,
    platform_government: Array,
    factor: Array,
    spontaneous_factor: Array,
    stratum_incentive: Array,
) -> None:
    """Set the effects of vectors and levers on alpha, p0 and the incentive of every stratum (sections 3 and 4).

    Each effect counts once, even if several platforms provide it.

    Parameters
    ----------
    strata : uint32, shape (C',)
        The strata to compute.
    region_of_stratum : int64, shape (C,)
    on_platform : bool, shape (C, H)
    readiness, training, incentive : float64, shape (R,)
        delta, and the levers: increment on the factor of alpha, 1/year.
    platform_bonus : float64, shape (H, len(Bonus))
        In the columns of :class:`Bonus`.
    platform_government : float64, shape (H, len(Government))
        In the columns of :class:`Government`; 0 without vector B2G.
    factor, spontaneous_factor, stratum_incentive : float64, shape (C,)
        Overwritten for the strata asked for: factor on alpha and the hazard, factor on p0, 1/year.
    """
    for c in strata:
        r = np.uint32(region_of_stratum[c])
        best_training, best_incentive = training[r], incentive[r]
        absorptive, hazard, spontaneous = 0.0, 0.0, 0.0
        for h in range(on_platform.shape[1]):
            if on_platform[c, h]:
                absorptive = max(absorptive, platform_bonus[h, BONUS.ABSORPTIVE])
                hazard = max(hazard, platform_bonus[h, BONUS.HAZARD])
                spontaneous = max(spontaneous, platform_bonus[h, BONUS.SPONTANEOUS])
                best_training = max(best_training, platform_government[h, GOVERNMENT.TRAINING])
                best_incentive = max(best_incentive, platform_government[h, GOVERNMENT.INCENTIVE])
        factor[c] = (1.0 + best_training) * (1.0 + absorptive * readiness[r]) * (1.0 + hazard * readiness[r])
        spontaneous_factor[c] = 1.0 + spontaneous * readiness[r]
        stratum_incentive[c] = best_incentive
