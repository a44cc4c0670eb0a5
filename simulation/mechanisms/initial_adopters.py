"""Initial adopters: enterprises that are given a technology instead of adopting it by contact (section 13.10)."""

from __future__ import annotations

from typing import Annotated, Self

import numpy as np
from pydantic import Field, model_validator

from simulation.settings import Settings
from simulation.streams import exponentials, key
from simulation.world import Array


class InitialAdopters(Settings):
    """One entry of ``[[seeds]]``: enterprises of a region that have a technology from a given month on."""

    technology: str
    """Name of the technology."""
    region: str
    """Id of the region."""
    industry: str | None = None
    """Industry of the enterprises; by default all that can use the technology."""
    number: Annotated[int, Field(ge=1, le=10**9)] | None = None
    """Number of enterprises. Give this or ``share``."""
    share: Annotated[float, Field(gt=0, le=1)] | None = None
    """Share of the enterprises present that can use the technology, more than 0, at most 1; rounded to whole ones."""
    month: Annotated[int, Field(ge=0, le=40_000)] = 0
    """Month in which they have it, from 0, the start; a technology that appears later is given when it appears."""

    @model_validator(mode="after")
    def _says_how_many_once(self) -> Self:
        if (self.number is None) == (self.share is None):
            raise ValueError("must have either number or share")
        return self

    def how_many(self, candidates: int) -> int:
        """Return the number of initial adopters among so many candidates."""
        if self.number is not None:
            return min(self.number, candidates)
        assert self.share is not None
        return min(round(self.share * candidates), candidates)


def first_in_order(seed: int, direction: str, technology: str, identities: Array, n: int) -> Array:
    """Return the places of the ``n`` candidates that come first in an order drawn for the technology.

    The order is keyed by identity and depends neither on what happened before nor on other candidates, so that
    scenarios with one seed have the same initial adopters, and a larger number contains the smaller one.

    Parameters
    ----------
    seed : the seed of the replication.
    direction, technology : the technology.
    identities : uint64, shape (candidates,)
    n : at most the number of candidates.

    Returns
    -------
    int64, shape (n,)
        Increasing.
    """
    arrivals = np.empty(identities.size)
    exponentials(key(seed, "initial adopters", direction, technology), identities, arrivals)
    return np.sort(np.argsort(arrivals, kind="stable")[:n])
