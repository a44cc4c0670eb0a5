"""Gradients of likelihoods against differences."""

import numpy as np
import pytest


def check_gradient(likelihood, at):
    """Compare the gradient at a point with differences, to 1e-6, and the logarithm with that of many points."""
    log, gradient = likelihood.with_gradient(at)
    assert log == pytest.approx(likelihood.logs(at[None])[0], rel=1e-12)
    for n, key in enumerate(likelihood.keys):
        # Of fourth order, so that rounding is what is left.
        step = np.zeros(at.size)
        step[n] = 1e-3 * at[n]
        one, two = (likelihood.logs(np.array([at + m * step, at - m * step])) for m in (1, 2))
        difference = (8 * (one[0] - one[1]) - (two[0] - two[1])) / (12 * step[n])
        assert gradient[n] == pytest.approx(difference, rel=1e-6, abs=1e-6), key
