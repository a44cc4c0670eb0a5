# /// script
# requires-python = ">=3.12,<3.13"
# dependencies = ["numpy==2.5.*", "agentpy==0.1.*", "networkx==3.7.*"]
# ///
"""AgentPy: as its example of a virus in a network."""

import math

import agentpy as ap
import common
import networkx as nx


class Enterprise(ap.Agent):
    def setup(self):
        self.adopted = self.will_adopt = False

    def decide(self):
        if not self.adopted:
            partners = sum(agent.adopted for agent in self.network.neighbors(self))
            hazard = self.p.p + self.p.q * partners
            self.will_adopt = self.model.random.random() < -math.expm1(-hazard)

    def adopt(self):
        self.adopted = self.will_adopt


class Diffusion(ap.Model):
    def setup(self):
        graph = nx.Graph((i, int(j)) for i, row in enumerate(self.p.partners) for j in row)
        self.enterprises = ap.AgentList(self, self.p.size, Enterprise)
        self.network = self.enterprises.network = ap.Network(self, graph)
        self.network.add_agents(self.enterprises, self.network.nodes)

    def step(self):
        self.enterprises.decide()
        self.enterprises.adopt()


def start(task, seed):
    values = {"partners": task.partners, "size": task.size, "p": task.p, "q": task.q}
    model = Diffusion({**values, "seed": seed, "steps": task.steps})
    model.sim_setup(steps=task.steps)
    return model


def months(model):
    curve = []
    for _ in range(model.p.steps):
        model.sim_step()
        curve.append(sum(agent.adopted for agent in model.enterprises))
    return curve


if __name__ == "__main__":
    common.main(start, months)
