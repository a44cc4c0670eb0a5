"""Interoperability: activity on one platform is visible on another."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from simulation.levers import Levers
from simulation.policies.base import Policy
from simulation.settings import Names
from simulation.world import Array, World


class Interoperability(Policy):
    """Two platforms see each other's members to the degree Omega = c, both ways alike, for 50 a year per pair."""

    unit_cost: ClassVar[float] = 50.0
    cost_basis: ClassVar[str] = "pair of platforms"
    magnitude: ClassVar[float] = 1.0

    instrument: Literal["interoperability"] = "interoperability"
    platforms: Annotated[Names, Field(min_length=2, max_length=2)]
    """Names of the two platforms."""

    @property
    def platform_names(self) -> tuple[str, ...]:
        return tuple(sorted(self.platforms))

    def full_cost(self, world: World, *, unit_cost: float) -> Array:
        return np.append(np.zeros(len(world.regions.ids)), unit_cost)

    def apply(self, levers: Levers, coverage: Array, world: World) -> None:
        a, b = (world.platforms.names.index(name) for name in self.platform_names)
        levers.interoperability[a, b] += self.magnitude * coverage[-1]
        levers.interoperability[b, a] = levers.interoperability[a, b]
