"""Transfer: a technology that a donor region has adopted becomes more relevant elsewhere."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from simulation.levers import Levers
from simulation.mechanisms.mechanism import Factor, Mechanism
from simulation.settings import Names
from simulation.state import State
from simulation.world import Array, World


class Transfer(Mechanism):
    """The donor regions, the adoption share from which their experience counts, and its effect."""

    key: ClassVar[str] = "transfer"
    regions_in: ClassVar[tuple[str, ...]] = ("donors",)

    donors: Names = ()
    """Regions whose experience others can use."""
    takeoff: Annotated[float, Field(gt=0, le=1)] = 0.1
    """Adoption share of a technology in the donor region from which its experience counts, 0-1. Assumption."""
    effect: Annotated[float, Field(ge=0, le=1000)] = 0.0
    """Relative increase of relevance elsewhere. Assumption."""

    @property
    def is_on(self) -> bool:
        return bool(self.donors)

    def factor(self, world: World) -> Factor:
        is_donor = np.isin(world.regions.ids, self.donors)
        eligible = world.eligible.sum(axis=1)

        def taken_up(state: State, levers: Levers) -> Array:
            adopters = state.adopters.sum(axis=1)
            return experience(adopters, eligible, is_donor=is_donor, transfer=self)[:, None, :]

        return taken_up


def experience(adopters: Array, eligible: Array, *, is_donor: Array, transfer: Transfer) -> Array:
    """Return 1 + effect if a donor region other than the own one has taken off, else 1; equation (25).

    The effect counts once, even if several donors have.

    Parameters
    ----------
    adopters, eligible : int64, shape (R, K)
        Of all industries, at the start of the month.
    is_donor : bool, shape (R,)
    transfer : Transfer
        Takeoff and effect.

    Returns
    -------
    float64, shape (R, K)
    """
    share = np.divide(adopters, eligible, out=np.zeros(eligible.shape), where=eligible > 0)
    takes_off = is_donor[:, None] & (share >= transfer.takeoff)
    donors_elsewhere = takes_off.sum(axis=0) - takes_off
    return np.where(donors_elsewhere > 0, 1.0 + transfer.effect, 1.0)
