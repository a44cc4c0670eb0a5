"""60 replications of a small Mesa model with ``batch_run``; prints how many came back."""

from __future__ import annotations

import time

import mesa
from mesa.batchrunner import batch_run
from trouble import REPLICATIONS, WORKERS, begin_replication


class Small(mesa.Model):
    """One step of 20 ms."""

    def __init__(self, number: int = 0, rng: int | None = None) -> None:
        super().__init__(rng=rng)
        self.number = number
        self.datacollector = mesa.DataCollector(model_reporters={"number": "number"})

    def step(self) -> None:
        begin_replication()
        time.sleep(0.02)
        self.datacollector.collect(self)


if __name__ == "__main__":
    numbers = {"number": range(REPLICATIONS)}
    rows = batch_run(Small, numbers, number_processes=WORKERS, max_steps=1, display_progress=False, rng=1)
    print(len({row["number"] for row in rows}))
