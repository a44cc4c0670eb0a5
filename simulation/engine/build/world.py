"""Building the World from scenario and seed (section 1); draws are keyed by identity, see ``simulation.streams``."""

from __future__ import annotations

import numpy as np

from simulation.arguments import seed_of
from simulation.data.reader import InstitutionRow
from simulation.engine.build.eligible_pairs import build_pairs
from simulation.engine.build.enterprises import build_enterprises, relatedness_of
from simulation.engine.build.institutions import build_institutions, capacity_of
from simulation.engine.build.platforms import build_platforms
from simulation.engine.build.regions import build_regions
from simulation.engine.build.technologies import build_technologies
from simulation.mechanisms.chains import chains_of
from simulation.mechanisms.prices import commodities_of
from simulation.scenario.schema import Scenario
from simulation.world import (
    World,
)


def build_world(spec: Scenario, seed: int) -> World:
    """Return the world of one replication.

    Parameters
    ----------
    spec : the scenario, already validated against its dataset.
    seed : the seed of the replication, from 0 to MOST_SEED of :mod:`simulation.arguments`; scenarios with one seed
        share it.

    Raises
    ------
    HyperclusterError
        If the seed is invalid. Every draw of a replication uses the seed, here or through ``World.seed``, so
        a seed identifies one run.
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
    regions = build_regions(spec, dataset)
    counts = dataset.scaled_counts(spec.world.scale)
    relatedness = relatedness_of(spec, dataset.industries)
    capacity = capacity_of(spec, rows)
    region_of_institution = np.array([regions.ids.index(row.region_id) for row in rows], dtype=np.int32)
    technologies = build_technologies(
        spec, dataset, seed, months, rows, region_of_institution, capacity, counts
    )
    institutions = build_institutions(seed, rows, region_of_institution, capacity, technologies)
    enterprises, keys = build_enterprises(
        spec, seed, months, regions, dataset.industries, counts, relatedness
    )
    return World(
        seed=seed,
        months=months,
        steps_per_year=steps,
        regions=regions,
        enterprises=enterprises,
        institutions=institutions,
        technologies=technologies,
        platforms=build_platforms(spec, dataset, tuple(rows), months),
        pairs=build_pairs(seed, enterprises, keys, technologies),
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
