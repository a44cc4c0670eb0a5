"""Five years of a twentieth of the country: small enough to be run often, with some adoption."""

from simulation.engine import Engine
from simulation.scenario import load_scenario

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
