from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.metrics import Curves, compute, phi, reasons
from simulation.metrics.phi import variance_components


def loop_components(adopters, eligible):
    """N (MSB - MSW) and N (MSB + (n0 - 1) MSW) of one cell at one moment, from lists, as section 5 writes them."""
    here = [r for r in range(len(eligible)) if eligible[r] > 0]
    n = sum(eligible[r] for r in here)
    if len(here) < 2 or n <= len(here):
        return 0.0, 0.0
    pooled = sum(adopters[r] for r in here) / n
    msb = msw = squares = 0.0
    for r in here:
        share = adopters[r] / eligible[r]
        msb += eligible[r] * (share - pooled) ** 2
        msw += eligible[r] * share * (1 - share)
        squares += eligible[r] ** 2
    msb /= len(here) - 1
    msw /= n - len(here)
    n0 = (n - squares / n) / (len(here) - 1)
    return n * (msb - msw), n * (msb + (n0 - 1) * msw)


def loop_phi(adopters, eligible):
    """Phi of counts (cells, months, R) and eligible (cells, 1 or months, R) by plain loops and the trapezoid rule."""
    between = total = 0.0
    months = len(adopters[0])
    for cell, sizes in zip(adopters, eligible, strict=True):
        for month in range(months):
            weight = 0.5 if month in (0, months - 1) else 1.0
            b, t = loop_components(cell[month], sizes[month % len(sizes)])
            between, total = between + weight * b, total + weight * t
    return between / total


def cells_of(curves):
    cells = [(i, j) for i in range(curves.adopters.shape[0]) for j in range(curves.adopters.shape[3])]
    adopters = [curves.adopters[i, :, :, j].tolist() for i, j in cells]
    return adopters, [curves.eligible[i, :, :, j].tolist() for i, j in cells]


@pytest.fixture(params=["the same enterprises", "others each year"])
def record(request, uneven_record, renewed_record):
    return uneven_record if request.param == "the same enterprises" else renewed_record


def test_phi_equals_plain_loops_over_technologies_industries_regions_and_months(record):
    assert compute(record)["phi"] == pytest.approx(loop_phi(*cells_of(Curves(record))), rel=1e-12)


def test_phi_raw_takes_technologies_as_cells(record):
    curves = Curves(record)
    expected = loop_phi(curves.adopters.sum(axis=3).tolist(), curves.eligible.sum(axis=3).tolist())
    assert compute(record)["phi_raw"] == pytest.approx(expected, rel=1e-12)


def test_phi_macro_takes_macroregions_as_groups(record):
    adopters, eligible = (
        [[[m[0] + m[1], m[2] + m[3]] for m in cell] for cell in counts] for counts in cells_of(Curves(record))
    )
    assert compute(record)["phi_macro"] == pytest.approx(loop_phi(adopters, eligible), rel=1e-12)


def test_phi_half_equals_a_loop_over_cells_at_their_own_half(record):
    between = total = 0.0
    _, r, s, k = record.adopters.shape
    reached = 0
    for industry in range(s):
        for technology in range(k):
            sizes = record.eligible[:, :, industry, technology]
            pooled = record.adopters[:, :, industry, technology].sum(axis=1) / np.maximum(
                sizes.sum(axis=1), 1
            )
            months = [m for m in range(len(pooled)) if pooled[m] >= 0.5]
            if not months:
                continue
            reached += 1
            m = months[0]
            part = (0.5 - pooled[m - 1]) / (pooled[m] - pooled[m - 1])
            low, high = (record.adopters[i, :, industry, technology] for i in (m - 1, m))
            few, many = (sizes[i % len(sizes)] for i in (m - 1, m))
            b, t = loop_components((low + part * (high - low)).tolist(), (few + part * (many - few)).tolist())
            between, total = between + b, total + t
    assert 5 < reached < r * k
    assert compute(record)["phi_half"] == pytest.approx(between / total, rel=1e-12)


def test_phi_half_looks_beyond_the_common_window_and_leaves_out_cells_that_never_reach_half(make_record):
    adopters = np.zeros((25, 2, 1, 3))
    adopters[12:, 0, 0, 0] = [
        *range(10, 101, 10),
        100,
        100,
        100,
    ]  # crosses at month 21 while the window is 14 months
    adopters[12:, 1, 0, 0] = 20
    adopters[12:, 0, 0, 1] = 99  # never half of 200
    adopters[-1, :, 0, 2] = 1
    record = make_record(adopters, [[[100, 100, 100]], [[100, 100, 100]]], release_month=[0, 0, 10])
    b, t = loop_components([80, 20], [100, 100])
    assert compute(record)["phi_half"] == pytest.approx(b / t)


def test_phi_half_is_undefined_where_no_cell_reaches_half(make_record):
    adopters = np.zeros((13, 2, 1, 1))
    adopters[6:] = [[[40]], [[20]]]
    record = make_record(adopters, [[[100]], [[100]]])
    assert math.isnan(compute(record)["phi_half"])
    assert "half of the eligible" in reasons(record)["phi_half"]
    assert math.isfinite(compute(record)["phi"])


def test_phi_macro_is_undefined_within_one_macroregion(make_record):
    adopters = np.linspace(0, 1, 13)[:, None] * np.array([40, 20])
    record = make_record(adopters[:, :, None, None], [[[50]], [[50]]], macroregion_of=[0, 0])
    assert math.isnan(compute(record)["phi_macro"])
    assert "one macroregion" in reasons(record)["phi_macro"]


