"""Platform operation: the staff and servers that a platform needs to exist."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from simulation.levers import Levers
from simulation.policies.base import Policy
from simulation.world import Array, Endowment


class PlatformOperation(Policy):
    """The platform exists while it is paid for in full, 150 a year; a smaller budget has no effect and is not spent."""

    unit_cost: ClassVar[float] = 150.0
    cost_basis: ClassVar[str] = "platform"
    opens_platform: ClassVar[bool] = True
    all_or_nothing: ClassVar[bool] = True

    instrument: Literal["platform_operation"] = "platform_operation"
    platform: str
    """Name of the platform."""

    @property
    def platform_names(self) -> tuple[str, ...]:
        return (self.platform,)

    def full_cost(self, endowment: Endowment, *, unit_cost: float) -> Array:
        return np.append(np.zeros(len(endowment.regions.ids)), unit_cost)

    def apply(self, levers: Levers, coverage: Array, endowment: Endowment, *, effect: float) -> None:
        levers.is_open[endowment.platforms.names.index(self.platform)] = coverage[-1] > 0
