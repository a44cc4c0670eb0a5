"""The entries of a policy with their money, and how entries divide a sum of money among them."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass

from simulation.analysis.policy_names import LABEL, policy_names
from simulation.policies import Policy
from simulation.policies.plan import ROUNDING, shared_out
from simulation.scenario.plan import plan_of, schedule_of
from simulation.scenario.schema import Platform, Scenario

PLENTY = 1e12
"""Money a year that pays for any plan, units."""


@dataclass(frozen=True, slots=True)
class FundedEntry:
    """One entry of a policy with its money. Present values are in units."""

    name: str  # as tables of money have it
    policy: Policy
    per_year: float  # money, units a year
    full_cost: float  # of full coverage, units a year
    worth: float  # present value of one unit a year in its months

    @property
    def pv(self) -> float:
        """Present value of its money."""
        return self.per_year * self.worth

    @property
    def room_pv(self) -> float:
        """Present value of the money that it could use in addition."""
        return max(self.full_cost - self.per_year, 0.0) * self.worth

    @property
    def opens(self) -> tuple[str, ...]:
        """Platforms that are closed without it."""
        return self.policy.platform_names if self.policy.opens_platform and self.per_year > 0 else ()

    @property
    def needs(self) -> tuple[str, ...]:
        """Platforms without which it does nothing; none if it has no money, and so does nothing anyway."""
        return self.policy.platform_names if not self.policy.opens_platform and self.per_year > 0 else ()

    def with_money(self, per_year: float) -> Policy:
        """Return its policy with another amount of money a year."""
        if per_year == self.per_year and self.policy.share is None:
            return self.policy
        return self.policy.model_copy(update={"budget": per_year, "coverage": None, "share": None})


def funded_entries(spec: Scenario) -> list[FundedEntry]:
    """Return the entries of a scenario with the money that its plan gives them, in the order of its file."""
    if not spec.policies:
        return []
    plan = plan_of(spec)
    names = policy_names(tomllib.loads(spec.to_toml()))
    return [
        FundedEntry(
            name=names[LABEL.format(place)],
            policy=entry.policy,
            per_year=entry.per_year,
            full_cost=float(entry.full_cost.sum()),
            worth=plan.present_value([(1.0, *entry.months)]),
        )
        for place, entry in enumerate(plan.entries)
    ]


def money_of(chosen: Sequence[FundedEntry], fixed: Sequence[FundedEntry], *, total_pv: float) -> list[float]:
    """Divide a present value among entries; return the money a year of each.

    The chosen entries keep the proportions of their own money. What is above full coverage goes to the others in
    proportion, and what none of them can use is left; an entry keeps what it had above full coverage before. The fixed
    ones are paid first.
    """
    pool = max(total_pv - math.fsum(entry.pv for entry in fixed), 0.0)
    own = math.fsum(entry.pv for entry in chosen)
    if own == 0:
        return [0.0 for _ in chosen]
    if pool <= own:
        factor = pool / own
        return [entry.per_year * factor for entry in chosen]
    shares = [entry.pv / own for entry in chosen if entry.per_year > 0]
    room = [entry.room_pv for entry in chosen if entry.per_year > 0]
    planned, over = shared_out(pool - own, shares, room)
    more = iter([a - b for a, b in zip(planned, over, strict=True)])
    return [entry.per_year + (next(more) / entry.worth if entry.per_year > 0 else 0.0) for entry in chosen]


def with_policies(
    spec: Scenario,
    policies: Sequence[tuple[FundedEntry, float]],
    *,
    platforms: tuple[Platform, ...] | None = None,
) -> Scenario:
    """Return a scenario with these entries, each with its money a year, and these platforms in place of its own.

    Its budget is raised if they have more money than it.
    """
    changes: dict[str, object] = {"policies": tuple(entry.with_money(money) for entry, money in policies)}
    if platforms is not None:
        changes["platforms"] = platforms
    changed = spec.model_copy(update=changes)
    # Without shares the plan is the same whatever the budget, as long as that is large enough.
    plan = plan_of(changed.model_copy(update={"budget": spec.budget.model_copy(update={"per_year": PLENTY})}))
    available = plan.available_pv * (spec.budget.money_a_year(spec.world.scale) / PLENTY)
    if plan.planned_pv <= available * (1 + ROUNDING):
        return changed
    per_year = PLENTY * (plan.planned_pv / plan.available_pv)
    return changed.model_copy(update={"budget": spec.budget.model_copy(update={"per_year": per_year})})


def spent_pv(spec: Scenario) -> float:
    """Return the present value of the money that a scenario spends, units; it depends on no random draw."""
    return schedule_of(spec).spent_pv if spec.policies else 0.0
