"""Digital infrastructure: networks and equipment that raise a region's readiness for remote contact."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from simulation.levers import Levers
from simulation.policies.base import RegionalPolicy
from simulation.world import Array, World


class DigitalInfrastructure(RegionalPolicy):
    """Digital readiness rises to delta_r + .3 c, at most 1, for 2 a year per enterprise."""

    unit_cost: ClassVar[float] = 2.0
    cost_basis: ClassVar[str] = "enterprise"
    magnitude: ClassVar[float] = 0.3

    instrument: Literal["digital_infrastructure"] = "digital_infrastructure"

    def full_cost(self, world: World, *, unit_cost: float) -> Array:
        return self.cost_by_region(world, unit_cost * world.enterprises.counts.sum(axis=1))

    def apply(self, levers: Levers, coverage: Array, world: World) -> None:
        raised = levers.readiness + self.magnitude * coverage[:-1]
        levers.readiness[:] = np.minimum(1.0, raised)
