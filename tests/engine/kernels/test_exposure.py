"""Exposure against plain NumPy twins, and the hand-computed cases of section 6."""

import numpy as np
import pytest

from simulation.data.geography import spatial_kernel
from simulation.engine.kernels import exposure

R, S, K, H, J = 4, 3, 5, 2, 6


@pytest.fixture
def rng():
    return np.random.default_rng(20231120)


def spatial(proximity, local, relatedness, adopters, eligible, gamma=1.0):
    """S of every region, industry and technology, (R, S, K), one technology after the other."""
    neutral, weights = np.empty(proximity.shape), np.empty(proximity.shape)
    exposure.contact_weights(proximity, np.ones(len(proximity)), neutral)
    exposure.contact_weights(proximity, local, weights)
    out = np.empty(eligible.shape)
    for k in range(eligible.shape[2]):
        n, a = np.ascontiguousarray(eligible[:, :, k].T), np.ascontiguousarray(adopters[:, :, k].T)
        denominator, found = np.empty(n.shape), np.empty(n.shape)
        exposure.spatial_denominator(neutral, relatedness, n, gamma, denominator)
        exposure.spatial_exposure(weights, relatedness, np.arange(len(a)), a, denominator, found)
        out[:, :, k] = found.T
    return out


def random_world(rng):
    proximity = rng.random((R, R))
    eligible = rng.integers(0, 30, (R, S, K)).astype(float)
    adopters = np.floor(eligible * rng.random((R, S, K)))
    return proximity + proximity.T, 1 + rng.random(R), rng.random((S, S)), adopters, eligible


def test_spatial_exposure_equals_the_sums_of_equation_1(rng):
    proximity, local, relatedness, adopters, eligible = random_world(rng)
    lever = np.ones((R, R)) + np.diag(local - 1)
    numerator = np.einsum("rq,rq,su,quk->rsk", lever, proximity, relatedness, adopters)
    denominator = np.einsum("rq,su,quk->rsk", proximity, relatedness, eligible)
    got = spatial(proximity, local, relatedness, adopters, eligible)
    np.testing.assert_allclose(got, numerator / denominator, rtol=1e-13)


def test_density_exponent_keeps_the_national_mean_of_the_denominator_in_place(rng):
    proximity, _, relatedness, adopters, eligible = random_world(rng)
    denominator = np.einsum("rq,su,quk->rsk", proximity, relatedness, eligible)
    mean = (denominator * eligible).sum(axis=0) / eligible.sum(axis=0)
    numerator = spatial(proximity, np.ones(R), relatedness, adopters, eligible) * denominator
    got = spatial(proximity, np.ones(R), relatedness, adopters, eligible, gamma=0.4)
    np.testing.assert_allclose(got, numerator / (denominator**0.4 * mean**0.6), rtol=1e-12)


def test_nobody_in_reach_means_no_exposure():
    got = spatial(np.eye(2), np.ones(2), np.ones((1, 1)), np.zeros((2, 1, 1)), np.zeros((2, 1, 1)))
    assert np.array_equal(got, np.zeros((2, 1, 1)))


@pytest.mark.parametrize(
    ("half_distance", "expected"),
    [(529.0, (0.26560, 0.17023, 0.06850)), (300.0, (0.32000, 0.15385, 0.02632))],
)
def test_exposure_of_three_regions_on_a_line(verified, half_distance, expected):
    """Section 6, check 5."""
    place = np.array([0.0, 300.0, 1200.0])
    proximity = spatial_kernel(np.abs(place[:, None] - place[None, :]), half_distance)
    adopters = np.array([50.0, 0.0, 0.0]).reshape(3, 1, 1)
    got = spatial(proximity, np.ones(3), np.ones((1, 1)), adopters, np.full((3, 1, 1), 100.0)).ravel()
    verified(
        5,
        f"S of three regions, half distance {half_distance:g} km",
        measured=got,
        expected=expected,
        within=5e-6,
    )


