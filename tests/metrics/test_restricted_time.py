"""The mean time to adoption within the common window, on curves known by hand."""

import numpy as np
import pytest

from simulation.metrics import compute, reasons


def test_straight_lines_take_half_of_their_way_and_others_the_whole_window(make_record):
    """Half of the enterprises adopt evenly within four years, the others not within the ten that are seen."""
    share = np.minimum(np.arange(121) / 96, 0.5)
    record = make_record(
        np.rint(960 * share)[:, None, None, None] * np.ones((1, 2, 1, 1)), [[[960]], [[960]]]
    )
    assert compute(record)["restricted_time_years"] == pytest.approx(0.5 * 2 + 0.5 * 10)


def test_it_is_defined_where_nobody_adopts(make_record):
    record = make_record(np.zeros((121, 2, 1, 1)), [[[10]], [[10]]])
    assert compute(record)["restricted_time_years"] == pytest.approx(10)


@pytest.mark.parametrize("there", [60, 120])
def test_it_is_undefined_where_in_some_month_nobody_is_there(make_record, there):
    """Months without enterprises are none in which enterprises wait."""
    eligible = np.full((121, 2, 1, 1), 10)
    eligible[there] = 0
    record = make_record(np.zeros((121, 2, 1, 1)), eligible)
    assert np.isnan(compute(record)["restricted_time_years"])
    assert "no eligible enterprise is present" in reasons(record)["restricted_time_years"]
