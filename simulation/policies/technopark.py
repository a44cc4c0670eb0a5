"""Technoparks: premises, equipment and staff for the institutions of a region."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from simulation.levers import Levers
from simulation.policies.base import RegionalPolicy
from simulation.world import Array, World


class Technopark(RegionalPolicy):
    """Institutions of the region carry more weight: Q_j x (1 + c), for 20 a year per institution."""

    unit_cost: ClassVar[float] = 20.0
    cost_basis: ClassVar[str] = "institution"
    magnitude: ClassVar[float] = 1.0

    instrument: Literal["technopark"] = "technopark"

    def full_cost(self, world: World, *, unit_cost: float) -> Array:
        institutions = np.bincount(world.institutions.region_of, minlength=len(world.regions.ids))
        return self.cost_by_region(world, unit_cost * institutions)

    def apply(self, levers: Levers, coverage: Array, world: World) -> None:
        levers.capacity += self.magnitude * coverage[:-1]
