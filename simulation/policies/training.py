"""Training of the staff of enterprises in new technology."""

from __future__ import annotations

from typing import ClassVar, Literal

from simulation.levers import Levers
from simulation.policies.base import RegionalPolicy
from simulation.world import Array, World


class Training(RegionalPolicy):
    """Enterprises absorb more: alpha_i x (1 + .25 c), for 1 a year per enterprise."""

    unit_cost: ClassVar[float] = 1.0
    cost_basis: ClassVar[str] = "enterprise"
    magnitude: ClassVar[float] = 0.25

    instrument: Literal["training"] = "training"

    def full_cost(self, world: World, *, unit_cost: float) -> Array:
        return self.cost_by_region(world, unit_cost * world.enterprises.counts.sum(axis=1))

    def apply(self, levers: Levers, coverage: Array, world: World) -> None:
        levers.training += self.magnitude * coverage[:-1]
