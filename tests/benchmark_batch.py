"""Measure what a batch costs beside the model itself, and print it as a table.

    uv run python tests/benchmark_batch.py [--write]

The model's own time is that of simulating and of computing metrics, with the reasons of those that are undefined; all
else is the engine's: rows, checksums, Parquet, writing, merging, keeping account. CPU time is counted, of the process
that computes and writes (executor "serial"), best of several runs; then that of a parent alone, whose worker computes.
``--write`` puts the table into docs/batches.md.
"""

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))

import small_worlds
from measurements import publish

from simulation import metrics
from simulation.batch.running import run_batch
from simulation.engine.simulate import simulate
from simulation.results.tables import tables_of, to_parquet
from simulation.scenario.loading import load_scenario

RUNS = 5


def cpu(action):
    """CPU seconds of an action at its best, with the seconds on the clock of the same run."""
    times = []
    for number in range(RUNS):
        clock, start = time.perf_counter(), time.process_time()
        action(number)
        times.append((time.process_time() - start, time.perf_counter() - clock))
    return min(times)


def measured(record):
    return metrics.values_and_reasons(record)


def costs(spec, replications, folder):
    """Cells of the table, ms a replication."""
    seeds = range(1, replications + 1)
    record = simulate(spec, 1)
    values, undefined = measured(record)
    tables = tables_of(record, values, reasons=undefined, replication=0)
    own, _ = cpu(lambda _: [measured(simulate(spec, seed)) for seed in seeds])
    whole, clock = cpu(
        lambda n: run_batch([spec], replications, out=folder / f"{spec.name}-{n}", executor="serial")
    )
    row, _ = cpu(lambda _: [tables_of(record, values, reasons=undefined, replication=0) for _ in seeds])
    file, _ = cpu(
        lambda _: [[to_parquet(table) for table in tables.values()] for _ in range(replications // 5)]
    )
    parent, _ = cpu(
        lambda n: run_batch([spec], replications, out=folder / f"{spec.name}-workers-{n}", workers=1)
    )
    return [1000 * seconds / replications for seconds in (own, whole - own, row, file, clock - own, parent)]


def main():
    lines = [
        "| study | model | engine | of which rows and checksums | and Parquet | engine by the clock | parent alone |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        dataset = small_worlds.dataset(folder / "dataset", {"east": 3, "west": 3})
        tiny = small_worlds.plain_scenario(folder / "tiny.toml", dataset, time="years = 1")
        for title, spec, replications in (
            ("tiny: 6 enterprises, one technology, one year", load_scenario(tiny), 500),
            (
                "a twentieth of full size, `baseline`, 5 years",
                load_scenario("baseline", overrides=["world.scale=0.05", "time.years=5"]),
                100,
            ),
            ("full size, `hypercluster`, 20 years", load_scenario("hypercluster"), 20),
        ):
            cells = costs(spec, replications, folder)
            lines.append(f"| {replications}: {title} | " + " | ".join(f"{cell:.2g}" for cell in cells) + " |")
    publish("batches.md", {"overhead": "\n".join(lines)}, sys.argv)


if __name__ == "__main__":
    main()
