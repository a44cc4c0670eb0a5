"""Learning of institutions: their hazard is cumulated until it reaches a threshold (section 2.7)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from simulation.compiled import compiled

Array = npt.NDArray[Any]


@compiled
def learning_steps(
    dt: float,
    rate: float,
    scale: float,
    weights: Array,
    complexity_of: Array,
    capacity: Array,
    mastery_changed: Array,
    mastered: Array,
    step: Array,
) -> None:
    """Set step[j, k] to the learning hazard of institution j in a month, equation (7), where it may have changed.

    Hazard b_SC (1 - exp(-sum_m w_jm Q_m y_mk / I_scale)).

    Parameters
    ----------
    dt : float
        Years in a month.
    rate, scale : float
        b_SC, 1/year, and I_scale.
    weights : float64, shape (X, J, J)
        w_jm for each distinct complexity.
    complexity_of : int64, shape (K,)
        Index of the technology's complexity in ``weights``.
    capacity : float64, shape (J,)
        Q.
    mastery_changed : bool, shape (K,)
        The technologies to compute: those mastered by more institutions since the last call; all after a change of the
        levers.
    mastered : bool, shape (J, K)
        y, state at the START of the month; never written.
    step : float64, shape (J, K)
        Overwritten for the technologies to compute; 0 where nobody in reach masters the technology.
    """
    n_institutions, n_technologies = mastered.shape
    contacts = np.empty(n_institutions)
    for k in range(n_technologies):
        if not mastery_changed[k]:
            continue
        w = weights[complexity_of[k]]
        contacts[:] = 0.0
        for m in range(n_institutions):
            if mastered[m, k]:
                for j in range(n_institutions):
                    contacts[j] += w[m, j] * capacity[m]
        for j in range(n_institutions):
            step[j, k] = rate * -np.expm1(-contacts[j] / scale) * dt if contacts[j] > 0.0 else 0.0


@compiled
def advance_learning(released: Array, mastered: Array, step: Array, remaining: Array, newly: Array) -> None:
    """Cumulate the learning hazard of every institution for one month, until it reaches the threshold.

    Parameters
    ----------
    released : bool, shape (K,)
    mastered : bool, shape (J, K)
        y, state at the START of the month; never written.
    step : float64, shape (J, K)
        From :func:`learning_steps`.
    remaining : float64, shape (J, K)
        Remainder of the threshold; decreased.
    newly : bool, shape (J, K)
        Overwritten: the technologies that institution j masters at the end of this month.
    """
    for j in range(mastered.shape[0]):
        for k in range(mastered.shape[1]):
            newly[j, k] = False
            if released[k] and not mastered[j, k] and step[j, k] > 0.0:
                remaining[j, k] -= step[j, k]
                newly[j, k] = remaining[j, k] <= 0.0


@compiled
def apply_learning(month: int, newly: Array, mastered: Array, mastered_month: Array, changed: Array) -> None:
    """Let institutions master what they have learned in a month, and tell which technologies that concerns.

    Parameters
    ----------
    month : int
        Number of the month, 1 to T, stored.
    newly : bool, shape (J, K)
        From :func:`advance_learning`.
    mastered : bool, shape (J, K); mastered_month : int32, shape (J, K)
        Set where newly mastered.
    changed : bool, shape (K,)
        Overwritten.
    """
    changed[:] = False
    for j in range(newly.shape[0]):
        for k in range(newly.shape[1]):
            if newly[j, k]:
                mastered[j, k] = True
                mastered_month[j, k] = month
                changed[k] = True


@compiled
def learning_weights(
    proximity: Array, region_of: Array, readiness: Array, linked: Array, far_factor: Array, out: Array
) -> None:
    """Set out[x, j, m] to w_jm = K_r(j)r(m), or f_far sqrt(delta_r(j) delta_r(m)) where larger; equation (7).

    Parameters
    ----------
    proximity : float64, shape (R, R)
    region_of : int32, shape (J,)
    readiness : float64, shape (R,)
        delta.
    linked : bool, shape (J, J)
        Both are on one platform whose vector (SC2SC, SC2ED) serves both; symmetric.
    far_factor : float64, shape (X,)
        f_far for each distinct complexity.
    out : float64, shape (X, J, J)
        Overwritten; symmetric.
    """
    for x in range(far_factor.size):
        for j in range(region_of.size):
            for m in range(region_of.size):
                weight = proximity[region_of[j], region_of[m]]
                if linked[j, m]:
                    weight = max(
                        weight, far_factor[x] * np.sqrt(readiness[region_of[j]] * readiness[region_of[m]])
                    )
                out[x, j, m] = weight
