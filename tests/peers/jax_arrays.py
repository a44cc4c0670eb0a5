# /// script
# requires-python = ">=3.12,<3.13"
# dependencies = ["numpy==2.5.*", "jax==0.12.*"]
# ///
"""Whole arrays with JAX on the processor: all steps in one compiled scan."""

from functools import partial

import common
import jax
import jax.numpy as jnp
import numpy as np


@partial(jax.jit, static_argnums=2)
def run(partners, remaining, steps, p, q):
    def step(state, _):
        remaining, adopted = state
        remaining = remaining - (p + q * adopted[partners].sum(axis=1))
        adopted = remaining <= 0
        return (remaining, adopted), adopted.sum()

    return jax.lax.scan(step, (remaining, jnp.zeros(remaining.shape, bool)), length=steps)[1]


def start(task, seed):
    return task, jnp.asarray(task.partners), jnp.asarray(common.thresholds(task, seed))


def months(model):
    task, partners, remaining = model
    return np.asarray(run(partners, remaining, task.steps, task.p, task.q))


if __name__ == "__main__":
    common.main(start, months)
