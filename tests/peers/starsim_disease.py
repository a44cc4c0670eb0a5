# /// script
# requires-python = ">=3.12,<3.13"
# dependencies = ["numpy==2.5.*", "starsim==3.7.*"]
# ///
"""Starsim: adoption is an infection without recovery, which also comes from outside, on a given network."""

import math

import common
import numpy as np
import starsim as ss


class Adoption(ss.Infection):
    def __init__(self, p, beta):
        super().__init__()
        self.define_pars(beta=beta, init_prev=None, alone=ss.bernoulli(p=p))

    def infect(self):
        cases, sources, networks = super().infect()
        alone = self.pars.alone.filter(self.susceptible.uids)
        from_outside = np.full(len(alone), -1)
        return self.finalize_infections(
            [cases, alone], [sources, ss.uids(from_outside)], [networks, from_outside]
        )

    def set_prognoses(self, uids, sources=None):
        super().set_prognoses(uids, sources)
        self.infected[uids] = True
        self.ti_infected[uids] = self.ti


def start(task, seed):
    one = np.repeat(np.arange(task.size), task.partners.shape[1])
    other = task.partners.ravel()
    once = one < other
    ties = ss.Network(name="partners", p1=one[once], p2=other[once], beta=np.ones(once.sum()))
    adoption = Adoption(-math.expm1(-task.p), -math.expm1(-task.q))
    sim = ss.Sim(
        n_agents=task.size,
        networks=ties,
        diseases=adoption,
        start=0,
        dur=task.steps,
        dt=1,
        rand_seed=seed,
        verbose=0,
    )
    sim.init()
    return task, sim, adoption


def months(model):
    task, sim, _ = model
    sim.run()
    return sim.diseases[0].results.cum_infections[: task.steps]


if __name__ == "__main__":
    common.main(start, months)
