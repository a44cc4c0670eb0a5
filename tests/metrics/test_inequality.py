from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from simulation.metrics import Curves, compute, theil

SHARES = arrays(float, 6, elements=st.floats(0.0009765625, 1, width=32))
SIZES = arrays(np.int64, 6, elements=st.integers(1, 1000))


def test_it_compares_those_who_are_there_at_the_stage(halved_record):
    """Pooled 40 of 200 until fifty leave, then 40 of 150: regions weigh 1/3 and 2/3, and have 3/4 and 1/4."""
    expected = 0.75 * math.log(0.75 / (1 / 3)) + 0.25 * math.log(0.25 / (2 / 3))
    assert compute(halved_record)["theil_25"] == pytest.approx(expected)


def test_adopters_of_eighty_and_twenty_percent(verified):
    """Check 9: adopters (80, 20) of (100, 100); .8 ln 1.6 + .2 ln .4."""
    total, between, within = theil(
        np.array([0.8, 0.2]), np.array([0.5, 0.5]), macroregion_of=np.array([0, 1])
    )
    verified(
        9,
        "Theil of adopters (80, 20) of (100, 100)",
        measured=total,
        expected=0.192745,
        within=5e-7,
        digits=6,
    )
    assert (between, within) == pytest.approx((total, 0))


@given(shares=SHARES, sizes=SIZES, macroregion_of=arrays(np.int64, 6, elements=st.integers(0, 3)))
def test_parts_sum_to_the_whole_and_none_is_negative(shares, sizes, macroregion_of):
    """Check 15."""
    total, between, within = theil(shares, sizes / sizes.sum(), macroregion_of=macroregion_of)
    assert between + within == pytest.approx(total, abs=1e-12)
    assert min(total, between, within) > -1e-12


@given(shares=SHARES, sizes=SIZES, factor=st.floats(0.1, 1))
def test_only_relative_shares_matter(shares, sizes, factor):
    weights, one = sizes / sizes.sum(), np.zeros(6, dtype=np.int64)
    scaled = theil(shares * factor, weights, macroregion_of=one)
    assert scaled == pytest.approx(theil(shares, weights, macroregion_of=one), abs=1e-12)


def test_splitting_a_region_into_equal_parts_changes_nothing():
    whole = theil(np.array([0.7, 0.2]), np.array([0.4, 0.6]), macroregion_of=np.array([0, 1]))
    split = theil(np.array([0.7, 0.2, 0.2]), np.array([0.4, 0.1, 0.5]), macroregion_of=np.array([0, 1, 1]))
    assert split == pytest.approx(whole)


def test_within_one_macroregion_all_inequality_is_within():
    total, between, within = theil(
        np.array([0.9, 0.1]), np.array([0.3, 0.7]), macroregion_of=np.array([0, 0])
    )
    assert (between, within) == pytest.approx((0, total))


def test_a_region_with_all_adopters_has_the_logarithm_of_its_weight():
    total = theil(np.array([0.3, 0.0]), np.array([0.25, 0.75]), macroregion_of=np.array([0, 0])).total
    assert total == pytest.approx(math.log(4))


def test_it_is_undefined_without_adopters():
    assert np.isnan(theil(np.zeros(2), np.array([0.5, 0.5]), macroregion_of=np.array([0, 1]))).all()


def test_it_is_read_in_the_first_month_that_reaches_the_stage(make_record):
    adopters = np.array([[0, 0], [30, 10], [60, 40], [80, 80], [90, 90]])[:, :, None, None]
    values = compute(make_record(adopters, [[[100]], [[100]]]))
    half = np.array([0.5, 0.5])
    for percent, shares in ((25, [0.6, 0.4]), (50, [0.6, 0.4]), (75, [0.8, 0.8])):
        expected = theil(np.array(shares), half, macroregion_of=np.array([0, 1])).total
        assert values[f"theil_{percent}"] == pytest.approx(expected)
    late = compute(make_record(adopters[:3], [[[100]], [[100]]]))
    assert math.isfinite(late["theil_50"]) and math.isnan(late["theil_75"])


def test_columns_read_the_standardized_curves_and_their_macroregions(uneven_record):
    curves = Curves(uneven_record)
    values = compute(uneven_record)
    month = np.flatnonzero(curves.pooled >= 0.5)[0]
    adopters = curves.regional[month] * curves.weights
    s = adopters / adopters.sum()
    between = sum(
        s[m].sum() * math.log(s[m].sum() / curves.weights[m].sum())
        for m in (np.array([0, 1]), np.array([2, 3]))
    )
    assert values["theil_50"] == pytest.approx((s * np.log(s / curves.weights)).sum())
    assert values["theil_50_between"] == pytest.approx(between)
    assert values["theil_50_between"] + values["theil_50_within"] == pytest.approx(values["theil_50"])
