"""The enterprises of a world: their attributes, the time they are present, and their business ties."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from simulation.engine.build.frame import Frame, Roster, frame_of
from simulation.engine.shared import shared
from simulation.engine.ties import TieRule, draw_network
from simulation.mechanisms.turnover import entry_years, exit_years
from simulation.quantiles import gamma_quantiles
from simulation.scenario.schema import Scenario
from simulation.streams import key, uniforms
from simulation.world import Array, Enterprises, World


def build_enterprises(spec: Scenario, frame: Frame, seed: int) -> Enterprises:
    """Return the enterprises of one seed, with their business ties."""
    months, steps = frame.endowment.months, spec.time.steps_per_year
    counts, roster = frame.endowment.counts, frame.roster
    from_year = np.zeros(roster.identities.size, dtype=np.int32)
    if spec.turnover.entry > 0:
        years = [
            entry_years(cell, spec.turnover.entry * count, seed=seed, last=(months - 1) // steps)
            for cell, count in zip(frame.cell_keys.ravel(), counts.ravel(), strict=True)
        ]
        sizes = counts + np.array([of_cell.size for of_cell in years]).reshape(counts.shape)
        roster = Roster.of(frame.cell_keys, sizes)
        from_year = np.zeros(roster.identities.size, dtype=np.int32)
        from_year[roster.number_of >= counts[roster.region_of, roster.industry_of]] = np.concatenate(years)
    to_month = np.full(from_year.size, months, dtype=np.int32)
    if spec.turnover.exit > 0:
        to_year = exit_years(roster.identities, from_year, seed=seed, rate=spec.turnover.exit)
        to_month = np.minimum(np.minimum(to_year, months) * steps, months).astype(np.int32)
    without_ties = Enterprises(
        industries=frame.endowment.industries,
        present=from_year == 0,
        counts=counts,
        from_month=from_year * np.int32(steps),
        to_month=to_month,
        region_of=roster.region_of,
        industry_of=roster.industry_of,
        number_of=roster.number_of,
        identities=roster.identities,
        absorptive_capacity=shared(
            _absorptive_capacity, seed, roster.identities, spec.diffusion.absorptive_capacity_cv
        )[0],
        relatedness=frame.relatedness,
        indptr=np.zeros(from_year.size + 1, dtype=np.int64),
        indices=np.zeros(0, dtype=np.int32),
    )
    given = frame.dataset.partners
    indptr, indices = given or draw_network(seed, _tie_rule(spec, frame, without_ties))
    return replace(without_ties, indptr=indptr, indices=indices)


def _absorptive_capacity(seed: int, identities: Array, variation: float) -> tuple[Array]:
    """Return alpha ~ Gamma with mean 1 and this coefficient of variation, by inversion of a single draw."""
    if variation < np.finfo(np.float64).eps:  # too small to matter; its inverse square may overflow
        return (np.ones(identities.size),)
    draws = np.empty(identities.size)
    uniforms(key(seed, "absorptive_capacity"), identities, draws)
    return (gamma_quantiles(1.0 / (variation * variation), draws),)


def tie_rule(spec: Scenario, world: World) -> TieRule:
    """Return the rule by which the enterprises of a world of this scenario draw their partners at the start."""
    return _tie_rule(spec, frame_of(spec), world.enterprises)


def _tie_rule(spec: Scenario, frame: Frame, enterprises: Enterprises) -> TieRule:
    ties = frame.dataset.ties
    return TieRule(
        identities=enterprises.identities,
        region_of=enterprises.region_of,
        industry_of=enterprises.industry_of,
        present=enterprises.present,
        counts=enterprises.counts,
        entered=enterprises.counts,
        region_keys=frame.region_keys,
        industry_keys=frame.industry_keys,
        proximity=frame.endowment.regions.proximity if ties is None else ties,
        relatedness=enterprises.relatedness,
        draws=spec.world.network_degree // 2,
        local_ties=spec.world.local_ties,
    )
