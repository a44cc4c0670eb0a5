"""Datasets and scenarios made for one test."""

from pathlib import Path

INDUSTRIES = ("coal", "metal_ores", "mining_services", "oil_gas", "other_minerals")


def dataset(
    folder: Path,
    counts,
    *,
    places=None,
    macroregions=None,
    readiness=0.5,
    institutions=(),
    relevance=None,
    technologies=1,
):
    """Write a dataset and return its folder.

    ``counts``: {region: enterprises} (one industry) or {region: {industry: enterprises}}; ``places``: {region:
    (latitude, longitude)}; ``institutions``: rows (region, name, kind); ``technologies``: how many, relevant to all,
    unless ``relevance``: {direction: {industry: rho}} says to whom; then they take turns in direction and family.
    """
    folder.mkdir(parents=True, exist_ok=True)
    counts = {r: n if isinstance(n, dict) else {"coal": n} for r, n in counts.items()}
    industries = sorted({s for n in counts.values() for s in n})
    regions, enterprises = [], []
    for place, (region, numbers) in enumerate(counts.items()):
        latitude, longitude = (places or {}).get(region, (0.0, float(place)))
        macroregion = (macroregions or {}).get(region, "Land")
        regions.append(f"{region},{region.title()},{macroregion},Seat,{latitude},{longitude},100,{readiness}")
        row = [numbers.get(s, 0) for s in industries]
        enterprises.append(f"{region},{region.title()},{macroregion},{sum(row)}," + ",".join(map(str, row)))
    tables = {
        "regions": "region_id,region,macroregion,seat,latitude,longitude,area_1000km2,digital_readiness",
        "enterprises": "region_id,region,macroregion,total," + ",".join(industries),
        "institutions": "region_id,entity,name,kind,table2_column",
        "technologies": "direction,technology,family",
        "relevance": "direction," + ",".join(industries),
    }
    rows = {
        "regions": regions,
        "enterprises": enterprises,
        "institutions": [f"{r},{r},{name},{kind},research" for r, name, kind in institutions],
        "technologies": [f"all,technology {n:03},digital" for n in range(technologies)],
        "relevance": ["all," + ",".join("1" for _ in industries)],
    }
    if relevance is not None:
        ways = [(direction, family) for family in ("digital", "conventional") for direction in relevance]
        turns = [ways[n % len(ways)] for n in range(technologies)]
        rows["technologies"] = [f"{turn[0]},technology {n:03},{turn[1]}" for n, turn in enumerate(turns)]
        rows["relevance"] = [
            direction + "," + ",".join(str(rho.get(s, 0)) for s in industries)
            for direction, rho in relevance.items()
        ]
    for name, header in tables.items():
        (folder / f"{name}.csv").write_text("\n".join([header, *rows[name]]) + "\n", encoding="utf-8")
    return folder


PLAIN = """
[world]
dataset = "{folder}"
intra_regional_distance = "zero"
{world}
[diffusion]
relatedness_other = 1.0
relatedness_services = 1.0
complexity_digital = 0.0
complexity_conventional = 0.0
absorptive_capacity_cv = 0.0
network = 0.0
institutional = 0.0
digital = 0.0
{diffusion}
[technologies]
release = "at_start"
[time]
{time}
{more}
"""


def plain_scenario(path: Path, folder: Path, *, world="", diffusion="", time="", more=""):
    """Write a scenario in which dt = 1/12 and phi, 1 - chi, alpha and rho are 1, and return its path (section 6)."""
    path.write_text(
        PLAIN.format(folder=folder, world=world, diffusion=diffusion, time=time, more=more), encoding="utf-8"
    )
    return path
