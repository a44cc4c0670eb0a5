"""Run a study as a process of its own, which says how much memory it holds as replications come in.

    python weighed_study.py REPLICATIONS WORKERS OUT SCENARIO

Prints a line after every block, how many replications have finished and the parent's memory in MB, and one after the
merge.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from simulation.batch.running import Progress, run_batch


def megabytes() -> float:
    """Memory of this process that is not swapped out."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def tell(now: Progress) -> None:
    print(now.done, megabytes())


def main() -> None:
    replications, workers, out, file = sys.argv[1:]
    run_batch([file], int(replications), out=out, workers=int(workers), progress=tell)
    print(replications, megabytes())


if __name__ == "__main__":
    main()
