"""The common task as a dataset and a scenario of ours: one file of given partners, which every peer reads."""

import numpy as np
from common import PARTNERS, STEPS, P, Q

TABLES = {
    "regions": "region_id,region,macroregion,seat,latitude,longitude,area_1000km2,digital_readiness\n"
    "here,Here,Here,Here,0,0,1,0.5\n",
    "enterprises": "region_id,total,coal\nhere,{n},{n}\n",
    "institutions": "region_id,name,kind\nhere,University,university\n",
    "technologies": "direction,technology,family\nall,One,conventional\n",
    "relevance": "direction,coal\nall,1\n",
}

STEPS_A_YEAR = 12
SCENARIO = f"""
[world]
dataset = "."

[time]
years = {STEPS / STEPS_A_YEAR}
steps_per_year = {STEPS_A_YEAR}

[diffusion]
# Exposure is the share of {PARTNERS} partners who have adopted, and rates are per year.
spontaneous = {P * STEPS_A_YEAR!r}
network = {Q * PARTNERS * STEPS_A_YEAR!r}
spatial = 0.0
institutional = 0.0
digital = 0.0
complexity_conventional = 0.0
absorptive_capacity_cv = 0.0

[technologies]
release = "at_start"
"""


def regular_graph(n, rng):
    """Return the edges of a random graph in which everyone has ten partners, int64 (5 n, 2).

    Places are paired at random; loops and repetitions swap ends with other pairs until there is none.
    """
    places = rng.permutation(np.repeat(np.arange(n), PARTNERS)).reshape(-1, 2)
    while True:
        low, high = np.sort(places, axis=1).T
        names = low * n + high
        order = np.argsort(names, kind="stable")
        repeated = order[1:][np.diff(names[order]) == 0]
        wrong = np.union1d(np.flatnonzero(low == high), repeated)
        if not wrong.size:
            return np.column_stack([low, high])
        for pair, other in zip(wrong, rng.integers(len(places), size=wrong.size), strict=True):
            places[[pair, other], 1] = places[[other, pair], 1]


def write_task(folder, n):
    """Write the dataset with n enterprises, and the scenario, into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in TABLES.items():
        (folder / f"{name}.csv").write_text(text.format(n=n))
    (folder / "common_task.toml").write_text(SCENARIO)
    with open(folder / "enterprise_ties.csv", "w") as file:
        file.write("region_id,industry,number,partner_region_id,partner_industry,partner_number\n")
        edges = regular_graph(n, np.random.default_rng(n))
        file.writelines(f"here,coal,{one},here,coal,{other}\n" for one, other in edges.tolist())
    return folder
