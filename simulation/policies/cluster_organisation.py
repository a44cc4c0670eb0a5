"""Cluster organisations, which bring the enterprises of a region together."""

from __future__ import annotations

from typing import ClassVar, Literal

from simulation.levers import Levers
from simulation.policies.base import Effect, RegionalPolicy
from simulation.world import Array, Endowment


class ClusterOrganisation(RegionalPolicy):
    """Contacts within the region count more: L_r = 1 + .6 c, for 1 a year per enterprise."""

    unit_cost: ClassVar[float] = 1.0
    cost_basis: ClassVar[str] = "enterprise"
    effect: ClassVar[Effect] = Effect(0.6, "increase of the weight of contacts within the region, L_r - 1")

    instrument: Literal["cluster_organisation"] = "cluster_organisation"

    def full_cost(self, endowment: Endowment, *, unit_cost: float) -> Array:
        return self.cost_by_region(endowment, unit_cost * endowment.counts.sum(axis=1))

    def apply(self, levers: Levers, coverage: Array, endowment: Endowment, *, effect: float) -> None:
        levers.local_contacts += effect * coverage[:-1]
