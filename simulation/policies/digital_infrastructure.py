"""Digital infrastructure: networks and equipment that raise a region's readiness for remote contact."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from simulation.levers import Levers
from simulation.policies.base import Effect, RegionalPolicy
from simulation.world import Array, Endowment


class DigitalInfrastructure(RegionalPolicy):
    """Digital readiness rises to delta_r + .3 c, at most 1, for 2 a year per enterprise."""

    unit_cost: ClassVar[float] = 2.0
    cost_basis: ClassVar[str] = "enterprise"
    effect: ClassVar[Effect] = Effect(0.3, "increase of digital readiness, 0-1", most=1.0)

    instrument: Literal["digital_infrastructure"] = "digital_infrastructure"

    def full_cost(self, endowment: Endowment, *, unit_cost: float) -> Array:
        return self.cost_by_region(endowment, unit_cost * endowment.counts.sum(axis=1))

    def apply(self, levers: Levers, coverage: Array, endowment: Endowment, *, effect: float) -> None:
        raised = levers.readiness + effect * coverage[:-1]
        levers.readiness[:] = np.minimum(1.0, raised)
