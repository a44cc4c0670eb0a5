"""The business network: shape, shares, and whom an entrant disturbs."""

from dataclasses import replace

import numpy as np
import pytest
from tie_rules import rule_of

from simulation.engine.ties import draw_network, first_partners, network_of, redraw_partners
from simulation.mechanisms.mobility import Mobility


def ties_of(indptr, indices):
    ties = {(i, int(j)) for i in range(indptr.size - 1) for j in indices[indptr[i] : indptr[i + 1]]}
    assert len(ties) == indices.size, "a tie stands there twice"
    return ties


def network(counts, *, seed=1, distance=None, local_ties=0.85, draws=4, relatedness=None):
    rule = rule_of(counts, distance=distance, local_ties=local_ties, draws=draws, relatedness=relatedness)
    ties = ties_of(*draw_network(seed, rule))
    return ties, rule.region_of, rule.industry_of, rule.identities


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


# Moves (section 13.8)

AT_ONCE = 1e6  # a rate at which every draw is given up


def moved(rule, *, seed=1, year=1, rate=AT_ONCE, across=0.0, mask_of=None, chosen=None):
    mask_of = np.ones(rule.identities.size, dtype=np.uint64) if mask_of is None else mask_of.astype(np.uint64)
    chosen = first_partners(seed, rule) if chosen is None else chosen
    mobility = Mobility(rate=rate, across_platforms=across)
    return redraw_partners(seed, rule, chosen, year=year, mobility=mobility, mask_of=mask_of)


def test_rate_zero_keeps_every_partner():
    rule = rule_of([[40, 10], [30, 20]])
    assert np.array_equal(moved(rule, rate=0.0, across=1.0), first_partners(1, rule))


def test_drawing_everything_anew_keeps_mean_degree_and_local_share_but_hardly_a_partner():
    rule = rule_of([[2000], [2000], [2000]])
    before, chosen = first_partners(1, rule), first_partners(1, rule)
    for year in (1, 2, 3):
        chosen = moved(rule, year=year, chosen=chosen)
    ties = ties_of(*network_of(chosen))
    assert len(ties) / 6000 == pytest.approx(8.0, abs=0.05)
    inside = np.mean([rule.region_of[i] == rule.region_of[j] for i, j in ties])
    assert inside == pytest.approx(0.85, abs=5 * np.sqrt(0.85 * 0.15 / 24_000))
    assert (chosen == before).mean() < 0.005  # by chance about 1 in 2000


def test_the_rate_says_which_share_of_draws_is_given_up_in_a_year():
    rule = rule_of([[3000], [3000]])
    share = 1 - np.exp(-0.5)
    changed = moved(rule, rate=0.5) != first_partners(1, rule)
    assert changed.mean() == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / 24_000) + 0.001)


def test_a_higher_rate_gives_up_the_same_draws_and_more():
    rule = rule_of([[3000], [3000]])
    before = first_partners(1, rule)
    few, many = (moved(rule, rate=rate) != before for rate in (0.1, 0.5))
    # But for those who find an old partner again.
    assert (few & ~many).sum() < 0.01 * few.sum() < many.sum() / 100
    assert not np.array_equal(moved(rule, rate=0.5, year=2), moved(rule, rate=0.5, year=1))


@pytest.mark.parametrize("across", [0.0, 0.5, 1.0])
def test_moved_ties_are_mutual_without_doubles_and_never_to_oneself(across):
    rule = rule_of([[7, 3], [2, 5], [1, 0]])
    mask_of = np.arange(rule.identities.size) % 4  # on no platform, on one, the other or both
    chosen = first_partners(1, rule)
    for year in range(1, 20):
        chosen = moved(rule, year=year, rate=0.7, across=across, mask_of=mask_of, chosen=chosen)
        ties = ties_of(*network_of(chosen))
        assert all((j, i) in ties and i != j for i, j in ties)
        for mine in chosen:
            assert len(set(mine[mine >= 0])) == (mine >= 0).sum() == rule.draws


def test_moves_across_a_platform_of_all_reach_each_region_with_its_share_of_members():
    rule = rule_of([[3000], [1000], [2000]])
    chosen = moved(rule, across=1.0)
    for r, n in enumerate((3000, 1000, 2000)):
        others = np.delete(np.bincount(rule.region_of[chosen].ravel(), minlength=3) / chosen.size, r)
        expected = np.delete(np.array([3000, 1000, 2000]) / 6000, r)
        assert others == pytest.approx(expected, abs=4 * np.sqrt(0.25 / chosen.size)), (r, n)
        of_r = np.bincount(rule.region_of[chosen[rule.region_of == r]].ravel(), minlength=3) / (4 * n)
        assert of_r == pytest.approx(np.array([3000, 1000, 2000]) / 6000, abs=4 * np.sqrt(0.25 / (4 * n)))


def test_moves_across_platforms_stay_among_those_who_share_one():
    rule = rule_of([[300], [100], [200]])
    mask_of = np.arange(600) % 4
    chosen = moved(rule, across=1.0, mask_of=mask_of)
    on_some = mask_of > 0
    assert (mask_of[chosen[on_some]] & mask_of[on_some][:, None]).all()
    assert np.array_equal(chosen[~on_some], moved(rule)[~on_some])


def test_the_share_across_platforms_is_the_one_asked_for():
    rule = rule_of([[3000], [3000]], local_ties=1.0)
    chosen = moved(rule, across=0.4)
    elsewhere = rule.region_of[chosen] != rule.region_of[:, None]
    assert elsewhere.mean() == pytest.approx(0.2, abs=4 * np.sqrt(0.16 / 24_000))


def test_who_found_nobody_draws_again_once_others_are_there():
    everybody = rule_of([[5]])
    alone = replace(everybody, present=np.arange(5) == 2, counts=np.array([[1]]))
    chosen = moved(alone, rate=0.0)
    assert (chosen == -1).all()
    assert (np.sort(moved(everybody, rate=0.0, chosen=chosen)[2]) == [0, 1, 3, 4]).all()


def test_who_is_alone_on_a_platform_moves_by_the_usual_rule():
    rule = rule_of([[40, 10], [30, 20]])
    mask_of = np.zeros(100)
    mask_of[17] = 1
    assert np.array_equal(moved(rule, across=1.0, mask_of=mask_of), moved(rule))


def test_an_entrant_changes_few_moves_of_incumbents():
    old, new = rule_of([[300, 100], [200, 50]]), rule_of([[300, 100], [201, 50]])
    names = {int(name): i for i, name in enumerate(old.identities)}
    place = np.array([names.get(int(name), -1) for name in new.identities])
    incumbents = place >= 0
    before = moved(old, rate=0.5, across=0.5)
    after = moved(new, rate=0.5, across=0.5)[incumbents]
    assert (place[after] == before[place[incumbents]]).mean() > 0.98


def test_partners_so_far_are_not_written():
    rule = rule_of([[40, 10], [30, 20]])
    chosen = first_partners(1, rule)
    kept = chosen.copy()
    moved(rule, across=0.5, chosen=chosen)
    assert np.array_equal(chosen, kept)
