"""Money over time: the budget of a scenario, unit costs, present values (section 4)."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from simulation.policies.base import Policy
from simulation.settings import NonNegative, Rate, Settings
from simulation.world import Array


class Budget(Settings):
    """Money that the policies of a scenario may plan: its present value is what scenarios have in common."""

    per_year: NonNegative = 3000.0
    """Money a year over the horizon, in units (assumption); policies may spend its present value early or late."""
    discount: Rate = 0.05
    """Discount rate, 1/year; assumption."""


class CostTable(Settings):
    """Unit costs a year by instrument, in budget units; one field an instrument, all of them assumptions."""

    def of(self, instrument: str) -> float:
        """Unit cost of an instrument."""
        cost: float = getattr(self, instrument)
        return cost


def discount_factors(*, months: int, steps_per_year: int, discount: float) -> Array:
    """float64 (months,): present value of one unit of money that is spent in each month, counted from 0."""
    return (1.0 + discount) ** (-np.arange(months) / steps_per_year)


def present_value(amounts: Iterable[tuple[float, int, int]], *, steps_per_year: int, factors: Array) -> float:
    """Present value of amounts a year, each spent evenly from a first month to a last, exclusive; equation (19).

    The sum is exact before it is rounded, so that the order of the amounts changes nothing.
    """
    return math.fsum(
        term
        for a_year, first, last in amounts
        for term in (a_year / steps_per_year * factors[first:last]).tolist()
    )


def planned_present_value(
    policies: Iterable[Policy], *, months: int, steps_per_year: int, discount: float
) -> float:
    """Present value of all that the policies plan within the horizon, in units."""
    factors = discount_factors(months=months, steps_per_year=steps_per_year, discount=discount)
    amounts = [
        (policy.budget, *policy.months(steps_per_year=steps_per_year, horizon=months)) for policy in policies
    ]
    return present_value(amounts, steps_per_year=steps_per_year, factors=factors)
