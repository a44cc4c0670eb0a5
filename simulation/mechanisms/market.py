"""The market factor x of the hazard: the product of all mechanisms that are on."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from simulation.mechanisms.prices import price_factor
from simulation.world import Array, World


class Situation(Protocol):
    """What the market reads of a running replication; see ``simulation.engine.State``."""

    month: int


class Market:
    """x_rsk of equation (5) month by month, from the state at the start of the month; equation (20)."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._shape = world.shape[:3]
        self._neutral = np.ones(self._shape)
        self._is_on = bool(world.commodities.names)

    def factor(self, state: Situation) -> Array:
        """Return x, float64 (R, S, K): 1 where no mechanism is on. Not to be written."""
        if not self._is_on:
            return self._neutral
        commodities = self._world.commodities
        by_industry = price_factor(commodities.log_price[state.month], commodities.exponent)
        return by_industry[:, :, None] * self._neutral
