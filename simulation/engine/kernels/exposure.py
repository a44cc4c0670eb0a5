"""Exposure to adopters and to institutions that master a technology (section 2.4)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from simulation.compiled import compiled
from simulation.elementary import exp, log

Array = npt.NDArray[Any]


@compiled
def contact_weights(proximity: Array, local_contacts: Array, out: Array) -> None:
    """Set out[q, r] to L_rq K_rq, the weight that enterprises of region r give to those of region q; equation (1).

    Parameters
    ----------
    proximity : float64, shape (R, R)
        K, the spatial kernel.
    local_contacts : float64, shape (R,)
        L_r, the factor on contacts inside region r; neutral 1.
    out : float64, shape (R, R)
        Overwritten. The region that gives the weight comes last, for the processor's vectors.
    """
    for q in range(out.shape[0]):
        for r in range(out.shape[0]):
            out[q, r] = proximity[r, q] * (local_contacts[r] if q == r else 1.0)


@compiled
def spatial_denominator(
    weights: Array, relatedness: Array, eligible: Array, density_exponent: float, out: Array
) -> None:
    """Set out[s, r] to the denominator of S_rsk, sum_q K_rq sum_u phi_su n_quk, for one technology; equation (1).

    Parameters
    ----------
    weights : float64, shape (R, R)
        From :func:`contact_weights`, with L neutral.
    relatedness : float64, shape (S, S)
        phi.
    eligible : float64, shape (S, R)
        n, eligible enterprises.
    density_exponent : float
        gamma; with 1 exposure is a share of contacts, with less it grows with their density. The remaining
        power 1 - gamma is applied to the mean of the denominator over regions, weighted by n, to preserve the
        national level.
    out : float64, shape (S, R)
        Overwritten; 0 where no eligible enterprise is within reach.
    """
    n_industries, n_regions = eligible.shape
    _weighted_contacts(weights, relatedness, np.arange(n_industries).astype(np.uint32), eligible, out)
    if density_exponent == 1.0:
        return
    for s in range(n_industries):
        total, weight = 0.0, 0.0
        for r in range(n_regions):
            total += eligible[s, r] * out[s, r]
            weight += eligible[s, r]
        mean = total / weight if weight > 0.0 else 0.0
        for r in range(n_regions):
            if out[s, r] > 0.0 and mean > 0.0:
                out[s, r] = mean * exp(density_exponent * log(out[s, r] / mean))


@compiled
def spatial_exposure(
    weights: Array, relatedness: Array, industries: Array, adopters: Array, denominator: Array, out: Array
) -> None:
    """Set out[s, r] to S_rsk = sum_q L_rq K_rq sum_u phi_su A_quk / denominator for one technology; equation (1).

    Parameters
    ----------
    weights : float64, shape (R, R)
        From :func:`contact_weights`.
    relatedness : float64, shape (S, S)
        phi.
    industries : uint32, shape (S',)
        The eligible ones, increasing.
    adopters : float64, shape (S, R)
        A, state at the START of the month; never written.
    denominator : float64, shape (S, R)
        From :func:`spatial_denominator`.
    out : float64, shape (S, R)
        Overwritten for the eligible industries, in [0, 1] where L is neutral; 0 where no eligible enterprise is within
        reach.
    """
    _weighted_contacts(weights, relatedness, industries, adopters, out)
    for s in industries:
        for r in range(out.shape[1]):
            out[s, r] = out[s, r] / denominator[s, r] if denominator[s, r] > 0.0 else 0.0


@compiled
def _weighted_contacts(
    weights: Array, relatedness: Array, industries: Array, counts: Array, out: Array
) -> None:
    """Set out[s, r] to sum_q weights[q, r] sum_u phi_su counts[u, q]; only these industries have counts."""
    n_regions = counts.shape[1]
    related = np.empty(n_regions)
    for s in industries:
        related[:] = 0.0
        for u in industries:
            for q in range(n_regions):
                related[q] += relatedness[s, u] * counts[u, q]
        for r in range(n_regions):
            out[s, r] = 0.0
        for q in range(n_regions):
            for r in range(n_regions):
                out[s, r] += weights[q, r] * related[q]


@compiled
def digital_exposure(
    interoperability: Array,
    meets: Array,
    relatedness: Array,
    industries: Array,
    member_adopters: Array,
    members: Array,
    out: Array,
) -> None:
    """Set out[h, s] to D_hsk, the share of related members that have adopted technology k, equation (4).

    D = sum_h' Omega_hh' sum_u phi_su A^h'_uk / sum_h' Omega_hh' sum_u phi_su n^h'_uk.

    Parameters
    ----------
    interoperability : float64, shape (H, H)
        Omega, 1 on the diagonal.
    meets : bool, shape (H,)
        Platforms that link enterprises (vector B2B); the others neither provide nor receive contacts.
    relatedness : float64, shape (S, S)
        phi.
    industries : uint32, shape (S',)
        The eligible ones, increasing.
    member_adopters : int64, shape (H, S)
        Members that have adopted, at the START of the month; never written.
    members : int64, shape (H, S)
        Members by industry, at the START of the month; never written.
    out : float64, shape (H, S)
        Overwritten for the eligible industries, in [0, 1]; 0 without eligible members.
    """
    n_platforms = member_adopters.shape[0]
    for h in range(n_platforms):
        for s in industries:
            adopted, total = 0.0, 0.0
            if meets[h]:
                for g in range(n_platforms):
                    if meets[g] and interoperability[h, g] > 0.0:
                        for u in industries:
                            weight = interoperability[h, g] * relatedness[s, u]
                            adopted += weight * member_adopters[g, u]
                            total += weight * members[g, u]
            out[h, s] = adopted / total if total > 0.0 else 0.0


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
