"""Measure what a replication costs the parent of many workers, and print it as a table.

    uv run python tests/benchmark_cluster.py [WORKERS] [REPLICATIONS] [KEEP]... [--write]

A thousand workers are simulated by a few processes that answer at once: they hand in blocks of tiny replications that
were computed before, under the numbers that were asked for. All that the parent sees is real: tasks and answers go
through pipes, blocks lie on the disk, and readers find them. CPU time is that of the parent's process alone.
``--write`` puts the table into docs/batches.md.
"""

import cProfile
import os
import pstats
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))

import numpy as np
import pyarrow as pa
import small_worlds
from measurements import WRITE, publish

from simulation.batch import running as batch
from simulation.batch.progress import HEADLINE
from simulation.batch.replications import replicate
from simulation.results.reader import Results
from simulation.results.tables import TABLES_OF, checksum, to_parquet
from simulation.results.writer import Store
from simulation.scenario.loading import load_scenario

PROCESSES = 2
_computed = {}


def numbered(tables, number):
    """The rows of a replication under another number, with the checksum that they then have."""
    found = {}
    for name, table in tables.items():
        place = table.schema.get_field_index("replication")
        column = pa.array(np.full(table.num_rows, number, dtype=np.int32))
        found[name] = table.set_column(place, table.schema.field(place), column)
    sha = pa.array([checksum(found)], pa.string())
    runs = found["runs"]
    found["runs"] = runs.set_column(runs.schema.get_field_index("sha256"), "sha256", sha)
    return found


def answered(block):
    """The outcome of a block whose replications are all like the first one that this process computed."""
    if block.keep not in _computed:
        _computed[block.keep] = replicate(block.spec, 0, seed=block.seed, keep=block.keep)
    rows = [numbered(_computed[block.keep], number) for number in block.replications]
    phi, t50 = (rows[0]["runs"][name][0].as_py() for name in HEADLINE)
    return batch.Outcome(
        files={
            name: to_parquet(pa.concat_tables([tables[name] for tables in rows]))
            for name in TABLES_OF[block.keep]
        },
        headline=dict.fromkeys(block.replications, (phi, t50)),
        seconds=0.001 * len(rows),
    )


def study(spec, folder, *, workers, replications, keep):
    """Cells of the table: parent's CPU in ms a replication while workers compute, and while blocks are merged."""
    spent = {}

    def merging(store, *, compact=Store.compact, **merge):
        spent["computing"] = time.process_time() - began
        before = time.process_time()
        compact(store, **merge)
        spent["merging"] = time.process_time() - before

    Store.compact = merging
    profile = cProfile.Profile() if "PROFILE" in os.environ else None
    with ProcessPoolExecutor(PROCESSES) as executor:
        executor.submit(answered, batch.Block(spec, 1, (0,), keep=keep)).result()  # they have started
        began = time.process_time()
        if profile:
            profile.enable()
        results = batch.run_batch(
            [spec], replications, out=folder / keep, executor=executor, workers=workers, keep=keep
        )
        if profile:
            profile.disable()
            pstats.Stats(profile).sort_stats("tottime").print_stats(25)
    assert len(Results(results.path).runs(["replication"])) == replications
    return [1000 * spent[what] / replications for what in ("computing", "merging")]


def main():
    batch.run_block = answered
    given = [argument for argument in sys.argv[1:] if argument != WRITE]
    numbers = given[:2]
    workers, replications = map(int, [*numbers, *("1000", "160000")[len(numbers) :]])
    lines = ["| `--keep` | while workers compute | merging at the end |", "|---|---:|---:|"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        dataset = small_worlds.dataset(folder / "dataset", {"east": 3, "west": 3})
        tiny = small_worlds.plain_scenario(folder / "tiny.toml", dataset, time="years = 1")
        for keep in given[2:] or ("all", "metrics"):
            cells = study(load_scenario(tiny), folder, workers=workers, replications=replications, keep=keep)
            lines.append(f"| `{keep}` | " + " | ".join(f"{cell:.2f}" for cell in cells) + " |")
    told = f"{workers:,} workers, {replications:,} replications, ms of the parent's CPU time each:"
    publish("batches.md", {"parent": f"{told}\n\n" + "\n".join(lines)}, sys.argv)


if __name__ == "__main__":
    main()
