# /// script
# requires-python = ">=3.12,<3.13"
# dependencies = ["numpy==2.5.*", "scipy==1.18.*"]
# ///
"""Whole arrays with NumPy: a sparse matrix times the adopters of the step counts the partners who have adopted."""

import common
import numpy as np
from scipy.sparse import csr_array


def start(task, seed):
    n, degree = task.partners.shape
    ties = csr_array(
        (np.ones(n * degree), task.partners.ravel(), np.arange(0, n * degree + 1, degree)), shape=(n, n)
    )
    return task, ties, common.thresholds(task, seed)


def months(model):
    task, ties, remaining = model
    adopted = np.zeros(task.size, dtype=bool)
    curve = []
    for _ in range(task.steps):
        remaining -= task.p + task.q * (ties @ adopted)
        adopted = remaining <= 0
        curve.append(np.count_nonzero(adopted))
    return curve


if __name__ == "__main__":
    common.main(start, months)
