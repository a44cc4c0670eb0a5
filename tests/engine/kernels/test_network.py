"""The business network against plain twins."""

import numpy as np
import pytest

from simulation.engine.kernels import network


def ring(n):
    """Everybody's partners are the two neighbours."""
    indices = np.array([[(i - 1) % n, (i + 1) % n] for i in range(n)], dtype=np.int32)
    return np.arange(0, 2 * n + 1, 2, dtype=np.int64), indices.ravel()


def test_only_partners_in_an_eligible_industry_count():
    indptr, indices = ring(6)
    industry_of = np.array([0, 1, 0, 1, 1, 1], dtype=np.int32)
    out = np.empty(6, dtype=np.int32)
    network.eligible_partners(indptr, indices, industry_of, np.array([True, False]), out)
    assert out.tolist() == [0, 2, 0, 1, 0, 1]


def random_network(rng, n):
    """Return who is tied to whom, bool (n, n), the same in CSR form, and the regions of the n enterprises."""
    adjacency = np.triu(rng.random((n, n)) < 0.2, 1)
    adjacency |= adjacency.T
    indptr = np.concatenate([[0], adjacency.sum(axis=1).cumsum()])
    indices = np.nonzero(adjacency)[1].astype(np.int32)
    return adjacency, indptr, indices, rng.integers(0, 3, n).astype(np.int32)


def test_pushed_counts_equal_counts_made_anew():
    rng = np.random.default_rng(7)
    n = 40
    adjacency, indptr, indices, region_of = random_network(rng, n)
    eligible = rng.random(n) < 0.7
    slot = np.where(eligible, np.cumsum(eligible) - 1, -1).astype(np.int32)
    near, far = np.zeros(n, np.int32), np.zeros(n, np.int32)
    place = rng.permutation(n).astype(np.int32)
    adopters = np.flatnonzero(eligible & (rng.random(n) < 0.5))
    partners, local = np.zeros(n, np.int32), np.array([1.0, 1.6, 1.2])
    network.eligible_partners(indptr, indices, np.arange(n, dtype=np.int32), eligible, partners)
    exposures = np.full(n, np.nan)
    for i in adopters:
        network.push_adoption(
            i, indptr, indices, region_of, slot, partners, local, near, far, place, exposures
        )
    for i in np.flatnonzero(eligible):
        met = [j for j in adopters if adjacency[i, j]]
        same = sum(region_of[j] == region_of[i] for j in met)
        assert (near[slot[i]], far[slot[i]]) == (same, len(met) - same)
        if met:
            meeting = sum(local[region_of[i]] if region_of[j] == region_of[i] else 1.0 for j in met)
            assert exposures[place[slot[i]]] == pytest.approx(
                meeting / adjacency[i, eligible].sum(), rel=1e-14
            )


def test_adopting_partners_counted_anew_equal_counts_by_pair():
    rng = np.random.default_rng(8)
    n = 40
    adjacency, indptr, indices, region_of = random_network(rng, n)
    eligible = np.stack([rng.random(n) < 0.7, np.ones(n, dtype=bool)])  # of the two patterns
    slot = np.where(eligible, eligible.cumsum(axis=1) - 1, -1).astype(np.int32)
    pattern_of = np.array([1, 0, 1])
    start = np.concatenate([[0], eligible.sum(axis=1)[pattern_of].cumsum()])
    enterprise = np.concatenate([np.flatnonzero(eligible[g]) for g in pattern_of]).astype(np.int32)
    adopted_month = np.where(rng.random(start[-1]) < 0.5, rng.integers(0, 9, start[-1]), -1).astype(np.int32)
    near, far = np.full(start[-1], 99, np.int32), np.full(start[-1], 99, np.int32)
    network.adopting_partners(
        start, enterprise, pattern_of, slot, indptr, indices, region_of, adopted_month, near, far
    )
    for k in range(3):
        here = slice(start[k], start[k + 1])
        adopters = enterprise[here][adopted_month[here] >= 0]
        for p, i in enumerate(enterprise[here], start=start[k]):
            met = [j for j in adopters if adjacency[i, j]]
            same = sum(region_of[j] == region_of[i] for j in met)
            assert (near[p], far[p]) == (same, len(met) - same)


def test_exposures_made_anew_equal_equation_2():
    near, far = np.array([2, 0, 3], np.int32), np.array([1, 0, 0], np.int32)
    place = np.array([2, 0, 1], np.int32)
    partners, exposures = np.array([[4, 0, 6]], np.int32), np.empty(3)
    network.network_exposures(
        np.array([0, 3]), np.arange(3, dtype=np.int32), np.array([0]), partners, np.array([0, 0, 1], np.int32),
        np.array([1.5, 1.0]), near, far, place, exposures,
    )  # fmt: skip
    assert exposures[place].tolist() == [1.0, network.NO_PARTNER, 0.5]
