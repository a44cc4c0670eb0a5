"""Mesa's own Boltzmann wealth model, in our batches and in Mesa's ``batch_run``.

    python boltzmann.py run_any|batch_run REPLICATIONS WORKERS OUT

Every replication is noted when it is finished, in the file that ``NOTES`` names in the environment. REPLICATIONS are of
each of two scenarios. ``batch_run`` writes ``runs.csv`` into OUT when it has returned, as its users do.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from mesa.examples.basic.boltzmann_wealth_model.model import BoltzmannScenario, BoltzmannWealth

SCENARIOS = {"crowded": {"width": 5}, "sparse": {"width": 10}}
AGENTS = 50
STEPS = 50


def boltzmann(parameters: dict[str, Any], seed: int) -> dict[str, float]:
    """Run the model, and return how unequal wealth is in the end."""
    width = parameters["width"]
    model = BoltzmannWealth(BoltzmannScenario(n=AGENTS, width=width, height=width, rng=seed))
    model.run_for(STEPS)
    wealth = [agent.wealth for agent in model.agents]
    note(width, seed)
    return {"gini": model.gini, "richest": max(wealth), "penniless": wealth.count(0) / len(wealth)}


class Boltzmann(BoltzmannWealth):
    """The same as ``batch_run`` wants it: a class with the parameter as argument."""

    def __init__(self, width: int, rng: int) -> None:
        self.key = width, rng
        super().__init__(BoltzmannScenario(n=AGENTS, width=width, height=width, rng=rng))

    def step(self) -> None:
        super().step()
        if self.steps == STEPS:
            note(*self.key)


def note(width: int, seed: int) -> None:
    """Add a line so short that it is written whole, whoever else writes."""
    handle = os.open(os.environ["NOTES"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, f"{width} {seed}\n".encode())
    os.close(handle)


def main() -> None:
    how, count, workers, out = sys.argv[1:]
    if how == "run_any":
        from simulation import run_any  # only here: workers import this file, too

        run_any(boltzmann, SCENARIOS, int(count), out=out, workers=int(workers))
    else:
        import pandas as pd
        from mesa.batchrunner import batch_run

        rows = batch_run(
            Boltzmann,
            {"width": [parameters["width"] for parameters in SCENARIOS.values()]},
            rng=range(1, int(count) + 1),
            number_processes=int(workers),
            max_steps=STEPS,
            display_progress=False,
        )
        Path(out).mkdir()
        pd.DataFrame(rows).to_csv(Path(out) / "runs.csv")


if __name__ == "__main__":
    main()
