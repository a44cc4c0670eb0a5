"""The market factor x of the hazard: the product of all mechanisms that are on."""

from __future__ import annotations

import numpy as np

from simulation.levers import Levers
from simulation.mechanisms.chains import demand_pull
from simulation.mechanisms.prices import price_factor
from simulation.mechanisms.transfer import Transfer, experience
from simulation.state import State
from simulation.world import Array, World


class Market:
    """x_rsk of equation (5) month by month, from the state at the start of the month; equation (20)."""

    def __init__(self, world: World, transfer: Transfer) -> None:
        self._world = world
        self._neutral = np.ones(world.shape[:3])
        self._transfer = transfer
        self._is_donor = np.isin(world.regions.ids, transfer.donors)
        self._is_on = (
            bool(world.commodities.names or world.chains.names)
            or bool(world.regions.outflow.any())
            or bool(self._is_donor.any())
        )
        self._eligible = world.eligible

    def factor(self, state: State, levers: Levers) -> Array:
        """Return x, float64 (R, S, K): 1 where no mechanism is on. Not to be written."""
        if not self._is_on:
            return self._neutral
        commodities = self._world.commodities
        price = price_factor(commodities.log_price[state.month], commodities.exponent)
        pull = demand_pull(
            state.adopters.sum(axis=2, where=state.released),
            self._eligible.sum(axis=2, where=state.released),
            leads=self._world.chains.leads,
            strength=levers.chain_strength,
        )
        taken_up = experience(
            state.adopters.sum(axis=1),
            self._eligible.sum(axis=1),
            is_donor=self._is_donor,
            transfer=self._transfer,
        )
        return (price * pull * state.capacity_left[:, None])[:, :, None] * taken_up[:, None, :]
