"""Training of the staff of enterprises in new technology."""

from __future__ import annotations

from typing import ClassVar, Literal

from simulation.levers import Levers
from simulation.policies.base import Effect, RegionalPolicy
from simulation.world import Array, Endowment


class Training(RegionalPolicy):
    """Enterprises absorb more: alpha_i x (1 + .25 c), for 1 a year per enterprise."""

    unit_cost: ClassVar[float] = 1.0
    cost_basis: ClassVar[str] = "enterprise"
    effect: ClassVar[Effect] = Effect(0.25, "relative increase of absorptive capacity")

    instrument: Literal["training"] = "training"

    def full_cost(self, endowment: Endowment, *, unit_cost: float) -> Array:
        return self.cost_by_region(endowment, unit_cost * endowment.counts.sum(axis=1))

    def apply(self, levers: Levers, coverage: Array, endowment: Endowment, *, effect: float) -> None:
        levers.training += effect * coverage[:-1]
        levers.trained += coverage[:-1]
