"""The plan of a scenario's money: what each entry of policy has a year (section 4).

An entry has its money in one of three ways. A ``budget`` is money a year. A ``coverage`` is what it costs, whatever
unit costs are. A ``share`` is a share of what the entries of the first two kinds leave of the scenario's budget; by it
plans of scenarios have the same present value under any horizon, discount rate, unit costs, effects and regions.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from simulation.errors import HyperclusterError
from simulation.policies.base import Policy
from simulation.policies.money import Budget, CostTable, discount_factors, present_value
from simulation.world import Array, Endowment

ROUNDING = 1e-9
"""Part of the budget by which costs may exceed it before shares: differences of this size are rounding."""
OVERSPENT = 1e-3
"""The same for a plan without shares, because budgets are written in round numbers."""


LEAST_WORTH = 1e-100
"""Present value of one unit a year in the months of a share below which the money would leave the range of a double."""


class NotAffordable(HyperclusterError):
    """A plan costs more than the scenario's budget; the message says by how much."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One policy with its cost and its money. U units, see :class:`Policy`."""

    policy: Policy
    months: tuple[int, int]  # the first, and the one after the last
    full_cost: Array  # float64 (U,), a year
    per_year: float  # money a year, units
    unusable: float  # part of it beyond full coverage that no entry with a share can use, a year


@dataclass(frozen=True, slots=True)
class Plan:
    """The money of all policies of a scenario, in the order of its file."""

    endowment: Endowment
    entries: tuple[Entry, ...]
    factors: Array  # float64 (months,), present value of one unit spent in a month
    available_pv: float  # present value of the scenario's budget, units

    @property
    def planned_pv(self) -> float:
        """Present value of the money planned within the horizon, in units."""
        return self.present_value([(entry.per_year, *entry.months) for entry in self.entries])

    def present_value(self, amounts: Sequence[tuple[float, int, int]]) -> float:
        """Return the present value of amounts a year with their months, in units; equation (19)."""
        return present_value(amounts, steps_per_year=self.endowment.steps_per_year, factors=self.factors)


def plan_money(
    policies: Sequence[Policy], endowment: Endowment, *, costs: CostTable, budget: Budget, scale: float
) -> Plan:
    """Return the plan of a scenario's policies; equation (28).

    Parameters
    ----------
    policies : in the order of the file, which changes nothing but the order of the entries.
    endowment : what is there at the start; full cost is that of the start.
    costs : unit costs by instrument.
    budget : the scenario's budget and discount rate.
    scale : ``world.scale``, by which a default budget grows.

    Raises
    ------
    NotAffordable
        If entries with a budget or a coverage cost more than the scenario's budget.
    HyperclusterError
        If shares are impossible, as :func:`faults_of_shares` tells.
    """
    steps, horizon = endowment.steps_per_year, endowment.months
    factors = discount_factors(months=horizon, steps_per_year=steps, discount=budget.discount)
    money = budget.money_a_year(scale)
    available = present_value([(money, 0, horizon)], steps_per_year=steps, factors=factors)
    for _, fault in faults_of_shares(
        policies, steps_per_year=steps, horizon=horizon, discount=budget.discount
    ):
        raise HyperclusterError(fault)
    full_costs = [policy.full_cost(endowment, unit_cost=costs.of(policy.instrument)) for policy in policies]
    months = [policy.months(steps_per_year=steps, horizon=horizon) for policy in policies]
    totals = [float(full_cost.sum()) for full_cost in full_costs]
    per_year = [_fixed(policy, total) for policy, total in zip(policies, totals, strict=True)]
    fixed = present_value(
        [(a_year, *window) for a_year, window in zip(per_year, months, strict=True)],
        steps_per_year=steps,
        factors=factors,
    )
    shared = [n for n, policy in enumerate(policies) if policy.share is not None]
    if fixed > available * (1 + (ROUNDING if shared else OVERSPENT)):
        raise NotAffordable(
            f"the plan is not affordable: entries with a budget or a coverage have a present value of {fixed:,.0f} "
            f"units, {_amount(fixed - available)} more than the budget's {available:,.0f} ({money:,g} a year over "
            f"{horizon / steps:g} years)"
        )
    unusable = [0.0] * len(policies)
    if shared:
        # Present value of one unit a year during the months of each entry.
        worth = [present_value([(1.0, *months[n])], steps_per_year=steps, factors=factors) for n in shared]
        shares = [policies[n].share or 0.0 for n in shared]
        limits = [totals[n] * value for n, value in zip(shared, worth, strict=True)]
        planned, over = shared_out(max(available - fixed, 0.0), shares, limits)
        for n, value, money_pv, over_pv in zip(shared, worth, planned, over, strict=True):
            per_year[n], unusable[n] = money_pv / value, over_pv / value
    return Plan(
        endowment=endowment,
        entries=tuple(
            Entry(*row) for row in zip(policies, months, full_costs, per_year, unusable, strict=True)
        ),
        factors=factors,
        available_pv=available,
    )


