"""Scenario and seed -> World (section 1). Every draw is keyed by who draws, see ``simulation.streams``."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaincinv

from simulation.arguments import seed_of
from simulation.data.geography import distances_km, spatial_kernel
from simulation.data.reader import Dataset, InstitutionRow, institution_references, load_vectors
from simulation.engine.kernels.network import eligible_partners
from simulation.engine.ties import TieRule, draw_network
from simulation.mechanisms.chains import chains_of
from simulation.mechanisms.prices import commodities_of
from simulation.mechanisms.turnover import entry_years, exit_years
from simulation.scenario.schema import Platform, Scenario
from simulation.settings import by_name
from simulation.streams import exponentials, key, numbered_all, race, uniforms
from simulation.world import (
    RESEARCH_KINDS,
    SERVICES,
    Array,
    Enterprises,
    Institutions,
    Pairs,
    Platforms,
    Regions,
    Technologies,
    World,
)


def build_world(spec: Scenario, seed: int) -> World:
    """Return the world of one replication.

    Parameters
    ----------
    spec : the scenario, already checked against its dataset.
    seed : the luck of the replication, from 0 to MOST_SEED of :mod:`simulation.arguments`; scenarios with one seed
        share it.

    Raises
    ------
    HyperclusterError
        If there is no such seed. Every draw of a replication goes through here or through ``World.seed``, so that one
        number cannot mean two runs.
    """
    seed = seed_of(seed)
    dataset = spec.dataset
    steps = spec.time.steps_per_year
    months = round(spec.time.years * steps)
    rows = sorted(
        [
            *dataset.institutions,
            *(
                InstitutionRow(region_id=row.region, name=row.name, kind=row.kind)
                for row in spec.institutions
            ),
        ],
        key=lambda row: (row.region_id, row.name),
    )
    regions = _regions(spec, dataset)
    counts = dataset.scaled_counts(spec.world.scale)
    relatedness = _relatedness(spec, dataset.industries)
    capacity = _capacity(spec, rows)
    region_of_institution = np.array([regions.ids.index(row.region_id) for row in rows], dtype=np.int32)
    technologies = _technologies(spec, dataset, seed, months, rows, region_of_institution, capacity, counts)
    institutions = Institutions(
        names=tuple(row.name for row in rows),
        kinds=tuple(row.kind for row in rows),
        region_of=region_of_institution,
        capacity=capacity,
        threshold=_thresholds(
            seed,
            "mastery",
            technologies,
            np.array([key("institution", r.region_id, r.name) for r in rows], np.uint64),
        ),
    )
    enterprises, keys = _enterprises(spec, seed, months, regions, dataset.industries, counts, relatedness)
    return World(
        seed=seed,
        months=months,
        steps_per_year=steps,
        regions=regions,
        enterprises=enterprises,
        institutions=institutions,
        technologies=technologies,
        platforms=_platforms(spec, dataset, tuple(rows), months),
        pairs=_pairs(seed, enterprises, keys, technologies),
        commodities=commodities_of(
            spec.commodities,
            seed=seed,
            regions=regions.ids,
            industries=dataset.industries,
            months=months,
            steps_per_year=steps,
        ),
        chains=chains_of(spec.chains, regions=regions.ids, industries=dataset.industries, counts=counts),
    )


def enterprise_keys(world: World) -> Array:
    """Return the identities of the enterprises, uint64 (N,): region id, industry, number within both; no seed."""
    return _enterprise_keys(
        world.regions.ids,
        world.enterprises.industries,
        world.enterprises.region_of,
        world.enterprises.industry_of,
        world.enterprises.number_of,
    )


def _enterprise_keys(
    regions: tuple[str, ...],
    industries: tuple[str, ...],
    region_of: Array,
    industry_of: Array,
    number_of: Array,
) -> Array:
    return numbered_all(_cell_keys(regions, industries)[region_of, industry_of], number_of)


def _cell_keys(regions: tuple[str, ...], industries: tuple[str, ...]) -> Array:
    return np.array([[key("enterprise", r, s) for s in industries] for r in regions], dtype=np.uint64)


def _regions(spec: Scenario, dataset: Dataset) -> Regions:
    rows = dataset.regions
    ids = tuple(row.id for row in rows)
    macroregions = tuple(sorted({row.macroregion for row in rows}))
    countries = np.array([row.country for row in rows])
    latitude = np.array([row.latitude for row in rows])
    longitude = np.array([row.longitude for row in rows])
    area = np.array([row.area_km2 for row in rows])
    distance = distances_km(latitude, longitude, area, within=spec.world.intra_regional_distance)
    return Regions(
        ids=ids,
        names=tuple(row.name for row in rows),
        macroregions=macroregions,
        macroregion_of=np.array([macroregions.index(row.macroregion) for row in rows], dtype=np.int64),
        latitude=latitude,
        longitude=longitude,
        area_km2=area,
        readiness=by_name(
            spec.world.digital_readiness, ids, np.array([row.digital_readiness for row in rows])
        ),
        government_quality=by_name(spec.world.government_quality, ids, np.ones(len(ids))),
        outflow=by_name(spec.migration.rate, ids, np.zeros(len(ids))),
        distance_km=distance,
        # Across a border nobody is near: countries meet on platforms, and where a table gives ties.
        proximity=spatial_kernel(distance, spec.diffusion.half_distance_km)
        * (countries[:, None] == countries[None, :]),
    )


def _capacity(spec: Scenario, rows: list[InstitutionRow]) -> Array:
    given = spec.world.capacity
    if not isinstance(given, dict):
        return np.full(len(rows), float(given))
    capacity = np.ones(len(rows))
    references = institution_references(tuple(rows))
    for name, value in given.items():
        capacity[list(references[name])] = value
    return capacity


def _relatedness(spec: Scenario, industries: tuple[str, ...]) -> Array:
    phi = np.full((len(industries), len(industries)), spec.diffusion.relatedness_other)
    services = np.array([name == SERVICES for name in industries])
    phi[services, :] = phi[:, services] = spec.diffusion.relatedness_services
    np.fill_diagonal(phi, 1.0)
    return phi


def _enterprises(
    spec: Scenario,
    seed: int,
    months: int,
    regions: Regions,
    industries: tuple[str, ...],
    counts: Array,
    relatedness: Array,
) -> tuple[Enterprises, Array]:
    n_industries, steps = counts.shape[1], spec.time.steps_per_year
    entered = [
        np.concatenate(
            [
                np.zeros(count, dtype=np.int64),
                entry_years(cell, spec.turnover.entry * count, seed=seed, last=(months - 1) // steps),
            ]
        )
        for cell, count in zip(_cell_keys(regions.ids, industries).ravel(), counts.ravel(), strict=True)
    ]
    sizes = np.array([years.size for years in entered], dtype=np.int64)
    cell = np.repeat(np.arange(counts.size), sizes)
    region_of = (cell // n_industries).astype(np.int32)
    industry_of = (cell % n_industries).astype(np.int32)
    first = np.cumsum(sizes) - sizes
    number_of = np.arange(cell.size) - first[cell]
    from_year = np.concatenate(entered)
    keys = _enterprise_keys(regions.ids, industries, region_of, industry_of, number_of)
    to_year = exit_years(keys, from_year, seed=seed, rate=spec.turnover.exit)
    present = from_year == 0
    rule = _tie_rule(spec, regions, industries, counts, present, region_of, industry_of, keys, relatedness)
    indptr, indices = draw_network(seed, rule)
    alpha = _absorptive_capacity(seed, keys, spec.diffusion.absorptive_capacity_cv)
    return (
        Enterprises(
            industries=industries,
            present=present,
            counts=counts,
            from_month=from_year * steps,
            to_month=np.minimum(np.minimum(to_year, months) * steps, months).astype(np.int64),
            region_of=region_of,
            industry_of=industry_of,
            number_of=number_of,
            absorptive_capacity=alpha,
            relatedness=relatedness,
            indptr=indptr,
            indices=indices,
        ),
        keys,
    )


def tie_rule(spec: Scenario, world: World) -> TieRule:
    """Return the rule by which the enterprises of a world of this scenario draw their partners."""
    e = world.enterprises
    return _tie_rule(
        spec,
        world.regions,
        e.industries,
        e.counts,
        e.present,
        e.region_of,
        e.industry_of,
        enterprise_keys(world),
        e.relatedness,
    )


def _tie_rule(
    spec: Scenario,
    regions: Regions,
    industries: tuple[str, ...],
    counts: Array,
    present: Array,
    region_of: Array,
    industry_of: Array,
    keys: Array,
    relatedness: Array,
) -> TieRule:
    ties = spec.dataset.ties
    return TieRule(
        identities=keys,
        region_of=region_of,
        industry_of=industry_of,
        present=present,
        counts=counts,
        region_keys=np.array([key("region", r) for r in regions.ids], dtype=np.uint64),
        industry_keys=np.array([key("industry", s) for s in industries], dtype=np.uint64),
        proximity=regions.proximity if ties is None else ties,
        relatedness=relatedness,
        draws=spec.world.network_degree // 2,
        local_ties=spec.world.local_ties,
    )


def _absorptive_capacity(seed: int, keys: Array, variation: float) -> Array:
    """Return alpha ~ Gamma with mean 1 and this coefficient of variation; by inversion, so one draw whatever it is."""
    if variation < np.finfo(np.float64).eps:  # cannot be told from none; its inverse square may overflow
        return np.ones(keys.size)
    draws = np.empty(keys.size)
    uniforms(key(seed, "absorptive_capacity"), keys, draws)
    shape = variation**-2
    return gammaincinv(shape, draws) / shape


def _technologies(
    spec: Scenario,
    dataset: Dataset,
    seed: int,
    months: int,
    institutions: list[InstitutionRow],
    region_of_institution: Array,
    capacity: Array,
    counts: Array,
) -> Technologies:
    rows = dataset.technologies
    release = _release_months(spec, seed, dataset)
    within = [n for n in range(len(rows)) if release[n] < months]
    complexity = {
        "digital": spec.diffusion.complexity_digital,
        "conventional": spec.diffusion.complexity_conventional,
    }
    relevance = np.array([dataset.relevance[dataset.directions.index(rows[n].direction)] for n in within])
    relevance = relevance.reshape(len(within), len(dataset.industries)).T.astype(np.float64)
    origin = np.full(len(within), -1, dtype=np.int64)
    keys = np.array([key("institution", row.region_id, row.name) for row in institutions], dtype=np.uint64)
    research = np.array([row.kind in RESEARCH_KINDS for row in institutions], dtype=bool)
    for k, n in enumerate(within):
        share = counts @ (relevance[:, k] > 0) / np.maximum(counts.sum(axis=1), 1)
        weight = capacity * research * share[region_of_institution]
        given = spec.technologies.origin_weights.get(rows[n].direction)
        if given:
            by_region = np.array([given.get(r.id, np.nan) for r in dataset.regions])[region_of_institution]
            weight = _origin_weights(weight, region_of_institution, by_region)
        origin[k] = race(key(seed, "origin", rows[n].direction, rows[n].technology), keys, weight)
    return Technologies(
        names=tuple(rows[n].technology for n in within),
        directions=tuple(rows[n].direction for n in within),
        families=tuple(rows[n].family for n in within),
        complexity=np.array([complexity[rows[n].family] for n in within], dtype=np.float64),
        relevance=relevance,
        release_month=np.array([release[n] for n in within], dtype=np.int64),
        origin=origin,
        left_out=tuple(rows[n].technology for n in range(len(rows)) if release[n] >= months),
        environmental=np.array([rows[n].environmental for n in within], dtype=bool),
    )


def _origin_weights(weight: Array, region_of: Array, share: Array) -> Array:
    """Return the weights of origins such that each named region has its share and the others split the rest.

    Parameters
    ----------
    weight : float64, shape (J,)
        Weights without the scenario's say; they hold within a region and among the regions that are not named.
    region_of : int32, shape (J,)
    share : float64, shape (J,)
        Share of the institution's region, NaN where the scenario does not name it.
    """
    out = np.zeros_like(weight)
    for r in np.unique(region_of[~np.isnan(share)]):
        here = region_of == r
        if weight[here].sum() > 0:
            out[here] = share[here] * weight[here] / weight[here].sum()
    others = np.isnan(share)
    named = sum(share[region_of == r][0] for r in np.unique(region_of[~others]))
    if weight[others].sum() > 0:
        out[others] = max(0.0, 1.0 - named) * weight[others] / weight[others].sum()
    return out


def _release_months(spec: Scenario, seed: int, dataset: Dataset) -> list[int]:
    """Return the month at whose start each technology appears, in the order of the dataset."""
    rows, steps = dataset.technologies, spec.time.steps_per_year
    if spec.technologies.release == "at_start":
        return [0] * len(rows)
    if spec.technologies.release == "schedule":
        assert spec.technologies.schedule is not None
        return [round(spec.technologies.schedule[row.technology] * steps) for row in rows]
    n = len(rows)
    gaps, arrival = np.empty(n), np.empty(n)
    exponentials(key(seed, "release"), numbered_all(np.full(n, key("gap")), np.arange(n)), gaps)
    technology_keys = np.array(
        [key("technology", row.direction, row.technology) for row in rows], dtype=np.uint64
    )
    exponentials(key(seed, "order"), technology_keys, arrival)
    years = np.cumsum(gaps) / spec.technologies.per_year
    months = np.empty(n, dtype=np.int64)
    months[np.argsort(arrival, kind="stable")] = np.floor(years * steps)
    return [int(month) for month in months]


def _thresholds(seed: int, purpose: str, technologies: Technologies, keys: Array) -> Array:
    """Return Exponential(1) thresholds, float64 (agents, K)."""
    out = np.empty((len(technologies.names), keys.size))
    for k, name in enumerate(technologies.names):
        exponentials(key(seed, purpose, technologies.directions[k], name), keys, out[k])
    return np.ascontiguousarray(out.T)


def _platforms(
    spec: Scenario, dataset: Dataset, institutions: tuple[InstitutionRow, ...], months: int
) -> Platforms:
    rows = sorted(spec.platforms, key=lambda row: row.name)
    steps = spec.time.steps_per_year
    h = len(rows)
    vectors = [vector.vector for vector in load_vectors()]
    place = {row.name: p for p, row in enumerate(rows)}
    references = institution_references(institutions)
    resident = np.zeros((h, len(institutions)), dtype=bool)
    may_join = np.zeros((h, len(dataset.regions), len(dataset.industries)), dtype=bool)
    for p, row in enumerate(rows):
        may_join[p] = _who_may_join(row, dataset)
        if row.institutions == "all":
            resident[p] = True
        elif row.institutions != "none":
            resident[p, [j for name in row.institutions for j in references[name]]] = True
    return Platforms(
        names=tuple(row.name for row in rows),
        vectors=np.array([[name in row.vectors for name in vectors] for row in rows], dtype=bool).reshape(
            h, len(vectors)
        ),
        may_join=may_join,
        from_month=np.array([round(row.from_year * steps) for row in rows], dtype=np.int64),
        to_month=np.array(
            [months if row.to_year is None else min(months, round(row.to_year * steps)) for row in rows],
            dtype=np.int64,
        ),
        resident=resident,
        heir_of=np.array(
            [-1 if row.inherits is None else place[row.inherits] for row in rows], dtype=np.int64
        ),
    )


def _who_may_join(platform: Platform, dataset: Dataset) -> Array:
    """Return bool (R, S): the enterprises that a platform is open to."""
    regions = [
        (platform.regions == "all" or row.id in platform.regions)
        and (platform.macroregions == "all" or row.macroregion in platform.macroregions)
        for row in dataset.regions
    ]
    industries = [platform.industries == "all" or name in platform.industries for name in dataset.industries]
    return np.array(regions)[:, None] & np.array(industries)[None, :]


def _pairs(seed: int, enterprises: Enterprises, keys: Array, technologies: Technologies) -> Pairs:
    """Return the eligible pairs; technologies with the same eligible industries share their bookkeeping."""
    eligible_industry = technologies.relevance > 0  # (S, K)
    patterns, pattern_of = np.unique(eligible_industry.T, axis=0, return_inverse=True)
    pattern_of = pattern_of.ravel().astype(np.int64)
    n = enterprises.region_of.size
    slot = np.full((len(patterns), n), -1, dtype=np.int32)
    members = []
    for g, industries in enumerate(patterns):
        eligible = np.flatnonzero(industries[enterprises.industry_of])
        slot[g, eligible] = np.arange(eligible.size)
        members.append(eligible.astype(np.int32))
    partners = partners_by_pattern(enterprises, patterns)
    sizes = [members[g].size for g in pattern_of]
    start = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]).astype(np.int64)
    enterprise = np.empty(start[-1], dtype=np.int32)
    threshold = np.empty(start[-1])
    for k, pattern in enumerate(pattern_of):
        here = slice(start[k], start[k + 1])
        enterprise[here] = members[pattern]
        stream = key(seed, "adoption", technologies.directions[k], technologies.names[k])
        exponentials(stream, keys[members[pattern]], threshold[here])
    return Pairs(start, enterprise, pattern_of, slot, partners, threshold)


def partners_by_pattern(enterprises: Enterprises, patterns: Array) -> Array:
    """Return the eligible partners of each enterprise, int32 (patterns, N); ``patterns``, bool (patterns, S)."""
    partners = np.zeros((len(patterns), enterprises.region_of.size), dtype=np.int32)
    for industries, out in zip(np.ascontiguousarray(patterns), partners, strict=True):
        eligible_partners(enterprises.indptr, enterprises.indices, enterprises.industry_of, industries, out)
    return partners
