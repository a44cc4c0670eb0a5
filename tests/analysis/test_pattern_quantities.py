"""What the patterns of a baseline are about, on cases that can be worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hand_made_records import record_of
from hypothesis import given
from hypothesis import strategies as st
from small_worlds import dataset, plain_scenario

from simulation.analysis.pattern_quantities import (
    LEAST_ELIGIBLE,
    OF_A_RECORD,
    Observed,
    share_before_fastest_year,
    spatial_contacts_across,
    spread_of_10_percent_dates,
    t50_by_technology,
    t50_of_all,
    ties_across,
)
from simulation.data.geography import EARTH_RADIUS_KM
from simulation.engine.build.world import build_world
from simulation.metrics import compute
from simulation.scenario.loading import load_scenario

MILLION = 1_000_000


def curve(shares, *, eligible=MILLION):
    """The record of one region and technology with these shares of adopters by month."""
    return record_of(np.rint(np.asarray(shares) * eligible)[:, None, None, None], [[[eligible]]])


def linear(months_to_all, *, eligible=100, months=240):
    """Adopters by month, who are all at once after so many months, and 0 before; nobody ever for None."""
    reached = np.zeros(months + 1)
    if months_to_all is not None:
        reached[months_to_all:] = eligible
    return reached


def of_regions(dates, *, eligible=None, release_month=None):
    """The record of technologies (columns) in regions (rows), in which all adopt in the given month, or never."""
    dates = np.asarray(dates, dtype=object)
    eligible = np.full(dates.shape, 100) if eligible is None else np.asarray(eligible)
    adopters = np.stack(
        [
            [linear(month, eligible=n) for month, n in zip(*row, strict=True)]
            for row in zip(dates, eligible, strict=True)
        ]
    )
    return record_of(
        np.moveaxis(adopters, 2, 0)[:, :, None, :], eligible[:, None, :], release_month=release_month
    )


def test_contacts_across_a_border_are_those_of_all_enterprises_weighted_by_proximity(tmp_path):
    """300 and 100 enterprises at the half distance: 300/350 and 100/250 of their contacts are at home."""
    folder = dataset(tmp_path / "land", {"east": 300, "west": 100, "empty": 0})
    degree = np.pi / 180 * EARTH_RADIUS_KM
    path = plain_scenario(tmp_path / "s.toml", folder, diffusion=f"half_distance_km = {degree}")
    across = spatial_contacts_across(build_world(load_scenario(path), 1))
    assert across == pytest.approx(1 - (300 * 300 / 350 + 100 * 100 / 250) / 400)


def test_a_world_without_enterprises_has_neither_contacts_nor_ties(tmp_path):
    folder = dataset(tmp_path / "land", {"east": 1, "west": 1})
    path = plain_scenario(tmp_path / "s.toml", folder, world="scale = 0.1")
    world = build_world(load_scenario(path), 1)
    assert world.enterprises.region_of.size == 0
    assert np.isnan(spatial_contacts_across(world)) and np.isnan(ties_across(world))


def test_ties_across_a_border_are_counted_among_all_ties():
    """Four enterprises in a chain of three ties, of which the middle one crosses the border."""
    world = build_world(load_scenario("baseline", overrides=["world.scale=0.01"]), 1)
    enterprises = replace(
        world.enterprises,
        region_of=np.array([0, 0, 1, 1]),
        indptr=np.array([0, 1, 3, 5, 6]),
        indices=np.array([1, 0, 2, 1, 3, 2]),
    )
    assert ties_across(replace(world, enterprises=enterprises)) == pytest.approx(1 / 3)


def test_t50_of_all_is_that_of_the_metrics():
    record = curve(np.linspace(0, 1, 241))
    assert t50_of_all(Observed(record)) == pytest.approx(10.0) == compute(record)["t50_years"]


def test_each_technology_has_its_own_t50_as_long_as_it_was_observed():
    record = of_regions([[24, 60, None]], release_month=[0, 48, 0])
    found = t50_by_technology(Observed(record))
    assert found[:2] == pytest.approx([(24 - 0.5) / 12, (60 - 48 - 0.5) / 12])
    assert np.isnan(found[2])


@given(rate=st.floats(0.2, 1.0), middle=st.integers(90, 130))
def test_a_logistic_curve_is_fastest_around_one_half(rate, middle):
    months = np.arange(241)
    share = share_before_fastest_year(Observed(curve(1 / (1 + np.exp(-rate * (months - middle) / 12)))))
    assert share == pytest.approx(1 / (1 + np.exp(rate / 2)), abs=rate / 48)  # half a month off at most


@given(rate=st.floats(0.02, 1.0))
def test_a_concave_curve_has_no_share_before_its_fastest_year(rate):
    assert share_before_fastest_year(Observed(curve(-np.expm1(-rate * np.arange(241) / 12)))) == 0.0


def test_a_curve_that_has_not_bent_has_no_fastest_year():
    months = np.arange(241)
    assert np.isnan(share_before_fastest_year(Observed(curve((months / 240) ** 2))))
    assert np.isnan(share_before_fastest_year(Observed(curve(months[:13] / 12))))


def test_the_spread_is_from_the_first_region_to_the_last_in_the_technology_in_the_middle():
    record = of_regions([[12, 24, 12], [36, 36, 132]])
    assert spread_of_10_percent_dates(Observed(record)) == pytest.approx(24 / 12)
    assert spread_of_10_percent_dates(Observed(of_regions([[12, 24], [36, 36]]))) == pytest.approx(18 / 12)


def test_a_region_that_is_never_reached_makes_a_spread_larger_than_any():
    assert spread_of_10_percent_dates(Observed(of_regions([[12, 12, 12], [24, 36, None]]))) == pytest.approx(
        2.0
    )
    assert np.isnan(spread_of_10_percent_dates(Observed(of_regions([[12, 12, 12], [24, None, None]]))))
    assert np.isnan(spread_of_10_percent_dates(Observed(of_regions([[12], [None]]))))


def test_regions_with_hardly_any_eligible_enterprise_have_no_date():
    few = LEAST_ELIGIBLE - 1
    record = of_regions([[12], [24], [200]], eligible=[[100], [few + 1], [few]])
    assert spread_of_10_percent_dates(Observed(record)) == pytest.approx(1.0)
    assert np.isnan(spread_of_10_percent_dates(Observed(of_regions([[12], [24]], eligible=[[100], [few]]))))


def test_shares_are_of_the_enterprises_of_the_month():
    """100 of 1,000 have adopted after two years; half a year earlier 800 others leave, and 100 are half of 200."""
    adopters = np.zeros((241, 1, 1, 1))
    adopters[18:] = 100
    eligible = np.full((241, 1, 1, 1), 1000)
    assert np.isnan(t50_by_technology(Observed(record_of(adopters, eligible))))
    eligible[24:] = 200
    assert t50_by_technology(Observed(record_of(adopters, eligible))) == pytest.approx((23 + 0.4 / 0.4) / 12)


@given(data=st.data())
def test_each_technology_has_the_dates_that_it_has_alone(data):
    """Technologies released at different times, among enterprises that enter and leave."""
    months, regions = 30, 3
    release = data.draw(st.lists(st.integers(0, months - 1), min_size=1, max_size=4))
    draws = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    rows = data.draw(st.sampled_from([1, months + 1]))
    eligible = draws.integers(0, 40, (rows, regions, 2, len(release)))
    share = np.maximum(np.arange(months + 1)[:, None] - release, 0) * draws.uniform(0, 0.1, len(release))
    adopters = np.rint(np.minimum(share, 1)[:, None, None] * eligible)
    together = Observed(record_of(adopters, eligible, release_month=release))
    alone = [
        Observed(record_of(adopters[start:, ..., [k]], eligible[start if rows > 1 else 0 :, ..., [k]]))
        for k, start in enumerate(release)
    ]
    np.testing.assert_array_equal(
        t50_by_technology(together), np.concatenate([t50_by_technology(one) for one in alone])
    )
    spreads = [spread_of_10_percent_dates(one)[0] for one in alone]
    if not np.isnan(spreads).any():  # nan is a region never reached, or too few regions
        assert spread_of_10_percent_dates(together) == np.median(spreads)


@pytest.mark.parametrize("function", OF_A_RECORD.values(), ids=OF_A_RECORD.keys())
def test_nothing_is_found_where_no_technology_was_released(function):
    record = record_of(np.zeros((13, 1, 1, 1)), [[[5]]], release_month=[12])
    assert np.isnan(function(Observed(record))).all()
