"""Adoption incentives: a subsidy for part of the price of a new technology."""

from __future__ import annotations

from typing import ClassVar, Literal

from simulation.levers import Levers
from simulation.policies.base import RegionalPolicy
from simulation.world import Array, World


class AdoptionIncentive(RegionalPolicy):
    """A term of the hazard, without any contact: incentive_r = .001 c a year, for 2 a year per enterprise."""

    unit_cost: ClassVar[float] = 2.0
    cost_basis: ClassVar[str] = "enterprise"
    magnitude: ClassVar[float] = 0.001

    instrument: Literal["adoption_incentive"] = "adoption_incentive"

    def full_cost(self, world: World, *, unit_cost: float) -> Array:
        return self.cost_by_region(world, unit_cost * world.enterprises.counts.sum(axis=1))

    def apply(self, levers: Levers, coverage: Array, world: World) -> None:
        levers.incentive += self.magnitude * coverage[:-1]
