"""The base classes of policy instruments: full cost, coverage by the budget, and the lever moved (section 4)."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

import numpy as np
from pydantic import Field, model_validator

from simulation.levers import Levers
from simulation.settings import NonNegative, Selection, Settings, Year
from simulation.world import Array, Endowment

MONEY = ("budget", "coverage", "share")
"""The ways to give an entry its money, of which each entry has one."""

Part = Annotated[float, Field(gt=0, le=1)]


@dataclass(frozen=True, slots=True)
class Effect:
    """What an instrument does at coverage 1; a scenario varies it through ``[effects]``."""

    default: float
    """The value unless a scenario gives another; an assumption."""
    words: str
    """The quantity that it changes, with its unit where it has one."""
    most: float = 1000.0
    """The largest value that makes sense; the least is 0, with which the instrument does nothing."""


class Policy(Settings):
    """One entry of ``[[policies]]``: an instrument, the money for it and the years in which it runs.

    The money of an instrument is divided among *units*. By default the units are the rows of the ledger: the R regions
    and, last, one row for money that belongs to no region.
    """

    unit_cost: ClassVar[float]
    """Default cost per year of one treated unit, in budget units; an assumption, varied through ``[costs]``."""
    cost_basis: ClassVar[str]
    """The basis of the unit cost, in words."""
    effect: ClassVar[Effect | None] = None
    """What it does at coverage 1; None if it either works or does not."""
    opens_platform: ClassVar[bool] = False
    """Whether the platforms that it names exist only while this instrument is paid for."""
    all_or_nothing: ClassVar[bool] = False
    """Whether a coverage below 1 has no effect and costs nothing."""

    if TYPE_CHECKING:
        instrument: Any  # for a checker, a Literal cannot take the place of a text that may change
    else:
        instrument: str
        """Name of the instrument; each defines it as a Literal."""
    budget: NonNegative | None = None
    """Money, units a year; with 0 the entry has no effect at all. Give this, ``coverage`` or ``share``."""
    coverage: Part | None = None
    """Coverage to pay for in each month, more than 0 and at most 1, whatever it costs."""
    share: Part | None = None
    """Share, more than 0 and at most 1, of the money that entries with ``budget`` or ``coverage`` leave, spread evenly
    over the entry's months."""
    from_year: Year = 0.0
    """First year, counted from 0 at the start; inclusive."""
    to_year: Year | None = None
    """Year of the end, exclusive; by default the horizon."""

    @model_validator(mode="after")
    def _has_money_once(self) -> Self:
        given = [name for name in MONEY if getattr(self, name) is not None]
        if len(given) != 1:
            found = f"has {' and '.join(given)}" if given else "has none of them"
            raise ValueError(f"must have exactly one of budget, coverage and share; {found}")
        if self.all_or_nothing and self.coverage not in (None, 1.0):
            raise ValueError("coverage must be 1, because a smaller one has no effect")
        if self.all_or_nothing and self.share is not None:
            raise ValueError(
                "share is not possible, because money that does not cover the cost has no effect; "
                "give coverage = 1 or a budget"
            )
        return self

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
    def full_cost(self, endowment: Endowment, *, unit_cost: float) -> Array:
        """Cost per year of full coverage at the start: float64, one value per unit, 0 if nothing is treated."""

    def coverage_by(self, per_year: float, full_cost: Array, endowment: Endowment) -> Array:
        """Coverage of each unit by money a year, min(1, money / full cost), equation (18); one for all treated."""
        total = float(full_cost.sum())
        c = min(1.0, per_year / total) if total > 0 else 0.0
        return np.where(full_cost > 0, c, 0.0)

    def divided(self, per_year: float, full_cost: Array, endowment: Endowment) -> Array:
        """The money divided among the units in proportion to full cost; all on the last unit if nothing is treated."""
        total = float(full_cost.sum())
        if total > 0:
            return full_cost * (per_year / total)
        planned = np.zeros_like(full_cost)
        planned[-1] = per_year
        return planned

    def ledger_rows(self, endowment: Endowment) -> Array:
        """int64, one value per unit: its row in the ledger."""
        return np.arange(len(endowment.regions.ids) + 1)

    @abstractmethod
    def apply(self, levers: Levers, coverage: Array, endowment: Endowment, *, effect: float) -> None:
        """Move the lever by the effect times ``coverage``, the joint coverage of all entries with one target.

        ``effect`` is above 0; without one it is 1.
        """


class RegionalPolicy(Policy):
    """A policy for enterprises or institutions of regions."""

    regions: Selection = "all"
    """Target regions: "all" or a list of their ids."""

    def is_target(self, endowment: Endowment) -> Array:
        """bool (R,): the target regions."""
        ids = endowment.regions.ids
        if self.regions == "all":
            return np.ones(len(ids), dtype=bool)
        assert set(self.regions) <= set(ids), f"unknown region among {self.regions}"
        return np.isin(ids, self.regions)

    def cost_by_region(self, endowment: Endowment, cost: Array) -> Array:
        """float64 (R + 1,): ``cost`` (R,) in the target regions, 0 elsewhere and in the last row."""
        return np.append(np.where(self.is_target(endowment), cost, 0.0), 0.0)
