"""The base class of mechanisms that the package discovers: a table in the scenario, and a factor of the hazard."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import ClassVar

from simulation.levers import Levers
from simulation.settings import Settings
from simulation.state import State
from simulation.world import Array, World

Factor = Callable[[State, Levers], Array]
"""From state and levers at the start of a month to a factor of the hazard, float64, of a shape that broadcasts to
(R, S, K). It writes to neither."""


class Mechanism(Settings):
    """A table of a scenario that is off by default, and its factor of the hazard when it is on."""

    key: ClassVar[str]
    """Name of the table in a scenario."""
    regions_in: ClassVar[tuple[str, ...]] = ()
    """Keys of the table that hold ids of regions."""

    @property
    @abstractmethod
    def is_on(self) -> bool:
        """Whether the mechanism may change anything. While it is off, its factor is not computed, and it does
        not change the digest of a scenario.
        """

    @abstractmethod
    def factor(self, world: World) -> Factor:
        """Return the factor of each month, for the enterprises present in the world."""
