"""Measures of samples whose inputs are dependent."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from known_functions import KNOWN, Known, covered
from scipy.stats import ks_2samp, norm, spearmanr

from simulation.explore.given_data import SLICES, correlations, moved_inputs, what_matters

ISHIGAMI, _, CATEGORICAL, STOCHASTIC = KNOWN


def sample(known: Known, n: int, seed: int, *, failed: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    inputs = rng.random((n, len(known.inputs)))
    outcomes = known.function(inputs)
    outcomes[rng.random(n) < failed] = np.nan
    for j, name in enumerate(known.inputs):
        if name in known.categorical:
            inputs[:, j] = np.array([7.0, -1.0, 3.0])[(3 * inputs[:, j]).astype(int)]
    return inputs, outcomes


def measured(known: Known, n: int, seed: int, *, failed: float = 0.0, permutations: int = 2) -> pd.DataFrame:
    return what_matters(
        *sample(known, n, seed, failed=failed),
        names=known.inputs,
        rng=np.random.default_rng(seed),
        categorical=known.categorical,
        permutations=permutations,
    )


def repeated(known: Known, repeats: int, *, n: int, failed: float) -> tuple[np.ndarray, np.ndarray]:
    frames = [measured(known, n, seed, failed=failed) for seed in range(repeats)]
    parts = (np.stack([frame[name] for frame in frames]) for name in ("share", "share_low", "share_high"))
    return covered(*parts, truth=np.array(known.first))


@pytest.mark.parametrize("known", KNOWN, ids=str)
def test_shares_of_variance_of_independent_inputs_are_the_known_ones(known: Known):
    """60 repeats: the bias has a standard error of .13 standard errors."""
    bias, coverage = repeated(known, 60, n=500, failed=0.05)
    assert (np.abs(bias) < 0.25 + 3 * 0.13).all()
    assert coverage.mean() >= 0.91


@pytest.mark.slow
@pytest.mark.parametrize("failed", [0.0, 0.05])
@pytest.mark.parametrize("known", KNOWN, ids=str)
def test_each_share_of_variance_is_unbiased_and_its_interval_covers(known: Known, failed: float):
    """1,000 repeats: the bias has a standard error of .03 standard errors, coverage one of .7 %.

    The interval of an input whose share is 0 may cover always.
    """
    bias, coverage = repeated(known, 1000, n=1000, failed=failed)
    assert (np.abs(bias) < 0.25).all(), bias
    has = np.array(known.first) > 0
    assert (coverage >= 0.92).all() and (coverage[has] <= 0.98).all(), coverage


def test_a_smooth_effect_of_a_threshold_or_of_few_values_is_wholly_explained():
    rng = np.random.default_rng(1)
    x = rng.random((4000, 2))
    x[:, 1] = np.floor(4 * x[:, 1])
    for outcomes, column, least in (
        (x[:, 0] ** 3, 0, 0.99),
        (x[:, 0] > 0.37, 0, 0.95),
        (np.array([1.0, -1.0, 2.0, 0.0])[x[:, 1].astype(int)], 1, 0.999),
    ):
        found = what_matters(x, outcomes.astype(float), names="ab", rng=rng, permutations=20)
        assert least < found["share"][column] <= 1
        assert abs(found["share"][1 - column]) < 0.02


def test_pawn_is_the_median_distance_of_slices_from_the_sample():
    inputs, outcomes = sample(ISHIGAMI, 500, 2)
    outcomes = np.round(outcomes)  # many are equal
    found = what_matters(inputs, outcomes, names="xyz", rng=np.random.default_rng(1), permutations=5)
    for j, pawn in enumerate(found["pawn"]):
        slices = np.array_split(np.argsort(inputs[:, j]), SLICES)
        expected = np.median([ks_2samp(outcomes[part], outcomes).statistic for part in slices])
        assert pawn == pytest.approx(expected, abs=1e-12)


def test_pawn_of_a_category_has_a_slice_for_each():
    inputs, outcomes = sample(CATEGORICAL, 600, 3)
    found = what_matters(
        inputs, outcomes, names=CATEGORICAL.inputs, rng=np.random.default_rng(1), categorical=["kind"]
    )
    slices = [outcomes[inputs[:, 0] == code] for code in np.unique(inputs[:, 0])]
    expected = np.median([ks_2samp(part, outcomes).statistic for part in slices])
    assert found["pawn"][0] == pytest.approx(expected, abs=1e-12)


def test_an_input_without_effect_exceeds_the_dummy_as_often_as_a_dummy_does():
    """Of 200 dummies 5 % exceed a 95 % quantile: 10, with a standard error of 3.1."""
    pawn = share = 0
    for seed in range(50):
        rng = np.random.default_rng(seed)
        inputs = rng.random((200, 4))
        inputs[:, 3] = np.floor(3 * inputs[:, 3])
        found = what_matters(
            inputs, rng.normal(size=200), names="abcd", rng=rng, categorical="d", permutations=99
        )
        pawn += (found["pawn"] > found["pawn_dummy"]).sum()
        share += (found["share"] > found["share_dummy"]).sum()
    assert 0 < pawn < 23 and 0 < share < 23


def test_inputs_that_matter_exceed_the_dummy():
    found = measured(ISHIGAMI, 1000, 4, permutations=100)
    assert (found["pawn"] > found["pawn_dummy"])[:2].all()
    assert (found["share"] > found["share_dummy"]).tolist() == [True, True, False]


def test_an_input_that_only_follows_one_that_matters_is_told_by_the_correlation():
    rng = np.random.default_rng(5)
    cause, other = rng.random((2, 1000))
    inputs = np.stack([cause, 0.8 * cause + 0.2 * rng.random(1000), other], axis=1)
    names = ["cause", "follower", "other"]
    found = what_matters(inputs, cause + 0.1 * rng.normal(size=1000), names=names, rng=rng)
    assert (found["share"] > found["share_dummy"]).tolist() == [True, True, False]
    table = correlations(inputs, names=names)
    assert table.loc["cause", "follower"] > 0.9 > 0.2 > abs(table.loc["cause", "other"])
    np.testing.assert_allclose(table, spearmanr(inputs).statistic)


def test_an_outcome_that_does_not_vary_or_too_few_points_give_no_measure():
    rng = np.random.default_rng(6)
    for n, outcomes in ((100, np.ones(100)), (5, rng.random(5)), (0, np.zeros(0))):
        found = what_matters(rng.random((n, 2)), outcomes, names="ab", rng=rng)
        assert found[["pawn", "pawn_dummy", "share", "share_low", "share_dummy"]].isna().all().all()
        assert (found["n"] == n).all()


def test_a_filter_moves_the_inputs_that_it_looks_at():
    rng = np.random.default_rng(7)
    places = rng.random((2000, 4))
    kept = places[norm.cdf(3 * (places[:, 1] - 0.5)) > rng.random(2000)]
    found = moved_inputs(kept, names="abcd").set_index("input")
    assert found["moved"].to_dict() == {"a": False, "b": True, "c": False, "d": False}
    assert found["median"]["b"] > 0.55


def test_a_filter_that_looks_at_nothing_moves_an_input_in_one_of_twenty_ensembles_at_most():
    """Of 100 ensembles 5 are expected, with a standard error of 2.2."""
    rng = np.random.default_rng(8)
    moved = sum(moved_inputs(rng.random((100, 5)), names="abcde")["moved"].any() for _ in range(100))
    assert moved <= 11


def test_nothing_kept_moves_nothing():
    found = moved_inputs(np.empty((0, 2)), names="ab")
    assert not found["moved"].any() and found["distance"].isna().all()
