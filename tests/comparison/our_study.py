"""60 replications of a small scenario of ours, into the folder ``TROUBLE_IN``; prints how many finished."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))

from small_studies import write_scenarios
from trouble import REPLICATIONS, WORKERS, begin_replication

from simulation.batch.running import run_batch
from simulation.engine.month import Engine

step = Engine.step


def noticed(engine: Engine) -> None:
    """Begin a replication with its first month; seed 0 is none, but compiles."""
    if engine.state.month == 0 and engine.world.seed > 0:
        begin_replication()
    step(engine)


Engine.step = noticed  # type: ignore[method-assign]

if __name__ == "__main__":
    folder = Path(os.environ["TROUBLE_IN"])
    scenario, _ = write_scenarios(folder)
    results = run_batch([scenario], REPLICATIONS, out=folder / "study", workers=WORKERS)
    print(len(results.runs(["seed"])))
