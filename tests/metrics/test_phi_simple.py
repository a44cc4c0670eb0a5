from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from simulation.metrics import Curves, compute, phi, phi_simple

UNIT = st.floats(0, 1, width=32)


def two_logistic_curves(d):
    """Shares of two regions with growth rate 1 and lag d, from long before to long after; dt .01."""
    years = np.arange(-60, 60 + d, 0.01)
    return 1 / (1 + np.exp(-np.stack([years, years - d], axis=1)))


def test_constant_shares_of_eighty_and_twenty_percent(verified):
    """Check 9: adopters (80, 20) of (100, 100)."""
    measured = phi_simple(np.array([[0.8, 0.2], [0.8, 0.2]]), np.array([0.5, 0.5]), dt=1.0)
    verified(9, "Phi_simple of shares .8 and .2", measured=measured, expected=0.36, within=1e-12)


@pytest.mark.parametrize(("d", "expected"), [(1, 0.03937), (2, 0.13534), (4, 0.34952)])
def test_two_logistic_regions(verified, d, expected):
    """Check 10; the closed form is (d coth(d / 2) - 2) / (d coth(d / 2) + 2) by partial fractions."""
    shares = two_logistic_curves(d)
    x = d / np.tanh(d / 2)
    measured = phi_simple(shares, np.array([0.5, 0.5]), dt=0.01)
    verified(
        10, f"Phi_simple of two logistic curves, lag {d}", measured=measured, expected=expected, within=5e-6
    )
    assert measured == pytest.approx((x - 2) / (x + 2), abs=1e-7)


@pytest.mark.parametrize(("d", "expected"), [(1, 0.24492), (2, 0.46212), (4, 0.76159)])
def test_at_the_half_phi_simple_is_the_squared_coefficient_of_variation(verified, d, expected):
    """Check 10: CV over two logistic regions at the half; there Fbar (1 - Fbar) = Fbar^2, so Phi_simple = CV^2."""
    shares = two_logistic_curves(d)
    half = np.abs(shares.mean(axis=1) - 0.5).argmin()
    moment = shares[[half, half]]
    cv = moment[0].std() / moment[0].mean()
    verified(
        10,
        f"CV at the half of two logistic curves, lag {d}",
        measured=float(cv),
        expected=expected,
        within=5e-6,
    )
    assert phi_simple(moment, np.array([0.5, 0.5]), dt=1.0) == pytest.approx(cv**2, abs=1e-6)


@given(curve=arrays(float, 12, elements=UNIT), regions=st.integers(1, 6))
def test_identical_curves_have_none(curve, regions):
    shares = np.repeat(np.append(curve, 0.5)[:, None], regions, axis=1)
    assert phi_simple(shares, np.full(regions, 1 / regions), dt=0.1) == pytest.approx(0, abs=1e-12)


@given(shares=arrays(float, (12, 3), elements=UNIT), dt=st.floats(0.01, 10))
def test_it_lies_between_zero_and_one_whatever_the_step(shares, dt):
    weights = np.array([0.2, 0.3, 0.5])
    shares = np.concatenate([shares, [[0.2, 0.5, 0.6]]])
    value = phi_simple(shares, weights, dt=dt)
    assert 0 <= value <= 1 + 1e-12
    assert value == pytest.approx(phi_simple(shares, weights, dt=1.0))


def test_it_is_undefined_where_the_pooled_share_never_varies():
    assert np.isnan(phi_simple(np.ones((5, 2)), np.array([0.3, 0.7]), dt=1.0))
    assert np.isnan(phi_simple(np.zeros((5, 2)), np.array([0.3, 0.7]), dt=1.0))


def test_rounding_of_the_weights_is_no_variance():
    """A share of 1 - 1e-15 would make 0 / 1e-15 = 0, perfectly synchronized, where nothing varies."""
    assert np.isnan(phi_simple(np.ones((5, 2)), np.array([0.3, 0.7 - 1e-15]), dt=1.0))


def test_it_is_where_phi_goes_as_regions_grow(make_record):
    """The correction vanishes for many enterprises: equal regions, one cell, Phi -> 2 V / (2 V + W) as R = 2."""
    years = np.linspace(-8, 12, 241)
    curves = 1 / (1 + np.exp(-np.stack([years, years - 2], axis=1)))
    simple = phi_simple(curves, np.array([0.5, 0.5]), dt=1 / 12)
    corrected = phi(curves[None] * 10**6, np.array([[[10**6, 10**6]]]))
    # With R = 2 and n large, MSB / n = 2 V and MSW = Fbar (1 - Fbar) - V, V the variance that phi_simple divides.
    assert corrected == pytest.approx(2 * simple / (1 + simple), abs=1e-5)


def test_the_column_reads_the_standardized_curves(uneven_record):
    curves = Curves(uneven_record)
    expected = phi_simple(curves.regional, curves.weights, dt=1 / 12)
    assert compute(uneven_record)["phi_simple"] == expected
    assert expected != pytest.approx(phi_simple(curves.raw, curves.weights, dt=1 / 12), abs=1e-3)
