"""Enterprises and institutions as Mesa agents: views of one row of the model's arrays; they hold no state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesa.discrete_space import Cell, FixedAgent

from simulation.channels import CHANNELS

if TYPE_CHECKING:
    from simulation.mesa.model import HyperclusterModel


class View(FixedAgent):
    """An agent that is a view of row ``row`` of the model's arrays, placed in the cell of its region.

    A removed agent has no cell, but is still a view of its row.
    """

    model: HyperclusterModel

    def __init__(self, model: HyperclusterModel, row: int, cell: Cell) -> None:
        super().__init__(model)
        self.row = row
        self.cell = cell


class Enterprise(View):
    """An enterprise: region, industry, absorptive capacity, platforms, and its adoptions with time and channels."""

    def __repr__(self) -> str:
        return f"Enterprise(row={self.row}, region={self.region!r}, industry={self.industry!r})"

    @property
    def region(self) -> str:
        """Id of the enterprise's region."""
        world = self.model.world
        return world.regions.ids[world.enterprises.region_of[self.row]]

    @property
    def industry(self) -> str:
        """Name of the enterprise's industry."""
        enterprises = self.model.world.enterprises
        return enterprises.industries[enterprises.industry_of[self.row]]

    @property
    def absorptive_capacity(self) -> float:
        """alpha_i before training and out-migration; mean 1 over enterprises."""
        return float(self.model.world.enterprises.absorptive_capacity[self.row])

    @property
    def platforms(self) -> tuple[str, ...]:
        """Names of the platforms that the enterprise is on."""
        mask = int(self.model.state.mask_of[self.row])
        return tuple(name for h, name in enumerate(self.model.world.platforms.names) if mask >> h & 1)

    @property
    def adoptions(self) -> int:
        """Number of technologies adopted."""
        return sum(self._month(k) >= 0 for k in range(len(self.model.world.technologies.names)))

    @property
    def partners(self) -> list[Enterprise]:
        """Business partners, in the order of their rows."""
        enterprises = self.model.world.enterprises
        rows = enterprises.indices[enterprises.indptr[self.row] : enterprises.indptr[self.row + 1]]
        return [self.model.enterprise(int(row)) for row in rows]

    def eligible(self, technology: str) -> bool:
        """True where the technology is relevant for the enterprise's industry."""
        return self._pair(self.model.technology(technology)) >= 0

    def adopted(self, technology: str) -> bool:
        """True once the enterprise has adopted; ``technology`` is a name or an unambiguous part of one."""
        return self.adoption_month(technology) is not None

    def adoption_month(self, technology: str) -> int | None:
        """Return the calendar month (1 to T) of adoption, None before."""
        month = self._month(self.model.technology(technology))
        return month if month >= 0 else None

    def attribution(self, technology: str) -> dict[str, float]:
        """Return the share of each channel in the adoption, summing to 1; empty before adoption."""
        k = self.model.technology(technology)
        if self._month(k) < 0:
            return {}
        return dict(zip(CHANNELS, self.model.state.attribution[self._pair(k)].tolist(), strict=True))

    def hazard(self, technology: str) -> dict[str, float]:
        """Return the terms of the hazard, 1/year, at the present state (equation 5); all 0 unless it can adopt now."""
        k = self.model.technology(technology)
        is_there = self.model.world.enterprises.present[self.row]
        if not is_there or self._pair(k) < 0 or self._month(k) >= 0 or not self.model.state.released[k]:
            return dict.fromkeys(CHANNELS, 0.0)
        return dict(zip(CHANNELS, self.model.engine.hazard_of(self.row, k).tolist(), strict=True))

    def _pair(self, k: int) -> int:
        pairs = self.model.world.pairs
        slot = int(pairs.slot[pairs.pattern_of[k], self.row])
        return int(pairs.start[k]) + slot if slot >= 0 else -1

    def _month(self, k: int) -> int:
        pair = self._pair(k)
        return int(self.model.state.adopted_month[pair]) if pair >= 0 else -1


class Institution(View):
    """A research, education or infrastructure body: kind, capacity, platforms, and the technologies it masters."""

    def __repr__(self) -> str:
        return f"Institution({self.name!r})"

    @property
    def region(self) -> str:
        """Id of the institution's region."""
        world = self.model.world
        return world.regions.ids[world.institutions.region_of[self.row]]

    @property
    def name(self) -> str:
        """Name as in the tables."""
        return self.model.world.institutions.names[self.row]

    @property
    def kind(self) -> str:
        """Kind of institution."""
        return self.model.world.institutions.kinds[self.row]

    @property
    def capacity(self) -> float:
        """Q_j before policy."""
        return float(self.model.world.institutions.capacity[self.row])

    @property
    def platforms(self) -> tuple[str, ...]:
        """Names of the open platforms that the institution is on."""
        levers = self.model.engine.levers
        on = levers.resident[:, self.row] & levers.is_open
        return tuple(name for h, name in enumerate(self.model.world.platforms.names) if on[h])

    def mastered(self, technology: str) -> bool:
        """True once the institution masters the technology."""
        return bool(self.model.state.mastered[self.row, self.model.technology(technology)])

    def mastery_month(self, technology: str) -> int | None:
        """Return the calendar month of mastery (an origin: of release), None before."""
        month = int(self.model.state.mastered_month[self.row, self.model.technology(technology)])
        return month if month >= 0 else None
