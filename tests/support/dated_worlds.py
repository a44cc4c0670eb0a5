"""Made-up observations with dates: institutions that learn, and enterprises that join and leave platforms."""

from pathlib import Path

import numpy as np
from observed_worlds import write_agents, write_world
from small_worlds import dataset

from simulation.engine.month import Engine
from simulation.fit.observed import observe
from simulation.scenario.loading import load_scenario

INSTITUTIONS = (
    ("east", "Uni", "university"),
    ("east", "Park", "technopark"),
    ("west", "Lab", "research_institute"),
)

PLATFORMS = """
[diffusion]
institutional = 0.8
digital = 0.9
learning = 0.6
[membership]
rate = 2.0
base = 0.0
[[platforms]]
name = "first"
vectors = ["B2B", "B2SC", "B2ED", "B2C"]
institutions = ["Uni", "Lab"]
[[platforms]]
name = "second"
vectors = ["B2B", "B2SC"]
institutions = ["Park"]
from_year = 2.0
to_year = 5.0
"""


def write_dated_world(folder: Path, counts, *, technologies=1, more=PLATFORMS, **world):
    """Write a world of two regions with institutions and platforms; return the file of the scenario."""
    file = write_world(folder, counts, technologies=technologies, **world)
    dataset(folder / "data", counts, technologies=technologies, institutions=INSTITUTIONS, readiness=0.6)
    text = file.read_text(encoding="utf-8").replace("institutional = 0.0\n", "")
    extra, _, rest = more.strip().partition("[membership]")
    text = text.replace("[diffusion]\n", f"{extra.strip()}\n") + f"[membership]{rest}\n"
    file.write_text(text, encoding="utf-8")
    return file


def write_dates(folder: Path, world, mastered, members):
    """Write ``mastery.csv`` and ``membership.csv``: periods of mastery (J, K), and platforms after each period."""
    of, institutions, periods = world.enterprises, world.institutions, world.months
    rows = ["region_id,name,technology,period"]
    for j, name in enumerate(institutions.names):
        for k, technology in enumerate(world.technologies.names):
            when = mastered[j, k] if mastered[j, k] <= periods else ""
            rows.append(f"{world.regions.ids[institutions.region_of[j]]},{name},{technology},{when}")
    (folder / "data" / "mastery.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    rows = ["region_id,industry,number,platform,joined,left"]
    for i in range(of.region_of.size):
        who = f"{world.regions.ids[of.region_of[i]]},{of.industries[of.industry_of[i]]},{of.number_of[i]}"
        for h, name in enumerate(world.platforms.names):
            on = np.concatenate([[False], (members[:, i] >> np.uint64(h)) & np.uint64(1) > 0, [False]])
            edges = np.flatnonzero(np.diff(on.astype(int)))
            for joined, left in edges.reshape(-1, 2).tolist():
                rows.append(f"{who},{name},{joined},{left if left <= periods else ''}")
    (folder / "data" / "membership.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def dated_world(folder: Path, counts, *, seed=3, overrides=(), **world):
    """Simulate a world with dates step by step; return what was observed in it, and the engine."""
    file = write_dated_world(folder, counts, **world)
    spec = load_scenario(file, overrides=overrides)
    engine = Engine(spec, seed)
    members, nothing = [], np.zeros_like(engine.state.mastered)
    for _ in range(spec.time.months):
        engine.know(nothing, None)  # platforms open and close at the start of a month
        members.append(engine.state.mask_of.copy())
        engine.run_for(1)
    members.append(engine.state.mask_of.copy())
    never = spec.time.months + 1
    period, mastered = (
        np.where(month < 0, never, month).astype(np.int64)
        for month in (engine.state.adopted_month, engine.state.mastered_month)
    )
    write_agents(folder, engine.world, period)
    write_dates(folder, engine.world, mastered, np.array(members))
    return observe(spec), engine
