"""Quantiles of the normal and of the Gamma distribution."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from mpmath import mpf
from scipy.special import gammainc, gammaincinv, ndtri

from simulation.quantiles import LARGE_SHAPE, gamma_quantiles, normal_quantiles

DRAWS = (np.random.default_rng(4).integers(0, 2**53, 5000) + 0.5) * 2.0**-53
EDGES = np.array([2.0**-54, 1e-12, 0.25, 0.5, 0.75, 1 - 1e-12, 1 - 2.0**-53])


def test_normal_quantiles_are_those_of_scipy():
    p = np.concatenate([DRAWS, EDGES])
    np.testing.assert_allclose(normal_quantiles(p), ndtri(p), rtol=4e-15)
    assert normal_quantiles(np.array([0.5])) == 0.0


@pytest.mark.parametrize("variation", [10.0, 3.0, 1.0, 0.7, 0.3, 0.1, 0.01])
def test_gamma_quantiles_are_those_of_scipy(variation):
    shape = variation**-2
    p = np.concatenate([DRAWS, EDGES])
    expected = gammaincinv(shape, p) / shape
    np.testing.assert_allclose(gamma_quantiles(shape, p), expected, rtol=4e-12, atol=1e-290)


@pytest.mark.parametrize("shape", [0.01, 0.3, 1.0, 2.04, 50.0, 3e4])
def test_a_gamma_quantile_has_the_probability_that_was_asked_for(shape):
    with mpmath.workdps(40):
        for p in EDGES.tolist():
            x = mpf(shape) * gamma_quantiles(shape, np.array([p])).item()
            if not x:
                continue
            tail = (0, x) if p < 0.5 else (x, mpmath.inf)
            found = mpmath.gammainc(shape, *tail, regularized=True)
            density = mpmath.exp(shape * mpmath.log(x) - x - mpmath.loggamma(shape))  # times x
            assert abs(found - (p if p < 0.5 else 1 - mpf(p))) < 1e-12 * density


def test_the_expansion_for_large_shapes_takes_over_without_a_step():
    """Where both are valid, they agree."""
    p = np.concatenate([DRAWS[:300], EDGES])
    below, above = (gamma_quantiles(LARGE_SHAPE * by, p) for by in (1 - 1e-9, 1 + 1e-9))
    np.testing.assert_allclose(above, below, rtol=1e-11)
    assert gammainc(LARGE_SHAPE, above[0] * LARGE_SHAPE) == pytest.approx(p[0], abs=1e-9)


@pytest.mark.parametrize("shape", [0.01, 2.04, 1e4, 1e9, 1e31])
def test_a_larger_draw_gives_no_smaller_value(shape):
    p = np.sort(DRAWS)
    assert (np.diff(gamma_quantiles(shape, p)) >= 0).all()
    assert (np.diff(normal_quantiles(p)) >= 0).all()
    assert np.isfinite(gamma_quantiles(shape, np.array([2.0**-54, 1.0]))).all()
