# /// script
# requires-python = ">=3.12,<3.13"
# dependencies = ["numpy==2.5.*", "ndlib==6.0.*", "networkx==3.7.*", "six"]
# ///
"""NDlib: a model of one's own, written as its documentation shows and as its own SI model is."""

import common
import future.utils
import networkx as nx
import numpy as np
from ndlib.models.DiffusionModel import DiffusionModel
from ndlib.models.ModelConfig import Configuration


class Diffusion(DiffusionModel):
    def __init__(self, graph):
        super().__init__(graph)
        self.available_statuses = {"Susceptible": 0, "Infected": 1}
        rate = {"range": "[0,1]", "optional": False}
        self.parameters = {
            "model": {"p": {"descr": "spontaneous", **rate}, "q": {"descr": "per partner", **rate}},
            "nodes": {},
            "edges": {},
        }
        self.name = "Network diffusion"

    def iteration(self, node_status=True):
        self.clean_initial_status(self.available_statuses.values())
        actual = dict(future.utils.iteritems(self.status))
        if self.actual_iteration > 0:
            p, q = self.params["model"]["p"], self.params["model"]["q"]
            for node in self.graph.nodes:
                if self.status[node] == 0:
                    adopted = [v for v in self.graph.neighbors(node) if self.status[v] == 1]
                    draw = np.random.random_sample()  # noqa: NPY002 - as NDlib's own models do
                    if draw < -np.expm1(-(p + q * len(adopted))):
                        actual[node] = 1
        delta, node_count, status_delta = self.status_delta(actual)
        self.status = actual
        self.actual_iteration += 1
        return {
            "iteration": self.actual_iteration - 1,
            "status": delta if node_status else {},
            "node_count": node_count.copy(),
            "status_delta": status_delta.copy(),
        }


def start(task, seed):
    np.random.seed(seed)  # noqa: NPY002 - the generator that NDlib uses
    model = Diffusion(nx.Graph((i, int(j)) for i, row in enumerate(task.partners) for j in row))
    config = Configuration()
    config.add_model_parameter("p", task.p)
    config.add_model_parameter("q", task.q)
    config.add_model_initial_configuration("Infected", [])
    model.set_initial_status(config)
    model.iteration()
    return task, model


def months(model):
    task, model = model
    return [model.iteration(node_status=False)["node_count"][1] for _ in range(task.steps)]


if __name__ == "__main__":
    common.main(start, months)
