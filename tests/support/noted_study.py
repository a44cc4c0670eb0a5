"""Run a study as a process of its own, which notes every replication that it computes.

    python noted_study.py REPLICATIONS WORKERS OUT SCENARIO...

The notes go to the file that ``NOTES`` names in the environment. Worker processes import this file again, so that they
take notes too. Not for import by tests, in whose process it would take notes as well.
"""

from __future__ import annotations

import os
import sys

from simulation.batch import replications
from simulation.batch.running import run_batch
from simulation.record import Record

compute = replications.values_and_reasons


def noted(record: Record) -> tuple[dict[str, float], dict[str, str]]:
    """Add a line to the notes, so short that it is written whole whoever else writes, and compute the metrics."""
    handle = os.open(os.environ["NOTES"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, f"{record.scenario} {record.seed}\n".encode())
    os.close(handle)
    return compute(record)


replications.values_and_reasons = noted


def main() -> None:
    count, workers, out, *files = sys.argv[1:]
    run_batch(files, int(count), out=out, workers=int(workers))


if __name__ == "__main__":
    main()
