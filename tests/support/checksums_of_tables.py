"""Print, as JSON, the checksum of all tables of a replication of each of some scenarios, which use every mechanism."""

from __future__ import annotations

import json

from simulation.batch.replications import replicate
from simulation.scenario.loading import load_scenario

SCENARIOS = {
    "coal_slump": [],  # a price that is given
    "eurasian_extension": ["diffusion.density_exponent=0.5"],
    "first_wave_platform": [],  # initial adopters
    "growth_pole": [],  # chains
    "hypercluster_all_vectors": ["diffusion.absorptive_capacity_cv=1.3"],
    "kuzbass_donor": [],  # transfer
    "labour_mobility": ["diffusion.absorptive_capacity_cv=0.0005"],
    "out_migration": [],
    "price_cycle": [],  # a price that is drawn
    "strong_government": ["budget.discount=0.037"],
    "turnover": [],
    "vectors_competing": [],  # rivalry of platforms
}


def checksums() -> dict[str, str]:
    found = {}
    for name, overrides in SCENARIOS.items():
        spec = load_scenario(name, overrides=["world.scale=0.2", *overrides])
        found[name] = replicate(spec, 0, seed=11)["runs"]["sha256"][0].as_py()
    return found


if __name__ == "__main__":
    print(json.dumps(checksums()))
