"""The market factor x of the hazard: the product of all mechanisms that are on."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from simulation.levers import Levers
from simulation.mechanisms.chains import demand_pull
from simulation.mechanisms.mechanism import Mechanism
from simulation.mechanisms.prices import price_factor
from simulation.state import State
from simulation.world import Array, World


class Market:
    """x_rsk of equation (5) month by month, from the state at the start of the month; equation (20).

    Parameters
    ----------
    world : the world, with the enterprises present.
    mechanisms : those that are on, in the order of their factors.
    """

    def __init__(self, world: World, mechanisms: Iterable[Mechanism]) -> None:
        self._world = world
        self._neutral = np.ones(world.shape[:3])
        self._factors = [mechanism.factor(world) for mechanism in mechanisms]
        self.is_on = bool(
            world.commodities.names or world.chains.names or self._factors or world.regions.outflow.any()
        )
        self._eligible = world.eligible

    def factor(self, state: State, levers: Levers) -> Array:
        """Return x, float64 (R, S, K): 1 where no mechanism is on. Not to be written."""
        if not self.is_on:
            return self._neutral
        commodities = self._world.commodities
        released = self._world.technologies.release_month <= state.month
        price = price_factor(commodities.log_price[state.month], commodities.exponent)
        pull = demand_pull(
            state.adopters.sum(axis=2, where=released),
            self._eligible.sum(axis=2, where=released),
            leads=self._world.chains.leads,
            strength=levers.chain_strength,
        )
        x = (price * pull * state.capacity_left[:, None])[:, :, None] * self._neutral
        for factor in self._factors:
            x *= factor(state, levers)
        return x
