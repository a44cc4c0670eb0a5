# /// script
# requires-python = ">=3.12,<3.13"
# dependencies = ["numpy==2.5.*", "mesa==3.5.*", "networkx==3.7.*"]
# ///
"""Mesa as its examples are written: agents in the cells of a network look at their neighbours in every step."""

import math

import common
import networkx as nx
from mesa import Model
from mesa.discrete_space import FixedAgent, Network


class Enterprise(FixedAgent):
    def __init__(self, model, cell):
        super().__init__(model)
        self.cell = cell
        self.adopted = self.will_adopt = False

    def decide(self):
        if not self.adopted:
            partners = sum(agent.adopted for agent in self.cell.neighborhood.agents)
            hazard = self.model.p + self.model.q * partners
            self.will_adopt = self.model.random.random() < -math.expm1(-hazard)

    def adopt(self):
        self.adopted = self.will_adopt


class Diffusion(Model):
    def __init__(self, task, seed):
        super().__init__(rng=seed)
        self.task, self.p, self.q = task, task.p, task.q
        graph = nx.Graph((i, int(j)) for i, row in enumerate(task.partners) for j in row)
        self.grid = Network(graph, capacity=1, random=self.random, layout=None)
        Enterprise.create_agents(self, task.size, list(self.grid.all_cells))

    def step(self):
        self.agents.do("decide")
        self.agents.do("adopt")


def months(model):
    curve = []
    for _ in range(model.task.steps):
        model.step()
        curve.append(sum(agent.adopted for agent in model.agents))
    return curve


if __name__ == "__main__":
    common.main(Diffusion, months)
