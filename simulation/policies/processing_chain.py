"""Processing chains: enterprises of a growth pole are brought to process and to supply what it digs."""

from __future__ import annotations

from typing import ClassVar, Literal

from simulation.levers import Levers
from simulation.policies.base import RegionalPolicy
from simulation.world import Array, World


class ProcessingChain(RegionalPolicy):
    """Demand pull along a chain is stronger, strength_gr + c, for 1 a year per enterprise of a led industry.

    Treated are the chain's own growth poles among the target regions.
    """

    unit_cost: ClassVar[float] = 1.0
    cost_basis: ClassVar[str] = "enterprise of an industry that others of the chain lead"
    magnitude: ClassVar[float] = 1.0

    instrument: Literal["processing_chain"] = "processing_chain"
    chain: str
    """Name of the chain."""

    @property
    def target(self) -> tuple[str, ...]:
        return (self.instrument, self.chain)

    def full_cost(self, world: World, *, unit_cost: float) -> Array:
        g = world.chains.names.index(self.chain)
        return self.cost_by_region(world, unit_cost * world.chains.led[g] * world.chains.poles[g])

    def apply(self, levers: Levers, coverage: Array, world: World) -> None:
        levers.chain_strength[world.chains.names.index(self.chain)] += self.magnitude * coverage[:-1]
