"""The business network against plain twins."""

import numpy as np
import pytest

from simulation.engine.kernels import network, waiting
from simulation.engine.kernels.network import Contact


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


def test_what_partners_are_told_equals_counts_made_anew():
    rng = np.random.default_rng(7)
    n = 40
    adjacency, indptr, indices, region_of = random_network(rng, n)
    eligible = rng.random(n) < 0.7
    adopts = eligible & (rng.random(n) < 0.5)
    waits = rng.permutation(np.flatnonzero(eligible & ~adopts)).astype(np.int32)
    partners, local = np.zeros(n, np.int32), np.array([1.0, 1.6, 1.2])
    network.eligible_partners(indptr, indices, np.arange(n, dtype=np.int32), eligible, partners)
    place, contacts = np.empty(n, np.int32), np.full((n, len(Contact)), 99, np.int32)
    exposures = np.full(n, np.nan)
    waiting.find_places(waits, place)
    network.count_no_adopter(waits, partners, region_of, contacts[: waits.size])
    network.network_exposures(local, contacts[: waits.size], exposures[: waits.size])
    adopters = np.flatnonzero(adopts).astype(np.int32)
    for some in (adopters[:3], adopters[3:3], adopters[3:]):
        network.tell_partners(some, indptr, indices, region_of, local, place, contacts, exposures)
    slot = np.where(eligible, np.cumsum(eligible) - 1, -1).astype(np.int32)
    adopted_month = np.where(adopts[eligible], 5, -1).astype(np.int32)
    for w, i in enumerate(waits):
        met = [j for j in adopters if adjacency[i, j]]
        same = sum(region_of[j] == region_of[i] for j in met)
        eligible_partners = adjacency[i, eligible].sum()
        assert contacts[w].tolist() == [same, len(met) - same, eligible_partners, region_of[i]]
        meeting = sum(local[region_of[i]] if region_of[j] == region_of[i] else 1.0 for j in met)
        expected = meeting / eligible_partners if eligible_partners else network.NO_PARTNER
        assert exposures[w] == pytest.approx(expected, rel=1e-14)
        told = network.exposure_of(i, indptr, indices, region_of, slot, adopted_month, local)
        assert told == exposures[w]
    assert (contacts[waits.size :] == 99).all() and np.isnan(exposures[waits.size :]).all()


def test_exposures_made_anew_equal_equation_2():
    contacts, exposures = np.array([[2, 1, 4, 0], [0, 0, 0, 0], [3, 0, 6, 1]], np.int32), np.empty(3)
    network.network_exposures(np.array([1.5, 1.0]), contacts, exposures)
    assert exposures.tolist() == [1.0, network.NO_PARTNER, 0.5]
