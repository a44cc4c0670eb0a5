"""The draw of partners: against the plain one, its distribution, whom a newcomer disturbs, and its time."""

import time
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
import reference_model
from hypothesis import given, settings
from hypothesis import strategies as st
from tie_rules import rule_of

from simulation.engine.ties import first_partners, network_of, redraw_partners
from simulation.mechanisms.mobility import Mobility

AT_ONCE = 1e6  # a rate at which every draw is given up
SEEDS = st.integers(0, 2**32)


def present_where(rule, present):
    """The rule when only some of those who have come are still there."""
    cells = (rule.region_of[present], rule.industry_of[present])
    counts = np.zeros_like(rule.counts)
    np.add.at(counts, cells, 1)
    return replace(rule, present=present, counts=counts)


@st.composite
def histories(draw):
    """A rule, the years in which its enterprises come and go, and who is on which of three platforms."""
    few_are_left = draw(st.booleans())
    sizes = st.integers(0, 120 if few_are_left else 9)
    shape = (draw(st.integers(1, 3)), draw(st.integers(1, 2)))
    counts = np.array(
        draw(st.lists(sizes, min_size=shape[0] * shape[1], max_size=shape[0] * shape[1]))
    ).reshape(shape)
    distance = np.array([[0.0, 90.0, 300.0], [90.0, 0.0, 1e9], [300.0, 1e9, 0.0]])[: shape[0], : shape[0]]
    rule = rule_of(
        counts if counts.any() else counts + 1, distance=distance, draws=draw(st.integers(1, 4)),
        local_ties=draw(st.sampled_from([0.0, 0.6, 1.0])),
    )  # fmt: skip
    rng = np.random.default_rng(draw(SEEDS))
    n = rule.identities.size
    come = (rng.random(n) < 0.2).astype(int)
    for cell in np.ndindex(*rule.counts.shape):  # who comes later has a later number
        here = (rule.region_of == cell[0]) & (rule.industry_of == cell[1])
        come[here] = np.sort(come[here])
    go = np.where(rng.random(n) < (0.97 if few_are_left else 0.2), 1, 2)
    member = rng.random((3, n)) < draw(st.sampled_from([0.0, 0.1, 0.6]))
    return rule, come, np.maximum(go, come + 1), member


@settings(max_examples=20, deadline=None)
@given(histories(), SEEDS, st.sampled_from([0.0, 0.5, AT_ONCE]), st.sampled_from([0.0, 0.5, 1.0]))
def test_partners_are_those_of_the_plain_draw(history, seed, rate, across):
    rule, come, go, member = history
    regions, industries = rule.counts.shape
    number_of = np.concatenate([np.arange(count) for count in rule.counts.ravel()])
    world = SimpleNamespace(
        seed=seed,
        steps_per_year=1,
        regions=SimpleNamespace(ids=range(regions), proximity=rule.proximity),
        enterprises=SimpleNamespace(
            region_of=rule.region_of, industry_of=rule.industry_of, number_of=number_of,
            identities=rule.identities, from_month=come, to_month=go, relatedness=rule.relatedness,
            industries=range(industries),
        ),
    )  # fmt: skip
    spec = SimpleNamespace(
        dataset=SimpleNamespace(ties=None),
        world=SimpleNamespace(network_degree=2 * rule.draws, local_ties=rule.local_ties),
        mobility=Mobility(rate=rate, across_platforms=across),
    )

    def rule_in(year):
        entered = present_where(rule, come <= year).counts
        return replace(present_where(rule, (come <= year) & (year < go)), entered=entered)

    first = first_partners(seed, rule_in(0))
    assert first.tolist() == reference_model.drawn_partners(spec, world, 0, None, None)
    member &= (come <= 1) & (go > 1)
    mask_of = (member.T @ np.array([1, 2, 4])).astype(np.uint64)
    moved = redraw_partners(seed, rule_in(1), first, year=1, mobility=spec.mobility, mask_of=mask_of)
    assert moved.tolist() == reference_model.drawn_partners(spec, world, 1, first.tolist(), member)


# Distribution

MANY = 3000


def chi_square(counts, probabilities):
    """Compare counts with probabilities; outcomes expected fewer than 8 times are put together."""
    expected = counts.sum() * probabilities
    assert (counts[expected == 0] == 0).all()
    rare = expected < 8
    counts = np.append(counts[~rare], counts[rare].sum())
    expected = np.append(expected[~rare], expected[rare].sum())
    counts, expected = counts[expected > 0], expected[expected > 0]
    freedom = counts.size - 1
    # 5 standard deviations of chi-square with so many degrees of freedom
    assert ((counts - expected) ** 2 / expected).sum() < freedom + 5 * np.sqrt(2 * freedom)