@given(st.lists(st.tuples(st.integers(2, 60), st.floats(0, 1)), min_size=2, max_size=8))
def test_one_cell_at_one_moment_is_the_estimator_of_weir_and_cockerham(groups):
    """Theta = a / (a + b) for haploid data, from the sample variance s2 and mean p of their equations."""
    sizes = np.array([n for n, _ in groups])
    counts = np.array([round(n * p) for n, p in groups], dtype=float)
    r, mean_size = len(groups), sizes.mean()
    p = counts.sum() / sizes.sum()
    s2 = (sizes * (counts / sizes - p) ** 2).sum() / ((r - 1) * mean_size)
    nc = (r * mean_size - (sizes**2).sum() / (r * mean_size)) / (r - 1)
    rest = p * (1 - p) - (r - 1) / r * s2
    a = mean_size / nc * (s2 - rest / (mean_size - 1))
    b = mean_size / (mean_size - 1) * rest
    between, total = variance_components(counts[None, None, :], sizes[None, None, :])
    n = sizes.sum()
    assert between[0, 0] == pytest.approx(n * nc * a, rel=1e-9, abs=1e-7)
    assert total[0, 0] == pytest.approx(n * nc * (a + b), rel=1e-9, abs=1e-7)


def test_phi_is_one_where_one_region_has_all_and_the_other_none():
    adopters = np.array([[[0, 0], [50, 0], [50, 0]]], dtype=float)
    assert phi(adopters, np.array([[[50, 80]]])) == pytest.approx(1)


def test_identical_curves_have_phi_just_below_zero_by_the_chance_that_is_taken_off():
    """MSB = 0 leaves Phi = -1 / (n0 - 1); with equal sizes n0 is the size of a region."""
    adopters = np.arange(0, 41)[None, :, None] * np.ones(3)
    assert phi(adopters, np.array([[[40, 40, 40]]])) == pytest.approx(-1 / 39)


def test_cells_that_cannot_be_compared_leave_phi_as_it_is(uneven_record):
    adopters, eligible = (np.array(part, dtype=float) for part in cells_of(Curves(uneven_record)))
    alone = np.where(np.arange(4) == 1, adopters[:1] + 1, 0.0)
    single = np.minimum(adopters[:1], 1.0)
    more_adopters = np.concatenate([adopters, alone, single])
    more_eligible = np.concatenate(
        [eligible, [[[0, 99, 0, 0]]], [[[1, 1, 1, 1]]]]
    )  # one region; one enterprise in each
    assert phi(more_adopters, more_eligible) == phi(adopters, eligible)


def test_a_month_in_which_only_one_region_is_left_has_no_variance():
    """80 and 20 adopters of 100 and 100 in four months; in the third the second region is empty."""
    adopters = np.array([[[80, 20], [80, 20], [80, 0], [80, 20]]], dtype=float)
    eligible = np.array([[[100, 100], [100, 100], [100, 0], [100, 100]]])
    between, total = variance_components(adopters, eligible)
    b, t = loop_components([80, 20], [100, 100])
    assert between[0] == pytest.approx([b, b, 0, b], abs=0)
    assert total[0] == pytest.approx([t, t, 0, t], abs=0)


def test_phi_follows_the_enterprises_that_are_there_by_hand(halved_record):
    before, after = loop_components([30, 10], [100, 100]), loop_components([30, 10], [50, 100])
    # Trapezoid rule over thirteen months: five and a half before, six and a half after.
    between, total = (5.5 * a + 6.5 * b for a, b in zip(before, after, strict=True))
    assert compute(halved_record)["phi"] == pytest.approx(between / total)


@given(
    st.lists(
        st.tuples(*[st.tuples(st.integers(0, 9), st.floats(0, 1)) for _ in range(3)]), min_size=2, max_size=6
    )
)
def test_any_months_of_any_enterprises_are_those_of_the_loop(months):
    eligible = np.array([[[n for n, _ in month] for month in months]])
    adopters = np.array([[[round(n * p) for n, p in month] for month in months]], dtype=float)
    parts = variance_components(adopters, eligible)
    expected = np.array([loop_components(a, n) for a, n in zip(adopters[0], eligible[0], strict=True)])
    if parts[0].size:
        assert np.stack(parts, axis=-1)[0] == pytest.approx(expected, abs=1e-9)
    else:
        assert not expected.any()


def test_equal_hazards_everywhere_give_phi_zero(verified, mixed_world):
    """Check 7: 22 technologies, all eligible, default sizes: Phi 0 +- .001.

    Without differences between regions, MSB of a cell at one moment has mean MSW and variance about 2 MSW^2 / (R - 1),
    cells are independent, and all have the same expected curve. Over time deviations are correlated, at most fully.
    Hence sd(Phi) <= sqrt(2 / (R - 1)) sqrt(sum N^2) / sum(N n0), over cells.
    """
    runs = 8
    records = [mixed_world(seed) for seed in range(1, runs + 1)]
    sizes = records[0].eligible[0].reshape(15, -1)
    n = sizes.sum(axis=0)
    n0 = (n - (sizes**2).sum(axis=0) / n) / 14
    sd = math.sqrt(2 / 14) * math.sqrt((n**2).sum()) / (n * n0).sum()
    values = np.array([compute(record)["phi"] for record in records])
    assert sd < 0.0006
    assert abs(values.mean()) < 3.5 * sd / math.sqrt(runs) < 0.001
    verified(
        7,
        "Phi of independent exponential times, mean of 8",
        measured=values.mean(),
        expected=0.0,
        within=1e-3,
        digits=1,
    )
    assert np.abs(values).max() < 3.5 * sd
    assert 0.2 * sd < values.std(ddof=1) < 1.6 * sd  # the bound is a bound, and not a loose one
