"""What lies between macroregions, regions and enterprises, on curves known by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simulation.metrics import compute, reasons


def four_regions(make_record, shares, *, macroregion_of):
    """Regions of 1,000 enterprises with the given shares by month, (T + 1, R)."""
    adopters = np.rint(1000 * np.asarray(shares))[:, :, None, None]
    eligible = np.full((adopters.shape[1], 1, 1), 1000)
    return make_record(adopters, eligible, macroregion_of=macroregion_of)


def ramps(months_to_all, months=120):
    return np.minimum(np.arange(months + 1)[:, None] / np.array(months_to_all), 1.0)


def test_parts_of_the_variance_add_up_and_macro_and_meso_are_phi_simple(make_record):
    values = compute(four_regions(make_record, ramps([20, 40, 60, 100]), macroregion_of=[0, 0, 1, 1]))
    assert values["variance_macro"] + values["variance_meso"] == pytest.approx(
        values["phi_simple"], abs=1e-12
    )
    assert sum(values[f"variance_{level}"] for level in ("macro", "meso", "micro")) == pytest.approx(1.0)
    assert min(values["variance_macro"], values["variance_meso"]) > 0.01


def test_variance_by_hand_with_shares_that_stay(make_record):
    """Half of the time 80 % and 20 % in one macroregion, 50 % in the other, from the first month on."""
    shares = np.tile([0.8, 0.2, 0.5, 0.5], (121, 1))
    values = compute(four_regions(make_record, shares, macroregion_of=[0, 0, 1, 1]))
    assert values["variance_macro"] == pytest.approx(0.0, abs=1e-12)
    assert values["variance_meso"] == pytest.approx((0.3**2 / 2) / 0.25)
    assert values["variance_micro"] == pytest.approx(1 - 0.18)


def test_equal_regions_of_a_macroregion_leave_all_to_the_macroregions(make_record):
    values = compute(four_regions(make_record, ramps([40, 40, 80, 80]), macroregion_of=[0, 0, 1, 1]))
    assert values["variance_meso"] == pytest.approx(0.0, abs=1e-12)
    assert values["t50_macro_sd_years"] == pytest.approx((40 - 20) / 2 / 12)
    assert values["t50_macro_sd_years"] == pytest.approx(values["t50_sd_years"])


def test_a_macroregion_that_never_reaches_half_is_named(make_record):
    record = four_regions(make_record, ramps([40, 40, 500, 500]), macroregion_of=[0, 0, 1, 1])
    assert math.isnan(compute(record)["t50_macro_sd_years"])
    assert reasons(record)["t50_macro_sd_years"].endswith("in macroregion_01.")


def test_enterprises_of_a_region_are_apart_by_the_time_from_a_quarter_to_half(make_record):
    """A ramp needs a quarter of its months; regions weigh alike here."""
    record = four_regions(make_record, ramps([20, 40, 60, 100]), macroregion_of=[0, 0, 1, 1])
    assert compute(record)["t50_micro_years"] == pytest.approx(220 / 4 / 4 / 12)
    late = four_regions(make_record, ramps([20, 40, 60, 500]), macroregion_of=[0, 0, 1, 1])
    assert reasons(late)["t50_micro_years"].endswith("in region_03.")


def test_theil_of_all_enterprises_is_the_logarithm_of_the_pooled_share(make_record):
    record = four_regions(make_record, ramps([20, 40, 60, 100]), macroregion_of=[0, 0, 1, 1])
    values = compute(record)
    pooled = ramps([20, 40, 60, 100]).mean(axis=1)
    share = pooled[(pooled >= 0.5).argmax()]
    assert values["theil_50"] + values["theil_50_micro"] == pytest.approx(-math.log(share), rel=1e-3)
