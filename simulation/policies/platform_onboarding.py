"""Platform onboarding: help for enterprises to join a platform and to stay."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from simulation.levers import Levers
from simulation.policies.base import RegionalPolicy
from simulation.world import Array, World

LEAST_READINESS = 0.1
"""Below this digital readiness the cost of onboarding rises no further (section 4)."""


class PlatformOnboarding(RegionalPolicy):
    """Membership is worth more, subsidy_hr = 3 c, for 1 / max(delta_r, .1) a year per enterprise that may join.

    Members count as treated, and delta is the readiness before any digital infrastructure.
    """

    unit_cost: ClassVar[float] = 1.0
    cost_basis: ClassVar[str] = "enterprise that may join, at digital readiness 1"
    magnitude: ClassVar[float] = 3.0

    instrument: Literal["platform_onboarding"] = "platform_onboarding"
    platform: str
    """Name of the platform."""

    @property
    def platform_names(self) -> tuple[str, ...]:
        return (self.platform,)

    def full_cost(self, world: World, *, unit_cost: float) -> Array:
        may_join = world.platforms.may_join[world.platforms.names.index(self.platform)]
        treated = (world.enterprises.counts * may_join).sum(axis=1)
        return self.cost_by_region(
            world,
            unit_cost * treated / np.maximum(world.regions.readiness, LEAST_READINESS),
        )

    def apply(self, levers: Levers, coverage: Array, world: World) -> None:
        levers.subsidy[world.platforms.names.index(self.platform)] += self.magnitude * coverage[:-1]
