"""Entropy and relatedness density of regional profiles, on shares known by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simulation.metrics import Curves, compute, reasons
from simulation.metrics.profile import density, entropy, relatedness

MONTHS = 12


def still(make_record, shares, eligible):
    """A record whose shares, (R, K), stay as they are; ``eligible`` is (R, S, K)."""
    adopters = np.rint(np.asarray(shares)[:, None, :] * np.asarray(eligible))
    return make_record(np.tile(adopters, (MONTHS + 1, 1, 1, 1)), eligible)


def test_all_technologies_alike_have_entropy_one_and_a_single_one_zero(make_record):
    record = still(make_record, [[0.5, 0.5], [1.0, 0.0]], np.full((2, 1, 2), 1000))
    assert entropy(Curves(record)) == pytest.approx([1.0, 0.0])
    assert compute(record)["profile_entropy"] == pytest.approx(0.5)


def test_entropy_of_three_to_one(make_record):
    record = still(make_record, [[0.9, 0.3], [0.5, 0.5]], np.full((2, 1, 2), 1000))
    expected = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25)) / math.log(2)
    assert entropy(Curves(record))[0] == pytest.approx(expected)


def test_relatedness_is_that_of_the_industries_that_can_use_both(make_record):
    eligible = np.zeros((2, 2, 3))
    eligible[:, 0, 0] = eligible[:, 0, 1] = eligible[:, 1, 1] = eligible[:, 1, 2] = 100
    found = relatedness(Curves(still(make_record, np.full((2, 3), 0.6), eligible)))
    half = math.sqrt(0.5)
    assert found == pytest.approx(np.array([[0, half, 0], [half, 0, half], [0, half, 0]]))


def test_density_is_what_is_adopted_around_what_lacks(make_record):
    """Two technologies are for one industry, a third for another: the only neighbour of what lacks is all adopted."""
    eligible = np.zeros((2, 2, 3))
    eligible[:, 0, :2] = eligible[:, 1, 2] = 100
    record = still(make_record, [[0.0, 1.0, 1.0], [0.5, 0.5, 0.5]], eligible)
    assert density(Curves(record)) == pytest.approx([1.0, (0.5 * 0.5 * 2 + 0.0) / 1.5])


def test_a_profile_needs_two_technologies_and_the_stage(make_record):
    one = still(make_record, [[0.6], [0.6]], np.full((2, 1, 1), 100))
    low = still(make_record, [[0.2, 0.2], [0.2, 0.2]], np.full((2, 1, 2), 100))
    for record, why in ((one, "there are fewer than two"), (low, "does not reach 50%")):
        assert math.isnan(compute(record)["profile_entropy"])
        assert why in reasons(record)["profile_density"]
