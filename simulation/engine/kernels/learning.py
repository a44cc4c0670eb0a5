"""Learning of institutions: their hazard is cumulated until it reaches a threshold (section 2.7)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from simulation.compiled import compiled
from simulation.elementary import expm1

Array = npt.NDArray[Any]


@compiled
def learning_steps(
    dt: float, rate: float, scale: float, weights: Array, capacity: Array, mastered: Array, step: Array
) -> None:
    """Set step[j] to the learning hazard of institution j in a month for one technology, equation (7).

    Hazard b_SC (1 - exp(-sum_m w_jm Q_m y_mk / I_scale)).

    Parameters
    ----------
    dt : float
        Years in a month.
    rate, scale : float
        b_SC, 1/year, and I_scale.
    weights : float64, shape (J, J)
        w_jm at the technology's complexity.
    capacity : float64, shape (J,)
        Q.
    mastered : bool, shape (J,)
        y, state at the START of the month; never written.
    step : float64, shape (J,)
        Overwritten where y is false; 0 where nobody in reach masters the technology.
    """
    contacts = np.zeros(mastered.size)
    for m in range(mastered.size):
        if mastered[m]:
            for j in range(mastered.size):
                contacts[j] += weights[m, j] * capacity[m]
    for j in range(mastered.size):
        if not mastered[j]:
            step[j] = rate * -expm1(-contacts[j] / scale) * dt if contacts[j] > 0.0 else 0.0


@compiled
def advance_learning(mastered: Array, step: Array, remaining: Array, newly: Array) -> None:
    """Cumulate the learning hazard of every institution for one month and technology, until it reaches the threshold.

    Parameters
    ----------
    mastered : bool, shape (J,)
        y, state at the START of the month; never written.
    step : float64, shape (J,)
        From :func:`learning_steps`.
    remaining : float64, shape (J,)
        Remainder of the threshold; decreased.
    newly : bool, shape (J,)
        Overwritten: institutions that master the technology at the end of this month.
    """
    for j in range(mastered.size):
        newly[j] = False
        if not mastered[j] and step[j] > 0.0:
            remaining[j] -= step[j]
            newly[j] = remaining[j] <= 0.0


@compiled
def apply_learning(month: int, newly: Array, mastered: Array, mastered_month: Array) -> bool:
    """Let institutions master what they have learned in a month, and return whether any has.

    Parameters
    ----------
    month : int
        Number of the month, 1 to T, stored.
    newly : bool, shape (J,)
        From :func:`advance_learning`.
    mastered : bool, shape (J,); mastered_month : int32, shape (J,)
        Set where newly mastered.
    """
    changed = False
    for j in range(newly.size):
        if newly[j]:
            mastered[j] = True
            mastered_month[j] = month
            changed = True
    return changed


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