def probabilities_of_next(rule, i, taken):
    """Probability that each enterprise is the next partner of i, whose partners so far are ``taken``: section 1."""
    left = rule.present.copy()
    left[[i, *taken]] = False
    here = [[left & (rule.region_of == q) & (rule.industry_of == u) for u in range(rule.counts.shape[1])]
            for q in range(rule.counts.shape[0])]  # fmt: skip
    own = rule.region_of[i]
    elsewhere = np.array([rule.proximity[own, q] * np.sum(here[q]) * (q != own) for q in range(len(here))])
    of_region = elsewhere / elsewhere.sum() * (1 - rule.local_ties)
    of_region[own] = rule.local_ties
    out = np.zeros(left.size)
    for q, cells in enumerate(here):
        weights = rule.relatedness[rule.industry_of[i]] * [cell.sum() for cell in cells]
        for cell, weight in zip(cells, weights, strict=True):
            if cell.any():
                out[cell] = of_region[q] * weight / weights.sum() / cell.sum()
    return out


@pytest.fixture(scope="module")
def drawn():
    """A rule with some who have left, and the partners that all draw with many seeds, (seeds, N, 2)."""
    distance = np.array([[0.0, 90.0, 150.0], [90.0, 0.0, 200.0], [150.0, 200.0, 0.0]])
    rule = rule_of([[4, 2], [3, 7], [5, 0]], distance=distance, local_ties=0.6, draws=2)
    rule = present_where(rule, ~np.isin(np.arange(21), [1, 8, 12]))
    return rule, np.array([first_partners(seed, rule) for seed in range(MANY)])


def test_the_first_partner_has_the_probabilities_of_the_model(drawn):
    rule, partners = drawn
    for i in np.flatnonzero(rule.present):
        chi_square(np.bincount(partners[:, i, 0], minlength=21), probabilities_of_next(rule, i, ()))


def test_the_second_partner_has_the_probabilities_of_the_model_given_the_first(drawn):
    rule, partners = drawn
    for i in np.flatnonzero(rule.present):
        pairs = np.zeros((21, 21))
        first = probabilities_of_next(rule, i, ())
        for j in np.flatnonzero(first):
            pairs[j] = first[j] * probabilities_of_next(rule, i, (j,))
        counts = np.bincount(partners[:, i, 0] * 21 + partners[:, i, 1], minlength=21 * 21)
        chi_square(counts, pairs.ravel())


def test_enterprises_draw_independently_of_each_other(drawn):
    """That one draws a partner outside its region says nothing about another."""
    rule, partners = drawn
    outside = (rule.region_of[partners[:, :, 0]] != rule.region_of)[:, rule.present]
    correlation = np.corrcoef(outside.T)
    np.fill_diagonal(correlation, 0)
    assert np.abs(correlation).max() < 5 / np.sqrt(MANY)


