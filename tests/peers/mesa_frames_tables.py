# /// script
# requires-python = ">=3.12,<3.13"
# dependencies = ["numpy==1.26.*", "mesa-frames==0.1.0a0", "polars==2.1.*"]
# ///
"""mesa-frames: the agents are the rows of a Polars table, and another table holds their ties."""

import common
import numpy as np
import polars as pl
from mesa_frames import AgentSetPolars, ModelDF


class Enterprises(AgentSetPolars):
    def __init__(self, model, task, seed):
        super().__init__(model)
        self += pl.DataFrame(
            {
                "unique_id": np.arange(task.size),
                "remaining": common.thresholds(task, seed),
                "adopting": np.zeros(task.size, dtype=np.uint32),
            }
        )

    def step(self):
        task = self.model.task
        after = pl.col("remaining") - (task.p + task.q * pl.col("adopting"))
        agents = self.agents.with_columns(after.alias("remaining"), adopted=after <= 0)
        adopting = (
            self.model.ties.with_columns(adopted=agents["adopted"].gather(self.model.ties["partner"]))
            .group_by("unique_id", maintain_order=True)
            .agg(pl.col("adopted").sum().alias("adopting"))
        )
        self.agents = agents.with_columns(adopting["adopting"])


class Diffusion(ModelDF):
    def __init__(self, task, seed):
        super().__init__(seed)
        self.task = task
        origin = np.repeat(np.arange(task.size), task.partners.shape[1])
        self.ties = pl.DataFrame({"unique_id": origin, "partner": task.partners.ravel()})
        self.agents += Enterprises(self, task, seed)

    def step(self):
        self.agents.step()


def months(model):
    curve = []
    for _ in range(model.task.steps):
        model.step()
        curve.append(int(model.agents.agents[next(iter(model.agents.agents))]["adopted"].sum()))
    return curve


if __name__ == "__main__":
    common.main(Diffusion, months)
