"""Measure how time and memory grow with the world: enterprises, technologies, regions, platforms, months.

    uv run python tests/benchmark_growth.py [--write]
    uv run python tests/benchmark_growth.py enterprises 1 10 100

Each row is a process of its own, which compiles on a tiny world first. Times are CPU seconds of one replication; memory
is what the process takes beyond interpreter, libraries and that tiny world. The whole takes about eight minutes and
9 GB; ``--write`` puts it into docs/performance.md. The second form measures one part, with these sizes.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))

from measurements import WRITE, publish
from small_worlds import dataset

from simulation.engine.build.world import build_world
from simulation.engine.month import Engine
from simulation.scenario.loading import load_scenario
from simulation.scenario.schema import Scenario

ENTERPRISES = 50_000
"""In the worlds in which something else grows."""


def land(
    folder: Path,
    *,
    scale: float,
    regions: int = 10,
    technologies: int = 10,
    platforms: int = 1,
    years: float = 20.0,
) -> Scenario:
    """Return a scenario of 50,000 enterprises in regions of one size, all of whom may join every platform."""
    names = [f"r{number:03d}" for number in range(regions)]
    places = {name: (50.0 + number % 10, 30.0 + number // 10) for number, name in enumerate(names)}
    tables = dataset(
        folder / "land",
        dict.fromkeys(names, ENTERPRISES // regions),
        places=places,
        technologies=technologies,
    )
    path = folder / "land.toml"
    platform = '[[platforms]]\nname = "p{}"\nvectors = ["B2B"]\n'
    path.write_text(
        f'[world]\ndataset = "{tables}"\n[time]\nyears = {years}\n[diffusion]\nhalf_distance_km = 300.0\n'
        + "".join(platform.format(number) for number in range(platforms))
    )
    return load_scenario(path, overrides=[f"world.scale={scale}"])


def national(_: Path, *, scale: float) -> Scenario:
    """Return the hypercluster with so many times its enterprises."""
    return load_scenario("hypercluster", overrides=[f"world.scale={scale}"])


GROWING: dict[str, tuple[Callable[[Path, float, float], Scenario], tuple[float, ...]]] = {
    "enterprises": (
        lambda folder, size, scale: national(folder, scale=size * scale),
        (1, 10, 30, 100, 300, 1000),
    ),
    "technologies": (
        lambda folder, size, scale: land(folder, scale=scale, technologies=int(size)),
        (5, 10, 20, 40),
    ),
    "regions": (
        lambda folder, size, scale: land(folder, scale=scale, regions=int(size)),
        (5, 10, 20, 40, 80),
    ),
    "platforms": (lambda folder, size, scale: land(folder, scale=scale, platforms=int(size)), (1, 2, 4, 8)),
    "months": (lambda folder, size, scale: land(folder, scale=scale, years=size / 12), (120, 240, 480)),
}
"""What grows; the scenario of a size, times a scale; and the sizes, those of enterprises in default worlds."""


def measure(part: str, size: float) -> dict[str, float]:
    """Return what a replication of this size costs, measured in this process."""
    with tempfile.TemporaryDirectory() as folder:
        make = GROWING[part][0]
        tiny = Engine(make(Path(folder), 1 if part == "enterprises" else size, 0.02), 1)
        tiny.run_for(tiny.world.months)
        spec = make(Path(folder), size, 1.0)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        start = time.process_time()
        world = build_world(spec, 1)
        building = time.process_time() - start
        of_world = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        enterprises, pairs, months = (
            world.enterprises.region_of.size,
            world.pairs.enterprise.size,
            world.months,
        )
        del world
        engine = Engine(spec, 1)
        start = time.process_time()
        engine.run_for(months)
        running = time.process_time() - start
        in_all = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        return {
            "enterprises": enterprises, "pairs": pairs, "building": building, "months": running,
            "world": of_world / 1024, "in_all": in_all / 1024,
        }  # fmt: skip


def main(parts: dict[str, tuple[float, ...]]) -> None:
    """Publish a table for each part."""
    tables = []
    for part, sizes in parts.items():
        first = "`world.scale`" if part == "enterprises" else part
        lines = [
            f"| {first} | enterprises | pairs | building, s | months, s | world, MB | in all, MB |",
            "|---:|---:|---:|---:|---:|---:|---:|",
        ]
        for size in sizes:
            child = subprocess.run(
                [sys.executable, __file__, "--one", part, str(size)],
                capture_output=True,
                text=True,
                check=True,
            )
            found = json.loads(child.stdout)
            lines.append(
                f"| {size:g} | {found['enterprises']:,} | {found['pairs']:,} | {found['building']:.2g} | "
                f"{found['months']:.3g} | {found['world']:,.0f} | {found['in_all']:,.0f} |"
            )
            print(lines[-1], file=sys.stderr, flush=True)
        tables.append("\n".join(lines))
    publish("performance.md", {"growth": "\n\n".join(tables)}, sys.argv)


if __name__ == "__main__":
    given = [argument for argument in sys.argv[1:] if argument != WRITE]
    if given[:1] == ["--one"]:
        print(json.dumps(measure(given[1], float(given[2]))))
    elif given:
        main({given[0]: tuple(map(float, given[1:])) or GROWING[given[0]][1]})
    else:
        main({part: sizes for part, (_, sizes) in GROWING.items()})
