"""Remote residency: institutions are present on a platform and thereby reach distant enterprises."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from simulation.data.reader import InstitutionRow, institution_references
from simulation.levers import Levers
from simulation.policies.base import RegionalPolicy
from simulation.settings import Selection
from simulation.world import Array, Endowment


class RemoteResidency(RegionalPolicy):
    """Named institutions are on the platform, for 5 a year each, in the listed order as far as the budget reaches.

    The units are the J institutions, each either resident or not, and a last one for money without an institution.
    """

    unit_cost: ClassVar[float] = 5.0
    cost_basis: ClassVar[str] = "institution"
    all_or_nothing: ClassVar[bool] = True

    instrument: Literal["remote_residency"] = "remote_residency"
    platform: str
    """Name of the platform."""
    institutions: Selection = "all"
    """"all", in the order of region and name, or names in order of precedence; a name that several regions share is
    written "region_id: name". Institutions outside ``regions`` are skipped."""

    @property
    def platform_names(self) -> tuple[str, ...]:
        return (self.platform,)

    def full_cost(self, endowment: Endowment, *, unit_cost: float) -> Array:
        cost = np.zeros(len(endowment.institution_names) + 1)
        cost[self._in_order(endowment)] = unit_cost
        return cost

    def coverage_by(self, per_year: float, full_cost: Array, endowment: Endowment) -> Array:
        """1 for each institution that the money reaches, whole institutions in listed order; else 0."""
        order = self._in_order(endowment)
        # Money for exactly n institutions must reach all n in spite of rounding.
        reached = np.cumsum(full_cost[order]) <= per_year * (1 + 1e-12)
        coverage = np.zeros_like(full_cost)
        coverage[order[reached]] = 1.0
        return coverage

    def divided(self, per_year: float, full_cost: Array, endowment: Endowment) -> Array:
        """The cost of the institutions reached; the rest is assigned to those not reached, or to all equally."""
        spent = full_cost * self.coverage_by(per_year, full_cost, endowment)
        dropped = full_cost - spent
        over = dropped if dropped.any() else full_cost
        if not over.any():
            return super().divided(per_year, full_cost, endowment)
        return spent + over * (max(per_year - float(spent.sum()), 0.0) / float(over.sum()))

    def ledger_rows(self, endowment: Endowment) -> Array:
        return np.append(endowment.institution_region, len(endowment.regions.ids)).astype(np.int64)

    def apply(self, levers: Levers, coverage: Array, endowment: Endowment, *, effect: float) -> None:
        levers.resident[endowment.platforms.names.index(self.platform)] |= coverage[:-1] > 0

    def _in_order(self, endowment: Endowment) -> Array:
        """int64: rows of the institutions that are to be resident, in order of precedence."""
        names, region_of = endowment.institution_names, endowment.institution_region
        if self.institutions == "all":
            order = np.arange(len(names))
        else:
            rows = (
                InstitutionRow(region_id=endowment.regions.ids[r], name=name, kind=kind)
                for r, name, kind in zip(region_of, names, endowment.institution_kinds, strict=True)
            )
            references = institution_references(tuple(rows))
            order = np.array([j for name in self.institutions for j in references[name]], dtype=np.int64)
        return order[self.is_target(endowment)[region_of[order]]]
