"""Measure what a replication costs, and print it as tables; compared figures are ratios within this one run.

    uv run python tests/benchmark.py [--write]
    uv run python tests/benchmark.py peers

``--write`` puts the tables into docs/performance.md. The second compares the months of a task that other packages can
simulate too with theirs, and writes the result into the same page; it takes about a quarter of an hour. Numbers of
enterprises may follow, such as ``peers 5301 53010``.

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
from measurements import publish
from parts import parts_of_months

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


def replications() -> str:
    """Return the table of what a replication of some scenarios takes, and ratios of other costs to it."""
    lines = ["| scenario | world | months | metrics | in all |", "|---|---:|---:|---:|---:|"]
    for name in ("baseline", "regional_cluster", "hypercluster", "fragmented_platforms"):
        spec = load_scenario(name)
        simulate(spec, 1)
        whole, record = cpu(lambda seed, spec=spec: simulate(spec, seed))
        world, _ = cpu(lambda seed, spec=spec: build_world(spec, seed))
        measure, _ = cpu(lambda _, record=record: metrics.compute(record))
        cells = (world, whole - world, measure, whole + measure)
        lines.append(f"| `{name}` | " + " | ".join(f"{1000 * seconds:.0f}" for seconds in cells) + " |")
    return (
        f"CPU ms of a replication at full size, 240 months; median of {RUNS}:\n\n" + "\n".join(lines) + "\n"
    )


def parts() -> str:
    """Return the table of the largest loops of the months."""
    spec = load_scenario("hypercluster")
    lines = ["| in the months of `hypercluster` | times | ns | ms |", "|---|---:|---:|---:|"]
    lines += [
        f"| {part.name} | {part.times:,.0f} | {1e9 * part.seconds:.2g} | {1e3 * part.times * part.seconds:.1f} |"
        for part in parts_of_months(spec, next(SEEDS))
    ]
    return "\n".join(lines) + "\n"


def ratios() -> str:
    """Return a list of ratios of costs, each measured in this run."""
    specs = [load_scenario(name) for name in ("hypercluster", "labour_mobility", "turnover")]
    still, moving, coming = (cpu(lambda seed, spec=spec: simulate(spec, seed))[0] for spec in specs)
    first, second = [], []
    for seed in itertools.islice(SEEDS, RUNS):
        for times, spec in ((first, specs[0]), (second, load_scenario("regional_cluster"))):
            start = time.process_time()
            build_world(spec, seed)
            times.append(time.process_time() - start)

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
    bare, _ = cpu(lambda seed: Engine(specs[0], seed))
    mesa, _ = cpu(lambda seed: HyperclusterModel(specs[0], rng=seed))
    agents, _ = cpu(lambda seed: len(HyperclusterModel(specs[0], rng=seed).agents))
    return (
        f"- Labour mobility over fixed ties: {moving / still:.1f}; entry and exit over none, with twice as many "
        f"enterprises in total: {coming / still:.1f}.\n"
        f"- The world of a second scenario with the same seed over the first: "
        f"{statistics.median(second) / statistics.median(first):.2f}.\n"
        f"- A month in plain Python over the compiled one, {world.pairs.enterprise.size} pairs, same numbers: "
        f"{plain / compiled:.0f}.\n"
        f"- Building the Mesa model over the engine alone: {mesa / bare:.1f}; with all its agents: "
        f"{agents / bare:.1f}.\n"
    )


def main():
    """Measure what a replication costs."""
    publish("performance.md", {"replication": "\n".join((replications(), parts(), ratios()))}, sys.argv)


if __name__ == "__main__":
    if sys.argv[1:2] == ["peers"]:
        sys.path.insert(0, str(Path(__file__).parent / "peers"))
        import compare

        compare.main(tuple(map(int, sys.argv[2:])) or compare.SIZES)
    else:
        main()