@pytest.mark.parametrize("present", [3, 6, 60])  # of 600: attempts in vain for most, some, none
def test_few_who_are_left_are_drawn_with_equal_probability(present):
    rule = rule_of([[600]], draws=1)
    rule = present_where(rule, np.arange(600) % (600 // present) == 0)
    counts = np.zeros((600, 600))
    for seed in range(MANY):
        partner = first_partners(seed, rule)[rule.present, 0]
        counts[np.flatnonzero(rule.present), partner] += 1
    for i in np.flatnonzero(rule.present):
        others = rule.present & (np.arange(600) != i)
        chi_square(counts[i], others / others.sum())


@pytest.mark.parametrize("members", [3, 6, 60])  # of 600
def test_fellow_members_are_drawn_with_equal_probability_from_all_regions(members):
    rule = rule_of([[50, 100], [150, 300]], draws=1)
    on_it = np.arange(600) % (600 // members) == 0
    none = np.full((600, 1), -1, dtype=np.int32)
    mobility = Mobility(rate=AT_ONCE, across_platforms=1.0)
    counts = np.zeros((600, 600))
    for seed in range(MANY // 2):
        moved = redraw_partners(seed, rule, none, year=1, mobility=mobility, mask_of=on_it.astype(np.uint64))
        counts[np.flatnonzero(on_it), moved[on_it, 0]] += 1
    for i in np.flatnonzero(on_it):
        others = on_it & (np.arange(600) != i)
        chi_square(counts[i], others / others.sum())


# Newcomers

COUNTS = st.lists(st.lists(st.integers(0, 12), min_size=2, max_size=2), min_size=1, max_size=3)


@settings(max_examples=60, deadline=None)
@given(COUNTS.filter(lambda counts: np.sum(counts) > 0), st.data())
def test_a_newcomer_changes_only_the_draws_that_it_its_industry_or_its_region_wins(counts, data):
    counts = np.array(counts)
    region = data.draw(st.integers(0, len(counts) - 1))
    industry = data.draw(st.integers(0, 1))
    seed, local_ties = data.draw(SEEDS), data.draw(st.sampled_from([0.0, 0.6, 1.0]))
    new = counts.copy()
    new[region, industry] += 1
    before, after = (rule_of(each, local_ties=local_ties) for each in (counts, new))
    newcomer = np.flatnonzero(~np.isin(after.identities, before.identities))[0]
    now = np.flatnonzero(np.arange(after.identities.size) != newcomer)  # place now of each who was there
    old = first_partners(seed, before)
    old = np.where(old < 0, -1, now[old])
    for mine, was in zip(first_partners(seed, after)[now], old, strict=True):
        changed = np.flatnonzero(mine != was)
        if changed.size:
            one, other = mine[changed[0]], was[changed[0]]
            assert one >= 0
            assert after.region_of[one] == region
            if other >= 0 and after.region_of[other] == region:
                assert after.industry_of[one] == industry
                if after.industry_of[other] == industry:
                    assert one == newcomer


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 300), st.integers(1, 4), SEEDS)
def test_where_all_are_alike_a_newcomer_changes_only_who_has_drawn_it(count, draws, seed):
    before, after = (first_partners(seed, rule_of([[n]], draws=draws)) for n in (count, count + 1))
    has_not_drawn_it = (after[:-1] != count).all(axis=1)
    assert np.array_equal(after[:-1][has_not_drawn_it], before[has_not_drawn_it])


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 300), st.floats(0.01, 1.0), SEEDS)
def test_a_new_member_changes_only_who_has_drawn_it_on_the_platform(count, share, seed):
    rule = rule_of([[count, count // 2], [count // 3, 1]], draws=3)
    rng = np.random.default_rng(seed)
    many = rng.random(rule.identities.size) < share
    new = rng.integers(rule.identities.size)
    few = many.copy()
    few[new], many[new] = False, True
    chosen = first_partners(seed, rule)
    mobility = Mobility(rate=0.5, across_platforms=0.8)
    before, after = (
        redraw_partners(seed, rule, chosen, year=3, mobility=mobility, mask_of=who.astype(np.uint64))
        for who in (few, many)
    )
    others = (after != new).all(axis=1) & (np.arange(many.size) != new)
    # Who was alone on the platform moved by the usual rule, and has now drawn the new member instead.
    assert np.array_equal(after[others], before[others])


def test_who_will_come_changes_nothing_before():
    now = rule_of([[30, 10], [20, 5]])
    later = rule_of([[34, 10], [20, 9]])
    there = np.isin(later.identities, now.identities)
    later = replace(present_where(later, there), entered=now.counts)
    place = np.flatnonzero(there)
    assert np.array_equal(first_partners(7, later)[there], place[first_partners(7, now)])


# The network and its time


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 12), st.integers(0, 5), SEEDS)
def test_the_network_has_each_drawn_tie_once_in_both_directions(n, draws, seed):
    rng = np.random.default_rng(seed)
    chosen = np.array([rng.permutation(n + draws)[:draws] for _ in range(n)]).reshape(n, draws)
    chosen[(chosen >= n) | (chosen == np.arange(n)[:, None])] = -1
    indptr, indices = network_of(chosen.astype(np.int32))
    expected = reference_model.mutual(chosen.tolist())
    assert [indices[a:b].tolist() for a, b in pairwise(indptr)] == expected


def test_the_time_grows_with_the_number_of_enterprises_not_with_its_square():
    """In one cell 100,000 enterprises take about a tenth of a second; a race for each tie takes minutes."""
    rule = rule_of([[100_000]])
    first_partners(1, rule_of([[5]]))
    start = time.process_time()
    network_of(first_partners(1, rule))
    assert time.process_time() - start < 10
