from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from simulation.metrics import Curves, compute, w1


@pytest.mark.parametrize("lag", [1, 2, 4])
def test_two_logistic_regions_are_their_lag_apart(verified, lag):
    """Check 10: W1 = lag."""
    years = np.arange(-40, 44 + lag, 1 / 12)
    shares = 1 / (1 + np.exp(-np.stack([years, years - lag], axis=1)))
    verified(
        10, f"W1 of two logistic curves, lag {lag}", measured=w1(shares, 1 / 12), expected=lag, within=1e-6
    )


@given(
    steps=st.lists(st.integers(0, 20), min_size=1, max_size=10),
    lags=st.lists(st.integers(0, 30), min_size=2, max_size=6),
)
def test_shifted_copies_are_their_mean_lag_apart_exactly(steps, lags):
    steps = [*steps, 1]
    curve = np.concatenate([np.zeros(31), np.cumsum(steps) / sum(steps), np.ones(31)])
    months = np.arange(curve.size)
    shares = np.stack([curve[np.maximum(months - lag, 0)] for lag in lags], axis=1)
    expected = np.mean([abs(a - b) for a, b in combinations(lags, 2)]) / 12
    assert w1(shares, 1 / 12) == pytest.approx(expected)


@given(shares=arrays(float, (6, 5), elements=st.floats(0, 1, width=32)))
def test_the_sorted_form_is_the_mean_over_pairs(shares):
    areas = [np.trapezoid(np.abs(shares[:, a] - shares[:, b]), dx=0.5) for a, b in combinations(range(5), 2)]
    assert w1(shares, 0.5) == pytest.approx(np.mean(areas), abs=1e-12)


def test_one_region_is_no_distance_from_anything():
    assert np.isnan(w1(np.linspace(0, 1, 5)[:, None], 1.0))


def test_technologies_weigh_by_their_eligible_and_regions_without_any_are_no_pair(uneven_record):
    curves = Curves(uneven_record)
    lags, weights = [], []
    for k in range(4):
        has = [r for r in range(4) if curves.eligible[k, 0, r].sum()]
        pairs = combinations(has, 2)
        curve = curves.by_technology[k]
        lags.append(np.mean([np.trapezoid(np.abs(curve[:, a] - curve[:, b]), dx=1 / 12) for a, b in pairs]))
        weights.append(curves.eligible[k].sum())
    assert compute(uneven_record)["w1_years"] == pytest.approx(np.average(lags, weights=weights))


def test_a_different_mix_of_industries_is_a_lag_only_in_the_raw_curves(make_record):
    """Two regions with the same curve in each industry: a fast one and one 24 months behind."""
    months = np.arange(121)
    fast, slow = np.clip(months / 50, 0, 1), np.clip((months - 24) / 50, 0, 1)
    eligible = np.array([[[300], [100]], [[100], [100]]])
    adopters = np.stack([fast, slow], axis=1)[:, None, :, None] * eligible
    values = compute(make_record(np.rint(adopters), eligible))
    assert values["w1_years"] == pytest.approx(0, abs=1e-12)
    # Shares of the fast industry are 3/4 and 1/2: the raw curves lie a quarter of the lag of two years apart.
    assert values["w1_raw_years"] == pytest.approx(0.5)
    assert values["t50_sd_years"] == pytest.approx(0, abs=1e-12)
    assert values["phi"] < 0 < values["phi_raw"]


def test_chance_alone_keeps_regions_of_a_fully_mixed_world_apart(mixed_world):
    """The floor beside which W1 is to be read: shares of finite regions differ, though all hazards are the same.

    A standardized share has variance F (1 - F) v_r, v_r = sum W_s^2 / n_rs, and E abs(X) = sqrt(2 / pi) sd for a
    normal X. Cells of one or two enterprises are not normal, and raise or lower it by some percent.
    """
    record = mixed_world(1)
    sizes = record.eligible[0, :, :, 0]
    national = sizes.sum(axis=0) / sizes.sum()
    v = (national**2 / np.maximum(sizes, 1) * (sizes > 0)).sum(axis=1)
    pairs = [math.sqrt(v[a] + v[b]) for a, b in combinations(range(15), 2)]
    share = 1 - np.exp(-0.2 * np.arange(241) / 12)
    floor = math.sqrt(2 / math.pi) * np.mean(pairs) * np.trapezoid(np.sqrt(share * (1 - share)), dx=1 / 12)
    assert compute(record)["w1_years"] == pytest.approx(floor, rel=0.05)
