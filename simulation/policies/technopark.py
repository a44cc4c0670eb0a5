"""Technoparks: premises, equipment and staff for the institutions of a region."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from simulation.levers import Levers
from simulation.policies.base import Effect, RegionalPolicy
from simulation.world import Array, Endowment


class Technopark(RegionalPolicy):
    """Institutions of the region carry more weight: Q_j x (1 + c), for 20 a year per institution."""

    unit_cost: ClassVar[float] = 20.0
    cost_basis: ClassVar[str] = "institution"
    effect: ClassVar[Effect] = Effect(1.0, "relative increase of the capacity of institutions")

    instrument: Literal["technopark"] = "technopark"

    def full_cost(self, endowment: Endowment, *, unit_cost: float) -> Array:
        institutions = np.bincount(endowment.institution_region, minlength=len(endowment.regions.ids))
        return self.cost_by_region(endowment, unit_cost * institutions)

    def apply(self, levers: Levers, coverage: Array, endowment: Endowment, *, effect: float) -> None:
        levers.capacity += effect * coverage[:-1]
