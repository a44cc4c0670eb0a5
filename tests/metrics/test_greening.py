from __future__ import annotations

import math

import numpy as np
import pytest

from simulation.metrics import compute, reasons


@pytest.fixture
def adopters():
    """Of ten each: the first adopts one a month from release, the second two, the third, released last, none."""
    months = np.arange(25)
    counts = np.zeros((25, 1, 1, 3))
    counts[:, 0, 0, 0] = np.minimum(months, 10)
    counts[:, 0, 0, 1] = np.minimum(2 * months, 10)
    return counts


def measured(make_record, adopters, environmental, *, release_month=(0, 0, 0)):
    return make_record(
        adopters, np.full((1, 1, 3), 10), release_month=release_month, environmental=environmental
    )


def test_share_and_time_are_those_of_environmental_technologies_alone(make_record, adopters):
    one = compute(measured(make_record, adopters, [0]))
    both = compute(measured(make_record, adopters, [0, 1]))
    assert (one["environmental_share"], one["environmental_t50_years"]) == pytest.approx((1.0, 5 / 12))
    assert both["environmental_t50_years"] == pytest.approx((10 / 3) / 12)  # three a month of twenty
    assert compute(measured(make_record, adopters, [0, 2]))["environmental_share"] == pytest.approx(0.5)


def test_all_technologies_environmental_gives_the_metrics_of_all(make_record, adopters):
    values = compute(measured(make_record, adopters, [0, 1, 2]))
    assert values["environmental_share"] == values["final_share"]
    assert values["environmental_t50_years"] == values["t50_years"]


def test_the_window_is_that_of_all_technologies(make_record, adopters):
    """The last release leaves four months, in which the first technology does not come to half."""
    record = measured(make_record, adopters, [0], release_month=[0, 0, 20])
    assert math.isnan(compute(record)["environmental_t50_years"])
    assert "it ends at 40.0%" in reasons(record)["environmental_t50_years"]


@pytest.mark.parametrize("name", ["environmental_share", "environmental_t50_years"])
def test_without_environmental_technologies_there_is_nothing_to_say(make_record, adopters, name):
    why = reasons(measured(make_record, adopters, []))
    assert why[name] == "No environmental technology was released before the horizon."
    nobody = make_record(adopters, [[[10, 10, 0]]], environmental=[2])
    assert reasons(nobody)[name] == "No enterprise is eligible for any environmental technology."
