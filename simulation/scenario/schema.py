"""The schema of a scenario file: every key with its meaning, unit, bounds and default.

A default is an assumption unless a source is named; section 2 explains how the defaults were set. Nothing is
calibrated on adoption data.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, create_model, model_validator

from simulation.data.reader import Dataset, load_dataset
from simulation.files.toml import toml_text
from simulation.mechanisms import MECHANISMS, Mechanism
from simulation.mechanisms.chains import Chain
from simulation.mechanisms.initial_adopters import InitialAdopters
from simulation.mechanisms.migration import Migration
from simulation.mechanisms.mobility import Mobility
from simulation.mechanisms.prices import Commodity
from simulation.mechanisms.turnover import Turnover
from simulation.plugins import contributions
from simulation.policies import AnyPolicy, Budget, Costs, Effects
from simulation.scenario.vectors import Vectors
from simulation.settings import (
    Identifier,
    Line,
    Names,
    Positive,
    PositiveOrTable,
    Rate,
    Residents,
    Selection,
    Settings,
    Share,
    ShareOrTable,
    ShareWeight,
    Text,
    WeightOrTable,
    Year,
)

MOST_STEPS = 40_000
"""Maximum number of steps until the horizon: a hundred years of days. The record takes 6 kB per step."""
MOST_SCALE = 1_000
"""Maximum ratio of all enterprises that ever exist to those of the dataset: about 9 GB for the default world."""
MOST_PAIRS = 2**31 - 1
"""Maximum number of eligible pairs, enterprises or ties: their places are numbered with 32 bits."""


class Time(Settings):
    """Horizon and step."""

    years: Annotated[float, Field(gt=0, le=1000)] = 20.0
    """Horizon, years."""
    steps_per_year: Annotated[int, Field(ge=1, le=366)] = 12
    """Steps per year; the documentation of the model calls one step a month."""

    @property
    def months(self) -> int:
        """Number of steps until the horizon."""
        return round(self.years * self.steps_per_year)

    @model_validator(mode="after")
    def _has_a_month_and_not_too_many(self) -> Self:
        if self.months < 1:
            raise ValueError(
                f"years {self.years:g} must last at least one step of 1/{self.steps_per_year} year"
            )
        if self.months > MOST_STEPS:
            raise ValueError(
                f"years {self.years:g} times steps_per_year {self.steps_per_year} is {self.months:,} steps; "
                f"must be {MOST_STEPS:,} or less"
            )
        return self


class WorldSettings(Settings):
    """Regions with their enterprises and institutions."""

    dataset: Line = "russia-2023"
    """A shipped dataset, or a folder of the same tables, relative to the scenario file."""
    intra_regional_distance: Literal["area", "zero"] = "area"
    """Distance within a region: .376 sqrt(area) (Head & Mayer 2000), or zero."""
    digital_readiness: ShareOrTable | None = None
    """Digital readiness delta_r, 0-1: one number, or a table by region for those that differ from the dataset.
    The dataset's own values are an assumption in three tiers."""
    readiness_factor: Annotated[float, Field(ge=0, le=1000)] = 1.0
    """Factor on the digital readiness of every region; what exceeds 1 counts as 1."""
    relevance_factor: Annotated[float, Field(ge=1e-3, le=1000)] = 1.0
    """Factor on every relevance rho of a technology for an industry; what exceeds 1 counts as 1, and 0 stays 0."""
    government_quality: PositiveOrTable = 1.0
    """Quality of regional government g_r: one number, or a table by region, else 1. Assumption."""
    capacity: WeightOrTable = 1.0
    """Capacity Q_j of institutions: one number, or a table by name, else 1. Assumption."""
    network_degree: Annotated[int, Field(ge=0, le=100, multiple_of=2)] = 8
    """Mean number of business partners; each enterprise draws half of them. Assumption."""
    local_ties: Share = 0.85
    """Share of drawn partners within the own region, 0-1. Assumption."""
    scale: Annotated[float, Field(gt=0, le=MOST_SCALE)] = 1.0
    """Factor on the number of enterprises; 1 is the full size, without sampling. The time to build a world grows
    in proportion: a second at 100."""


class Institution(Settings):
    """An institution in addition to those of the dataset."""

    name: Annotated[Line, Field(min_length=1, max_length=200)]
    """Name, new in its region."""
    region: str
    """Id of the region."""
    kind: str
    """Kind: any of the dataset's, or finance or government."""


