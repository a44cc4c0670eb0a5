from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.metrics import Curves, crossing_time
from simulation.metrics.curves import aligned, integral, select, standardized


def test_every_technology_is_counted_from_its_release_over_the_common_window(uneven_record):
    curves = Curves(uneven_record)
    assert curves.window == 170
    assert curves.adopters.shape == (4, 171, 4, 3)
    for k, release in enumerate([0, 5, 17, 30]):
        assert (curves.adopters[k] == uneven_record.adopters[release : release + 171, :, :, k]).all()
        assert (curves.adopters[k, 0] == 0).all()


def test_the_state_so_far_can_be_aligned_while_a_run_goes_on(uneven_record):
    so_far = aligned(uneven_record.adopters[:61], uneven_record.release_month, window=30)
    assert (so_far == Curves(uneven_record).adopters[:, :31]).all()


def test_the_window_of_a_selection_ends_with_its_own_latest_release(uneven_record):
    assert Curves(select(uneven_record, np.array([0, 2]))).window == 183


def test_weights_are_shares_of_eligible_pairs(uneven_record):
    curves = Curves(uneven_record)
    eligible = uneven_record.eligible[0]
    assert curves.weights == pytest.approx(eligible.sum(axis=(1, 2)) / eligible.sum())
    assert curves.technology_weights == pytest.approx(eligible.sum(axis=(0, 1)) / eligible.sum())


def test_standardized_curves_equal_a_loop_over_cells(uneven_record):
    curves = Curves(uneven_record)
    adopters, eligible = curves.adopters, curves.eligible[:, 0]
    expected = np.zeros((171, 4))
    for k in range(4):
        for s in range(3):
            national = eligible[k, :, s].sum()
            for r in range(4):
                own = eligible[k, r, s]
                share = (
                    adopters[k, :, r, s] / own if own else adopters[k, :, :, s].sum(axis=1) / max(national, 1)
                )
                expected[:, r] += national / eligible.sum() * share
    assert curves.regional == pytest.approx(expected, abs=1e-14)


def test_a_region_that_lacks_an_industry_takes_the_pooled_share_there():
    adopters = np.array(
        [[[[8, 3], [0, 1]]]], dtype=float
    )  # one technology, one month, two regions, two industries
    eligible = np.array([[[[10, 4], [0, 16]]]])
    # Industry weights 10/30 and 20/30; the second region has nobody in the first industry, where .8 adopted.
    assert standardized(adopters, eligible)[0, 0] == pytest.approx(
        [0.8 / 3 + 0.75 * 2 / 3, 0.8 / 3 + 1 / 16 * 2 / 3]
    )


def test_pooled_and_raw_curves_are_plain_quotients(uneven_record):
    curves = Curves(uneven_record)
    adopters, eligible = curves.adopters, curves.eligible[:, 0]
    assert curves.pooled == pytest.approx(adopters.sum(axis=(0, 2, 3)) / eligible.sum())
    assert curves.raw == pytest.approx(adopters.sum(axis=(0, 3)) / eligible.sum(axis=(0, 2)))
    assert curves.raw @ curves.weights == pytest.approx(curves.pooled)


def test_all_curves_coincide_where_there_is_one_industry_and_one_technology(make_record):
    adopters = np.arange(13)[:, None] * np.array([1, 2])
    curves = Curves(make_record(adopters[:, :, None, None], [[[12]], [[30]]]))
    assert curves.regional == pytest.approx(curves.raw)
    assert curves.by_technology[0] == pytest.approx(curves.raw_by_technology[0])
    assert curves.regional @ curves.weights == pytest.approx(curves.pooled)


