"""The base classes of policy instruments: full cost, coverage by the budget, and the lever moved (section 4)."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Self

import numpy as np
from pydantic import model_validator

from simulation.levers import Levers
from simulation.settings import NonNegative, Selection, Settings, Year
from simulation.world import Array, World


class Policy(Settings):
    """One entry of ``[[policies]]``: an instrument, the money for it and the years in which it runs.

    The money of an instrument is divided among *units*. By default the units are the rows of the ledger: the R regions
    and, last, one row for money that belongs to no region.
    """

    unit_cost: ClassVar[float]
    """Default cost per year of one treated unit, in budget units; an assumption, varied through ``[costs]``."""
    cost_basis: ClassVar[str]
    """The basis of the unit cost, in words."""
    magnitude: ClassVar[float]
    """Change of the lever at coverage 1; an assumption."""
    opens_platform: ClassVar[bool] = False
    """Whether the platforms that it names exist only while this instrument is paid for."""
    all_or_nothing: ClassVar[bool] = False
    """Whether a coverage below 1 has no effect and costs nothing."""

    instrument: str
    """Name of the instrument; each defines it as a Literal."""
    budget: NonNegative
    """Money, units a year; with 0 the entry has no effect at all."""
    from_year: Year = 0.0
    """First year, counted from 0 at the start; inclusive."""
    to_year: Year | None = None
    """Year of the end, exclusive; by default the horizon."""

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.to_year is not None and self.to_year <= self.from_year:
            raise ValueError(f"to_year {self.to_year:g} must be later than from_year {self.from_year:g}")
        return self

    @property
    def platform_names(self) -> tuple[str, ...]:
        """Platforms that must exist for the policy to work, sorted."""
        return ()

    @property
    def target(self) -> tuple[str, ...]:
        """The target of the policy: the coverages of all entries with the same target add up."""
        return (self.instrument, *self.platform_names)

    def months(self, *, steps_per_year: int, horizon: int) -> tuple[int, int]:
        """The first month of the policy, and the month after its last, both at most ``horizon``."""
        last = horizon if self.to_year is None else round(self.to_year * steps_per_year)
        return min(round(self.from_year * steps_per_year), horizon), min(last, horizon)

    @abstractmethod
    def full_cost(self, world: World, *, unit_cost: float) -> Array:
        """Cost per year of full coverage: float64, one value per unit, 0 if nothing is treated."""

    def coverage(self, full_cost: Array, world: World) -> Array:
        """Coverage of each unit by the budget, c = min(1, budget / full cost), equation (18); one c for all treated."""
        total = float(full_cost.sum())
        c = min(1.0, self.budget / total) if total > 0 else 0.0
        return np.where(full_cost > 0, c, 0.0)

    def plan(self, full_cost: Array, world: World) -> Array:
        """The budget divided among the units in proportion to full cost; all on the last unit if nothing is treated."""
        total = float(full_cost.sum())
        if total > 0:
            return full_cost * (self.budget / total)
        planned = np.zeros_like(full_cost)
        planned[-1] = self.budget
        return planned

    def ledger_rows(self, world: World) -> Array:
        """int64, one value per unit: its row in the ledger."""
        return np.arange(len(world.regions.ids) + 1)

    @abstractmethod
    def apply(self, levers: Levers, coverage: Array, world: World) -> None:
        """Move the lever by its magnitude times ``coverage``, the joint coverage of all entries with one target."""


class RegionalPolicy(Policy):
    """A policy for enterprises or institutions of regions."""

    regions: Selection = "all"
    """Target regions: "all" or a list of their ids."""

    def is_target(self, world: World) -> Array:
        """bool (R,): the target regions."""
        ids = world.regions.ids
        if self.regions == "all":
            return np.ones(len(ids), dtype=bool)
        assert set(self.regions) <= set(ids), f"unknown region among {self.regions}"
        return np.isin(ids, self.regions)

    def cost_by_region(self, world: World, cost: Array) -> Array:
        """float64 (R + 1,): ``cost`` (R,) in the target regions, 0 elsewhere and in the last row."""
        return np.append(np.where(self.is_target(world), cost, 0.0), 0.0)
