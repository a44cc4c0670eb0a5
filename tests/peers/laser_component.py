# /// script
# requires-python = ">=3.12,<3.13"
# dependencies = ["numpy==2.5.*", "laser-generic==1.1.*"]
# ///
"""LASER: a table of agents and a component with a compiled step. Its own components mix within patches, so the
transmission along given ties is one of ours in the manner of its tutorials: a parallel loop over all agents.
"""

import common
import numba as nb
import numpy as np
from laser.core import LaserFrame


@nb.njit(parallel=True)
def decide(partners, adopted, uniform, p, q, will_adopt):
    for i in nb.prange(adopted.size):
        if not adopted[i]:
            count = 0
            for j in partners[i]:
                count += adopted[j]
            will_adopt[i] = uniform[i] < -np.expm1(-(p + q * count))


class Transmission:
    def __init__(self, model):
        self.model = model
        model.people.add_scalar_property("adopted", dtype=np.bool_, default=False)
        model.people.add_scalar_property("will_adopt", dtype=np.bool_, default=False)
        model.people.add_vector_property("partner", length=model.task.partners.shape[1], dtype=np.int32)

    def step(self, tick):
        people, task = self.model.people, self.model.task
        uniform = self.model.rng.random(people.count, dtype=np.float32)
        decide(self.model.partners, people.adopted, uniform, task.p, task.q, people.will_adopt)
        people.adopted[:] = people.will_adopt
        self.model.curve.append(np.count_nonzero(people.adopted))


class Model:
    def __init__(self, task, seed):
        self.task, self.rng, self.curve = task, np.random.default_rng(seed), []
        self.people = LaserFrame(capacity=task.size, initial_count=task.size)
        self.components = [Transmission(self)]
        self.partners = task.partners

    def run(self):
        for tick in range(self.task.steps):
            for component in self.components:
                component.step(tick)
        return self.curve


if __name__ == "__main__":
    common.main(Model, Model.run)
