"""Platform onboarding: help for enterprises to join a platform and to stay."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from simulation.levers import Levers
from simulation.policies.base import Effect, RegionalPolicy
from simulation.world import Array, Endowment

LEAST_READINESS = 0.1
"""Below this digital readiness the cost of onboarding rises no further (section 4)."""


class PlatformOnboarding(RegionalPolicy):
    """Membership is worth more, subsidy_hr = 3 c, for 1 / max(delta_r, .1) a year per enterprise that may join.

    Members count as treated, and delta is the readiness before any digital infrastructure.
    """

    unit_cost: ClassVar[float] = 1.0
    cost_basis: ClassVar[str] = "enterprise that may join, at digital readiness 1"
    effect: ClassVar[Effect] = Effect(3.0, "increase of the utility of membership, subsidy_hr")

    instrument: Literal["platform_onboarding"] = "platform_onboarding"
    platform: str
    """Name of the platform."""

    @property
    def platform_names(self) -> tuple[str, ...]:
        return (self.platform,)

    def full_cost(self, endowment: Endowment, *, unit_cost: float) -> Array:
        may_join = endowment.platforms.may_join[endowment.platforms.names.index(self.platform)]
        treated = (endowment.counts * may_join).sum(axis=1)
        return self.cost_by_region(
            endowment,
            unit_cost * treated / np.maximum(endowment.regions.readiness, LEAST_READINESS),
        )

    def apply(self, levers: Levers, coverage: Array, endowment: Endowment, *, effect: float) -> None:
        levers.subsidy[endowment.platforms.names.index(self.platform)] += effect * coverage[:-1]
