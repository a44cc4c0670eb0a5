"""Labour mobility: business ties change as people change jobs."""

from __future__ import annotations

import numpy as np

from simulation.elementary import expm1
from simulation.settings import Rate, Settings, Share
from simulation.world import Array


class Mobility(Settings):
    """The share of business ties that are redrawn each year, and the source of the new partners."""

    rate: Rate = 0.0
    """nu: share of the drawn ties that are dissolved and redrawn, 1/year."""
    across_platforms: Share = 0.0
    """Share of new partners taken from enterprises on the same platform, in any region, 0-1."""


def given_up(draws: Array, *, rate: float) -> Array:
    """Return which of the drawn ties are dissolved in a year; equation (26).

    Parameters
    ----------
    draws : float64 in (0, 1), any shape
        A uniform number for each partner; a higher rate dissolves the same ties and more.
    rate : float
        nu, 1/year.

    Returns
    -------
    bool, of the same shape
        All false at rate 0.
    """
    return np.asarray(draws < -expm1(np.float64(-rate)))
