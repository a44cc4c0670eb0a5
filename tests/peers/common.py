"""What every peer does with the common task: read it, start a replication, time its months, and print JSON.

The task: each of N enterprises has ten given partners. In each step one that has not adopted adopts with probability
1 - exp(-(p + q v)), where v of its partners had adopted before the step. Enterprises decide at the same time.

A peer is a script that calls :func:`main` with two functions. ``start(task, seed)`` builds one replication: what does
not belong to its steps. ``months(model)`` simulates all steps and returns the number of adopters after each.
"""

from __future__ import annotations

import json
import resource
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

PARTNERS = 10
STEPS = 120
P, Q = 0.001, 0.02


@dataclass(frozen=True)
class Task:
    """The common task of one size."""

    folder: Path  # a dataset of ours, which holds the graph
    partners: Any  # int32 (N, 10), partners of each enterprise
    steps: int = STEPS
    p: float = P  # hazard a step without a partner who has adopted
    q: float = Q  # hazard a step that each such partner adds

    @property
    def size(self) -> int:
        """The number of enterprises, N."""
        return len(self.partners)


def read_graph(folder: Path) -> Any:
    """Return the partners of each enterprise, int32 (N, 10), from ``enterprise_ties.csv`` of the folder."""
    rows = np.loadtxt(
        folder / "enterprise_ties.csv", delimiter=",", skiprows=1, usecols=(2, 5), dtype=np.int64
    )
    both_ways = np.concatenate([rows, rows[:, ::-1]])
    order = np.lexsort((both_ways[:, 1], both_ways[:, 0]))
    return np.ascontiguousarray(both_ways[order, 1].reshape(-1, PARTNERS).astype(np.int32))


def thresholds(task: Task, seed: int) -> Any:
    """Return the cumulated hazard at which each enterprise adopts, Exponential(1), float64 (N,): Sellke (1983).

    To adopt where the cumulated hazard reaches it has the same law as a draw in each step.
    """
    return np.random.default_rng(seed).exponential(size=task.size)


def peak_bytes() -> int:
    """Return the most memory that this process has had."""
    try:
        status = Path("/proc/self/status").read_text()
        return 1024 * int(status.split("VmHWM:")[1].split()[0])
    except OSError:  # not Linux; there the figure of a child may contain that of its parent
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else 1024 * peak


def main(start: Callable[[Task, int], Any], months: Callable[[Any], Any]) -> None:
    """Run replications of the task in the folder given as the first argument; print times, memory and curves.

    The second argument is the number of replications that are timed, the third the seconds after which no further one
    begins. A replication before them is not timed: it compiles what is compiled.
    """
    folder, runs, limit = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    task = Task(folder, read_graph(folder))
    begin = time.perf_counter()
    starts, cpu, wall, curves = [], [], [], []
    for seed in range(1, runs + 2):
        if len(curves) > 1 and time.perf_counter() - begin > limit:
            break
        before = time.process_time()
        model = start(task, seed)
        ready, on_the_wall = time.process_time(), time.perf_counter()
        curve = months(model)
        wall.append(time.perf_counter() - on_the_wall)
        cpu.append(time.process_time() - ready)
        starts.append(ready - before)
        curves.append([int(count) for count in curve])
    found = {
        "cpu": statistics.median(cpu[1:]),
        "wall": statistics.median(wall[1:]),
        "start": statistics.median(starts[1:]),  # CPU seconds
        "fixed": starts[0]
        + cpu[0]
        - statistics.median(starts[1:])
        - statistics.median(cpu[1:]),  # compilation
        "peak": peak_bytes(),
        "curves": curves,
    }
    print(json.dumps(found))
