"""Building the World from scenario and seed (section 1); draws are keyed by identity, see ``simulation.streams``."""

from __future__ import annotations

from simulation.arguments import seed_of
from simulation.engine.build.eligible_pairs import build_pairs
from simulation.engine.build.enterprises import build_enterprises
from simulation.engine.build.frame import Frame, frame_of
from simulation.engine.build.institutions import build_institutions
from simulation.engine.build.technologies import build_technologies
from simulation.mechanisms.prices import commodities_of
from simulation.scenario.schema import Scenario
from simulation.world import (
    World,
)


def build_world(spec: Scenario, seed: int, frame: Frame | None = None) -> World:
    """Return the world of one replication.

    Parameters
    ----------
    spec : the scenario, already validated against its dataset.
    seed : the seed of the replication, from 0 to MOST_SEED of :mod:`simulation.arguments`; scenarios with one seed
        share it.
    frame : that of the scenario, where it is known.

    Raises
    ------
    HyperclusterError
        If the seed is invalid. Every draw of a replication uses the seed, here or through ``World.seed``, so
        a seed identifies one run.
    """
    seed = seed_of(seed)
    frame = frame_of(spec) if frame is None else frame
    endowment = frame.endowment
    technologies = build_technologies(spec, frame, seed)
    enterprises = build_enterprises(spec, frame, seed)
    return World(
        seed=seed,
        endowment=endowment,
        enterprises=enterprises,
        institutions=build_institutions(seed, frame, technologies),
        technologies=technologies,
        pairs=build_pairs(seed, enterprises, technologies),
        commodities=commodities_of(
            spec.commodities,
            seed=seed,
            regions=endowment.regions.ids,
            industries=endowment.industries,
            months=endowment.months,
            steps_per_year=endowment.steps_per_year,
        ),
    )
