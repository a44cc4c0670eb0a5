"""The hazard of adoption of every stratum, before the business network is known (section 2.5)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from simulation.compiled import compiled
from simulation.engine.kernels.exposure import institutional_contacts

Array = npt.NDArray[Any]


@compiled
def hazard_terms(
    strata: Array,
    region_of_stratum: Array,
    on_platform: Array,
    meets: Array,
    serves: Array,
    rates: Array,
    near_factor: Array,
    far_factor: Array,
    substituted: bool,
    spontaneous_factor: Array,
    readiness: Array,
    incentive: Array,
    spatial: Array,
    digital: Array,
    near: Array,
    capacity: Array,
    mastered: Array,
    terms: Array,
) -> None:
    """Set terms[c, s, k, :] to the terms of the hazard of stratum c, industry s, technology k; equation (5).

    A *stratum* is the set of enterprises of one region that are on the same platforms; all but alpha and the business
    network is the same for them. The six terms stand in the order of attribution: spontaneous, spatial, network,
    institutional, digital, incentive; the network term is its coefficient, still to be multiplied by B_ik. The part of
    the institutional term that platforms add belongs to digital.

    Parameters
    ----------
    strata : int64, shape (C',)
        The strata to compute.
    region_of_stratum : int64, shape (C,)
    on_platform : bool, shape (C, H)
        Platforms of each stratum.
    meets : bool, shape (H,)
        Platforms on which enterprises meet (vector B2B).
    serves : bool, shape (H, J)
        Institutions that a platform brings to its enterprises (vectors B2SC, B2ED).
    rates : float64, shape (6,)
        p0, b_S, b_B, b_I, b_D in 1/year, and I_scale.
    near_factor, far_factor : float64, shape (K,)
        f_near = 1 - chi^2 and f_far = (1 - chi)^2 (Sorenson, Rivkin & Fleming 2006, Research Policy 35: 994-1017).
    substituted : bool
        Members' b_S, b_B, b_D are scaled to sum to b_S + b_B instead of being added.
    spontaneous_factor : float64, shape (C,)
        Factor on p0; 1 without a vector that reaches consumers or citizens.
    readiness : float64, shape (R,)
        delta.
    incentive : float64, shape (C,)
        1/year.
    spatial : float64, shape (R, S, K)
        S, at the START of the month.
    digital : float64, shape (H, S, K)
        D, at the START of the month.
    near : float64, shape (R, J)
        g_r K_r,r(j).
    capacity : float64, shape (J,)
        Q.
    mastered : bool, shape (J, K)
        y, at the START of the month.
    terms : float64, shape (C, S, K, 6)
        Overwritten for the strata asked for; 1/year.
    """
    n_platforms, n_industries, n_technologies = digital.shape
    n_institutions = near.shape[1]
    served = np.zeros(n_institutions, dtype=np.bool_)
    contacts = np.empty(n_technologies)
    local = np.empty(n_technologies)
    for c in strata:
        r = region_of_stratum[c]
        served[:] = False
        member = False
        for h in range(n_platforms):
            if on_platform[c, h]:
                member |= meets[h]
                for j in range(n_institutions):
                    served[j] |= serves[h, j]
        scale = 1.0
        if substituted and member and rates[1] + rates[2] + rates[4] > 0.0:
            scale = (rates[1] + rates[2]) / (rates[1] + rates[2] + rates[4])
        institutional_contacts(near[r], readiness[r], served, far_factor, capacity, mastered, contacts, local)
        for k in range(n_technologies):
            institutional = rates[3] * -np.expm1(-contacts[k] / rates[5])
            remote_share = (contacts[k] - local[k]) / contacts[k] if contacts[k] > 0.0 else 0.0
            for s in range(n_industries):
                best = 0.0
                for h in range(n_platforms):
                    if on_platform[c, h]:
                        best = max(best, digital[h, s, k])
                terms[c, s, k, 0] = rates[0] * spontaneous_factor[c]
                terms[c, s, k, 1] = near_factor[k] * scale * rates[1] * spatial[r, s, k]
                terms[c, s, k, 2] = near_factor[k] * scale * rates[2]
                terms[c, s, k, 3] = institutional * (1.0 - remote_share)
                terms[c, s, k, 4] = (
                    far_factor[k] * readiness[r] * scale * rates[4] * best + institutional * remote_share
                )
                terms[c, s, k, 5] = incentive[c]


@compiled
def hazard_rates(
    strata: Array,
    region_of_stratum: Array,
    terms: Array,
    relevance: Array,
    market: Array,
    factor: Array,
    base: Array,
    slope: Array,
) -> None:
    """Set base and slope so that lambda_ik = alpha_i (base[k, c, s] + slope[k, c, s] B_ik); equation (5).

    Parameters
    ----------
    strata : int64, shape (C',)
        The strata to compute.
    region_of_stratum : int64, shape (C,)
    terms : float64, shape (C, S, K, 6)
        From :func:`hazard_terms`.
    relevance : float64, shape (S, K)
        rho.
    market : float64, shape (R, S, K)
        x, the market factor of the month; neutral 1.
    factor : float64, shape (C,)
        Factor of the stratum on alpha: training and the vectors that raise absorptive capacity or the hazard.
    base, slope : float64, shape (K, C, S)
        Overwritten for the strata asked for; 1/year. Technology first: the clock reads one technology at a time.
    """
    for c in strata:
        r = region_of_stratum[c]
        for s in range(terms.shape[1]):
            for k in range(terms.shape[2]):
                scale = relevance[s, k] * market[r, s, k] * factor[c]
                alone = 0.0
                for channel in range(terms.shape[3]):
                    if channel != 2:
                        alone += terms[c, s, k, channel]
                base[k, c, s] = scale * alone
                slope[k, c, s] = scale * terms[c, s, k, 2]


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
    """Set what interaction vectors and levers make of alpha, p0 and the incentive of every stratum (sections 3 and 4).

    Each effect counts once, however many platforms carry it.

    Parameters
    ----------
    strata : int64, shape (C',)
        The strata to compute.
    region_of_stratum : int64, shape (C,)
    on_platform : bool, shape (C, H)
    readiness, training, incentive : float64, shape (R,)
        delta, and the levers: increment on the factor of alpha, 1/year.
    platform_bonus : float64, shape (H, 3)
        What a platform's vectors add, at readiness 1, to the factors on alpha (B2ED), on the hazard (B2F) and on p0
        (B2C, B2N, ED2C).
    platform_government : float64, shape (H, 2)
        Best training and best incentive among the platform's regions (B2G); 0 without that vector.
    factor, spontaneous_factor, stratum_incentive : float64, shape (C,)
        Overwritten for the strata asked for: factor on alpha and the hazard, factor on p0, 1/year.
    """
    for c in strata:
        r = region_of_stratum[c]
        best_training, best_incentive = training[r], incentive[r]
        absorptive, hazard, spontaneous = 0.0, 0.0, 0.0
        for h in range(on_platform.shape[1]):
            if on_platform[c, h]:
                absorptive = max(absorptive, platform_bonus[h, 0])
                hazard = max(hazard, platform_bonus[h, 1])
                spontaneous = max(spontaneous, platform_bonus[h, 2])
                best_training = max(best_training, platform_government[h, 0])
                best_incentive = max(best_incentive, platform_government[h, 1])
        factor[c] = (1.0 + best_training) * (1.0 + absorptive * readiness[r]) * (1.0 + hazard * readiness[r])
        spontaneous_factor[c] = 1.0 + spontaneous * readiness[r]
        stratum_incentive[c] = best_incentive
