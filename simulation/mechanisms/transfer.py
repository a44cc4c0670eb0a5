"""Transfer: what a donor region has tried and taken up becomes more relevant elsewhere."""

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
    """Which regions pass on their experience, from when on, and what it is worth."""

    key: ClassVar[str] = "transfer"
    regions_in: ClassVar[tuple[str, ...]] = ("donors",)

    donors: Names = ()
    """Regions whose experience others can use."""
    takeoff: Annotated[float, Field(gt=0, le=1)] = 0.1
    """Adoption share of a technology in the donor region from which on its experience counts, 0-1. Assumption."""
    effect: Annotated[float, Field(ge=0, le=1000)] = 0.0
    """What relevance elsewhere gains by it, as a share. Assumption."""

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
    """Return 1 + effect where a donor region other than one's own has taken off, else 1; equation (25).

    It counts once, however many donors have.

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