class Diffusion(Settings):
    """The channels of the hazard (section 2.5). Set so that half have adopted about 10 years after release
    (Mansfield 1961).
    """

    spontaneous: Rate = 0.0002
    """p0: hazard without any contact, 1/year."""
    spatial: Rate = 0.9
    """b_S: hazard at spatial exposure 1, 1/year."""
    network: Rate = 0.5
    """b_B: hazard at business network exposure 1, 1/year."""
    institutional: Rate = 0.02
    """b_I: hazard at institutional exposure 1, 1/year."""
    digital: Rate = 0.3
    """b_D: hazard at digital exposure 1 and readiness 1, 1/year."""
    learning: Rate = 0.04
    """b_SC: hazard of an institution's mastery at exposure 1, 1/year."""
    institution_scale: Positive = 2.0
    """I_scale: weighted number of institutions at which their exposure reaches 1 - 1/e."""
    half_distance_km: Positive = 100.0
    """Distance at which contact halves, km. Plausible are 50 to 1,200 (section 10 of the model), so try several."""
    density_exponent: Annotated[float, Field(ge=0, le=10)] = 1.0
    """gamma: exponent of the denominator of spatial exposure; 1 is frequency dependent contact."""
    relatedness_other: ShareWeight = 0.2
    """phi between two different industries, 0-1."""
    relatedness_services: ShareWeight = 0.5
    """phi between mining services and any other industry, 0-1."""
    complexity_digital: Share = 0.2
    """chi of digital technologies, 0-1."""
    complexity_conventional: Share = 0.5
    """chi of conventional technologies, 0-1."""
    absorptive_capacity_cv: Annotated[float, Field(ge=0, le=10)] = 0.7
    """Coefficient of variation of the absorptive capacity alpha_i, whose mean is 1."""
    contacts: Literal["added", "substituted"] = "added"
    """Whether digital contact is added to the others, or members' contacts keep their sum."""


class Release(Settings):
    """When and where technologies appear."""

    release: Literal["poisson", "at_start", "schedule"] = "poisson"
    """A Poisson process with a drawn order, all at the start, or the years of ``schedule``."""
    per_year: Annotated[float, Field(ge=1e-9, le=1e6)] = 4.0
    """Technologies released a year, for "poisson"."""
    schedule: dict[str, Year] | None = None
    """Year of release by name, for each technology of the dataset, with "schedule" only. One at or after the horizon
    is omitted."""
    origin_weights: dict[str, dict[str, Share]] = Field(default_factory=dict)
    """Share of technologies that originate in a region, by direction and region; the others share the rest."""

    @model_validator(mode="after")
    def _schedule_where_asked_for(self) -> Self:
        if (self.release == "schedule") != (self.schedule is not None):
            raise ValueError('schedule belongs to release = "schedule": give both or neither')
        return self


class Membership(Settings):
    """Who joins and leaves platforms (section 2.3)."""

    base: Annotated[float, Field(ge=-1e3, le=1e3)] = -3.0
    """a: utility of membership without other members, at readiness 1/2."""
    network_effect: Annotated[float, Field(ge=0, le=1e3)] = 6.0
    """b: utility when all are members; above 4 there are two stable levels and a critical mass."""
    readiness_effect: Annotated[float, Field(ge=-1e3, le=1e3)] = 2.0
    """c: utility by digital readiness."""
    rate: Rate = 0.5
    """omega: rate at which membership is decided, 1/year; at most once per step."""
    rivalry: Annotated[float, Field(ge=0, le=1e3)] = 0.0
    """v: utility lost for each other platform that an enterprise is on; 0 if platforms do not compete."""


class Platform(Settings):
    """A digital meeting place of enterprises and institutions (section 3)."""

    name: Identifier
    """Name, used by policies."""
    vectors: Names
    """Interaction vectors, such as ["B2B", "B2SC", "SC2SC"]."""
    regions: Selection = "all"
    """Regions whose enterprises may join; an empty list keeps all enterprises out."""
    macroregions: Selection = "all"
    """Macroregions whose enterprises may join; both this and ``regions`` must allow it."""
    industries: Selection = "all"
    """Industries whose enterprises may join."""
    institutions: Residents = "none"
    """Institutions on the platform without any policy: "none", "all" or a list of names."""
    from_year: Year = 0.0
    """Year of the opening, from 0; inclusive. Where a policy pays for operation, it exists only while that is paid."""
    to_year: Year | None = None
    """Year of the closing, exclusive; by default the horizon."""
    inherits: str | None = None
    """Platform whose members of the previous month become its members when it opens, if they may join it."""

    @model_validator(mode="after")
    def _inherits_from_another(self) -> Self:
        if self.inherits == self.name:
            raise ValueError("a platform cannot inherit its own members: they leave when it closes")
        return self

    @model_validator(mode="after")
    def _closes_after_it_opens(self) -> Self:
        if self.to_year is not None and self.to_year <= self.from_year:
            raise ValueError(f"to_year {self.to_year:g} must be later than from_year {self.from_year:g}")
        return self


