"""Labour mobility: people change places, and business ties go with them."""

from __future__ import annotations

import numpy as np

from simulation.settings import Rate, Settings, Share
from simulation.world import Array


class Mobility(Settings):
    """How many business ties are drawn anew each year, and where their new partners are found."""

    rate: Rate = 0.0
    """nu: share of the drawn ties that are given up and drawn anew, 1/year."""
    across_platforms: Share = 0.0
    """Share of new partners taken from those who share a platform with the enterprise, of any region, 0-1."""


def given_up(draws: Array, *, rate: float) -> Array:
    """Return which of the drawn partners are given up in a year; equation (26).

    Parameters
    ----------
    draws : float64 in (0, 1), any shape
        A uniform number for each partner; a higher rate gives up the same partners and more.
    rate : float
        nu, 1/year.

    Returns
    -------
    bool, of the same shape
        Nowhere true at rate 0.
    """
    return np.asarray(draws < -np.expm1(-rate))
