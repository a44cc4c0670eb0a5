from __future__ import annotations

import numpy as np
import pytest

from simulation.metrics import compute


def test_final_share_is_read_at_the_horizon_and_not_at_the_end_of_the_window(make_record):
    adopters = np.zeros((25, 2, 1, 2))
    adopters[10:, :, 0, 0] = 5
    adopters[20:, :, 0, 0] = 8
    record = make_record(adopters, np.full((2, 1, 2), 10), release_month=[0, 12])
    assert compute(record)["final_share"] == pytest.approx(16 / 40)


def test_shares_at_the_horizon_are_of_those_who_are_there_then(halved_record):
    values = compute(halved_record)
    assert values["final_share"] == pytest.approx(40 / 150)
    assert values["member_share"] == pytest.approx(15 / 150)


def test_member_share_is_of_all_enterprises(make_record):
    record = make_record(np.zeros((3, 2, 1, 1)), [[[30]], [[10]]], members_anywhere=10)
    assert compute(record)["member_share"] == 0.25
