from __future__ import annotations

import math

import numpy as np
import pytest

from simulation.metrics import Curves, compute, reasons
from simulation.metrics.times import regional_times


def lines(make_record, months_to_all, *, months=120):
    """Regions of 600 enterprises whose adopters grow in a straight line to all, in the given months."""
    share = np.minimum(np.arange(months + 1)[:, None] / np.array(months_to_all), 1.0)
    adopters = np.rint(600 * share)[:, :, None, None]
    return make_record(adopters, np.full((len(months_to_all), 1, 1), 600))


def test_straight_lines_cross_at_their_share_of_the_way(make_record):
    values = compute(lines(make_record, [60, 60]))
    assert [values[f"t{p}_years"] for p in (10, 50, 90)] == pytest.approx([0.5, 2.5, 4.5])
    assert values["t50_sd_years"] == values["t50_range_years"] == pytest.approx(0)


def test_spread_of_t50_has_the_number_of_regions_as_divisor(make_record):
    record = lines(make_record, [24, 48, 120])
    values = compute(record)
    assert regional_times(Curves(record), 0.5) == pytest.approx([1, 2, 5])
    assert values["t50_sd_years"] == pytest.approx(math.sqrt(26 / 9))
    assert values["t50_range_years"] == pytest.approx(4)
    assert values["regions_below_half"] == 0


def test_a_region_without_eligible_enterprises_has_no_time(make_record):
    """Its standardized curve is the pooled one, which says nothing about it."""
    adopters = np.zeros((25, 3, 1, 1))
    adopters[:, 0, 0, 0] = adopters[:, 1, 0, 0] = np.arange(25)
    record = make_record(adopters, [[[24]], [[24]], [[0]]])
    assert regional_times(Curves(record), 0.5) == pytest.approx([1.0, 1.0, np.nan], nan_ok=True)


def test_a_region_that_never_reaches_half_is_counted_and_never_dropped(make_record):
    record = lines(make_record, [24, 48, 250, 300])
    values, why = compute(record), reasons(record)
    assert values["regions_below_half"] == 2
    assert math.isnan(values["t50_sd_years"]) and math.isnan(values["t50_range_years"])
    assert why["t50_sd_years"].endswith("in region_02, region_03.")
    assert math.isfinite(values["t50_years"])


def test_a_level_that_is_not_reached_is_undefined_and_says_where_it_ended(make_record):
    record = lines(make_record, [150, 150])
    values, why = compute(record), reasons(record)
    assert values["t50_years"] == pytest.approx(6.25)
    assert math.isnan(values["t90_years"])
    assert "does not reach 90%" in why["t90_years"] and "ends at 80.0%" in why["t90_years"]


def test_pooled_time_is_of_all_adopters_over_all_eligible(make_record):
    """A big region that adopts in month 10 and a small one in month 30."""
    adopters = np.zeros((41, 2, 1, 1))
    adopters[10:, 0], adopters[30:, 1] = 90, 10
    values = compute(make_record(adopters, [[[90]], [[10]]]))
    assert values["t50_years"] == pytest.approx((9 + 5 / 9) / 12)


def test_time_runs_from_release(make_record):
    adopters = np.zeros((61, 2, 1, 2))
    adopters[12:, :, 0, 0], adopters[36:, :, 0, 1] = 10, 10
    values = compute(make_record(adopters, np.full((2, 1, 2), 10), release_month=[0, 24]))
    assert values["t50_years"] == pytest.approx(11.5 / 12)
