"""Interoperability: activity on one platform is visible on another."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from simulation.levers import Levers
from simulation.policies.base import Effect, Policy
from simulation.settings import Names
from simulation.world import Array, Endowment


class Interoperability(Policy):
    """Two platforms see each other's members to the degree Omega = c, both ways alike, for 50 a year per pair."""

    unit_cost: ClassVar[float] = 50.0
    cost_basis: ClassVar[str] = "pair of platforms"
    effect: ClassVar[Effect] = Effect(
        1.0, "degree Omega to which two platforms see each other's members, 0-1", most=1.0
    )

    instrument: Literal["interoperability"] = "interoperability"
    platforms: Annotated[Names, Field(min_length=2, max_length=2)]
    """Names of the two platforms."""

    @property
    def platform_names(self) -> tuple[str, ...]:
        return tuple(sorted(self.platforms))

    def full_cost(self, endowment: Endowment, *, unit_cost: float) -> Array:
        return np.append(np.zeros(len(endowment.regions.ids)), unit_cost)

    def apply(self, levers: Levers, coverage: Array, endowment: Endowment, *, effect: float) -> None:
        a, b = (endowment.platforms.names.index(name) for name in self.platform_names)
        levers.interoperability[a, b] += effect * coverage[-1]
        levers.interoperability[b, a] = levers.interoperability[a, b]
