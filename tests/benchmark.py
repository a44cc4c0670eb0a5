"""Measure what a replication costs, and print it as a table; compared figures are ratios within this one run.

    uv run python tests/benchmark.py
    uv run python tests/benchmark.py peers

The second compares the months of a task that other packages can simulate too with theirs, and writes the result into
docs/performance.md; it takes about a quarter of an hour. Numbers of enterprises may follow, such as
``peers 5301 53010``.

CPU time is the process's own, after compilation; the median of several replications is shown. The plain model is the
one that the tests hold the compiled one against.
"""

import itertools
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))

import reference_model

from simulation import metrics
from simulation.engine.build.world import build_world
from simulation.engine.month import Engine
from simulation.engine.simulate import simulate
from simulation.mesa.model import HyperclusterModel
from simulation.scenario.loading import load_scenario

RUNS = 9

SEEDS = itertools.count(2)


def cpu(action):
    """Median CPU seconds of an action, given a seed of its own each time, and its last result.

    A seed that was there before would find its business network drawn.
    """
    times = []
    for _ in range(RUNS):
        seed = next(SEEDS)
        start = time.process_time()
        result = action(seed)
        times.append(time.process_time() - start)
    return statistics.median(times), result


def main():
    print(f"CPU ms of one replication at full size, 240 months; median of {RUNS}\n")
    print("| scenario | world | months | metrics | in all |\n|---|---:|---:|---:|---:|")
    for name in ("baseline", "regional_cluster", "hypercluster", "fragmented_platforms"):
        spec = load_scenario(name)
        simulate(spec, 1)
        whole, record = cpu(lambda seed, spec=spec: simulate(spec, seed))
        world, _ = cpu(lambda seed, spec=spec: build_world(spec, seed))
        measure, _ = cpu(lambda _, record=record: metrics.compute(record))
        cells = (world, whole - world, measure, whole + measure)
        print(f"| {name} | " + " | ".join(f"{1000 * seconds:.0f}" for seconds in cells) + " |")

    specs = [load_scenario(name) for name in ("hypercluster", "labour_mobility", "turnover")]
    still, moving, coming = (cpu(lambda seed, spec=spec: simulate(spec, seed))[0] for spec in specs)
    print(
        f"\nLabour mobility over fixed ties: {moving / still:.1f}; entry and exit over none: {coming / still:.1f}"
    )

    small = load_scenario(
        "hypercluster", overrides=["world.scale=0.02", "time.years=1", "budget.per_year=1e6"]
    )
    world = build_world(small, 1)
    start = time.process_time()
    reference_model.simulate(small, world, world.months)
    plain = time.process_time() - start

    def months():
        engine = Engine(small, 1)
        start = time.process_time()
        while not engine.finished:
            engine.step()
        return time.process_time() - start

    compiled = statistics.median(months() for _ in range(RUNS))
    print(f"Plain over compiled month, {world.pairs.enterprise.size} pairs: {plain / compiled:.0f} times")
    spec = load_scenario("hypercluster")
    bare, _ = cpu(lambda seed: Engine(spec, seed))
    mesa, _ = cpu(lambda seed: HyperclusterModel(spec, rng=seed))
    agents, _ = cpu(lambda seed: len(HyperclusterModel(spec, rng=seed).agents))
    print(
        f"Building the Mesa model over the bare engine: {mesa / bare:.2f}; with all its agents: {agents / bare:.1f}"
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["peers"]:
        sys.path.insert(0, str(Path(__file__).parent / "peers"))
        import compare

        compare.main(tuple(map(int, sys.argv[2:])) or compare.SIZES)
    else:
        main()
