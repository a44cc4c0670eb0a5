"""Measure a study at full size as a user runs it: replications a second, the comparison, and all figures.

    uv run python tests/benchmark_study.py [REPLICATIONS] [--write]

runs baseline, regional_cluster and hypercluster, each so many times (by default 1,000): once with ``keep="metrics"``,
once with everything kept, of which the comparison and the figures are then made. It takes about four minutes on two
cores. Times are those on the clock, memory is the peak of the process that was started.
``--write`` puts the table into docs/performance.md.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))

from measurements import WRITE, cores, publish

SCENARIOS = ("baseline", "regional_cluster", "hypercluster")
REPLICATIONS = 1_000
WARM = 2
"""Replications before those that are timed: they compile, and bring files into the caches of the disk."""

RUN = """
import sys
from simulation import run_batch
out, keep, replications = sys.argv[1:4]
run_batch(sys.argv[4:], int(replications), out=out, keep=keep)
"""


@dataclass(frozen=True)
class Cost:
    """Seconds on the clock, and peak memory of the process, bytes."""

    seconds: float
    memory: float


def cost(*arguments: object) -> Cost:
    """Return what Python takes with these arguments."""
    begun = time.perf_counter()
    process = os.posix_spawn(
        sys.executable,
        [sys.executable, *map(str, arguments)],
        os.environ,
        file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)],
    )
    _, status, used = os.wait4(process, 0)
    assert os.waitstatus_to_exitcode(status) == 0, arguments
    return Cost(time.perf_counter() - begun, used.ru_maxrss * 1024)


def measured(replications: int) -> str:
    """Return the table."""
    with tempfile.TemporaryDirectory() as folder:
        paths = {keep: Path(folder) / keep for keep in ("metrics", "all")}
        running = {}
        for keep, path in paths.items():
            cost("-c", RUN, path, keep, WARM, *SCENARIOS)
            running[keep] = cost("-c", RUN, path, keep, WARM + replications, *SCENARIOS)
        comparing, drawing = (
            cost("-m", "simulation", command, paths["all"]) for command in ("compare", "plot")
        )
    helping = cost("-m", "simulation", "--help")
    done = len(SCENARIOS) * replications
    lines = [
        f"| {len(SCENARIOS)} x {replications:,} replications at full size, {cores()} cores | |",
        "|---|---:|",
        *(
            f"| replications a second, start and merging included, `--keep {keep}` | {done / found.seconds:.0f} |"
            for keep, found in running.items()
        ),
        *(
            f"| {what}: time; peak of memory | {found.seconds:.0f} s; {found.memory / 1e6:.0f} MB |"
            for what, found in (("`compare`", comparing), ("`plot`, all figures", drawing))
        ),
        f"| `--help`: time | {helping.seconds:.2f} s |",
    ]
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> None:
    """Measure, and publish the table."""
    numbers = [int(argument) for argument in arguments if argument != WRITE]
    publish("performance.md", {"study": measured(*numbers or [REPLICATIONS])}, arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
