"""The command ``hypercluster`` in whose runs one replication fails and one hangs, or whatever else is asked for.

    FAILING=SEED HANGING=SEED HANG=busy|silent python faulty_command.py run ...

Worker processes import this file again, so that what is put in place here is in place there.
"""

from __future__ import annotations

import os
import time

from simulation.cli.main import main
from simulation.engine.month import Engine

FAILING, HANGING = (int(os.environ.get(name, -1)) for name in ("FAILING", "HANGING"))
HANG = os.environ.get("HANG")
MONTH = 12

run_for = Engine.run_for


def faulty(engine: Engine, n_months: int) -> None:
    """Simulate some months, but from month 12 on the unlucky replications go wrong."""
    if engine.state.month >= MONTH and engine.world.seed == FAILING:
        raise ValueError("no such luck")
    if engine.state.month >= MONTH and engine.world.seed == HANGING:
        if HANG == "silent":
            time.sleep(600)
        time.sleep(0.01)
        return  # busy: months pass, but none of them is the last
    run_for(engine, n_months)


Engine.run_for = faulty  # type: ignore[method-assign]

if __name__ == "__main__":
    main()
