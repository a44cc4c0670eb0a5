"""Made-up observations: small villages with known ties, and adoption simulated by the engine or drawn at random."""

from pathlib import Path

import numpy as np
from small_worlds import dataset

from simulation.engine.month import Engine
from simulation.fit.observed import observe
from simulation.scenario.loading import load_scenario

SIX = {"east": 4, "west": 2}
"""Enterprises of a world in which all that can happen can be counted."""

SCENARIO = """
[time]
years = {years}
steps_per_year = {steps}
[world]
dataset = "data"
[technologies]
release = "at_start"
[diffusion]
spontaneous = 0.05
spatial = 0.5
network = 0.6
institutional = 0.0
complexity_digital = {complexity}
absorptive_capacity_cv = 0.7
half_distance_km = 150.0
"""


def write_world(
    folder: Path, counts, *, periods=10, steps=1, partners=3, technologies=1, complexity=0.0, seed=1, seeds=0
):
    """Write a dataset with drawn mutual ties and a scenario into a folder; return the file of the scenario.

    Of every technology the first ``seeds`` enterprises of each region and industry are initial adopters.
    """
    dataset(folder / "data", counts, technologies=technologies)
    draw = np.random.default_rng(seed)
    names = [
        (region, industry, number)
        for region, of in counts.items()
        for industry, n in (of if isinstance(of, dict) else {"coal": of}).items()
        for number in range(n)
    ]
    pairs = set()
    for i in range(len(names)):
        for j in draw.choice(len(names), size=min(partners, len(names) - 1), replace=False):
            if i != j and i % 7 != 6 and j % 7 != 6:  # some have no partner
                pairs.add((min(i, int(j)), max(i, int(j))))
    lines = ["region_id,industry,number,partner_region_id,partner_industry,partner_number"]
    lines += [",".join(map(str, (*names[i], *names[j]))) for i, j in sorted(pairs)]
    (folder / "data" / "enterprise_ties.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    text = SCENARIO.format(years=periods / steps, steps=steps, complexity=complexity)
    if seeds:
        for k in range(technologies):
            for region in counts:
                text += (
                    f'[[seeds]]\ntechnology = "technology {k:03}"\nregion = "{region}"\nnumber = {seeds}\n'
                )
    (folder / "world.toml").write_text(text, encoding="utf-8")
    return folder / "world.toml"


def write_agents(folder: Path, world, period):
    """Write ``agents.csv`` of periods by eligible pair; those beyond the horizon had not adopted."""
    of, pairs = world.enterprises, world.pairs
    rows = ["region_id,industry,number,technology,period"]
    for k, name in enumerate(world.technologies.names):
        for p in range(pairs.start[k], pairs.start[k + 1]):
            i = pairs.enterprise[p]
            who = world.regions.ids[of.region_of[i]], of.industries[of.industry_of[i]], of.number_of[i]
            when = period[p] if period[p] <= world.months else ""
            rows.append(",".join(map(str, (*who, name, when))))
    (folder / "data" / "agents.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def simulated(file: Path, seed: int, *, overrides=()):
    """Run a scenario to its horizon; return it, the engine, and the period of every pair."""
    spec = load_scenario(file, overrides=overrides)
    engine = Engine(spec, seed)
    engine.run_for(spec.time.months)
    month = engine.state.adopted_month
    return spec, engine, np.where(month < 0, spec.time.months + 1, month).astype(np.int64)


def world_of(folder, counts, *, seed=3, overrides=(), **world):
    """Simulate a world and return what was observed in it."""
    file = write_world(folder, counts, **world)
    spec, engine, period = simulated(file, seed, overrides=overrides)
    write_agents(folder, engine.world, period)
    return observe(spec)


def plain_draws(observed, n, draw):
    """Simulate adoption of one technology of complexity 0 in one industry, enterprise by enterprise; periods (n, N)."""
    of, d = observed.world.enterprises, observed.spec.diffusion
    size, region = of.region_of.size, of.region_of
    kernel = observed.world.regions.proximity
    ties = [set(of.indices[of.indptr[i] : of.indptr[i + 1]].tolist()) for i in range(size)]
    v = d.absorptive_capacity_cv**2
    alpha = draw.gamma(1 / v, v, size=(n, size))
    left = draw.exponential(size=(n, size))
    period = np.full((n, size), observed.periods + 1)
    for t in range(1, observed.periods + 1):
        has = (period < t).astype(float)
        hazard = np.empty((n, size))
        for i in range(size):
            near = has @ kernel[region[i], region] / kernel[region[i], region].sum()
            met = has[:, sorted(ties[i])].mean(axis=1) if ties[i] else near
            hazard[:, i] = d.spontaneous + d.spatial * near + d.network * met
        left -= alpha * hazard / observed.spec.time.steps_per_year
        period[(left <= 0) & (period > observed.periods)] = t
    return period


def write_adoption(folder: Path, world, period, *, by_industry=True):
    """Write ``adoption.csv``: how many had adopted by the end of each period, of periods by eligible pair."""
    of, pairs = world.enterprises, world.pairs
    rows = [f"region_id,{'industry,' if by_industry else ''}technology,period,adopters,eligible"]
    for k, name in enumerate(world.technologies.names):
        own = slice(pairs.start[k], pairs.start[k + 1])
        who, when = pairs.enterprise[own], period[own]
        groups = {}
        for i, t in zip(who.tolist(), when.tolist(), strict=True):
            key = [world.regions.ids[of.region_of[i]]]
            key += [of.industries[of.industry_of[i]]] if by_industry else []
            groups.setdefault(",".join([*key, name]), []).append(t)
        for key, times in groups.items():
            stock = [sum(when <= t for when in times) for t in range(world.months + 1)]
            rows += [f"{key},{t},{n},{len(times)}" for t, n in enumerate(stock)]
    (folder / "data" / "adoption.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
