"""Out-migration: a region loses absorptive capacity with the people who leave it."""

from __future__ import annotations

import numpy as np

from simulation.compiled import compiled
from simulation.elementary import exp
from simulation.settings import NonNegative, RateOrTable, Settings, Share
from simulation.world import Array


class Migration(Settings):
    """The rate at which regions lose absorptive capacity to out-migration, and the effects that slow it."""

    rate: RateOrTable = 0.0
    """mu_r: loss of absorptive capacity, 1/year: one number, or a table by region, else 0."""
    training: Share = 0.5
    """tau: part of the loss that training at full coverage stops, 0-1. Assumption."""
    research: NonNegative = 0.1
    """psi: how strongly each research institution of the region slows the loss. Assumption."""


def left_after_a_month(
    left: Array, *, outflow: Array, training: Array, research: Array, migration: Migration, dt: float
) -> Array:
    """Return the remaining share of the absorptive capacity of each region after out-migration; equation (24).

    Parameters
    ----------
    left : float64, shape (R,)
        At the start of the month; 1 at first.
    outflow : float64, shape (R,)
        mu, 1/year.
    training : float64, shape (R,)
        Coverage of the month, 0-1.
    research : float64, shape (R,)
        Capacity Q of the region's research institutions in the month, summed.
    migration : Migration
        tau and psi.
    dt : float
        Years in a month.

    Returns
    -------
    float64, shape (R,)
        At the end of the month: never below 0, and exactly unchanged if the outflow is 0.
    """
    slowed = outflow * (1.0 - migration.training * training) / (1.0 + migration.research * research)
    return _shrunk(left, slowed, dt)


@compiled
def _shrunk(left: Array, rate: Array, dt: float) -> Array:
    after = np.empty(left.size)
    for r in range(left.size):
        after[r] = left[r] * exp(-rate[r] * dt)
    return after
