"""Joining and leaving platforms: odds, decisions, critical mass, and the books that are kept."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from simulation.engine.kernels import membership, strata, waiting


def odds(share, *, utility_shift=0.0, base=-3.0, network_effect=6.0, rate=0.5, dt=1 / 12, delta=0.5):
    join, stay = np.empty(1), np.empty(1)
    membership.membership_odds(
        np.array([round(share * 10**12)]), np.array([10**12]), np.array([delta]), np.array([utility_shift]),
        base, network_effect, 2.0, rate, dt, join, stay,
    )  # fmt: skip
    return join[0], stay[0]


def levels(dt, *, base=-3.0):
    """Shares at which membership alone stays as it is (mean field): join (1 - m) = m (1 - stay)."""

    def flow(share):
        join, stay = odds(share, base=base, dt=dt)
        return ((1 - share) * join - share * (1 - stay)) / dt

    grid = np.linspace(0.0, 1.0, 2001)
    flows = np.array([flow(share) for share in grid])
    at = np.flatnonzero(flows[:-1] * flows[1:] <= 0)
    return sorted({round(brentq(flow, grid[n], grid[n + 1]), 9) for n in at})


def test_membership_settles_at_one_of_two_levels_that_part_at_one_half(verified):
    """Section 6, check 8."""
    verified(
        8,
        "levels of membership, dt -> 0: low, parting, high",
        measured=levels(1e-6),
        expected=(0.07072, 0.5, 0.92928),
        within=1e-5,
    )


@pytest.mark.parametrize(("base", "count"), [(-3.4156, 1), (-3.4146, 3), (-2.5854, 3), (-2.5844, 1)])
def test_two_stable_levels_exist_only_between_the_folds(verified, base, count):
    """Section 6, check 8: bistable for a in (-3.4151, -2.5849)."""
    verified(
        8,
        f"levels of membership with a = {base}",
        measured=len(levels(1e-6, base=base)),
        expected=count,
        within=0,
    )


def test_the_monthly_levels_converge_to_the_continuous_ones_at_first_order(verified):
    monthly = (0.07269, 0.5, 0.92731)  # by solving join (1 - m) = m (1 - stay) with SciPy's brentq
    verified(8, "the same, monthly", measured=levels(1 / 12), expected=monthly, within=1e-5)
    error = [abs(levels(dt)[0] - levels(1e-6)[0]) for dt in (1 / 12, 1 / 24, 1 / 48)]
    assert error[0] / error[1] == pytest.approx(2.0, rel=0.05)
    assert error[1] / error[2] == pytest.approx(2.0, rel=0.05)


@given(st.floats(-8, 8), st.floats(0, 4), st.floats(0, 1))
def test_a_higher_utility_never_loses_a_member(utility, raised, share):
    low, high = odds(share, utility_shift=utility), odds(share, utility_shift=utility + raised)
    assert low[0] <= high[0]
    assert low[1] <= high[1]
    assert low[0] <= low[1]


def test_odds_equal_the_formulas():
    join, stay = np.empty(2), np.empty(2)
    membership.membership_odds(
        np.array([30, 0]), np.array([60, 0]), np.array([0.8, 0.2]), np.array([1.5, 0.0]),
        -3.0, 6.0, 2.0, 0.5, 1 / 12, join, stay,
    )  # fmt: skip
    for r, u in enumerate((-3 + 6 * (0.25 + 0.25) + 2 * 0.3 + 1.5, -3 + 6 * 0.25 + 2 * -0.3)):
        sigma = 1 / (1 + np.exp(-u))
        assert join[r] == pytest.approx(1 - np.exp(-0.5 * sigma / 12), rel=1e-12)
        assert stay[r] == pytest.approx(np.exp(-0.5 * (1 - sigma) / 12), rel=1e-12)


def test_one_draw_decides_by_who_is_inside():
    mask_of = np.array([0, 0, 2, 2, 0], dtype=np.uint64)
    wanted = mask_of.copy()
    draw = np.array([0.01, 0.5, 0.5, 0.99, 0.01])
    membership.decide_membership(
        1,
        np.arange(4),
        np.zeros(5, np.int32),
        mask_of,
        np.array([[0.02]]),
        np.array([[0.98]]),
        draw,
        wanted,
    )
    assert wanted.tolist() == [2, 0, 2, 0, 0]
    assert mask_of.tolist() == [0, 0, 2, 2, 0]


def test_other_platforms_choose_the_row_of_the_odds_and_the_last_row_holds_for_more():
    mask_of = np.array([0, 1, 0b101, 0b10, 0b1111], dtype=np.uint64)
    wanted = mask_of.copy()
    join, stay = np.array([[0.5], [0.3], [0.1]]), np.array([[0.9], [0.7], [0.5]])
    # On 0, 1 and 2 other platforms outside; on 0 and on 3 inside.
    draw = np.array([0.4, 0.4, 0.05, 0.8, 0.6])
    membership.decide_membership(1, np.arange(5), np.zeros(5, np.int32), mask_of, join, stay, draw, wanted)
    assert wanted.tolist() == [0b10, 1, 0b111, 0b10, 0b1101]


class Books:
    """Counts of members and strata of some enterprises, kept by compiled code."""

    def __init__(self, n, r, s, h, k, *, n_strata):
        rng = np.random.default_rng(3)
        self.region_of = np.sort(rng.integers(0, r, n)).astype(np.int32)
        self.industry_of = rng.integers(0, s, n).astype(np.int32)
        self.adopted_month = np.where(rng.random((k, n)) < 0.4, 3, -1).astype(np.int32)
        self.mask_of, self.stratum_of = np.zeros(n, np.uint64), self.region_of.copy()
        self.members, self.by_industry = np.zeros((h, r), np.int64), np.zeros((h, s), np.int64)
        self.member_adopters = np.zeros((k, h, s), np.int64)
        self.made = np.array([r])
        self.stratum_mask, self.next = np.zeros(n_strata, np.uint64), np.full(n_strata, strata.LAST)
        self.size, self.region_of_stratum = np.zeros(n_strata, np.int64), np.zeros(n_strata, np.int64)
        self.on_platform, self.is_new = np.zeros((n_strata, h), bool), np.ones(n_strata, bool)
        self.size[:r] = np.bincount(self.region_of, minlength=r)
        self.region_of_stratum[:r] = np.arange(r)
        self.moved, self.moved_from = np.empty(n, np.int32), np.empty(n, np.uint64)
        self.moved_to = np.empty(n, np.int32)

    def change(self, wanted):
        moves = strata.change_memberships(
            wanted, self.mask_of, self.region_of, self.industry_of, self.members, self.by_industry, self.stratum_of,
            self.made, self.stratum_mask, self.next, self.size, self.region_of_stratum, self.on_platform, self.is_new,
            self.moved, self.moved_from, self.moved_to,
        )  # fmt: skip
        everywhere = np.arange(wanted.size, dtype=np.int32)
        for adopted, counts in zip(self.adopted_month, self.member_adopters, strict=True):
            strata.count_moved_adopters(
                self.moved[:moves], self.moved_from[:moves], self.moved_to[:moves], self.stratum_mask,
                self.industry_of, everywhere, adopted, counts,
            )  # fmt: skip
        return moves

    def number_anew(self):
        strata.number_anew(
            len(self.members[0]), self.mask_of, self.region_of, self.stratum_of, self.made, self.stratum_mask,
            self.next, self.size, self.region_of_stratum, self.on_platform, self.is_new,
        )  # fmt: skip


def test_books_of_members_and_strata_equal_counts_made_anew():
    rng = np.random.default_rng(4)
    n, r, s, h, k = 60, 3, 2, 3, 2
    books = Books(n, r, s, h, k, n_strata=2 * n + r)
    known = {}
    for turn in range(30):
        if turn % 7 == 6:
            books.number_anew()
            used = set(range(r)) | set(books.stratum_of.tolist())
            assert books.made[0] == len(used) and used == set(range(len(used)))
        wanted = rng.integers(0, 2**h, n).astype(np.uint64) * rng.integers(0, 2, n).astype(np.uint64)
        before = books.mask_of.copy()
        moves = books.change(wanted)
        assert books.moved[:moves].tolist() == np.flatnonzero(before != wanted).tolist()
        assert np.array_equal(books.moved_from[:moves], before[before != wanted])
        assert np.array_equal(books.moved_to[:moves], books.stratum_of[before != wanted])
        assert np.array_equal(books.mask_of, wanted)
        inside = (wanted[:, None] >> np.arange(h, dtype=np.uint64)) & np.uint64(1) == 1
        for p in range(h):
            here = inside[:, p]
            assert np.array_equal(books.members[p], np.bincount(books.region_of[here], minlength=r))
            assert np.array_equal(books.by_industry[p], np.bincount(books.industry_of[here], minlength=s))
            for t in range(k):
                both = here & (books.adopted_month[t] >= 0)
                found = np.bincount(books.industry_of[both], minlength=s)
                assert np.array_equal(books.member_adopters[t, p], found)
        assert np.array_equal(books.stratum_mask[books.stratum_of], wanted)
        assert np.array_equal(books.on_platform[books.stratum_of], inside)
        assert np.array_equal(np.bincount(books.stratum_of, minlength=2 * n + r), books.size)
        assert np.array_equal(books.region_of_stratum[books.stratum_of], books.region_of)
        # What was computed for a stratum while it had enterprises still holds, unless it is marked as new.
        there = np.flatnonzero(books.size)
        old, known = known, {c: books.stratum_mask[c] for c in there}
        assert all(old.get(c) == books.stratum_mask[c] for c in there if not books.is_new[c])
        books.is_new[there] = False


def test_cells_that_follow_the_moves_are_those_made_anew():
    rng = np.random.default_rng(8)
    n, r, s, h = 40, 3, 2, 2
    books = Books(n, r, s, h, 1, n_strata=2 * n + r)
    who = np.flatnonzero(rng.random(n) < 0.7).astype(np.int32)
    who = rng.permutation(who)
    partners, place = rng.integers(0, 3, n).astype(np.int32), np.full(n, waiting.NOWHERE, np.int32)
    place[who] = np.arange(who.size)

    def cells():
        out = np.full(n, -7, np.int32)
        strata.cells_of_waiting(who, books.stratum_of, books.industry_of, partners, 2 * n + r, s, out)
        return out

    kept = cells()
    for _ in range(5):
        moves = books.change(rng.integers(0, 2**h, n).astype(np.uint64))
        strata.move_cells(
            books.moved[:moves],
            books.moved_to[:moves],
            books.industry_of,
            partners,
            2 * n + r,
            s,
            place,
            kept,
        )
        assert np.array_equal(kept, cells())
        expected = books.stratum_of[who] * s + books.industry_of[who] + (partners[who] == 0) * (2 * n + r) * s
        assert kept[: who.size].tolist() == expected.tolist()
