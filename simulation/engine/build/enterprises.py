"""The enterprises of a world: their attributes, the time they are present, and their business ties."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from simulation.engine.ties import TieRule, draw_network
from simulation.mechanisms.turnover import entry_years, exit_years
from simulation.quantiles import gamma_quantiles
from simulation.scenario.schema import Scenario
from simulation.streams import key, numbered_all, uniforms
from simulation.world import SERVICES, Array, Enterprises, Regions, World


def build_enterprises(
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
    without_ties = Enterprises(
        industries=industries,
        present=from_year == 0,
        counts=counts,
        from_month=from_year * steps,
        to_month=np.minimum(np.minimum(to_year, months) * steps, months).astype(np.int64),
        region_of=region_of,
        industry_of=industry_of,
        number_of=number_of,
        absorptive_capacity=_absorptive_capacity(seed, keys, spec.diffusion.absorptive_capacity_cv),
        relatedness=relatedness,
        indptr=np.zeros(cell.size + 1, dtype=np.int64),
        indices=np.zeros(0, dtype=np.int32),
    )
    given = spec.dataset.partners
    indptr, indices = given or draw_network(seed, _tie_rule(spec, regions, without_ties, keys))
    return replace(without_ties, indptr=indptr, indices=indices), keys


def relatedness_of(spec: Scenario, industries: tuple[str, ...]) -> Array:
    phi = np.full((len(industries), len(industries)), spec.diffusion.relatedness_other)
    services = np.array([name == SERVICES for name in industries])
    phi[services, :] = phi[:, services] = spec.diffusion.relatedness_services
    np.fill_diagonal(phi, 1.0)
    return phi


def _absorptive_capacity(seed: int, keys: Array, variation: float) -> Array:
    """Return alpha ~ Gamma with mean 1 and this coefficient of variation, by inversion of a single draw."""
    if variation < np.finfo(np.float64).eps:  # too small to matter; its inverse square may overflow
        return np.ones(keys.size)
    draws = np.empty(keys.size)
    uniforms(key(seed, "absorptive_capacity"), keys, draws)
    return gamma_quantiles(1.0 / (variation * variation), draws)


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


def tie_rule(spec: Scenario, world: World) -> TieRule:
    """Return the rule by which the enterprises of a world of this scenario draw their partners."""
    return _tie_rule(spec, world.regions, world.enterprises, enterprise_keys(world))


def _tie_rule(spec: Scenario, regions: Regions, enterprises: Enterprises, keys: Array) -> TieRule:
    ties = spec.dataset.ties
    return TieRule(
        identities=keys,
        region_of=enterprises.region_of,
        industry_of=enterprises.industry_of,
        present=enterprises.present,
        counts=enterprises.counts,
        region_keys=np.array([key("region", r) for r in regions.ids], dtype=np.uint64),
        industry_keys=np.array([key("industry", s) for s in enterprises.industries], dtype=np.uint64),
        proximity=regions.proximity if ties is None else ties,
        relatedness=enterprises.relatedness,
        draws=spec.world.network_degree // 2,
        local_ties=spec.world.local_ties,
    )
