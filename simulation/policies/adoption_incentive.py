"""Adoption incentives: a subsidy for part of the price of a new technology."""

from __future__ import annotations

from typing import ClassVar, Literal

from simulation.levers import Levers
from simulation.policies.base import Effect, RegionalPolicy
from simulation.world import Array, Endowment


class AdoptionIncentive(RegionalPolicy):
    """A term of the hazard, without any contact: incentive_r = .001 c a year, for 2 a year per enterprise."""

    unit_cost: ClassVar[float] = 2.0
    cost_basis: ClassVar[str] = "enterprise"
    effect: ClassVar[Effect] = Effect(0.001, "hazard that the subsidy adds, 1/year", most=1.0)

    instrument: Literal["adoption_incentive"] = "adoption_incentive"

    def full_cost(self, endowment: Endowment, *, unit_cost: float) -> Array:
        return self.cost_by_region(endowment, unit_cost * endowment.counts.sum(axis=1))

    def apply(self, levers: Levers, coverage: Array, endowment: Endowment, *, effect: float) -> None:
        levers.incentive += effect * coverage[:-1]
