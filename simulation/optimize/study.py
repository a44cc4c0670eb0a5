"""The file of a search: what a policy may consist of, with bounds, and by what policies are judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import AfterValidator, Field, model_validator

from simulation.analysis.declarations import Shelf, beside, declared_with, read_declarations
from simulation.arguments import MOST_SEED
from simulation.errors import listed, suggestion
from simulation.files.toml import toml_text
from simulation.metrics import METRICS
from simulation.policies import INSTRUMENTS
from simulation.policies.base import RegionalPolicy
from simulation.scenario.loading import load_scenario
from simulation.scenario.messages import Issue
from simulation.scenario.schema import Scenario
from simulation.scenario.vectors import VECTORS
from simulation.settings import Identifier, Line, Names, Settings, Share, Year
from simulation.world import Array

SEARCHES = Shelf("searches", "search")
"""The searches that come with the project."""

EVERYWHERE, NOBODY = "everywhere", "none"
"""Names of groups that need no list: all regions, and no region."""

SHAREABLE = tuple(
    name
    for name, instrument in INSTRUMENTS.items()
    if issubclass(instrument, RegionalPolicy) and not instrument.all_or_nothing
)
"""Instruments whose effect grows with their money, so that a search can give them a share of it."""


def _in_order(ends: tuple[float, float]) -> tuple[float, float]:
    if ends[0] > ends[1]:
        raise ValueError(f"the lower bound {ends[0]:g} must not be above the upper bound {ends[1]:g}")
    return ends


Shares = Annotated[tuple[Share, Share], Field(strict=False), AfterValidator(_in_order)]
Years = Annotated[tuple[Year, Year], Field(strict=False), AfterValidator(_in_order)]
Groups = Annotated[Names, Field(min_length=1)]


class Slot(Settings):
    """When a part of a policy may begin and end."""

    from_year: Years = (0.0, 0.0)
    """Bounds of the first year."""
    to_year: Years | None = None
    """Bounds of the year of the end, exclusive; by default the horizon."""

    @model_validator(mode="after")
    def _can_end_after_it_begins(self) -> Self:
        if self.to_year is not None and self.to_year[1] <= self.from_year[1]:
            raise ValueError(
                f"the latest to_year {self.to_year[1]:g} must be later than the latest from_year "
                f"{self.from_year[1]:g}"
            )
        return self


class PlatformSlot(Slot):
    """A platform that a policy may open; without any vector there is none.

    It is operated, and its institutions are resident, at full coverage while it is open.
    """

    vectors: Annotated[Names, Field(min_length=1)]
    """Interaction vectors, each of which the platform has or has not."""
    regions: Groups = (EVERYWHERE,)
    """Groups of regions of which one may join."""
    residents: Groups = (EVERYWHERE,)
    """Groups of regions of which one has its institutions on the platform; "none" is a group without any."""


class EntrySlot(Slot):
    """An instrument that a policy may use."""

    instrument: Line
    """Its name."""
    platform: Identifier | None = None
    """Name of the platform that it serves, for instruments that need one."""
    chain: Line | None = None
    """Name of the processing chain, for instruments that need one."""
    share: Shares = (0.0, 1.0)
    """Bounds of its share of the money that platforms leave."""
    regions: Groups = (EVERYWHERE,)
    """Groups of regions of which one is treated."""


class Robust(Settings):
    """How the best candidates are compared in uncertain worlds."""

    worlds: Annotated[int, Field(ge=4, le=300)] = 30
    """Worlds, drawn from the plausible ranges of everything that is assumed."""
    candidates: Annotated[int, Field(ge=4, le=1000)] = 120
    """Candidates at the start: survivors of the search, their next offspring, and random ones."""
    replications: Annotated[int, Field(ge=1, le=20)] = 2
    """Seeds of each world."""
    patterns: Literal["shipped", "none"] = "shipped"
    """What a world must show without policy to be used."""


class Search(Settings):
    """A search for the best use of a budget."""

    title: Line = ""
    """Title of what it finds."""
    baseline: Line = "baseline"
    """The scenario without policy: its world, budget, costs and effects are those of every candidate."""
    policies: Names = ()
    """Scenarios with policies for the same money; they are in the first generation, and in the final comparison."""
    objectives: Annotated[Names, Field(min_length=2, max_length=2)] = (
        "restricted_time_years",
        "synchronization",
    )
    """The two metrics by which candidates are judged."""
    better: dict[str, Literal["lower", "higher"]] = Field(default_factory=dict)
    """The better direction of objectives that have none of their own."""
    margin: dict[str, Annotated[float, Field(ge=0)]] = Field(
        default_factory=lambda: {"restricted_time_years": 0.1, "synchronization": 0.01, "phi": 0.01}
    )
    """Difference in an objective up to which a candidate counts as no worse than a policy; 0 unless given."""
    population: Annotated[int, Field(ge=4, le=1000)] = 24
    """Candidates that survive a generation, and new ones in each."""
    generations: Annotated[int, Field(ge=1, le=999)] = 12
    """Generations in all."""
    replications: Annotated[int, Field(ge=1, le=1000)] = 3
    """Seeds of each generation, the same for all of its candidates."""
    final_replications: Annotated[int, Field(ge=4, le=10_000)] = 40
    """Fresh seeds of the final comparison."""
    seed: Annotated[int, Field(ge=0, le=MOST_SEED - 2_000_000)] = 1
    """Seed of the first run, and of the optimiser."""
    step: Annotated[float, Field(ge=0.001, le=0.5)] = 0.05
    """Shares are multiples of this, so that they read well; it must divide 1."""
    set: Annotated[tuple[str, ...], Field(strict=False)] = ()
    """Values that replace keys of all scenarios, as "KEY=VALUE"."""
    groups: dict[Identifier, Names] = Field(default_factory=dict)
    """Groups of regions by name."""
    platforms: dict[Identifier, PlatformSlot] = Field(default_factory=dict)
    """Platforms by name."""
    entries: Annotated[dict[Identifier, EntrySlot], Field(min_length=1)]
    """Instruments by a name of your choice."""
    robust: Robust = Robust()
    """The comparison in uncertain worlds."""

    @property
    def units(self) -> int:
        """Number of steps in the whole of the shares."""
        return round(1 / self.step)

    def lower_is_better(self, metric: str) -> bool:
        """Whether an objective is better when it is lower."""
        return self.better.get(metric, METRICS[metric].better) == "lower"

    @property
    def signs(self) -> Array:
        """float64 (2,): 1 for an objective that is better when lower, otherwise -1."""
        return np.array([1.0 if self.lower_is_better(metric) else -1.0 for metric in self.objectives])

    def to_toml(self) -> str:
        """The whole study as the text of a file."""
        return toml_text(self.model_dump(exclude_defaults=True))


def read_search(path: Path) -> Search:
    """Return the search of a file.

    Raises
    ------
    DataError
        With every problem, each with file, line and key.
    ScenarioError
        If the baseline cannot be read.
    """
    return read_declarations(
        path, Search, expected="a search (TOML)", check=partial(_faults, folder=path.parent)
    )


def search_with(data: Mapping[str, Any], *, folder: Path) -> Search:
    """Return a search from values of a file and of a command.

    Raises
    ------
    HyperclusterError
        If the values cannot stand together.
    """
    return declared_with(data, Search, check=partial(_faults, folder=folder))


def _faults(search: Search, *, folder: Path) -> Iterator[Issue]:
    if abs(search.units * search.step - 1) > 1e-9:
        yield ("step",), "must divide 1, such as 0.05 or 0.01"
    for metric in search.objectives:
        if metric not in METRICS:
            yield ("objectives",), f'"{metric}" is not a metric{suggestion(metric, METRICS)}'
        elif METRICS[metric].better is None and metric not in search.better:
            yield (
                ("objectives",),
                f'"{metric}" has no better direction; add  better = {{ {metric} = "lower" }}, or "higher"',
            )
    given = [("better", metric) for metric in search.better]
    given += [("margin", metric) for metric in search.margin if "margin" in search.model_fields_set]
    for place in given:
        if place[1] not in search.objectives:
            hint = suggestion(place[1], search.objectives)
            yield place, f"not an objective{hint or f'; those are {listed(search.objectives)}'}"
    baseline = load_scenario(beside(search.baseline, folder), overrides=search.set)
    if baseline.policies or baseline.platforms:
        yield ("baseline",), "must have neither policies nor platforms, which the search adds"
    yield from _faults_of_groups(search, baseline)
    horizon = baseline.time.years
    chains = [chain.name for chain in baseline.chains]
    for name, platform in search.platforms.items():
        for vector in platform.vectors:
            if vector not in VECTORS:
                yield (
                    ("platforms", name, "vectors"),
                    f'"{vector}" is not a vector{suggestion(vector, VECTORS)}',
                )
        yield from _faults_of_years(platform, ("platforms", name), horizon)
    least = sum(entry.share[0] for entry in search.entries.values())
    if least > 1:
        yield ("entries",), f"the lower bounds of the shares sum to {least:g}; must sum to 1 or less"
    for name, entry in search.entries.items():
        yield from _faults_of_entry(search, name, entry, chains)
        yield from _faults_of_years(entry, ("entries", name), horizon)
    if not any(entry.platform is None for entry in search.entries.values()):
        # Without its platform such an instrument has no effect, and all the money would be lost.
        yield ("entries",), "at least one instrument must need no platform"


def _faults_of_groups(search: Search, baseline: Scenario) -> Iterator[Issue]:
    known = [region.id for region in baseline.dataset.regions]
    for group, regions in search.groups.items():
        if group in (EVERYWHERE, NOBODY):
            yield ("groups", group), "this name is taken; choose another"
        if not regions:
            yield ("groups", group), "must have at least one region"
        for region in regions:
            if region not in known:
                yield ("groups", group), f'"{region}" is not a region{suggestion(region, known)}'
    named = [EVERYWHERE, *search.groups]
    places: list[tuple[tuple[str, ...], Names, list[str]]] = []
    for name, platform in search.platforms.items():
        places.append((("platforms", name, "regions"), platform.regions, named))
        places.append((("platforms", name, "residents"), platform.residents, [*named, NOBODY]))
    places += [(("entries", name, "regions"), entry.regions, named) for name, entry in search.entries.items()]
    for place, groups, allowed in places:
        for group in groups:
            if group not in allowed:
                hint = suggestion(group, allowed) or f"; groups are {listed(allowed)}"
                yield place, f'"{group}" is not a group of regions{hint}'


def _faults_of_entry(search: Search, name: str, entry: EntrySlot, chains: list[str]) -> Iterator[Issue]:
    place = ("entries", name)
    if entry.instrument not in SHAREABLE:
        hint = suggestion(entry.instrument, SHAREABLE) or f"; those are {listed(SHAREABLE, at_most=99)}"
        yield (*place, "instrument"), f'"{entry.instrument}" is not an instrument that can have a share{hint}'
        return
    needed = INSTRUMENTS[entry.instrument].model_fields
    for key, there in (("platform", list(search.platforms)), ("chain", chains)):
        given = getattr(entry, key)
        if (given is not None) != (key in needed):
            what = "needs" if key in needed else "has no"
            yield (*place, key) if given is not None else place, f"{entry.instrument} {what} {key}"
        elif given is not None and given not in there:
            yield (
                (*place, key),
                f'"{given}" is not a {key}{suggestion(given, there) or f"; there are {listed(there)}"}',
            )


def _faults_of_years(slot: Slot, place: tuple[str, ...], horizon: float) -> Iterator[Issue]:
    latest = slot.to_year[1] if slot.to_year is not None else horizon
    if slot.from_year[1] >= horizon:
        yield (*place, "from_year"), f"must be before the horizon of {horizon:g} years"
    if latest > horizon:
        yield (*place, "to_year"), f"must not be later than the horizon of {horizon:g} years"
