# /// script
# requires-python = ">=3.12,<3.13"
# dependencies = ["numpy==2.5.*", "numba==0.68.*"]
# ///
"""The plain loop that a programmer writes for this task alone, compiled by numba."""

import common
import numba as nb
import numpy as np


@nb.njit
def run(partners, remaining, p, q, curve):
    n = remaining.size
    hazard = np.full(n, p)
    waiting = np.arange(n).astype(np.int32)
    newly = np.empty(n, dtype=np.int32)
    left = n
    for step in range(curve.size):
        kept = new = 0
        for w in range(left):
            i = waiting[w]
            remaining[i] -= hazard[i]
            if remaining[i] > 0.0:
                waiting[kept] = i
                kept += 1
            else:
                newly[new] = i
                new += 1
        left = kept
        for a in range(new):
            for j in partners[newly[a]]:
                hazard[j] += q
        curve[step] = n - left


def months(model):
    task, remaining = model
    curve = np.empty(task.steps, dtype=np.int64)
    run(task.partners, remaining, task.p, task.q, curve)
    return curve


if __name__ == "__main__":
    common.main(lambda task, seed: (task, common.thresholds(task, seed)), months)
