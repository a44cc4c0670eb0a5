"""Plain arrays that describe a world: one row per agent, without behaviour.

Shapes are written with these letters everywhere in the package: R regions, S industries, K technologies, H platforms,
J institutions, N enterprises, M commodities, G chains. Rows are sorted by stable identifiers, so that no result depends
on the order of an input table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

SERVICES = "mining_services"
"""The industry that serves the others; all others extract."""

RESEARCH_KINDS = ("university", "research_institute", "corporate_research", "research_education_centre")
INFRASTRUCTURE_KINDS = ("cluster", "technopark", "special_economic_zone", "industrial_park")
OTHER_KINDS = ("finance", "government")
INSTITUTION_KINDS = RESEARCH_KINDS + INFRASTRUCTURE_KINDS + OTHER_KINDS


@dataclass(frozen=True, slots=True)
class Regions:
    """The R regions, sorted by id."""

    ids: tuple[str, ...]
    names: tuple[str, ...]
    macroregions: tuple[str, ...]  # distinct names, sorted
    macroregion_of: Array  # int64 (R,), index into macroregions
    latitude: Array  # float64 (R,), degrees
    longitude: Array  # float64 (R,), degrees
    area_km2: Array  # float64 (R,)
    readiness: Array  # float64 (R,), digital readiness delta in [0, 1]; an assumption, not data
    government_quality: Array  # float64 (R,), g > 0
    outflow: Array  # float64 (R,), mu, loss of absorptive capacity to out-migration, 1/year
    distance_km: Array  # float64 (R, R); the diagonal is the intra-regional distance
    proximity: Array  # float64 (R, R), K = 2^(-distance / half distance); 0 between countries


@dataclass(frozen=True, slots=True)
class Enterprises:
    """The N enterprises that are present at some time, sorted by region, industry and number within both."""

    industries: tuple[str, ...]  # S names, sorted
    present: Array  # bool (N,), those present; all, unless enterprises enter and leave
    counts: Array  # int64 (R, S), enterprises present
    from_month: Array  # int32 (N,), inclusive
    to_month: Array  # int32 (N,), exclusive
    region_of: Array  # int32 (N,)
    industry_of: Array  # int32 (N,)
    number_of: Array  # int32 (N,), number within region and industry
    identities: Array  # uint64 (N,), keys of region id, industry and number; no seed
    absorptive_capacity: Array  # float64 (N,), alpha, mean 1
    relatedness: Array  # float64 (S, S), phi, 1 on the diagonal
    indptr: Array  # int64 (N + 1,), business network in CSR form
    indices: Array  # int32 (ties * 2,)

    def counted(self, who: Array) -> Array:
        """Return the number of these enterprises, given as bool (N,) or as indices, in each cell; int64 (R, S)."""
        regions, industries = self.counts.shape
        cell_of = self.region_of[who] * industries + self.industry_of[who]
        return np.bincount(cell_of, minlength=regions * industries).reshape(regions, industries)


@dataclass(frozen=True, slots=True)
class Institutions:
    """The J institutions, sorted by region and name."""

    names: tuple[str, ...]
    kinds: tuple[str, ...]
    region_of: Array  # int32 (J,)
    capacity: Array  # float64 (J,), Q before policy
    threshold: Array  # float64 (J, K), cumulated learning hazard at which j masters k


@dataclass(frozen=True, slots=True)
class Technologies:
    """The K technologies, sorted by direction and name; those due after the horizon are in ``left_out``."""

    names: tuple[str, ...]
    directions: tuple[str, ...]  # per technology
    families: tuple[str, ...]  # per technology
    complexity: Array  # float64 (K,), chi in [0, 1]
    relevance: Array  # float64 (S, K), rho in [0, 1]; eligible where > 0
    release_month: Array  # int64 (K,), month at whose start it appears; 0 is the start
    origin: Array  # int64 (K,), institution that masters it at release, -1 if there is none
    left_out: tuple[str, ...]
    environmental: Array  # bool (K,), environmental technologies


@dataclass(frozen=True, slots=True)
class Platforms:
    """The H platforms, sorted by name."""

    names: tuple[str, ...]
    vectors: Array  # bool (H, V), columns as in simulation/data/vectors.csv
    may_join: Array  # bool (H, R, S)
    from_month: Array  # int64 (H,), inclusive
    to_month: Array  # int64 (H,), exclusive
    resident: Array  # bool (H, J), institutions that the scenario itself places on the platform
    heir_of: Array  # int64 (H,), platform whose members it takes over at its opening, -1 if of none


@dataclass(frozen=True, slots=True)
class Pairs:
    """The P eligible pairs of enterprise and technology, sorted by technology, then enterprise."""

    start: Array  # int64 (K + 1,): pairs of technology k are start[k]:start[k + 1]
    enterprise: Array  # int32 (P,)
    pattern_of: Array  # int64 (K,): technologies of one pattern have the same eligible industries
    slot: (
        Array  # int32 (patterns, N): pair of i and k is start[k] + slot[pattern_of[k], i]; -1 if not eligible
    )
    partners: Array  # int32 (patterns, N): eligible partners of i
    threshold: Array  # float64 (P,), theta ~ Exponential(1)


@dataclass(frozen=True, slots=True)
class Commodities:
    """The M commodities, sorted by name; none unless the scenario has some."""

    names: tuple[str, ...]
    log_price: Array  # float64 (T + 1, M), logarithm of price over reference at the start of each month
    exponent: Array  # float64 (M, R, S), elasticity times export dependence


@dataclass(frozen=True, slots=True)
class Chains:
    """The G chains of industries, sorted by name; none unless the scenario has some."""

    names: tuple[str, ...]
    leads: Array  # bool (G, S, S), [g, s, u]: industry u precedes s in chain g
    poles: Array  # bool (G, R), growth poles: regions in which the chain exists
    strength: Array  # float64 (G,), demand pull before policy
    led: Array  # int64 (G, R), enterprises of industries that others of the chain lead


@dataclass(frozen=True, slots=True)
class Endowment:
    """What a scenario gives a world at its start, before any random draw; policies are planned from it."""

    months: int  # until the horizon
    steps_per_year: int  # months in a year
    regions: Regions  # R, with their readiness and distances
    industries: tuple[str, ...]  # S names, sorted
    counts: Array  # int64 (R, S), enterprises
    institution_names: tuple[str, ...]  # J, sorted by region and name
    institution_kinds: tuple[str, ...]  # J, of ``INSTITUTION_KINDS``
    institution_region: Array  # int32 (J,)
    institution_capacity: Array  # float64 (J,), Q before policy
    platforms: Platforms  # H, with who may join
    chains: Chains  # G, of industries


@dataclass(frozen=True, slots=True)
class World:
    """Everything that is fixed before the first month. Never written after it is built.

    Where enterprises enter and leave or people move, each year has a new world, with other enterprises present and
    other business ties; the endowment stays that of the start.
    """

    seed: int
    endowment: Endowment
    enterprises: Enterprises
    institutions: Institutions
    technologies: Technologies
    pairs: Pairs
    commodities: Commodities

    @property
    def months(self) -> int:
        """Months until the horizon."""
        return self.endowment.months

    @property
    def steps_per_year(self) -> int:
        """Months in a year."""
        return self.endowment.steps_per_year

    @property
    def regions(self) -> Regions:
        """The regions."""
        return self.endowment.regions

    @property
    def platforms(self) -> Platforms:
        """The platforms."""
        return self.endowment.platforms

    @property
    def chains(self) -> Chains:
        """The chains of industries."""
        return self.endowment.chains

    @property
    def shape(self) -> tuple[int, int, int, int, int]:
        """(R, S, K, H, J)."""
        return (
            len(self.regions.ids),
            len(self.enterprises.industries),
            len(self.technologies.names),
            len(self.platforms.names),
            len(self.institutions.names),
        )

    @property
    def enterprises_change(self) -> bool:
        """True where an enterprise enters or leaves before the horizon."""
        return bool(
            (self.enterprises.from_month > 0).any() or (self.enterprises.to_month < self.months).any()
        )

    @property
    def eligible(self) -> Array:
        """int64 (R, S, K): eligible enterprises present of each region and industry for each technology."""
        return self.enterprises.counts[:, :, None] * (self.technologies.relevance > 0)[None, :, :]
