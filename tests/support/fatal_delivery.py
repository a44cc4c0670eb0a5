"""Run a study whose first worker kills itself, or the program, when it is about to write the n-th file of its block.

    python fatal_delivery.py WHOM N REPLICATIONS OUT SCENARIO...

WHOM is "worker" or "parent". Half of the file is there by then. Worker processes import this file again.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from simulation.batch.running import run_batch
from simulation.results import delivery

flushed = delivery.flushed
written = 0


def fatal(path: Path, content: bytes) -> None:
    """Write a file as the worker does, unless it is the fatal one of the first worker that comes to it."""
    global written
    written += 1
    whom, number, out = sys.argv[1], int(sys.argv[2]), Path(sys.argv[4])
    if written == number:
        try:
            out.with_suffix(".killed").touch(exist_ok=False)
        except FileExistsError:
            pass
        else:
            path.write_bytes(content[: len(content) // 2])
            os.kill(os.getpid() if whom == "worker" else os.getppid(), signal.SIGKILL)
            if whom == "parent":
                signal.pause()  # until this process notices
    flushed(path, content)


delivery.flushed = fatal


def main() -> None:
    replications, out, *files = sys.argv[3:]
    run_batch(files, int(replications), out=out, workers=2)


if __name__ == "__main__":
    main()
