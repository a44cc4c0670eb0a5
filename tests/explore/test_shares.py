"""Shares of constructed ensembles, whose true shares are known, and the coverage of their intervals."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from known_functions import covered
from scipy.stats import gamma, norm

from simulation.explore.resampling import product, resampled, wilson
from simulation.explore.shares import (
    Share,
    Worlds,
    _mixing,
    _share,
    share_of_pairs,
    share_of_worlds,
    shares_of_pairs,
)

MARGIN = 0.1


def pairs(rng: np.random.Generator, points: int, *, seeds: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes whose share, .3, differs between points: Beta(1.5, 3.5)."""
    chance = rng.beta(1.5, 3.5, points)
    return rng.random((points, seeds)) < chance[:, None], np.repeat(np.arange(points), seeds)


def repeated_shares(repeats: int, *, points: int) -> list[Share]:
    found = []
    for seed in range(repeats):
        rng = np.random.default_rng(seed)
        outcomes, point = pairs(rng, points)
        found.append(share_of_pairs(outcomes.ravel(), point, rng=rng, resamples=200))
    return found


def ends(shares: list[Share]) -> tuple[np.ndarray, ...]:
    return tuple(np.array([getattr(share, name) for share in shares]) for name in ("estimate", "low", "high"))


def test_a_share_of_pairs_is_unbiased_and_its_interval_covers():
    """200 repeats: the bias has a standard error of .07 standard errors, coverage one of 1.5 %."""
    bias, coverage = covered(*ends(repeated_shares(200, points=200)), truth=np.array(0.3))
    assert abs(bias) < 0.25
    assert 0.92 <= coverage <= 0.98


def test_the_interval_of_pairs_is_wider_than_that_of_independent_pairs():
    found = repeated_shares(1, points=400)[0]
    low, high = wilson(found.estimate, 1200)
    assert found.high - found.low > 1.05 * (high - low)
    low, high = wilson(found.estimate, 400)
    assert found.high - found.low < high - low


def test_weights_undo_a_sample_that_prefers_one_kind_of_points():
    """Half of all points have the outcome; those are kept with chance .9, the others with .3."""
    rng = np.random.default_rng(1)
    has = rng.random(20_000) < 0.5
    chance = np.where(has, 0.9, 0.3)
    kept = rng.random(20_000) < chance
    point = np.flatnonzero(kept)
    plain = share_of_pairs(has[kept], point, rng=rng, resamples=100)
    weighted = share_of_pairs(has[kept], point, rng=rng, weights=1 / chance[kept], resamples=100)
    assert plain.low > 0.7
    assert weighted.low < 0.5 < weighted.high


@pytest.mark.parametrize("outcome", [False, True])
def test_an_outcome_that_none_or_all_have_leaves_room_for_others(outcome: bool):
    found = share_of_pairs(
        np.full(90, outcome), np.repeat(np.arange(30), 3), rng=np.random.default_rng(1), resamples=50
    )
    assert (found.low, found.high) == pytest.approx(wilson(float(outcome), 30))
    assert found.high - found.low > 0.1 and found.n == 30


def test_no_pair_gives_no_share():
    found = share_of_pairs(np.zeros(0, dtype=bool), np.zeros(0, dtype=int), rng=np.random.default_rng(1))
    assert found.n == 0 and np.isnan([found.estimate, found.low, found.high]).all()


