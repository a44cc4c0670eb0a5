from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from simulation.metrics import Curves, compute, kuramoto


def test_nobody_and_everybody_cancel_out():
    assert kuramoto(np.array([[0.0, 1.0], [0.0, 1.0]]), np.array([0.5, 0.5])) == pytest.approx(0)


@given(gap=st.floats(0, 1))
def test_two_equal_regions_have_the_cosine_of_half_their_gap(gap):
    shares = np.array([[0.5 - gap / 2, 0.5 + gap / 2]] * 3)
    assert kuramoto(shares, np.array([0.5, 0.5])) == pytest.approx(math.cos(math.pi * gap / 2), abs=1e-9)


@given(curve=arrays(float, 8, elements=st.floats(0, 1, width=32)), regions=st.integers(1, 5))
def test_identical_curves_are_in_phase(curve, regions):
    shares = np.repeat(np.append(curve, 0.5)[:, None], regions, axis=1)
    shares = np.concatenate([shares, shares[-1:]])
    assert kuramoto(shares, np.full(regions, 1 / regions)) == pytest.approx(1)


def test_moments_weigh_by_the_variance_of_a_pooled_enterprise():
    shares = np.array([[0.0, 0.0], [0.1, 0.9], [0.4, 0.4], [1.0, 1.0]])
    weights = np.array([0.25, 0.75])
    order = abs(0.25 * np.exp(0.1j * np.pi) + 0.75 * np.exp(0.9j * np.pi))
    expected = (0.7 * 0.3 * order + 0.4 * 0.6 * 1) / (0.7 * 0.3 + 0.4 * 0.6)
    assert kuramoto(shares, weights) == pytest.approx(expected)


def test_it_is_undefined_where_the_pooled_share_never_varies():
    assert np.isnan(kuramoto(np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([0.5, 0.5])))


def test_rounding_of_the_weights_is_no_variance():
    assert np.isnan(kuramoto(np.ones((5, 2)), np.array([0.3, 0.7 - 1e-15])))


def test_the_first_and_the_last_moment_count_half():
    shares = np.array([[0.5, 0.5], [0.5, 0.5], [0.0, 1.0]])  # order 1, 1, 0; the same weight at all three
    assert kuramoto(shares, np.array([0.5, 0.5])) == pytest.approx(1.5 / 2)


def test_the_column_reads_the_standardized_curves(uneven_record):
    curves = Curves(uneven_record)
    value = compute(uneven_record)["kuramoto"]
    assert value == kuramoto(curves.regional, curves.weights)
    assert 0.5 < value < 1
