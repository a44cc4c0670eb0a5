"""Exposure to adopters and to institutions that master a technology (section 2.4)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from simulation.compiled import compiled

Array = npt.NDArray[Any]


@compiled
def spatial_denominator(
    proximity: Array, relatedness: Array, eligible: Array, density_exponent: float, out: Array
) -> None:
    """Set out[r, s, k] to the denominator of S_rsk: sum_q K_rq sum_u phi_su n_quk, equation (1).

    Parameters
    ----------
    proximity : float64, shape (R, R)
        K, the spatial kernel.
    relatedness : float64, shape (S, S)
        phi.
    eligible : float64, shape (R, S, K)
        n, eligible enterprises.
    density_exponent : float
        gamma; with 1 exposure is a share of contacts, with less it grows with their density. The remaining
        power 1 - gamma is applied to the mean of the denominator over regions, weighted by n, to preserve the
        national level.
    out : float64, shape (R, S, K)
        Overwritten; 0 where no eligible enterprise is within reach.
    """
    n_regions, n_industries, n_technologies = eligible.shape
    _weighted_contacts(proximity, np.ones(n_regions), relatedness, eligible, out)
    if density_exponent == 1.0:
        return
    for s in range(n_industries):
        for k in range(n_technologies):
            total, weight = 0.0, 0.0
            for r in range(n_regions):
                total += eligible[r, s, k] * out[r, s, k]
                weight += eligible[r, s, k]
            mean = total / weight if weight > 0.0 else 0.0
            for r in range(n_regions):
                if out[r, s, k] > 0.0 and mean > 0.0:
                    out[r, s, k] = out[r, s, k] ** density_exponent * mean ** (1.0 - density_exponent)


@compiled
def spatial_exposure(
    proximity: Array,
    local_contacts: Array,
    relatedness: Array,
    adopters: Array,
    denominator: Array,
    out: Array,
) -> None:
    """Set out[r, s, k] to S_rsk = sum_q L_rq K_rq sum_u phi_su A_quk / denominator, equation (1).

    Parameters
    ----------
    proximity : float64, shape (R, R)
        K, the spatial kernel.
    local_contacts : float64, shape (R,)
        L_r, the factor on contacts inside region r; neutral 1.
    relatedness : float64, shape (S, S)
        phi.
    adopters : float64, shape (R, S, K)
        A, state at the START of the month; never written.
    denominator : float64, shape (R, S, K)
        From :func:`spatial_denominator`.
    out : float64, shape (R, S, K)
        Overwritten, in [0, 1] where L is neutral; 0 where no eligible enterprise is within reach.
    """
    _weighted_contacts(proximity, local_contacts, relatedness, adopters, out)
    for r in range(out.shape[0]):
        for s in range(out.shape[1]):
            for k in range(out.shape[2]):
                out[r, s, k] = out[r, s, k] / denominator[r, s, k] if denominator[r, s, k] > 0.0 else 0.0


@compiled
def _weighted_contacts(
    proximity: Array, local_contacts: Array, relatedness: Array, counts: Array, out: Array
) -> None:
    """Set out[r, s, k] to sum_q L_rq K_rq sum_u phi_su counts[q, u, k]."""
    n_regions, n_industries, n_technologies = counts.shape
    related = np.zeros(counts.shape)
    for q in range(n_regions):
        for s in range(n_industries):
            for u in range(n_industries):
                for k in range(n_technologies):
                    related[q, s, k] += relatedness[s, u] * counts[q, u, k]
    # Industry and technology as one dimension: a longer loop for the processor's vectors.
    of_region, related_of_region = out.reshape(n_regions, -1), related.reshape(n_regions, -1)
    of_region[:] = 0.0
    for r in range(n_regions):
        for q in range(n_regions):
            weight = proximity[r, q] * (local_contacts[r] if q == r else 1.0)
            for cell in range(of_region.shape[1]):
                of_region[r, cell] += weight * related_of_region[q, cell]


@compiled
def digital_exposure(
    interoperability: Array,
    meets: Array,
    relatedness: Array,
    eligible_industry: Array,
    member_adopters: Array,
    members: Array,
    out: Array,
) -> None:
    """Set out[h, s, k] to D_hsk, the share of related members that have adopted, equation (4).

    D = sum_h' Omega_hh' sum_u phi_su A^h'_uk / sum_h' Omega_hh' sum_u phi_su n^h'_uk.

    Parameters
    ----------
    interoperability : float64, shape (H, H)
        Omega, 1 on the diagonal.
    meets : bool, shape (H,)
        Platforms that link enterprises (vector B2B); the others neither provide nor receive contacts.
    relatedness : float64, shape (S, S)
        phi.
    eligible_industry : bool, shape (S, K)
        rho > 0.
    member_adopters : int64, shape (H, S, K)
        Members that have adopted, at the START of the month; never written.
    members : int64, shape (H, S)
        Members by industry, at the START of the month; never written.
    out : float64, shape (H, S, K)
        Overwritten, in [0, 1]; 0 without eligible members.
    """
    n_platforms, n_industries, n_technologies = member_adopters.shape
    for h in range(n_platforms):
        for s in range(n_industries):
            for k in range(n_technologies):
                adopted, total = 0.0, 0.0
                if meets[h]:
                    for g in range(n_platforms):
                        if meets[g] and interoperability[h, g] > 0.0:
                            for u in range(n_industries):
                                if eligible_industry[u, k]:
                                    weight = interoperability[h, g] * relatedness[s, u]
                                    adopted += weight * member_adopters[g, u, k]
                                    total += weight * members[g, u]
                out[h, s, k] = adopted / total if total > 0.0 else 0.0


@compiled
def institutional_contacts(
    near: Array, remote: float, served: Array, far_factor: float, capacity: Array, mastered: Array
) -> tuple[float, float]:
    """Return sum_j w_j Q_j y_jk and its part without platforms, equation (3), for one stratum and technology k.

    w_j is near[j], or far_factor * remote if that is larger and a platform of the stratum serves j; each institution
    counts once.

    Parameters
    ----------
    near : float64, shape (J,)
        g_r K_r,r(j) for the stratum's region r.
    remote : float
        delta_r.
    served : bool, shape (J,)
        Institutions that some platform of the stratum serves.
    far_factor : float
        f_far.
    capacity : float64, shape (J,)
        Q.
    mastered : bool, shape (J,)
        y, state at the START of the month; never written.

    Returns
    -------
    (float, float)
        At least 0; the first is no less than the second.
    """
    total, local = 0.0, 0.0
    for j in range(mastered.size):
        if mastered[j]:
            weight = near[j]
            local += weight * capacity[j]
            if served[j]:
                weight = max(weight, far_factor * remote)
            total += weight * capacity[j]
    return total, local