def normal(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.normal(0.3, 1, n)


def skewed(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.gamma(1.5, 1, n) - 1.2


def two_kinds(rng: np.random.Generator, n: int) -> np.ndarray:
    return np.where(rng.random(n) < 0.6, rng.normal(0.6, 0.4, n), rng.normal(-0.6, 0.2, n))


def shares_of(cdf: Callable[[float], float]) -> np.ndarray:
    return np.array([1 - cdf(MARGIN), cdf(MARGIN) - cdf(-MARGIN), cdf(-MARGIN)])


TRUE = {
    normal: shares_of(lambda x: norm.cdf(x, 0.3, 1)),
    skewed: shares_of(lambda x: gamma.cdf(x + 1.2, 1.5)),
    two_kinds: shares_of(lambda x: 0.6 * norm.cdf(x, 0.6, 0.4) + 0.4 * norm.cdf(x, -0.6, 0.2)),
}


def ensemble(
    rng: np.random.Generator,
    draw: Callable,
    points: int,
    *,
    chance: float,
    seeds: int = 3,
    uneven: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """Differences and points; with ``uneven`` chance its standard deviation varies threefold between points."""
    scale = chance * (np.exp(0.5 * rng.normal(size=points)) if uneven else np.ones(points))
    noise = scale[:, None] * rng.normal(size=(points, seeds))
    return (draw(rng, points)[:, None] + noise).ravel(), np.repeat(np.arange(points), seeds)


def as_list(worlds: Worlds) -> list[Share]:
    return [worlds.above, worlds.alike, worlds.below]


def repeated_worlds(
    draw: Callable, repeats: int, *, points: int, uneven: bool
) -> tuple[np.ndarray, np.ndarray]:
    found = []
    for seed in range(repeats):
        rng = np.random.default_rng(seed)
        sample = ensemble(rng, draw, points, chance=0.3, uneven=uneven)
        found.append(ends(as_list(share_of_worlds(*sample, margin=MARGIN))))
    return covered(*(np.stack(part) for part in zip(*found, strict=True)), truth=TRUE[draw])


@pytest.mark.parametrize(("draw", "uneven"), [(normal, False), (skewed, True), (two_kinds, True)])
def test_shares_of_worlds_are_nearly_unbiased_and_their_intervals_cover_on_average(
    draw: Callable, uneven: bool
):
    """50 repeats: the bias has a standard error of .14 standard errors, coverage one of at most 3 %."""
    bias, coverage = repeated_worlds(draw, 50, points=200, uneven=uneven)
    assert (np.abs(bias) < 0.25 + 3 * 0.14).all()
    assert 0.90 <= coverage.mean() <= 0.99


@pytest.mark.slow
@pytest.mark.parametrize("uneven", [False, True])
@pytest.mark.parametrize("draw", TRUE)
def test_each_share_of_worlds_is_unbiased_and_its_interval_covers(draw: Callable, uneven: bool):
    """600 repeats: the bias has a standard error of .04 standard errors, coverage one of .9 %."""
    bias, coverage = repeated_worlds(draw, 600, points=500, uneven=uneven)
    assert (np.abs(bias) < 0.25).all(), bias
    assert ((coverage >= 0.92) & (coverage <= 0.98)).all(), coverage


@pytest.mark.slow
@pytest.mark.parametrize("draw", TRUE)
def test_shares_of_worlds_cover_where_few_points_stand_for_many(draw: Callable):
    """As under a filter that most worlds do not pass: they run at every eighth point only, with a weight of eight."""
    found = []
    for seed in range(400):
        rng = np.random.default_rng(seed)
        differences, point = ensemble(rng, draw, 1600, chance=0.3)
        passes = rng.random(1600) < 0.2
        weight = np.where(passes, 1.0, np.where(np.arange(1600) % 8 == 0, 8.0, 0.0))
        found.append(ends(as_list(share_of_worlds(differences, point, margin=MARGIN, weights=weight[point]))))
    bias, coverage = covered(*(np.stack(part) for part in zip(*found, strict=True)), truth=TRUE[draw])
    assert (np.abs(bias) < 0.25).all(), bias
    assert ((coverage >= 0.92) & (coverage <= 0.98)).all(), coverage


def test_chance_does_not_blur_two_kinds_of_worlds():
    """Counting means finds many worlds between the two kinds, where there are few."""
    sample = ensemble(np.random.default_rng(2), two_kinds, 4000, chance=0.6)
    found = share_of_worlds(*sample, margin=MARGIN)
    means = sample[0].reshape(-1, 3).mean(axis=1)
    naive = (np.abs(means) <= MARGIN).mean()
    assert naive - TRUE[two_kinds][1] > 0.025
    assert found.alike.estimate - TRUE[two_kinds][1] < 0.015
    assert found.error == pytest.approx(0.6 / np.sqrt(3), rel=0.05)


def test_worlds_without_chance_are_counted():
    values = np.repeat([0.5, 0.1, -0.1, 0.0, -0.2], [3, 1, 2, 3, 1])
    found = share_of_worlds(
        np.repeat(values, 2),
        np.repeat(np.arange(10), 2),
        margin=MARGIN,
    )
    assert [share.estimate for share in as_list(found)] == pytest.approx([0.3, 0.6, 0.1])
    assert found.error == 0


def test_worlds_at_zero_without_chance_stay_alike_among_others_with_chance():
    """A fifth never differs, as where neither scenario does anything; the others are far above."""
    rng = np.random.default_rng(4)
    differences, point = ensemble(rng, lambda rng, n: rng.normal(3, 0.5, n), 500, chance=0.3)
    differences[:300] = 0.0
    found = share_of_worlds(differences, point, margin=MARGIN)
    assert found.alike.estimate == pytest.approx(0.2, abs=0.002)


def test_differences_that_rounding_alone_sets_apart_are_equal():
    rng = np.random.default_rng(4)
    differences, point = ensemble(rng, normal, 300, chance=0.3)
    differences[:150] = 0.7
    exact = share_of_worlds(differences, point, margin=MARGIN)
    differences[:150] += 1e-15 * rng.normal(size=150)
    rounded = share_of_worlds(differences, point, margin=MARGIN)
    assert rounded.above.estimate == pytest.approx(exact.above.estimate, abs=1e-9)


def test_points_without_weight_are_left_out():
    rng = np.random.default_rng(4)
    differences, point = ensemble(rng, normal, 100, chance=0.3)
    weights = np.repeat(rng.integers(0, 3, size=100), 3).astype(float)
    kept = weights > 0
    for share in (
        lambda d, p, w: share_of_pairs(d > 0, p, rng=np.random.default_rng(1), weights=w, resamples=20),
        lambda d, p, w: share_of_worlds(d, p, margin=MARGIN, weights=w),
    ):
        assert share(differences, point, weights) == share(differences[kept], point[kept], weights[kept])


def test_points_may_have_different_numbers_of_seeds():
    rng = np.random.default_rng(5)
    differences, point = ensemble(rng, normal, 1000, chance=0.5, seeds=10)
    number = np.tile(np.arange(10), 1000)
    kept = number < np.where(point % 2 == 0, 10, np.where(point % 4 == 1, 2, 1))
    found = share_of_worlds(differences[kept], point[kept], margin=MARGIN)
    assert found.above.low < TRUE[normal][0] < found.above.high


def test_one_seed_a_point_says_nothing_about_chance():
    with pytest.raises(ValueError, match="two or more"):
        share_of_worlds(np.ones(5), np.arange(5), margin=MARGIN)


@given(
    data=st.lists(
        st.tuples(
            st.integers(0, 7),
            st.one_of(st.sampled_from([0.0, 0.1, -0.1, 1e-12]), st.floats(-1e3, 1e3, allow_subnormal=False)),
        ),
        max_size=30,
    ),
    margin=st.sampled_from([0.0, 0.1, 5.0]),
)
@settings(deadline=None, max_examples=60)
def test_shares_of_any_worlds_sum_to_one_and_lie_in_their_intervals(data, margin):
    point = np.array([p for p, _ in data], dtype=int)
    differences = np.array([d for _, d in data], dtype=float)
    if point.size and np.unique(point, return_counts=True)[1].max() == 1:
        return
    found = as_list(share_of_worlds(differences, point, margin=margin))
    if not data:
        assert all(np.isnan(share.estimate) for share in found)
        return
    assert sum(share.estimate for share in found) == pytest.approx(1)
    assert all(0 <= share.low <= share.estimate + 1e-12 <= share.high + 2e-12 <= 1 + 3e-12 for share in found)


def test_the_order_of_pairs_and_the_numbers_of_points_do_not_matter():
    rng = np.random.default_rng(6)
    differences, point = ensemble(rng, normal, 100, chance=0.3)
    order = rng.permutation(point.size)
    one = share_of_worlds(differences, point, margin=MARGIN)
    two = share_of_worlds(differences[order], 10 * point[order] + 7, margin=MARGIN)
    for a, b in zip(as_list(one), as_list(two), strict=True):
        assert (a.estimate, a.low, a.high) == pytest.approx((b.estimate, b.low, b.high), abs=1e-9)


def test_each_resample_draws_as_many_points_as_there_are():
    counts = np.concatenate(list(resampled(1000, np.random.default_rng(1), resamples=5000)))
    assert counts.shape == (5000, 1000) and (counts.sum(axis=1) == 1000).all()
    assert counts.mean(axis=0) == pytest.approx(1, abs=5 * np.sqrt(1 / 5000))


@pytest.mark.parametrize("rest", [5e-11, 1e-7, 1e-5])
def test_a_share_that_lacks_less_than_a_point_has_the_interval_of_a_whole_one(rest: float):
    """The variance of such a share over resamples is large against its size, and says nothing."""
    low, high = wilson(1.0, 100)
    found = _share(1 - rest, 4e-9, points=100, most=100)
    assert (found.low, found.high) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


def mixture(points: int, cells: int) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Likelihoods of points in cells, unequal shares of the points, and three classes of cells."""
    rng = np.random.default_rng(7)
    at, centres = rng.normal(0, 1, points), np.linspace(-3, 3, cells)
    share = rng.uniform(0.2, 2, points)
    classes = (np.arange(3) == np.arange(cells)[:, None] * 3 // cells).astype(float)
    likelihood = norm.pdf(at[:, None], centres, 0.3)
    return likelihood, share / share.sum(), {"widths": np.ones(cells), "classes": classes}


def test_slopes_of_the_mixture_are_its_derivatives():
    """Central differences with a step of 1e-6 are exact to about 1e-9."""
    likelihood, shares, rest = mixture(12, 9)
    _, slopes = _mixing(likelihood, shares, **rest)
    for p in range(12):
        step = np.where(np.arange(12) == p, 1e-6, 0.0)
        up, down = (_mixing(likelihood, shares + side * step, **rest)[0] for side in (1, -1))
        assert (up - down) / 2e-6 == pytest.approx(slopes[p], abs=1e-7)


def test_the_variance_of_a_share_of_worlds_is_that_of_a_bootstrap():
    """400 resamples: a standard deviation has a standard error of 3.5 %."""
    likelihood, shares, rest = mixture(500, 12)
    _, slopes = _mixing(likelihood, shares, **rest)
    found = np.sqrt(((shares[:, None] * (slopes - shares @ slopes)) ** 2).sum(axis=0))
    again = [
        _mixing(likelihood, counts * shares / (counts @ shares), **rest)[0]
        for part in resampled(500, np.random.default_rng(1), resamples=400)
        for counts in part
    ]
    assert found == pytest.approx(np.std(again, axis=0), rel=0.15)


def test_outcomes_that_are_counted_together_have_the_shares_of_each_alone():
    outcomes, point = pairs(np.random.default_rng(1), 50)
    columns = np.stack([outcomes.ravel(), ~outcomes.ravel(), np.zeros(150, bool), np.ones(150, bool)], axis=1)
    together = shares_of_pairs(columns, point, rng=np.random.default_rng(2), resamples=100)
    for column, share in zip(columns.T, together, strict=True):
        alone = share_of_pairs(column, point, rng=np.random.default_rng(2), resamples=100)
        assert (share.estimate, share.low, share.high) == pytest.approx(
            (alone.estimate, alone.low, alone.high)
        )


@given(st.integers(0, 40), st.sampled_from([1, 3, 8192, 20_000]), st.integers(1, 3))
@settings(max_examples=20, deadline=None)
def test_a_product_in_parts_is_the_product(m: int, n: int, k: int):
    rng = np.random.default_rng(m)
    a, b = rng.random((m, n)), rng.random((n, k))
    assert product(a, b) == pytest.approx(a @ b, rel=1e-12)
