"""The business network: shape, shares, and whom an entrant disturbs."""

import numpy as np
import pytest

from simulation.build import build_world
from simulation.geography import spatial_kernel
from simulation.scenario import load_scenario
from simulation.streams import key, numbered_all
from simulation.ties import KEPT, draw_network


def network(counts, *, seed=1, distance=None, local_ties=0.85, draws=4, relatedness=None):
    counts = np.asarray(counts)
    r, s = counts.shape
    cell = np.repeat(np.arange(counts.size), counts.ravel())
    number = np.concatenate([np.arange(n) for n in counts.ravel()])
    cells = np.array([key("enterprise", f"r{c // s}", f"s{c % s}") for c in range(r * s)], dtype=np.uint64)
    identities = numbered_all(cells[cell], number)
    distance = np.full((r, r), 300.0) if distance is None else distance
    indptr, indices = draw_network(
        seed,
        identities=identities,
        region_of=(cell // s).astype(np.int32),
        industry_of=(cell % s).astype(np.int32),
        counts=counts,
        region_keys=np.array([key("region", q) for q in range(r)], dtype=np.uint64),
        industry_keys=np.array([key("industry", u) for u in range(s)], dtype=np.uint64),
        proximity=spatial_kernel(distance, 100.0),
        relatedness=np.full((s, s), 0.2) + 0.8 * np.eye(s) if relatedness is None else relatedness,
        draws=draws,
        local_ties=local_ties,
    )
    ties = {(i, int(j)) for i in range(cell.size) for j in indices[indptr[i] : indptr[i + 1]]}
    assert len(ties) == indices.size, "a tie stands there twice"
    return ties, cell // s, cell % s, identities


def test_ties_are_mutual_and_never_to_oneself():
    ties, *_ = network([[40, 10], [30, 20]])
    assert all((j, i) in ties and i != j for i, j in ties)


def test_the_mean_degree_is_about_twice_the_draws():
    ties, *_ = network([[2000], [2000]])
    assert len(ties) / 4000 == pytest.approx(
        8.0, abs=0.05
    )  # less the doubles, about 4 * 8 / 2000 per enterprise


def test_the_share_of_ties_that_stay_in_the_region_is_the_one_asked_for():
    ties, region, *_ = network([[2000], [2000], [2000]])
    inside = np.mean([region[i] == region[j] for i, j in ties])
    assert inside == pytest.approx(0.85, abs=5 * np.sqrt(0.85 * 0.15 / 24_000))


def test_other_regions_are_chosen_by_kernel_and_size():
    distance = np.array([[0.0, 100.0, 200.0], [100.0, 0.0, 300.0], [200.0, 300.0, 0.0]])
    ties, region, *_ = network([[3000], [1000], [4000]], distance=distance, local_ties=0.0)
    drawn = [region[j] for i, j in ties if region[i] == 0]
    # Region 0 draws 4 each, weights .5 x 1000 and .25 x 4000; the others draw from it in proportion to their weights.
    from_0 = 3000 * 4 * np.array([1 / 3, 2 / 3])
    from_1 = 1000 * 4 * 0.5 * 3000 / (0.5 * 3000 + 0.125 * 4000)
    from_2 = 4000 * 4 * 0.25 * 3000 / (0.25 * 3000 + 0.125 * 1000)
    expected = from_0 + np.array([from_1, from_2])
    assert np.bincount(drawn, minlength=3)[1:] == pytest.approx(expected, rel=0.03)


def test_industries_are_chosen_by_relatedness_and_number():
    ties, _, industry, _ = network([[1000, 3000]], local_ties=1.0)
    drawn = np.mean([industry[j] for i, j in ties if industry[i] == 0])
    by_0, by_1 = 1000 * 0.2 * 3000 / (1000 + 0.2 * 3000), 3000 * 0.2 * 1000 / (0.2 * 1000 + 3000)
    of_0 = 2 * (1000 - by_0)  # ties inside industry 0, seen from both ends
    assert drawn == pytest.approx((by_0 + by_1) / (of_0 + by_0 + by_1), rel=0.05)


def test_where_nobody_else_is_in_reach_ties_stay_at_home():
    ties, region, *_ = network([[50], [50]], distance=np.array([[0.0, 1e9], [1e9, 0.0]]), local_ties=0.0)
    assert ties
    assert all(region[i] == region[j] for i, j in ties)


def test_a_single_enterprise_has_no_partner_and_a_pair_has_one():
    assert network([[1]])[0] == set()
    assert network([[2]])[0] == {(0, 1), (1, 0)}


def test_an_entrant_changes_few_ties_of_incumbents():
    before, *_, old = network([[300, 100], [200, 50]])
    after, *_, new = network([[300, 100], [201, 50]])
    names = {int(key): i for i, key in enumerate(old)}
    renamed = {(names.get(int(new[i]), -1), names.get(int(new[j]), -1)) for i, j in after}
    kept = len(before & renamed)
    assert kept / len(before) > 0.98


def test_scenarios_of_one_seed_share_their_network_and_others_do_not():
    first, again, other = (build_world(load_scenario("baseline"), seed).enterprises for seed in (1, 1, 2))
    assert again.indices is first.indices
    assert not np.array_equal(other.indices, first.indices)
    fewer = build_world(load_scenario("baseline", overrides=["world.local_ties=0.5"]), 1).enterprises
    assert not np.array_equal(fewer.indices, first.indices)


def test_what_was_forgotten_is_drawn_again_bit_for_bit():
    spec = load_scenario("baseline")
    first = build_world(spec, 1).enterprises
    for seed in range(2, 2 + KEPT):
        build_world(spec, seed)
    again = build_world(spec, 1).enterprises
    assert again.indices is not first.indices
    assert np.array_equal(again.indices, first.indices)
    assert np.array_equal(again.indptr, first.indptr)
