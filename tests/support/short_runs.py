"""Five years of a twentieth of the country: small enough to be run often, with some adoption."""

import numpy as np

from simulation.engine.month import Engine
from simulation.scenario.loading import load_scenario

SMALL = ["world.scale=0.05", "time.years=5", "diffusion.spontaneous=0.01", "budget.per_year=1e6"]


def engine_of(overrides, *, name="hypercluster", seed=3):
    """Return the engine of a shipped scenario, made small, with other settings; nothing has happened yet."""
    return Engine(load_scenario(name, overrides=[*SMALL, *overrides]), seed)


def run(overrides, *, name="hypercluster", seed=3):
    """Return the engine at the horizon."""
    engine = engine_of(overrides, name=name, seed=seed)
    while not engine.finished:
        engine.step()
    return engine


def assert_partners_are_counted(engine):
    """Count the eligible partners of all that wait, and those that have adopted, from the ties as they are."""
    state, world = engine.state, engine.world
    e, pairs = world.enterprises, world.pairs
    for k, start in enumerate(pairs.start[:-1]):
        slot, waits = pairs.slot[pairs.pattern_of[k]], start + np.arange(state.waiting_count[k])
        for i, contacts in zip(state.waiting[waits], state.contacts[waits].tolist(), strict=True):
            partners = e.indices[e.indptr[i] : e.indptr[i + 1]]
            partners = partners[slot[partners] >= 0]
            met = partners[state.adopted_month[start + slot[partners]] >= 0]
            near = (e.region_of[met] == e.region_of[i]).sum()
            assert contacts == [near, met.size - near, partners.size, e.region_of[i]]
            assert pairs.partners[pairs.pattern_of[k], i] == partners.size


def remaining_of_pairs(engine):
    """Return what remains of the threshold over alpha of every pair that waits, by pair, float64 (P,)."""
    state, pairs = engine.state, engine.world.pairs
    found = np.full(state.remaining.size, np.nan)
    for k, start in enumerate(pairs.start[:-1]):
        waits = start + np.arange(state.waiting_count[k])
        found[start + pairs.slot[pairs.pattern_of[k], state.waiting[waits]]] = state.remaining[waits]
    return found
