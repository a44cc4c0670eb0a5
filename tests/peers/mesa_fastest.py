# /// script
# requires-python = ">=3.12,<3.13"
# dependencies = ["numpy==2.5.*", "mesa==3.5.*", "networkx==3.7.*"]
# ///
"""Mesa's agents at their fastest: those who wait cumulate a hazard, and who adopts raises that of its partners."""

import common
from mesa import Agent, Model


class Enterprise(Agent):
    __slots__ = ("hazard", "partners", "remaining")

    def __init__(self, model, remaining):
        super().__init__(model)
        self.remaining = remaining
        self.hazard = model.task.p


class Diffusion(Model):
    def __init__(self, task, seed):
        super().__init__(rng=seed)
        self.task = task
        waiting = Enterprise.create_agents(self, task.size, common.thresholds(task, seed).tolist())
        self.waiting = list(waiting)
        for agent, row in zip(self.waiting, task.partners.tolist(), strict=True):
            agent.partners = [self.waiting[j] for j in row]

    def step(self):
        waiting, newly = [], []
        for agent in self.waiting:
            agent.remaining -= agent.hazard
            (waiting if agent.remaining > 0 else newly).append(agent)
        for agent in newly:
            for partner in agent.partners:
                partner.hazard += self.task.q
        self.waiting = waiting


def months(model):
    curve = []
    for _ in range(model.task.steps):
        model.step()
        curve.append(model.task.size - len(model.waiting))
    return curve


if __name__ == "__main__":
    common.main(Diffusion, months)