def faults_of_shares(
    policies: Sequence[Policy], *, steps_per_year: int, horizon: int, discount: float
) -> Iterator[tuple[int | None, str]]:
    """Yield what makes shares impossible: the place of the entry, or None for all of them, and a message."""
    total = math.fsum(policy.share or 0.0 for policy in policies)
    if total > 1 + ROUNDING:
        yield None, f"the shares of policies sum to {total:.10g}; must sum to 1 or less"
    factors = discount_factors(months=horizon, steps_per_year=steps_per_year, discount=discount)
    for n, policy in enumerate(policies):
        if policy.share is None:
            continue
        first, last = policy.months(steps_per_year=steps_per_year, horizon=horizon)
        years = f"from_year {policy.from_year:g}" + (
            "" if policy.to_year is None else f" and to_year {policy.to_year:g}"
        )
        if first >= last:
            end = f"a horizon of {horizon / steps_per_year:g} years"
            yield n, f"no month to spend it in, with {years} and {end}"
        elif (
            present_value([(1.0, first, last)], steps_per_year=steps_per_year, factors=factors) < LEAST_WORTH
        ):
            yield n, f"money in its months, with {years}, is worth nothing at a discount rate of {discount:g}"


def shared_out(
    remainder: float, shares: Sequence[float], limits: Sequence[float]
) -> tuple[list[float], list[float]]:
    """Divide money among entries by their shares; what exceeds an entry's limit flows to the others in proportion.

    Parameters
    ----------
    remainder : present value of what there is, units.
    shares : in (0, 1], with a sum of at most 1; the rest is not planned.
    limits : present value of full coverage of each entry, units.

    Returns
    -------
    planned : present value of each entry, units; the sum is the remainder times the sum of the shares.
    over : the part of it that is above the limit of the entry, which is 0 unless all entries are at their limits; it is
        divided in proportion to the shares.
    """
    # Sums are exact before they are rounded, so that the order of the entries changes nothing.
    share, limit = np.asarray(shares, dtype=np.float64), np.asarray(limits, dtype=np.float64)
    total = remainder * math.fsum(shares)
    planned = np.zeros(share.size)
    open_to = np.ones(share.size, dtype=bool)  # not yet at its limit
    while open_to.any():
        left = total - math.fsum(planned[~open_to])
        planned[open_to] = left * share[open_to] / math.fsum(share[open_to])
        reached = open_to & (planned >= limit)
        if not reached.any():
            break
        planned[reached] = limit[reached]
        open_to &= ~reached
    over = np.zeros(share.size)
    if not open_to.any():
        over = max(total - math.fsum(planned), 0.0) * share / math.fsum(shares)
    return (planned + over).tolist(), over.tolist()


def _fixed(policy: Policy, full_cost: float) -> float:
    """Return the money a year of an entry with a budget or a coverage, and 0 for one with a share."""
    if policy.coverage is not None:
        return policy.coverage * full_cost
    return policy.budget or 0.0


def _amount(money: float) -> str:
    """Return an amount of money above 0 with as many digits as show that it is not 0."""
    return f"{money:,.0f}" if money >= 1 else f"{money:.1g}"
