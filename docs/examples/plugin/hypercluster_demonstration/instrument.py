"""Demonstration sites, where the enterprises of a region see new technology at work."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from simulation.levers import Levers
from simulation.policies import Effect, RegionalPolicy
from simulation.world import Array, Endowment


class DemonstrationSite(RegionalPolicy):
    """Contacts within the region count more: L_r = 1 + .3 c, for 50 a year per region."""

    unit_cost: ClassVar[float] = 50.0
    cost_basis: ClassVar[str] = "region"
    effect: ClassVar[Effect | None] = Effect(
        0.3, "increase of the weight of contacts within the region, L_r - 1"
    )

    instrument: Literal["demonstration_site"] = "demonstration_site"

    def full_cost(self, endowment: Endowment, *, unit_cost: float) -> Array:
        return self.cost_by_region(endowment, np.full(len(endowment.regions.ids), unit_cost))

    def apply(self, levers: Levers, coverage: Array, endowment: Endowment, *, effect: float) -> None:
        levers.local_contacts += effect * coverage[:-1]  # the last unit is money of no region