def test_splitting_a_region_changes_nobody_s_exposure(verified):
    """Section 6, check 6."""
    whole = spatial_kernel(np.array([[0.0, 500.0], [500.0, 0.0]]), 529.0)
    adopters, eligible = np.array([60.0, 5.0]).reshape(2, 1, 1), np.array([200.0, 100.0]).reshape(2, 1, 1)
    one = spatial(whole, np.ones(2), np.ones((1, 1)), adopters, eligible).ravel()
    verified(6, "S of two regions", measured=one, expected=(0.24846, 0.17737), within=5e-6)
    distance = np.array([[0.0, 0.0, 500.0], [0.0, 0.0, 500.0], [500.0, 500.0, 0.0]])
    adopters, eligible = (
        np.array([10.0, 50.0, 5.0]).reshape(3, 1, 1),
        np.array([80.0, 120.0, 100.0]).reshape(3, 1, 1),
    )
    two = spatial(spatial_kernel(distance, 529.0), np.ones(3), np.ones((1, 1)), adopters, eligible).ravel()
    np.testing.assert_allclose(two, (one[0], one[0], one[1]), rtol=1e-14)
    verified(
        6,
        "the same, the first region split in two",
        measured=two[1:],
        expected=(0.24846, 0.17737),
        within=5e-6,
    )


def digital(interoperability, meets, relatedness, eligible_industry, member_adopters, members):
    """D of every platform, industry and technology, (H, S, K), one technology after the other."""
    out = np.empty(member_adopters.shape)
    for k in range(out.shape[2]):
        industries = np.flatnonzero(eligible_industry[:, k])
        adopted = np.ascontiguousarray(member_adopters[:, :, k])
        found = np.full(adopted.shape, np.nan)
        exposure.digital_exposure(interoperability, meets, relatedness, industries, adopted, members, found)
        assert np.isnan(found[:, ~eligible_industry[:, k]]).all()
        out[:, :, k] = found
    return out


def test_digital_exposure_equals_the_sums_of_equation_4(rng):
    omega = np.array([[1.0, 0.4], [0.4, 1.0]])
    relatedness = rng.random((S, S))
    eligible = rng.random((S, K)) < 0.7
    members = rng.integers(1, 50, (H, S))
    adopters = np.floor(members[:, :, None] * rng.random((H, S, K))).astype(np.int64) * eligible
    got = digital(omega, np.ones(H, bool), relatedness, eligible, adopters, members)
    numerator = np.einsum("hg,su,guk->hsk", omega, relatedness, adopters)
    denominator = np.einsum("hg,su,gu,uk->hsk", omega, relatedness, members, eligible)
    expected = np.divide(numerator, denominator, out=np.zeros_like(numerator), where=denominator > 0)
    there = np.broadcast_to(eligible, got.shape)
    np.testing.assert_allclose(got[there], expected[there], rtol=1e-13)


def test_enterprises_do_not_meet_on_a_platform_without_b2b(rng):
    members = np.full((H, S), 10)
    adopters = np.full((H, S, K), 5)
    arguments = np.ones((S, S)), np.ones((S, K), bool), adopters, members
    got = digital(np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([True, False]), *arguments)
    assert np.all(got[0] == 0.5)
    assert np.all(got[1] == 0.0)


def test_an_institution_counts_once_however_it_is_reached(rng):
    near, capacity = rng.random(J), 1 + rng.random(J)
    served = np.array([True, True, False, False, True, False])
    far_factor, remote = rng.random(K), 0.8
    mastered = rng.random((J, K)) < 0.6
    total, local = np.transpose(
        [
            exposure.institutional_contacts(near, remote, served, far_factor[k], capacity, mastered[:, k])
            for k in range(K)
        ]
    )
    weight = np.where(served[:, None], np.maximum(near[:, None], far_factor * remote), near[:, None])
    np.testing.assert_allclose(total, (weight * capacity[:, None] * mastered).sum(axis=0), rtol=1e-13)
    np.testing.assert_allclose(local, (near[:, None] * capacity[:, None] * mastered).sum(axis=0), rtol=1e-13)
