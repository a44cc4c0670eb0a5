"""The space of candidates: from numbers between 0 and 1 to a policy that spends the whole budget, and back.

A candidate is a vector of *genes* in [0, 1]. A choice (a group of regions, a year, whether a platform has a vector) is
one of a list of options; shares are rounded to steps so that they sum to 1. What has no effect, such as the years of an
instrument without money, has its first option. So several vectors mean the same policy, and each policy has one
canonical vector, which is what the optimiser keeps.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from simulation.analysis.declarations import beside
from simulation.errors import HyperclusterError
from simulation.files.toml import toml_text
from simulation.optimize.study import EVERYWHERE, NOBODY, Search, Slot
from simulation.policies.plan import OVERSPENT, Plan
from simulation.scenario.consistency import inconsistencies
from simulation.scenario.loading import load_scenario
from simulation.scenario.plan import plan_of
from simulation.scenario.schema import Scenario
from simulation.world import Array

SPARSE = 0.5
"""Share of the instruments that a drawn candidate leaves out: spread over all of them, money does little anywhere."""


@dataclass(frozen=True, slots=True)
class Gene:
    """One number of a candidate."""

    owner: str  # "platforms" or "entries"
    name: str
    key: str
    options: tuple[Any, ...] = ()  # that it chooses from; none for a share

    @property
    def place(self) -> tuple[str, str, str]:
        """Where the value belongs."""
        return self.owner, self.name, self.key

    def value(self, gene: float) -> Any:
        """Return the option at a number in [0, 1], or the number itself."""
        if not self.options:
            return gene
        return self.options[min(int(gene * len(self.options)), len(self.options) - 1)]

    def gene(self, value: Any) -> float:
        """Return the number that stands for a value: the middle of the part of its option."""
        return (self.options.index(value) + 0.5) / len(self.options) if self.options else float(value)


Values = dict[tuple[str, str, str], Any]
"""What a candidate consists of, by the place of each gene; shares are whole numbers of steps."""


@dataclass(frozen=True)
class Space:
    """All candidates of a search."""

    search: Search
    baseline: Scenario

    @cached_property
    def genes(self) -> tuple[Gene, ...]:
        """All genes, in the order of the file."""
        horizon = self.baseline.time.years
        genes = []
        for name, platform in self.search.platforms.items():
            genes += [Gene("platforms", name, vector, (False, True)) for vector in platform.vectors]
            genes.append(Gene("platforms", name, "regions", platform.regions))
            genes.append(Gene("platforms", name, "residents", platform.residents))
            genes += _years("platforms", name, platform, horizon)
        for name, entry in self.search.entries.items():
            genes.append(Gene("entries", name, "share"))
            genes.append(Gene("entries", name, "regions", entry.regions))
            genes += _years("entries", name, entry, horizon)
        return tuple(genes)

    def values(self, genes: Array) -> Values:
        """Return what a candidate consists of; float64 (genes,), in [0, 1]."""
        values: Values = {
            gene.place: gene.value(float(number)) for gene, number in zip(self.genes, genes, strict=True)
        }
        first = {gene.place: gene.options[0] for gene in self.genes if gene.options}
        for name, platform in self.search.platforms.items():
            if not self._is_open(values, name):
                self._reset(values, first, "platforms", name)
            self._order_years(values, "platforms", name, platform)
        usable = [
            name
            for name, entry in self.search.entries.items()
            if entry.platform is None or self._is_open(values, entry.platform)
        ]
        parts = shares_in_steps(
            [values["entries", name, "share"] for name in usable],
            [self.search.entries[name].share for name in usable],
            units=self.search.units,
        )
        for name, entry in self.search.entries.items():
            part = dict(zip(usable, parts, strict=True)).get(name, 0)
            if part == 0:
                self._reset(values, first, "entries", name)
            values["entries", name, "share"] = part
            self._order_years(values, "entries", name, entry)
        return values

    def canonical(self, genes: Array) -> Array:
        """Return the one vector that stands for the same candidate; float64 (genes,)."""
        return self.genes_of(self.values(genes))

    def genes_of(self, values: Values) -> Array:
        """Return the vector of what a candidate consists of; float64 (genes,)."""
        return np.array(
            [
                gene.gene(values[gene.place]) if gene.options else values[gene.place] / self.search.units
                for gene in self.genes
            ]
        )

    def shortfall(self, genes: Array) -> float:
        """Return the part of the budget that the bounds of the shares leave without use, 0 to 1."""
        values = self.values(genes)
        used = sum(values["entries", name, "share"] for name in self.search.entries)
        return 1 - used / self.search.units

    def drawn(self, number: int, rng: np.random.Generator) -> Array:
        """Return random candidates, float64 (number, genes), of which each uses some of the instruments."""
        genes = rng.random((number, len(self.genes)))
        shares = [n for n, gene in enumerate(self.genes) if not gene.options]
        left_out = rng.random((number, len(shares))) < SPARSE
        genes[:, shares] = np.where(left_out, 0.0, genes[:, shares])
        return genes

    def scenario(self, genes: Array, *, name: str) -> Scenario:
        """Return a candidate as a scenario.

        Raises
        ------
        NotAffordable
            If its platforms cost more than the budget.
        """
        values = self.values(genes)
        data = self.baseline.model_dump()
        data |= {"name": name, "title": self.words(values), "summary": "", "group": "", "description": ""}
        data |= self._tables(values)
        spec = Scenario.model_validate(data)
        issues = inconsistencies(spec, spec.dataset)
        assert not issues, f"a candidate of the search is inconsistent: {issues}"
        plan_of(spec)  # raises NotAffordable
        return spec

    def text(self, genes: Array, *, name: str, title: str, description: str, extends: str) -> str:
        """Return a candidate as a short scenario file that extends its baseline."""
        head = {"extends": extends, "name": name, "title": title, "description": description}
        return toml_text(head | self._tables(self.values(genes)))

    def words(self, values: Values) -> str:
        """Return a candidate in a few words: its platforms, and its instruments by share, the largest first."""
        parts = {name: values["entries", name, "share"] for name in self.search.entries}
        told = []
        for name in sorted((name for name, part in parts.items() if part), key=lambda name: -parts[name]):
            entry = self.search.entries[name]
            group = values["entries", name, "regions"]
            where = f" ({group})" if len(entry.regions) > 1 and group != EVERYWHERE else ""
            told.append(f"{name.replace('_', ' ')}{where} {100 * parts[name] / self.search.units:g} %")
        opened = [
            f"{name} {'+'.join(vector for vector in slot.vectors if values['platforms', name, vector])}"
            for name, slot in self.search.platforms.items()
            if self._is_open(values, name)
        ]
        return "; ".join([*opened, ", ".join(told)])

    def details(self, values: Values) -> str:
        """Return all of a candidate in words: platforms, and instruments with where and when."""
        told = []
        for name, slot in self.search.platforms.items():
            if not self._is_open(values, name):
                continue
            vectors = ", ".join(vector for vector in slot.vectors if values["platforms", name, vector])
            first, last = values["platforms", name, "from_year"], values["platforms", name, "to_year"]
            told.append(
                f"Platform {name} ({vectors}), open to enterprises {_of(values['platforms', name, 'regions'])}, with "
                f"institutions {_of(values['platforms', name, 'residents'])} as residents, years {first:g} to {last:g}."
            )
        instruments = []
        for name, entry in self.search.entries.items():
            if part := values["entries", name, "share"]:
                first, last = values["entries", name, "from_year"], values["entries", name, "to_year"]
                instruments.append(
                    f"{100 * part / self.search.units:g} % {entry.instrument.replace('_', ' ')} "
                    f"{_of(values['entries', name, 'regions'])}, years {first:g} to {last:g}"
                )
        rest = "Of the money that it leaves, " if told else "Of the money, "
        return " ".join([*told, f"{rest}{'; '.join(instruments)}."])

    def nearest(self, spec: Scenario) -> Array:
        """Return the candidate that is most like a scenario; float64 (genes,), canonical.

        Entries of one instrument count together, and platforms of any name as the first of the search.
        """
        values: Values = {gene.place: gene.options[0] if gene.options else 0 for gene in self.genes}
        plan = plan_of(spec)
        horizon = self.baseline.time.years
        for name, platform in self.search.platforms.items():
            vectors = {vector for row in spec.platforms for vector in row.vectors}
            for vector in platform.vectors:
                values["platforms", name, vector] = vector in vectors
            joining = {
                region
                for row in spec.platforms
                for region in (self._everywhere if row.regions == "all" else row.regions)
            }
            values["platforms", name, "regions"] = self._nearest_group(joining, platform.regions)
            residents = self._treated(spec, "remote_residency")
            values["platforms", name, "residents"] = self._nearest_group(residents, platform.residents)
            years = self._years_of(spec, "platform_operation", horizon)
            self._set_years(values, "platforms", name, years)
            break
        money = _money(plan)
        together = {
            name: sum(pv for entry, pv in money if entry == slot.instrument)
            for name, slot in self.search.entries.items()
        }
        total = sum(together.values())
        for name, slot in self.search.entries.items():
            values["entries", name, "share"] = (
                self.search.units * together[name] / total if total > 0 else 0.0
            )
            if together[name] > 0:
                treated = self._treated(spec, slot.instrument)
                values["entries", name, "regions"] = self._nearest_group(treated, slot.regions)
                self._set_years(values, "entries", name, self._years_of(spec, slot.instrument, horizon))
        return self.canonical(np.clip(self.genes_of(values), 0.0, 1.0))

    @cached_property
    def _everywhere(self) -> tuple[str, ...]:
        return tuple(region.id for region in self.baseline.dataset.regions)

    def _regions(self, group: str) -> str | list[str]:
        """Return a group as a key of a scenario holds it."""
        if group == EVERYWHERE:
            return "all"
        return [] if group == NOBODY else list(self.search.groups[group])

    def _is_open(self, values: Values, platform: str) -> bool:
        return any(
            values["platforms", platform, vector] for vector in self.search.platforms[platform].vectors
        )

    def _reset(self, values: Values, first: Values, owner: str, name: str) -> None:
        values |= {place: option for place, option in first.items() if place[:2] == (owner, name)}

    def _order_years(self, values: Values, owner: str, name: str, slot: Slot) -> None:
        """Move an end that is not later than the beginning to the first one that is."""
        first, last = values[owner, name, "from_year"], values[owner, name, "to_year"]
        if last <= first:
            options = next(gene.options for gene in self.genes if gene.place == (owner, name, "to_year"))
            values[owner, name, "to_year"] = min(year for year in options if year > first)

    def _tables(self, values: Values) -> dict[str, Any]:
        """Return platforms and policies as a scenario holds them."""
        platforms: list[dict[str, Any]] = []
        policies: list[dict[str, Any]] = []
        for name, slot in self.search.platforms.items():
            if not self._is_open(values, name):
                continue
            vectors = [vector for vector in slot.vectors if values["platforms", name, vector]]
            years = self._window(values, "platforms", name)
            regions = self._regions(values["platforms", name, "regions"])
            platforms.append({"name": name, "vectors": vectors, "regions": regions})
            policies.append({"instrument": "platform_operation", "platform": name, "coverage": 1.0, **years})
            if (group := values["platforms", name, "residents"]) != NOBODY:
                residency = {"instrument": "remote_residency", "platform": name, "coverage": 1.0}
                policies.append({**residency, "regions": self._regions(group), **years})
        for name, entry in self.search.entries.items():
            if not (part := values["entries", name, "share"]):
                continue
            target = {
                key: given for key in ("platform", "chain") if (given := getattr(entry, key)) is not None
            }
            policies.append(
                {
                    "instrument": entry.instrument,
                    **target,
                    "regions": self._regions(values["entries", name, "regions"]),
                    "share": round(part * self.search.step, 9),
                    **self._window(values, "entries", name),
                }
            )
        return {"platforms": platforms, "policies": policies}

    def _window(self, values: Values, owner: str, name: str) -> dict[str, float]:
        """Return the years of an entry, without those that a scenario has anyway."""
        first, last = values[owner, name, "from_year"], values[owner, name, "to_year"]
        years = {"from_year": first} if first > 0 else {}
        return years | ({"to_year": last} if last < self.baseline.time.years else {})

    def _treated(self, spec: Scenario, instrument: str) -> set[str]:
        """Return the regions that an instrument treats in a scenario."""
        return {
            region
            for policy in spec.policies
            if policy.instrument == instrument
            for region in (
                self._everywhere if getattr(policy, "regions", "all") == "all" else policy.regions  # type: ignore[attr-defined]
            )
        }

    def _nearest_group(self, regions: set[str], groups: Sequence[str]) -> str:
        """Return the group that has most in common with some regions (Jaccard's index)."""

        def likeness(group: str) -> float:
            mine = set(self._everywhere if group == EVERYWHERE else self._regions(group))
            return len(mine & regions) / len(mine | regions) if mine | regions else 1.0

        return max(groups, key=likeness)

    def _years_of(self, spec: Scenario, instrument: str, horizon: float) -> tuple[float, float]:
        """Return the first year of an instrument in a scenario, and the last."""
        its = [policy for policy in spec.policies if policy.instrument == instrument]
        if not its:
            return 0.0, horizon
        last = max(horizon if policy.to_year is None else policy.to_year for policy in its)
        return min(policy.from_year for policy in its), last

    def _set_years(self, values: Values, owner: str, name: str, years: tuple[float, float]) -> None:
        for key, wanted in zip(("from_year", "to_year"), years, strict=True):
            options = next(gene.options for gene in self.genes if gene.place == (owner, name, key))
            values[owner, name, key] = min(options, key=lambda year: abs(year - wanted))


def _of(group: str) -> str:
    """Return which regions a group stands for, in words."""
    if group == EVERYWHERE:
        return "of all regions"
    return "of no region" if group == NOBODY else f"of the group {group}"


def space_of(search: Search, *, folder: Path) -> tuple[Space, tuple[Scenario, ...]]:
    """Return the space of a search, and its policies as they are.

    Raises
    ------
    ScenarioError, DataError
        If a scenario cannot be read.
    HyperclusterError
        If a policy has another world, or does not cost the same.
    """
    baseline = load_scenario(beside(search.baseline, folder), overrides=search.set)
    policies = [load_scenario(beside(name, folder), overrides=search.set) for name in search.policies]
    for spec in policies:
        refuse_unequal(spec, baseline)
    return Space(search, baseline), tuple(policies)


def refuse_unequal(spec: Scenario, baseline: Scenario) -> None:
    """Raise ``HyperclusterError`` if a policy cannot be compared with candidates: other data, years, or money."""
    if spec.dataset.digest != baseline.dataset.digest or spec.time != baseline.time:
        raise HyperclusterError(
            f'policies: "{spec.name}" has another dataset or other years than the baseline "{baseline.name}"'
        )
    if spec.name == baseline.name:
        raise HyperclusterError(f'policies: "{spec.name}" has the name of the baseline')
    plan = plan_of(spec)
    if (
        abs(plan.planned_pv - plan.available_pv) > OVERSPENT * plan.available_pv
        or spec.budget != baseline.budget
    ):
        raise HyperclusterError(
            f'policies: "{spec.name}" plans a present value of {plan.planned_pv:,.0f} units, and the budget of the '
            f'baseline "{baseline.name}" is {plan_of(baseline).available_pv:,.0f}; all candidates must cost the same'
        )


def _years(owner: str, name: str, slot: Slot, horizon: float) -> list[Gene]:
    """Return the genes of a first and a last year: whole years from the lower bound on, and the upper bound."""
    genes = []
    for key, bounds in (("from_year", slot.from_year), ("to_year", slot.to_year or (horizon, horizon))):
        low, high = bounds
        options = [low + n for n in range(math.floor(high - low) + 1)]
        genes.append(Gene(owner, name, key, tuple(dict.fromkeys([*options, high]))))
    return genes


def _money(plan: Plan) -> list[tuple[str, float]]:
    """Return the instrument of each entry of a plan with the present value of its money."""
    return [
        (entry.policy.instrument, plan.present_value([(entry.per_year, *entry.months)]))
        for entry in plan.entries
    ]


def shares_in_steps(
    weights: Sequence[float], bounds: Sequence[tuple[float, float]], *, units: int
) -> list[int]:
    """Divide a number of steps in proportion to weights within bounds; the parts sum to it if the bounds allow that.

    Parameters
    ----------
    weights : 0 or more; if all are 0, all count the same.
    bounds : lowest and highest share of each, 0 to 1; the lowest must sum to at most 1.
    units : number of steps in the whole.
    """
    wanted = np.asarray(weights, dtype=np.float64)
    if not wanted.any():
        wanted = np.ones(wanted.size)
    least = np.array([math.ceil(low * units - 1e-9) for low, _ in bounds])
    most = np.array([math.floor(high * units + 1e-9) for _, high in bounds])
    parts = np.minimum(least, most)
    # The largest claim on one more step, in proportion to the weight, is served first (Sainte-Laguë): proportional to
    # within a step, monotone, and free of ties between equal weights by their order.
    while parts.sum() < units:
        claim = np.where(parts < most, wanted / (2 * parts + 1), -1.0)
        chosen = int(np.argmax(claim))
        if claim[chosen] < 0:
            break
        parts[chosen] += 1
    return [int(part) for part in parts]
