"""60 replications of a small model with the EMA Workbench; prints how many came back."""

from __future__ import annotations

import time

from ema_workbench import Model, MultiprocessingEvaluator, RealParameter, ScalarOutcome
from trouble import REPLICATIONS, WORKERS, begin_replication


def small(x: float = 0.0) -> dict[str, float]:
    """Take 20 ms."""
    begin_replication()
    time.sleep(0.02)
    return {"y": x}


if __name__ == "__main__":
    model = Model("small", function=small)
    model.uncertainties = [RealParameter("x", 0.0, 1.0)]
    model.outcomes = [ScalarOutcome("y")]
    with MultiprocessingEvaluator(model, n_processes=WORKERS) as evaluator:
        experiments, _ = evaluator.perform_experiments(scenarios=REPLICATIONS)
    print(len(experiments))