class _Scenario(Settings):
    """One complete input: with a seed it determines a run."""

    name: Identifier = "scenario"
    """Name in files and tables; by default that of the file."""
    title: Line = Field(default_factory=lambda data: str(data.get("name", "")))
    """A short label for figures; by default the name."""
    summary: Line = ""
    """One line on what the scenario is about, for lists of scenarios."""
    group: Line = ""
    """Heading below which lists show the scenario; files without one come under "Your own"."""
    description: Text = ""
    """Description of the scenario for readers of its results."""
    time: Time = Time()
    world: WorldSettings = WorldSettings()
    institutions: Annotated[tuple[Institution, ...], Field(strict=False)] = ()
    """Institutions in addition to those of the dataset."""
    diffusion: Diffusion = Diffusion()
    technologies: Release = Release()
    membership: Membership = Membership()
    commodities: Annotated[tuple[Commodity, ...], Field(strict=False)] = ()
    """Commodities whose prices move adoption, in any order."""
    chains: Annotated[tuple[Chain, ...], Field(strict=False)] = ()
    """Processing chains of growth poles, in any order."""
    seeds: Annotated[tuple[InitialAdopters, ...], Field(strict=False)] = ()
    """Initial adopters, in any order."""
    migration: Migration = Migration()
    mobility: Mobility = Mobility()
    turnover: Turnover = Turnover()
    budget: Budget = Budget()
    costs: Costs = Costs()
    effects: Effects = Effects()
    vectors: Vectors = Vectors()
    platforms: Annotated[tuple[Platform, ...], Field(strict=False, max_length=64)] = ()
    """Platforms, in any order; at most 64, one for each bit of a mask of memberships."""
    policies: Annotated[tuple[AnyPolicy, ...], Field(strict=False)] = ()
    """The instruments and their budgets, in any order."""

    @property
    def dataset(self) -> Dataset:
        """The tables of the world."""
        return load_dataset(self.world.dataset)

    @property
    def mechanisms_on(self) -> tuple[Mechanism, ...]:
        """Those of ``MECHANISMS`` that are on, in the order of their factors."""
        return tuple(found for key in MECHANISMS if (found := getattr(self, key)).is_on)

    @property
    def digest(self) -> str:
        """SHA-256 of all values that can change a result. Names, texts, the order of keys, platforms and policies, and
        the folder of a dataset do not count; its content does. Costs and effects of instruments that no policy uses,
        vectors that no platform carries and mechanisms that are off do not count either, so a new one of any of them
        leaves the digests of other scenarios unchanged.
        """
        dump = self.model_dump(mode="json", exclude={"name", "title", "summary", "group", "description"})
        dump["world"]["dataset"] = self.dataset.digest
        dump["budget"]["per_year"] = self.budget.money_a_year(self.world.scale)
        dump["costs"] = {policy.instrument: self.costs.of(policy.instrument) for policy in self.policies}
        dump["effects"] = {policy.instrument: self.effects.of(policy.instrument) for policy in self.policies}
        dump["vectors"] = self.vectors.used_by(name for row in self.platforms for name in row.vectors)
        for key in MECHANISMS.keys() - {mechanism.key for mechanism in self.mechanisms_on}:
            del dump[key]
        for key in ("platforms", "policies", "institutions", "commodities", "chains", "seeds"):
            dump[key] = sorted(json.dumps(row, sort_keys=True) for row in dump[key])
        return hashlib.sha256(json.dumps(dump, sort_keys=True).encode()).hexdigest()

    def to_toml(self) -> str:
        """The whole scenario, including defaults, as the text of a scenario file with the same digest."""
        return toml_text(self.model_dump())


def _check_tables() -> None:
    """Raise a PluginError if a mechanism of a plugin would replace another key of a scenario."""
    for contribution in contributions("mechanisms"):
        for cls in contribution.classes(Mechanism):
            if cls.key in _Scenario.model_fields or hasattr(_Scenario, cls.key):
                message = "a scenario has another key of this name; choose another one"
                raise contribution.fault(message, at=cls, key=f"{cls.__name__}.key", found=f'"{cls.key}"')


if TYPE_CHECKING:
    Scenario = _Scenario
else:
    _check_tables()
    Scenario = create_model(
        "Scenario",
        __base__=_Scenario,
        __module__=__name__,
        __doc__=_Scenario.__doc__,
        **{key: (table, table()) for key, table in MECHANISMS.items()},
    )
