"""Countries made up for figures, tables and reports: what is hard to draw, and names that are hard to write.

``long_country``: 40 regions from north to south, in two countries. ``islands``: six regions on both sides of the
antimeridian, with names in Cyrillic, Chinese and signs that LaTeX, Markdown and Matplotlib treat as commands.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path

REGIONS = (
    *("region_id", "region", "short_name", "macroregion", "seat"),
    *("latitude", "longitude", "area_1000km2", "digital_readiness", "country"),
)
TITLES = {
    "long_country": ("Nothing is done", "A platform for both countries"),
    "islands": ("Ничего за $0 & 50 % _сейчас_", "群岛平台 $5_000 & #1"),
}
"""Titles of the scenario without a policy, and of the one with a platform."""


def long_country(folder: Path) -> list[Path]:
    """Write a dataset of 40 regions and two scenarios of it, without and with a platform; return the scenarios."""
    regions = []
    for n in range(40):
        half = n // 20
        latitude = -18.0 - 37.0 * n / 39
        regions.append(
            (
                f"r{(7 * n) % 40:02}",  # the order of the ids is none that a reader knows
                f"{('Norte', 'Sur')[half]} Region {n + 1}",
                "",
                f"{('Upper', 'Lower')[half]} {('Coast', 'Valley', 'Range', 'Plain')[n % 20 // 5]}",
                f"Seat {n + 1}",
                latitude,
                -70.0 - 2.5 * math.sin(n),
                20 + n,
                0.2 + 0.6 * (n % 5) / 4,
                ("Alta", "Baja")[half],
            )
        )
    return _country(folder, "long_country", regions, industries=("coal", "copper_ores"))


def islands(folder: Path) -> list[Path]:
    """Write a dataset of six islands around the antimeridian and two scenarios of it; return the scenarios."""
    regions = [
        ("gold", "Gold $ and $_{ Coast", "Gold $x$", "_West & 50 %", "A", -16.5, 178.5, 12, 0.2, ""),
        (
            "north",
            "Северный остров, который больше",
            "Северный",
            "Восток & #1",
            "Б",
            -15.0,
            179.5,
            20,
            0.5,
            "",
        ),
        ("pearl", "珍珠群岛特别行政区", "珍珠群岛", "东区_2", "丙", -17.5, -179.5, 8, 0.8, ""),
        ("tilde", "~Tilde^{2} \\emph{island}", "", "东区_2", "D", -19.0, -178.0, 5, 0.5, ""),
        ("html", "<b>Bold</b> & |bars|", "", "Восток & #1", "E", -14.0, -177.5, 6, 0.2, ""),
        ("plain", "Plain Island", "", "_West & 50 %", "F", -18.5, 177.5, 30, 0.5, ""),
    ]
    return _country(folder, "islands", regions, industries=("coal $1 & $2_^", "уголь"))


def _country(
    folder: Path, name: str, regions: Sequence[tuple[object, ...]], *, industries: Sequence[str]
) -> list[Path]:
    where = folder / name
    where.mkdir(parents=True)
    _table(where / "regions.csv", REGIONS, regions)
    counts = [
        (row[0], *(30 + 40 * ((n + 3 * s) % 4) for s in range(len(industries))))
        for n, row in enumerate(regions)
    ]
    _table(
        where / "enterprises.csv",
        ("region_id", "total", *industries),
        [(region, sum(numbers), *numbers) for region, *numbers in counts],
    )
    kinds = ("university", "research_institute", "technopark")
    _table(
        where / "institutions.csv",
        ("region_id", "name", "kind"),
        [(row[0], f"Uni $q$ | 50 % no. {n}", kinds[n % 3]) for n, row in enumerate(regions) if n % 2 == 0],
    )
    _table(
        where / "technologies.csv",
        ("direction", "technology", "family", "environmental"),
        [
            ("mining", "Robots $ x_ $", "digital", 0),
            ("mining", "Сухая шахта", "conventional", 0),
            ("mining", "Clean water", "conventional", 1),
        ],
    )
    _table(where / "relevance.csv", ("direction", *industries), [("mining", 1, 0.5)])
    nothing, platform = TITLES[name]
    files = {
        f"{name}.toml": f"""
title = "{nothing}"
[world]
dataset = "{name}"
[technologies]
release = "at_start"
[time]
years = 15
""",
        f"{name}_platform.toml": f"""
extends = "{name}.toml"
title = "{platform}"
[[platforms]]
name = "between"
vectors = ["B2B", "B2SC", "SC2SC"]
[[policies]]
instrument = "platform_operation"
platform = "between"
coverage = 1.0
[[policies]]
instrument = "platform_onboarding"
platform = "between"
budget = 400.0
to_year = 5.0
""",
    }
    for file, text in files.items():
        (folder / file).write_text(text.lstrip(), encoding="utf-8")
    return [folder / file for file in files]


def _table(path: Path, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
