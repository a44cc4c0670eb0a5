"""Joining and leaving platforms (section 2.3)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from simulation.compiled import compiled
from simulation.elementary import exp, expm1

Array = npt.NDArray[Any]


@compiled
def membership_odds(
    members: Array,
    may_join: Array,
    readiness: Array,
    subsidy: Array,
    base: float,
    network_effect: float,
    readiness_effect: float,
    rate: float,
    dt: float,
    join: Array,
    stay: Array,
) -> None:
    """Set the monthly probabilities of joining and of staying, for one platform and every region; equation (0).

    u = a + b (m_h / 2 + m_hr / 2) + c (delta_r - 1/2) + subsidy; join 1 - exp(-omega sigma(u) dt), stay
    exp(-omega (1 - sigma(u)) dt). join <= stay, and both rise with u: with one uniform draw a higher u never loses a
    member.

    Parameters
    ----------
    members, may_join : int64, shape (R,)
        Members at the START of the month, and those who may join.
    readiness, subsidy : float64, shape (R,)
        delta_r and subsidy_hr.
    base, network_effect, readiness_effect : float
        a, b, c.
    rate : float
        omega, 1/year.
    dt : float
        Years in a month.
    join, stay : float64, shape (R,)
        Overwritten, in [0, 1].
    """
    share = members.sum() / may_join.sum() if may_join.sum() > 0 else 0.0
    for r in range(join.size):
        regional = members[r] / may_join[r] if may_join[r] > 0 else 0.0
        utility = (
            base
            + network_effect * (share + regional) / 2.0
            + readiness_effect * (readiness[r] - 0.5)
            + subsidy[r]
        )
        attraction = 1.0 / (1.0 + exp(-utility))
        join[r] = -expm1(-rate * attraction * dt)
        stay[r] = exp(-rate * (1.0 - attraction) * dt)


@compiled
def decide_membership(
    platform: int,
    candidates: Array,
    region_of: Array,
    mask_of: Array,
    join: Array,
    stay: Array,
    draw: Array,
    wanted: Array,
) -> None:
    """Set or clear bit ``platform`` of wanted[i] by one uniform draw for each enterprise that may join.

    Outside, join if draw < join; inside, leave if draw > stay. The row of the odds is the number of other platforms
    that the enterprise is on, or the last row where it is on more.

    Parameters
    ----------
    platform : int
        h, below 64.
    candidates : int64, shape (C,)
        The enterprises that may join.
    region_of : int32, shape (N,)
    mask_of : uint64, shape (N,)
        Memberships at the START of the month; never written.
    join, stay : float64, shape (rows, R)
        From :func:`membership_odds`, at the utility that is left by so many other platforms.
    draw : float64, shape (C,)
        Uniform in (0, 1), of each candidate.
    wanted : uint64, shape (N,)
        Memberships at the end of the month; bit h is written.
    """
    bit = np.uint64(1) << np.uint64(platform)
    for c in range(candidates.size):
        # Unsigned, so that the compiler need not handle negative indices.
        i = np.uint32(candidates[c])
        r = np.uint32(region_of[i])
        others, row = mask_of[i] & ~bit, np.uint32(0)
        while others and row < join.shape[0] - 1:
            others &= others - np.uint64(1)  # clears the lowest bit
            row += np.uint32(1)
        # Both comparisons and no branch between them, which no processor can predict.
        leaves, joins = draw[c] > stay[row, r], draw[c] < join[row, r]
        inside = (mask_of[i] & bit) != 0
        if (inside & leaves) | (~inside & joins):
            wanted[i] ^= bit
