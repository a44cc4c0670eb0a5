"""Money over time: the budget of a scenario, unit costs, present values (section 4)."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from simulation.elementary import exp, log1p
from simulation.settings import NonNegative, Rate, Settings
from simulation.world import Array

DEFAULT_PER_YEAR = 3000.0
"""Money a year of a scenario of the full size; assumption."""


class Budget(Settings):
    """Money that the policies of a scenario may plan: its present value is what scenarios have in common."""

    per_year: NonNegative | None = None
    """Money a year over the horizon, in units; by default 3000, in a larger world times ``world.scale``, so that it has
    as much an enterprise (assumption). Policies may spend its present value early or late."""
    discount: Rate = 0.05
    """Discount rate, 1/year; assumption."""

    def money_a_year(self, scale: float) -> float:
        """Money a year in a world of this scale, in units.

        A smaller world has no less by default, because platforms and institutions do not get cheaper with it.
        """
        return DEFAULT_PER_YEAR * max(scale, 1.0) if self.per_year is None else self.per_year


class CostTable(Settings):
    """Unit costs a year by instrument, in budget units; one field an instrument, all of them assumptions."""

    def of(self, instrument: str) -> float:
        """Unit cost of an instrument."""
        cost: float = getattr(self, instrument)
        return cost


class EffectTable(Settings):
    """What each instrument does at coverage 1; one field an instrument that can do more or less, all assumptions."""

    def of(self, instrument: str) -> float:
        """Effect of an instrument at coverage 1; 1 if it either works or does not."""
        effect: float = getattr(self, instrument, 1.0)
        return effect


def discount_factors(*, months: int, steps_per_year: int, discount: float) -> Array:
    """float64 (months,): present value of one unit of money that is spent in each month, counted from 0."""
    return exp(-np.arange(months) / steps_per_year * log1p(np.float64(discount)))


def present_value(amounts: Iterable[tuple[float, int, int]], *, steps_per_year: int, factors: Array) -> float:
    """Present value of amounts a year, each spent evenly from a first month to a last, exclusive; equation (19).

    The sum is exact before it is rounded, so that the order of the amounts changes nothing.
    """
    return math.fsum(
        term
        for a_year, first, last in amounts
        for term in (a_year / steps_per_year * factors[first:last]).tolist()
    )