@given(slope=st.floats(0.01, 2.0), start=st.floats(0.0, 0.4), level=st.floats(0.01, 0.99))
def test_crossing_of_a_straight_line_is_exact(slope, start, level):
    years = np.arange(0, 241) / 12
    line = np.minimum(start + slope * years, 1.0)
    time = crossing_time(line, level, dt=1 / 12)
    if level <= start:
        assert time == 0
    elif level <= line[-1]:
        # Exact but in the month that holds the corner at 1, where the line bends down.
        assert time == pytest.approx((level - start) / slope, abs=1e-9 if level < 1 - slope / 12 else 1 / 12)
    else:
        assert np.isnan(time)


def test_crossing_takes_the_first_time_and_stays_undefined_where_there_is_none():
    shares = np.array([[0.0, 0.0, 0.6], [0.5, 0.1, 0.7], [0.4, 0.2, 0.2], [0.9, 0.3, 0.9]])
    assert crossing_time(shares, 0.5, dt=2.0) == pytest.approx([2.0, np.nan, 0.0], nan_ok=True)


def test_integral_is_the_trapezoid_rule():
    values = np.random.default_rng(3).random((7, 2))
    assert integral(values, 0.25) == pytest.approx(np.trapezoid(values, dx=0.25, axis=0))


def test_a_share_is_of_those_who_are_there_in_its_month(halved_record):
    curves = Curves(halved_record)
    assert curves.pooled == pytest.approx([40 / 200] * 6 + [40 / 150] * 7)
    expected = np.repeat([[0.3, 0.1], [0.6, 0.1]], [6, 7], axis=0)
    for shares in (curves.regional, curves.raw, curves.by_technology[0], curves.raw_by_technology[0]):
        assert shares == pytest.approx(expected)
    # Six months of a hundred and seven of fifty, against thirteen of a hundred.
    assert curves.weights == pytest.approx([950 / 2250, 1300 / 2250])
    assert curves.weights_in(5) == pytest.approx([1 / 2, 1 / 2])
    assert curves.weights_in(6) == pytest.approx([1 / 3, 2 / 3])


def test_every_technology_counts_its_eligible_from_its_own_release(renewed_record):
    curves = Curves(renewed_record)
    for k, release in enumerate([0, 5, 17, 30]):
        assert (curves.eligible[k] == renewed_record.eligible[release : release + 171, :, :, k]).all()


def test_standardized_curves_equal_a_loop_over_months_where_enterprises_change(renewed_record):
    curves = Curves(renewed_record)
    expected = np.zeros((4, 171, 4))
    for k, month, r, s in np.ndindex(4, 171, 4, 3):
        adopters, eligible = curves.adopters[k, month], curves.eligible[k, month]
        own, national = eligible[r, s], eligible[:, s].sum()
        if national:
            share = adopters[r, s] / own if own else adopters[:, s].sum() / national
            expected[k, month, r] += national / eligible.sum() * share
    assert curves.by_technology == pytest.approx(expected, abs=1e-14)


def test_while_a_region_is_empty_its_curve_is_the_pooled_one(make_record):
    adopters = np.array([[4, 2, 6], [8, 0, 6], [8, 0, 9], [9, 1, 9]])
    eligible = np.array([[10, 10, 30], [10, 0, 30], [10, 0, 30], [10, 5, 30]])
    curves = Curves(make_record(adopters[..., None, None], eligible[..., None, None]))
    expected = adopters / np.maximum(eligible, 1)
    expected[1:3, 1] = [14 / 40, 17 / 40]
    for shares in (curves.regional, curves.raw, curves.by_technology[0], curves.raw_by_technology[0]):
        assert shares == pytest.approx(expected)
    assert curves.weights == pytest.approx([40 / 175, 15 / 175, 120 / 175])


def test_while_nobody_is_there_all_shares_are_zero(make_record):
    adopters = np.array([[4, 2], [0, 0], [1, 3]])
    eligible = np.array([[10, 10], [0, 0], [4, 4]])
    curves = Curves(make_record(adopters[..., None, None], eligible[..., None, None]))
    assert curves.pooled == pytest.approx([0.3, 0.0, 0.5])
    assert curves.regional == pytest.approx(np.array([[0.4, 0.2], [0, 0], [0.25, 0.75]]))
