"""Processing chains: support for enterprises of a growth pole that process or supply its extraction."""

from __future__ import annotations

from typing import ClassVar, Literal

from simulation.levers import Levers
from simulation.policies.base import Effect, RegionalPolicy
from simulation.world import Array, Endowment


class ProcessingChain(RegionalPolicy):
    """Demand pull along a chain is stronger, strength_gr + c, for 1 a year per enterprise of a led industry.

    It treats those of the target regions that are growth poles of the chain.
    """

    unit_cost: ClassVar[float] = 1.0
    cost_basis: ClassVar[str] = "enterprise of an industry that others of the chain lead"
    effect: ClassVar[Effect] = Effect(1.0, "increase of the strength of the chain")

    instrument: Literal["processing_chain"] = "processing_chain"
    chain: str
    """Name of the chain."""

    @property
    def target(self) -> tuple[str, ...]:
        return (self.instrument, self.chain)

    def full_cost(self, endowment: Endowment, *, unit_cost: float) -> Array:
        g = endowment.chains.names.index(self.chain)
        return self.cost_by_region(endowment, unit_cost * endowment.chains.led[g] * endowment.chains.poles[g])

    def apply(self, levers: Levers, coverage: Array, endowment: Endowment, *, effect: float) -> None:
        levers.chain_strength[endowment.chains.names.index(self.chain)] += effect * coverage[:-1]
